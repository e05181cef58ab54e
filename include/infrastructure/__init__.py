"""What brings the monitor to AWS, and the CloudFormation it stands on; none of it is part of what runs there.

=========================  ============================================================
``package``                `make package`: what MWAA and the Lambda take, reproducible
``deploy``                 `make deploy`: asks, and takes the steps
``deployment``             the steps, and what each would change
``parameters``             what is asked for, and what that means for each stack
``bucket``                 the environment's bucket
``stacks``                 CloudFormation: what would change, and making it so
``environment``            an MWAA environment and Airflow's REST API behind it
``variable``               where the environment's Variable lies
``smoke``                  the first run after a deployment
``table.yaml``             the contact table
``monitoring.yaml``        the topic, its key, and the alarms on the monitor
``execution_policy.yaml``  the managed policy for the environment's execution role
``subscriber.yaml``        the subscription Lambda with its policy, queue and alarms
=========================  ============================================================
"""
