"""What an auditor runs over the evidence, on any machine with Python; it writes nothing.

==========  =============================================
``source``  a folder or a bucket that holds evidence
``verify``  ``make verify-evidence``
``replay``  ``make replay-evidence``
==========  =============================================
"""
