"""Keep within our share of Amazon Connect's quotas."""

import threading
import time
from random import random

from audio_leakage.errors import ServiceUnavailable

#: Seconds after which waiting would outlast the task. Only a crowd of backfilled runs leaves so small a part.
LONGEST_WAIT = 60
#: Seconds between two turns that are far apart.
_FAR_APART = 10
#: The part of an interval in which its moment lies, so that two moments are never close to each other.
_MOMENTS = 0.8


class RateLimiter:
    """Limit the calls per second across threads. Unused calls can be made up for within a second.

    All callers of an account and Region share Connect's quotas (docs/amazon-connect.md, "Quotas"). A slow
    limiter starts at a random moment of its first interval, so that processes that start together do not call
    together. If its turns are far apart, it calls at a random moment of each interval. Otherwise it
    could stay in step with a limiter that calls more often, and AWS would refuse one of the two each time.

    :param per_second: calls per second.
    :param longest_wait: seconds after which waiting for a turn would outlast the task.
    """

    def __init__(self, per_second: float, longest_wait: float = LONGEST_WAIT) -> None:
        self._longest_wait = longest_wait
        self._interval = 1 / per_second
        self._credit = 1 if per_second >= 1 else 0
        self._moments = _MOMENTS * self._interval if self._interval >= _FAR_APART else 0
        has_moments = self._credit or self._moments
        self._next = 0.0 if has_moments else time.monotonic() + random() * self._interval  # noqa: S311
        self._lock = threading.Lock()

    def __call__(self, **_: object) -> None:
        """Wait for the next turn; to be registered for botocore's event ``before-send``, retries included.

        :raises ServiceUnavailable: when that turn comes too late.
        """
        with self._lock:
            now = time.monotonic()
            turn = max(now - self._credit, self._next)
            if turn - now > self._longest_wait:
                raise ServiceUnavailable("our part of Connect's quota leaves no turn to this task")
            self._next = turn + self._interval
        time.sleep(max(0, turn - now) + random() * self._moments)  # noqa: S311


_LIMITERS: dict[tuple[str, float], RateLimiter] = {}


def shared_limiter(operation: str, per_second: float, longest_wait: float = LONGEST_WAIT) -> RateLimiter:
    """Return the limiter that all hooks of this process share for an operation.

    :param operation: the operation as AWS spells it, such as ``DescribeContact``.
    :param per_second: calls per second.
    :param longest_wait: seconds, see :class:`RateLimiter`.
    """
    return _LIMITERS.setdefault((operation, per_second), RateLimiter(per_second, longest_wait))
