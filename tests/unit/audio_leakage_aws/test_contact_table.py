"""What the contact table asks DynamoDB for that neither moto nor AWS's local engine answers."""

import boto3
import pytest
from botocore.stub import Stubber

from audio_leakage_aws.contact_table import ContactTable


@pytest.mark.parametrize("table_id", ["12345678-0123-4567-8901-123456789012", None])
def test_the_id_of_a_table_is_the_one_that_dynamodb_gave_it(table_id: str | None) -> None:
    conn = boto3.resource(
        "dynamodb",
        region_name="af-south-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",
    )
    with Stubber(conn.meta.client) as stub:
        stub.add_response(
            "describe_table", {"Table": {"TableId": table_id} if table_id else {"TableName": "contacts"}}
        )
        assert ContactTable(conn, "contacts").table_id() == table_id
