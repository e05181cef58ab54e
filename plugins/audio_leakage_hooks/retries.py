"""How patient the hooks are with AWS."""

from typing import Any

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

    @property
    def config(self) -> Config:
        """What the client is made with."""
        connection: Any = super()
        return RETRIES.merge(connection.config)
