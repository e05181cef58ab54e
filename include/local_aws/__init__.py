"""AWS on this machine: what the monitor talks to in `make demo`, `make ui` and the tests.

===================  ==========================================================================
``server``           moto for DynamoDB, S3, SNS, Logs and CloudFormation, and Amazon Connect
``cloudformation``   corrects where moto's CloudFormation differs from AWS's
``dynamodb_local``   AWS's own DynamoDB engine, where there is one
``connect``          Amazon Connect's wire format, quotas and faults
``contact_centre``   calls on a clock: contacts, flow-log lines, recordings, and the truth
``commands``         what `make` starts: demo, ui, serve
===================  ==========================================================================
"""
