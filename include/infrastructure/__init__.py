"""What brings the monitor to AWS, and the CloudFormation it stands on; none of it is part of what runs there.

====================  =================================================================
``package``           `make package`: what MWAA and the Lambda take, reproducible
``table.yaml``        the contact table
``monitoring.yaml``   the topic, its key, and the alarms on the monitor
``policies.yaml``     the managed policy for the environment's execution role
``subscriber.yaml``   the subscription Lambda with its role, queue and alarms
====================  =================================================================
"""
