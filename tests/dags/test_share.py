"""All runs together stay within our share of Connect's quotas, as Airflow counts the runs."""

import heapq
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from audio_leakage.errors import ServiceUnavailable
from audio_leakage_hooks import rate_limit
from audio_leakage_hooks.rate_limit import RateLimiter
from audio_leakage_tasks.share import part_of_share, within_share
from local_aws.connect.quotas import ACCOUNT_QUOTAS, TokenBucket
from support.fakes import SETTINGS


@dataclass
class Clock:
    """A clock that stands still while somebody would sleep."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(rate_limit, "time", clock)
    return clock


def called(clock: Clock, limiters: dict[str, RateLimiter], seconds: float) -> tuple[Counter[str], int]:
    """Let everybody call DescribeContact as fast as his limiter lets him, and count calls and refusals."""
    account = TokenBucket(*ACCOUNT_QUOTAS["DescribeContact"], clock=clock.monotonic)
    calls, refused, end = Counter[str](), 0, clock.now + seconds
    turns = [(clock.now, name, False) for name in limiters]
    while turns and turns[0][0] < end:
        clock.now, name, has_turn = heapq.heappop(turns)
        if has_turn:
            calls[name] += 1
            refused += not account.take()
        try:
            limiters[name]()
        except ServiceUnavailable:  # too many backfilled runs: this one has no turn left
            continue
        heapq.heappush(turns, (clock.now + clock.slept.pop(), name, True))
    return calls, refused


@pytest.mark.parametrize("instances", [1, 3])
@pytest.mark.parametrize("backfilled", [0, 1, 2, 3, 10, 40])
def test_backfilled_runs_beside_the_schedule_stay_within_our_share(
    clock: Clock, backfilled: int, instances: int
) -> None:
    rps, running = SETTINGS.describe_contact_rps, backfilled + 1
    limiters = {}
    for instance in range(instances):
        for number in range(backfilled):
            part = part_of_share("backfill", running, instances)
            limiters[f"backfill {instance} {number}"] = RateLimiter(rps * part)
        limiters[f"scheduled {instance}"] = RateLimiter(rps * part_of_share("scheduled", running, instances))
    calls, refused = called(clock, limiters, seconds=75)
    assert refused == 0
    assert calls.total() <= 75 * rps + rps + len(limiters)  # the first call, and a second's worth of them
    scheduled = sum(count for name, count in calls.items() if name.startswith("scheduled"))
    assert scheduled >= 75 * rps * (0.75 if backfilled else 1) - rps


def test_a_backfill_that_starts_beside_a_task_at_full_rate_is_not_refused(clock: Clock) -> None:
    rps = SETTINGS.describe_contact_rps
    limiters = {f"backfill {n}": RateLimiter(rps * part_of_share("backfill", 11, 1)) for n in range(10)}
    limiters["scheduled"] = RateLimiter(rps * part_of_share("scheduled", 1, 1))
    assert called(clock, limiters, seconds=75)[1] == 0


@pytest.mark.parametrize(
    ("run_type", "running", "instances", "part"),
    [
        ("scheduled", 1, 1, 1),
        ("manual", 0, 1, 1),
        ("scheduled", 2, 1, 0.75),
        ("scheduled", 11, 1, 0.75),
        ("scheduled", 1, 2, 0.5),
        ("manual", 11, 3, 0.25),
        ("backfill", 1, 1, 0.125),
        ("backfill", 11, 1, 0.25 / 12),
        ("backfill", 11, 2, 0.125 / 12),
    ],
)
def test_a_task_takes_its_part(run_type: str, running: int, instances: int, part: float) -> None:
    asked: list[dict[str, Any]] = []

    def get_dr_count(**of: Any) -> int:
        asked.append(of)
        return running

    run = SimpleNamespace(dag_id="monitor_audio_leakage", run_type=SimpleNamespace(value=run_type))
    context: Any = {"dag_run": run, "ti": SimpleNamespace(get_dr_count=get_dr_count)}
    settings, taken = within_share(SETTINGS, context, instances)
    assert asked == [{"dag_id": "monitor_audio_leakage", "states": ["running"]}]
    assert taken == pytest.approx(part)
    assert settings.describe_contact_rps == pytest.approx(8 * part)
    assert settings.search_contacts_rps == pytest.approx(0.4 * part)


@pytest.mark.parametrize("phase", range(10))
def test_hourly_searches_beside_a_monitor_that_never_stops_are_answered_and_hardly_slow_it(
    clock: Clock, phase: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = chain([phase / 10], iter(Random(phase).random, None))
    monkeypatch.setattr(rate_limit, "random", lambda: next(moments))
    rates = {"monitor": SETTINGS.search_contacts_rps, "hourly": SETTINGS.population_rps}
    limiters = {name: RateLimiter(rate) for name, rate in rates.items()}
    account = TokenBucket(*ACCOUNT_QUOTAS["SearchContacts"], clock=clock.monotonic)
    turns, answered = [(clock.now, name, False) for name in limiters], Counter[str]()
    end = clock.now + 3600
    while turns[0][0] < end:
        clock.now, name, has_turn = heapq.heappop(turns)
        answered[name] += has_turn and account.take()
        limiters[name]()
        heapq.heappush(turns, (clock.now + clock.slept.pop(), name, True))
    assert answered["hourly"] >= 40
    assert answered["monitor"] >= 3600 * SETTINGS.search_contacts_rps * 0.9


def test_slow_limiters_that_start_together_do_not_call_together(clock: Clock) -> None:
    turns = []
    for _ in range(50):
        RateLimiter(0.1)()
        turns.append(clock.slept.pop())
    assert all(0 <= turn <= 10 for turn in turns)
    assert len({round(turn) for turn in turns}) > 5


@pytest.mark.usefixtures("clock")
def test_a_turn_that_would_come_after_the_task_is_none() -> None:
    limiter = RateLimiter(1 / 25)
    for _ in range(2):
        limiter()

    def wait_for_the_fourth_turn() -> None:
        for _ in range(2):
            limiter()

    with pytest.raises(ServiceUnavailable, match="leaves no turn"):
        wait_for_the_fourth_turn()
