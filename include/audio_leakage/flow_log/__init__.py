"""How a contact enters the table. The Lambda needs ``line`` and ``ingest`` only.

=================  ===========================================================
``line``           one line of a flow log, read
``ingest``         lines -> contacts in the table
``recovery``       the stretch of the log that the subscription may have missed
``log_parts``      the log of the past, each part read once in a task
``logged_blocks``  the blocks of contacts that are about to fail
=================  ===========================================================
"""
