"""AWS on this machine, for `make demo`, `make ui` and the tests.

======================  =====================================================================
``server``              moto for DynamoDB, S3, SNS, Logs and CloudFormation; Amazon Connect
``recordings``          moto's objects, compressed and not copied, so that hours of calls fit into memory
``mailbox``             the mails of the alert topic, on a page
``cloudformation``      a correction where moto's CloudFormation differs from AWS's
``conditional_writes``  the same for S3: of many who write one object with a condition, one wins
``dynamodb_local``      AWS's own DynamoDB engine, on machines that can run it
``npm_package``         a tool that comes as a package of npm, fetched once
``connect``             Amazon Connect's wire format, quotas and faults
``contact_centre``      calls on a clock: contacts, flow-log lines, recordings, and the truth
``commands``            the programs that `make` starts: demo, ui, serve
======================  =====================================================================
"""
