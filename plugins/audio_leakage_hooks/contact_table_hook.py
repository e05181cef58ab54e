"""The contact table, for Airflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook

from audio_leakage_aws.contact_table import ContactTable
from audio_leakage_hooks.retrying_hook import RetryingHook

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import DynamoDBServiceResource


class ContactTableHook(RetryingHook, AwsGenericHook["DynamoDBServiceResource"]):
    """Connect to the contact table in Amazon DynamoDB.

    Provide thin wrapper around :external+boto3:py:class:`boto3.resource("dynamodb")
    <DynamoDB.ServiceResource>`.

    Additional arguments (such as ``aws_conn_id``) may be specified and are passed down to the underlying
    AwsBaseHook.

    .. seealso::
        - :class:`airflow.providers.amazon.aws.hooks.base_aws.AwsBaseHook`
    """

    conn: DynamoDBServiceResource

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["resource_type"] = "dynamodb"
        super().__init__(*args, **kwargs)

    def table(self, name: str) -> ContactTable:
        """Return a contact table.

        :param name: name of the table.
        """
        return ContactTable(self.conn, name)
