"""AWS on this machine: what the monitor talks to in `make demo` and in the tests.

=====================  ==========================================================================
``server``             moto for DynamoDB, S3, SNS, Logs and CloudFormation, and the simulator below
``cloudformation``     what moto's CloudFormation does otherwise than AWS's, put right
``connect_simulator``  Amazon Connect's wire format for the three operations moto does not have
``quotas``             Connect's account quotas as token buckets
``faults``             what can be made to go wrong, for tests
``calls``              the life of one simulated call, and the truth about it
``contact_centre``     many of them on a clock: flow-log lines, changing contacts, recordings
``seed_contacts``      four real answers of DescribeContact
``serve``              AWS and a contact centre in real time, for docker-compose.yaml
``demo``               `make demo`
=====================  ==========================================================================
"""
