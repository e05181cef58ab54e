"""What one task of a run works with.

====================  =============================================================
``window``            the stretch of time a run is about
``mutes``             known leaks, whose mails somebody has stopped for a time
``progress``          how far earlier runs have come, kept in an Airflow Variable
``context``           settings, ports and time of one task
``due``               the contacts that are due in this run
``sweep``             the loop over them: many side by side, none stops the others
``outcome``             what one look makes of a contact
``backoff``           contacts whose look failed: tried again, less and less often
``unknown_contacts``  what it means when Connect knows none of them
``sender``            who sends a message, and where its reader finds more
``alert_lines``       what an alert says about several contacts
``alerts``            the messages that people receive
``metrics``           the figures that alarms are set on
====================  =============================================================
"""
