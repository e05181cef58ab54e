"""Amazon Connect on this machine.

=================  ===============================================================
``simulator``      the wire format of the operations that moto lacks
``contacts``       the contacts and queues that it answers for
``search``         SearchContacts
``metric_data``    GetMetricDataV2
``queue_listing``  ListQueues and SearchQueues
``instance``       where the instance stores, and which of its features are on
``flows``          the instance's flows and modules, and the numbers that lead to them
``limits``         what may be sent, by the service model
``tokens``         pages, and the tokens that lead from one to the next
``delays``         how late a contact shows up in searches and metrics
``quotas``         the account's quotas as token buckets
``faults``         faults that tests inject
=================  ===============================================================
"""
