"""Turns at AWS, by a clock that only our own waits move."""

import time

import pytest

from audio_leakage.errors import ServiceUnavailable
from audio_leakage_hooks import rate_limit
from audio_leakage_hooks.rate_limit import RateLimiter, shared_limiter

START = 1000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Keep the present moment: it stands still but for waits, and random moments lie in the middle."""
    now = [START]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(rate_limit, "random", lambda: 0.5)
    return now


def turns(limiter: RateLimiter, clock: list[float], count: int) -> list[float]:
    """Return the seconds from the start at which each call was let through."""
    found = []
    for _ in range(count):
        limiter()
        found.append(round(clock[0] - START, 3))
    return found


@pytest.mark.parametrize(
    ("per_second", "expected"),
    [
        # What could have been called in the second before is made up for, and then the calls come evenly.
        (2, [0, 0, 0, 0.5, 1, 1.5]),
        (1, [0, 0, 1, 2]),
        # Less than one call a second: the first one waits for a moment of its interval, and nothing is made up for.
        (0.5, [1, 3, 5]),
        # Far apart: each call has a moment of its own within four fifths of its interval.
        (0.1, [4, 14, 24]),
    ],
)
def test_calls_come_no_faster_than_the_rate_and_no_slower(
    clock: list[float], per_second: float, expected: list[float]
) -> None:
    assert turns(RateLimiter(per_second), clock, len(expected)) == expected


def test_a_turn_that_comes_too_late_is_not_waited_for(clock: list[float]) -> None:
    limiter = RateLimiter(0.5, longest_wait=2)
    assert turns(limiter, clock, 2) == [1, 3]
    limiter()
    clock[0] = START + 3  # as for a crowd of callers, who all ask now
    with pytest.raises(ServiceUnavailable, match="no turn"):
        limiter()


def test_only_hooks_with_the_same_operation_and_rate_share_their_turns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rate_limit, "_LIMITERS", {})
    first = shared_limiter("DescribeContact", 2)
    assert shared_limiter("DescribeContact", 2) is first
    assert shared_limiter("SearchContacts", 2) is not first
    assert shared_limiter("DescribeContact", 1) is not first
