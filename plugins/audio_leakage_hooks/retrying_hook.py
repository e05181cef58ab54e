"""What all hooks share."""

from typing import Any, Self

from botocore.config import Config

from audio_leakage_aws.retries import RETRIES


class RetryingHook:
    """Give an AWS hook our retries, and let the hooks of a task share one connection.

    This mixin comes first among the base classes. The ``config_kwargs`` of an Airflow connection override
    :data:`~audio_leakage_aws.retries.RETRIES`.
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

    def with_connection_of(self, other: "RetryingHook") -> Self:
        """Take the connection that another hook has resolved, so that Airflow is asked once for a task.

        :param other: a hook with the same connection id.
        """
        vars(self)["conn_config"] = other.conn_config
        return self
