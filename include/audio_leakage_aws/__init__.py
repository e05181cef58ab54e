"""What needs boto3 and no Airflow, for the hooks and for the Lambda.

=================  ==========================================================
``contact_table``  the contact table in DynamoDB
``expressions``    parts of a request to DynamoDB
``errors``         AWS's errors -> the domain's errors
``retries``        how botocore retries
=================  ==========================================================
"""
