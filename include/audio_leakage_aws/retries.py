"""How botocore retries."""

from botocore.config import Config

#: Adaptive mode slows a client down when AWS throttles: other applications draw on the same quotas.
RETRIES = Config(
    retries={"mode": "adaptive", "total_max_attempts": 4},
    connect_timeout=5,
    read_timeout=15,
    max_pool_connections=20,
)
