"""Amazon Connect on this machine.

=============  =======================================================
``simulator``  the wire format of the operations that moto lacks
``limits``     what may be sent, by the service model
``quotas``     the account's quotas as token buckets
``faults``     faults that tests inject
=============  =======================================================
"""
