"""The mixin that all hooks share."""

from typing import Any, Self

from botocore.config import Config

from audio_leakage_aws.retries import RETRIES


class RetryingHook:
    """Give an AWS hook :data:`~audio_leakage_aws.retries.RETRIES`; comes first among the base classes.

    An Airflow connection's ``config_kwargs`` override them.
    """

    conn_config: Any

    @property
    def config(self) -> Config:
        """The configuration of the client."""
        connection: Any = super()
        return RETRIES.merge(connection.config)

    def resolve_connection(self) -> Self:
        """Ask Airflow for the connection now, before any thread starts.

        Airflow answers one thread: before 3.1, two threads that ask at the same time may get each other's
        answer, or an ImportError.
        """
        self.conn_config  # noqa: B018  # the hook keeps what it looked up
        return self
