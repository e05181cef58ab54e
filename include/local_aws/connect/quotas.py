"""Amazon Connect's account quotas (docs/amazon-connect.md, "Quotas")."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping

#: Requests a second and burst, per account and Region, by operation.
ACCOUNT_QUOTAS: Mapping[str, tuple[float, float]] = defaultdict(
    lambda: (2.0, 5.0), {"DescribeContact": (10.0, 15.0), "SearchContacts": (0.5, 1.0)}
)
#: For tests and demos that are about something else.
UNLIMITED: Mapping[str, tuple[float, float]] = defaultdict(lambda: (1e9, 1e9))


class TokenBucket:
    """Let ``rate`` requests a second pass, and up to ``burst`` at once."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._tokens = burst
        self._filled_at = clock()
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Take a token; False when there is none."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
            self._filled_at = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True
