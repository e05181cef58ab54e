"""Amazon Connect's account quotas (docs/amazon-connect.md, "Quotas")."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping

#: Requests per second and burst, per account and Region, by operation.
ACCOUNT_QUOTAS: Mapping[str, tuple[float, float]] = defaultdict(
    lambda: (2.0, 5.0),
    {"DescribeContact": (10.0, 15.0), "SearchContacts": (0.5, 1.0), "GetMetricDataV2": (10.0, 10.0)},
)
#: The same after AWS has raised the quota of the searches, so that nobody waits for them.
RAISED_QUOTAS: Mapping[str, tuple[float, float]] = defaultdict(
    lambda: (2.0, 5.0), {**ACCOUNT_QUOTAS, "SearchContacts": (100.0, 100.0)}
)
#: For tests and demos that do not test quotas.
UNLIMITED: Mapping[str, tuple[float, float]] = defaultdict(lambda: (1e9, 1e9))


class TokenBucket:
    """Let requests pass up to a rate.

    :param rate: requests per second.
    :param burst: maximum number of requests at once.
    :param clock: returns seconds that only grow.
    """

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._tokens = burst
        self._filled_at = clock()
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Take a token.

        :return: False if there is none.
        """
        with self._lock:
            now = self._clock()
            self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
            self._filled_at = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True
