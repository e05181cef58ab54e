"""The second count of an hour, where it can be had and where it cannot."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from audio_leakage.errors import AudioLeakageError, ServiceUnavailable, SetupError
from audio_leakage.use_cases.counting import StandardQueues
from audio_leakage.use_cases.population import take_population
from support.fakes import INSTANCE_ID, at, number
from support.population import HOUR, QUEUE, FakeSource, HourlyWorld, result

LATE = at("17:20")
OWN_QUEUE = "00000000-0000-4000-8000-0000000000ff"


@dataclass
class Queues(FakeSource):
    """A source whose list of queues is another one, or an error."""

    queues: dict[str, str] | AudioLeakageError = field(default_factory=lambda: {QUEUE: "arn:queue"})

    def standard_queues(self, instance_id: str) -> Mapping[str, str]:
        assert instance_id == INSTANCE_ID
        if isinstance(self.queues, AudioLeakageError):
            raise self.queues
        return self.queues


def world_of(queues: dict[str, str] | AudioLeakageError | None = None) -> tuple[HourlyWorld, Queues]:
    """Return a world of two calls of the queue, and one of an agent's own queue."""
    source = Queues() if queues is None else Queues(queues=queues)
    source.results = [
        result(number(1)),
        result(number(2)),
        result(number(3), QueueInfo={"Id": OWN_QUEUE}),
    ]
    return HourlyWorld(source), source


def proof(world: HourlyWorld, hour: str = HOUR, now: datetime = LATE) -> dict[str, Any]:
    found: list[dict[str, Any]] = take_population(world.run(hour, now))["proofs"]
    (first, *_) = found
    return first


def test_the_metric_counts_standard_queues_alone() -> None:
    world, _ = world_of()
    counted = proof(world)
    assert (counted["status"], counted["handled"], counted["outside_standard_queues"]) == ("COMPLETE", 2.0, 1)
    assert "handled_missing" not in counted


@pytest.mark.parametrize(
    ("queues", "missing"),
    [
        (SetupError("grant connect:ListQueues"), "grant connect:ListQueues"),
        (ServiceUnavailable("throttled"), "throttled"),
        ({}, "the instance has no standard queue"),
    ],
)
def test_without_the_queues_the_second_count_is_left_out_and_says_so(
    queues: dict[str, str] | AudioLeakageError, missing: str, caplog: pytest.LogCaptureFixture
) -> None:
    world, _ = world_of(queues)
    counted = proof(world)
    assert (counted["status"], counted["listed"], counted["total_count"]) == ("COMPLETE", 3, 3)
    assert (counted["handled_missing"], counted["outside_standard_queues"]) == (missing, 3)
    assert "handled" not in counted
    assert (f"the second count is left out: {missing}" in caplog.text) is bool(queues)


def test_an_hour_taken_without_the_queues_has_no_second_count() -> None:
    world, source = world_of(ServiceUnavailable("throttled"))
    take_population(world.run())
    assert world.counted.values["Hours"] == {HOUR: [3, None, 0]}
    source.queues = {QUEUE: "arn:queue"}
    world.next_run()
    proofs = take_population(world.run("2023-08-29T16", LATE))["proofs"]
    (counted,) = (each for each in proofs if each["hour"] == HOUR)
    assert (counted["status"], counted["outside_standard_queues"]) == ("COMPLETE", 3)
    assert counted["handled_missing"] == "the standard queues were not known when the hour was taken"
    assert "handled" not in counted


def test_an_hour_with_a_result_that_nobody_could_read_is_not_complete() -> None:
    """Regression: where the metric could not be asked, two equal counts said that every contact is known."""
    world, source = world_of(SetupError("grant connect:ListQueues"))
    source.results.append(result(number(4)) | {"InitiationMethod": None})
    take_population(world.run())
    world.next_run()
    proofs = take_population(world.run("2023-08-29T16", LATE))["proofs"]
    (counted,) = (each for each in proofs if each["hour"] == HOUR)
    assert (counted["listed"], counted["total_count"], counted["unreadable"]) == (4, 4, 1)
    assert (counted["status"], counted["taken_again"]) == ("INCOMPLETE", True)


def test_an_hour_that_can_be_read_when_it_is_taken_again_is_complete() -> None:
    world, source = world_of()
    unread = result(number(4), QueueInfo={"Id": OWN_QUEUE})
    source.results.append(unread | {"InitiationMethod": None})
    take_population(world.run())
    source.results[-1] = unread
    world.next_run()
    proofs = take_population(world.run("2023-08-29T16", LATE))["proofs"]
    (counted,) = (each for each in proofs if each["hour"] == HOUR)
    assert (counted["status"], counted["unreadable"], counted["taken_again"]) == ("COMPLETE", 0, True)
    assert counted["outside_standard_queues"] == 2


def test_a_failing_metric_is_not_an_hour_without_contacts() -> None:
    world, source = world_of()
    source.handled = ServiceUnavailable("throttled")
    with pytest.raises(ServiceUnavailable, match="throttled"):
        take_population(world.run(now=LATE))


@pytest.mark.parametrize(("back", "is_asked"), [(timedelta(0), True), (timedelta(seconds=1), False)])
def test_the_metric_is_asked_for_the_last_months_only(back: timedelta, is_asked: bool) -> None:
    world, _ = world_of()
    run = world.run(now=at("10:00") + timedelta(days=89) + back)
    handled, missing = StandardQueues(run).handled(run.hour)
    assert (handled, missing) == (
        (2.0, None) if is_asked else (None, "GetMetricDataV2 reaches three months back")
    )


def test_members_are_counted_by_their_queue_or_not_at_all() -> None:
    for queues, count in (({QUEUE: "arn:queue"}, 0), ({}, None)):
        world, _ = world_of(queues)
        assert StandardQueues(world.run()).count([]) == count
