"""Keep within our share of Amazon Connect's quotas."""

import threading
import time


class RateLimiter:
    """Limit the calls per second across threads. Unused calls can be made up for within a second.

    All callers of an account and Region share Connect's quotas (docs/amazon-connect.md, "Quotas").

    :param per_second: calls per second.
    """

    def __init__(self, per_second: float) -> None:
        self._interval = 1 / per_second
        self._credit = 1 if per_second >= 1 else 0
        self._next = 0.0
        self._lock = threading.Lock()

    def __call__(self, **_: object) -> None:
        """Wait for the next turn; to be registered for botocore's event ``before-send``, retries included."""
        with self._lock:
            now = time.monotonic()
            turn = max(now - self._credit, self._next)
            self._next = turn + self._interval
        time.sleep(max(0, turn - now))


_LIMITERS: dict[tuple[str, float], RateLimiter] = {}


def shared_limiter(operation: str, per_second: float) -> RateLimiter:
    """Return the limiter that all hooks of this process share for an operation.

    :param operation: the operation as AWS spells it, such as ``DescribeContact``.
    :param per_second: calls per second.
    """
    return _LIMITERS.setdefault((operation, per_second), RateLimiter(per_second))
