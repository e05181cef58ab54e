"""How AWS is configured: one client for each service that is asked."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook

from audio_leakage_aws.configuration import Configuration
from audio_leakage_hooks.retrying_hook import RetryingHook

if TYPE_CHECKING:
    from audio_leakage_hooks.connect import ConnectHook


class ServiceHook(RetryingHook, AwsGenericHook[Any]):
    """Connect to the service that ``client_type`` names, such as ``kms``.

    Additional arguments (such as ``aws_conn_id``) may be specified and are passed down to the underlying
    AwsBaseHook.

    .. seealso::
        - :class:`airflow.providers.amazon.aws.hooks.base_aws.AwsBaseHook`
    """


def configuration_with_connection_of(connect: ConnectHook) -> Configuration:
    """Return the configuration of AWS as the connection of a hook sees it.

    :param connect: a hook that has resolved its connection.
    """

    @cache
    def client(service: str) -> Any:  # noqa: ANN401  # one of boto3's many clients
        if service == "connect":
            return connect.conn
        hook = ServiceHook(aws_conn_id=connect.aws_conn_id, client_type=service)
        return hook.with_connection_of(connect).conn

    return Configuration(client)
