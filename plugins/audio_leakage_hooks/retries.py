"""How patient the hooks are with AWS."""

from typing import Any, Self

from botocore.config import Config

#: What the hooks ask of botocore; an Airflow connection's ``config_kwargs`` are laid over it. Adaptive mode
#: slows a client down when AWS answers with throttling: other applications draw on the same quotas.
RETRIES = Config(
    retries={"mode": "adaptive", "total_max_attempts": 4},
    connect_timeout=5,
    read_timeout=15,
    max_pool_connections=20,
)


class RetryingHook:
    """Mixin for AWS hooks, to stand before them: :data:`RETRIES` under the settings of the connection."""

    conn_config: Any

    @property
    def config(self) -> Config:
        """What the client is made with."""
        connection: Any = super()
        return RETRIES.merge(connection.config)

    def connected(self) -> Self:
        """Ask Airflow for the connection, so that nobody has to later.

        Airflow answers one thread: before 3.1 two that ask at the same time may get the other's answer, or an
        ImportError.
        """
        self.conn_config  # noqa: B018  # kept by the hook once it was looked up
        return self
