"""Bring the monitor to AWS: packaging, deployment, CloudFormation. None of it runs on MWAA or in the Lambda.

=========================  =============================================================
``package``                `make package`: build what MWAA and the Lambda take
``deploy``                 `make deploy`: show the plan, ask, take the steps
``deployment``             the steps, and what each one would change
``parameters``             the options, and what they mean for each stack
``options_file``           the file that remembers the options
``bucket``                 the environment's bucket
``plugins_zip``            the plugins.zip that all teams share
``stacks``                 CloudFormation: preview a change, apply it
``environment``            an MWAA environment and its Airflow REST API
``variable``               where the environment keeps its Airflow Variable
``smoke``                  the first run after a deployment
``task_log``               the last line of a failed task's log
``table.yaml``             the contact table
``monitoring.yaml``        the topic, its key, and the alarms on the monitor
``execution_policy.yaml``  the managed policy for the environment's execution role
``deployer_policy.yaml``   the managed policy for those who run `make deploy`
``subscriber.yaml``        the subscription Lambda with its policy, queue and alarms
=========================  =============================================================
"""
