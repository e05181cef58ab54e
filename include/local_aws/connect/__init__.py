"""Amazon Connect on this machine.

=============  =======================================================
``simulator``  the wire format of the operations that moto lacks
``quotas``     the account's quotas as token buckets
``faults``     faults that tests inject
=============  =======================================================
"""
