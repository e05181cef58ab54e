"""Taking the population of an hour, and proving that it is complete."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

import pytest

from audio_leakage.errors import AudioLeakageError, ServiceUnavailable, SetupError
from audio_leakage.population.parts import Part, by_hour
from audio_leakage.use_cases.population import take_population
from support.fakes import at, number
from support.population import HOUR, NOW, FakeSource, HourlyWorld, result

START = at("10:00")


def hour_of_calls(count: int, seconds: float = 0.3) -> list[dict[str, Any]]:
    step = timedelta(seconds=seconds)
    return [result(number(each), START + each * step, DisconnectTimestamp=None) for each in range(count)]


def taken(world: HourlyWorld, hour: str = HOUR) -> set[str]:
    return set(by_hour(map(Part.from_text, world.parts.taken()))[hour].members)


def test_an_hour_has_its_start_and_not_its_end() -> None:
    world = HourlyWorld()
    world.source.results = [
        result(number(1), at("10:00")),
        result(number(2), at("10:59:59.999")),
        result(number(3), at("11:00")),
        result(number(4), at("09:59:59.999")),
    ]
    assert take_population(world.run())["population"] == 2
    assert taken(world) == {number(1), number(2)}


def test_an_hour_of_more_results_than_a_search_shows_is_split() -> None:
    world = HourlyWorld()
    world.source.results = hour_of_calls(11_950)
    late = at("17:20")
    summary = take_population(world.run(now=late))
    assert summary["population"] == len(taken(world)) == 11_950
    (proof,) = summary["proofs"]
    assert (proof["status"], proof["total_count"]) == ("COMPLETE", 11_950)


def test_a_second_with_more_results_than_a_search_shows_is_an_error() -> None:
    world = HourlyWorld()
    world.source.results = hour_of_calls(10_500, seconds=0)
    with pytest.raises(ServiceUnavailable, match="of one second"):
        take_population(world.run())


def test_a_retry_goes_on_after_the_last_part_that_was_kept() -> None:
    world = HourlyWorld()
    world.source.results = hour_of_calls(5_000)
    world.source.error, world.source.fails_after = ServiceUnavailable("throttled"), 35
    with pytest.raises(ServiceUnavailable):
        take_population(world.run())
    world.source.error, before = None, world.source.searches
    assert take_population(world.run(is_retry=True))["population"] == 5_000
    assert world.source.searches - before <= 21
    assert len(taken(world)) == 5_000


def test_a_task_without_time_keeps_what_it_has() -> None:
    world = HourlyWorld()
    world.source.results = hour_of_calls(1_000)
    time = chain([1.0] * 3, [0.0])
    with pytest.raises(ServiceUnavailable, match="the next try goes on"):
        take_population(world.run(seconds_left=lambda: next(time)))
    assert len(taken(world)) == 400
    assert take_population(world.run())["population"] == 1_000


def test_an_hour_is_counted_again_once_it_has_settled() -> None:
    world = HourlyWorld()
    world.source.results = hour_of_calls(10)
    assert take_population(world.run())["proofs"][0]["status"] == "PENDING"
    world.next_run()
    later = take_population(world.run("2023-08-29T16", at("17:20")))
    assert {each["hour"]: each["status"] for each in later["proofs"]} == {
        HOUR: "COMPLETE",
        "2023-08-29T16": "PENDING",
    }
    world.next_run()
    assert [each["hour"] for each in take_population(world.run("2023-08-29T17", at("18:20")))["proofs"]] == [
        "2023-08-29T17"
    ]


def test_an_hour_that_grew_is_taken_again() -> None:
    world = HourlyWorld()
    world.source.results = hour_of_calls(10)
    world.source.hidden = {number(3)}
    take_population(world.run())
    assert number(3) not in taken(world)
    world.next_run()
    world.source.hidden = set()
    later = take_population(world.run("2023-08-29T16", at("17:20")))
    proof = next(each for each in later["proofs"] if each["hour"] == HOUR)
    assert (proof["status"], proof["listed"], proof["taken_again"]) == ("COMPLETE", 10, True)
    assert number(3) in taken(world)


@pytest.mark.parametrize(
    ("handled", "status"),
    [(10.0, "COMPLETE"), (11.0, "INCOMPLETE"), (9.0, "INCOMPLETE"), (0.0, "INCOMPLETE")],
)
def test_counts_that_still_disagree_make_an_hour_incomplete(handled: float, status: str) -> None:
    world = HourlyWorld()
    world.source.results, world.source.handled = hour_of_calls(10), handled
    (proof,) = take_population(world.run(now=at("17:20")))["proofs"]
    assert (proof["status"], proof["handled"]) == (status, handled)
    assert world.metrics.latest["PopulationIncomplete"] == (status == "INCOMPLETE")


def test_the_metric_may_shift_within_the_tolerance() -> None:
    world = HourlyWorld()
    world.source.results, world.source.handled = hour_of_calls(1_000), 1_005.0
    assert take_population(world.run(now=at("17:20")))["proofs"][0]["status"] == "COMPLETE"


def test_a_metric_that_is_not_granted_is_named_and_the_rest_works() -> None:
    world = HourlyWorld()
    world.source.results = hour_of_calls(10)
    world.source.handled = SetupError("grant connect:GetMetricDataV2")
    (proof,) = take_population(world.run(now=at("17:20")))["proofs"]
    assert (proof["status"], proof["handled_missing"]) == ("COMPLETE", "grant connect:GetMetricDataV2")


def test_a_result_that_cannot_be_read_makes_an_hour_incomplete() -> None:
    world = HourlyWorld()
    world.source.results = [*hour_of_calls(3), result(number(9)) | {"Channel": 5}]
    (proof,) = take_population(world.run(now=at("17:20")))["proofs"]
    assert (proof["status"], proof["unreadable"]) == ("INCOMPLETE", 1)


def test_a_backfill_publishes_no_metrics_and_counts_no_other_hour() -> None:
    world = HourlyWorld()
    world.source.results = hour_of_calls(10)
    take_population(world.run())
    world.next_run()
    published = dict(world.metrics.published)
    later = take_population(world.run("2023-08-29T16", at("17:20"), is_backfill=True))
    assert [each["hour"] for each in later["proofs"]] == ["2023-08-29T16"]
    assert world.metrics.published == published


def test_an_hour_without_calls_is_proved_like_any_other() -> None:
    world = HourlyWorld()
    summary = take_population(world.run(now=NOW + timedelta(hours=6)))
    assert summary["population"] == 0
    assert summary["proofs"][0]["status"] == "COMPLETE"


@dataclass
class FailingMetric(FakeSource):
    """A source whose metric fails for some hours, by their start."""

    failing: dict[datetime, AudioLeakageError] = field(default_factory=dict)

    def contacts_handled(self, queues: Mapping[str, str], start: datetime, end: datetime) -> float:
        if start in self.failing:
            raise self.failing[start]
        return super().contacts_handled(queues, start, end)


def settling(source: FakeSource) -> HourlyWorld:
    """Return a world in which the hours 10 and 11 were taken and wait to be counted again."""
    world = HourlyWorld(source)
    source.results = hour_of_calls(10)
    for hour, now in ((HOUR, "11:20"), ("2023-08-29T11", "12:20")):
        take_population(world.run(hour, at(now)))
        world.next_run()
    return world


def hours_to_count(world: HourlyWorld) -> set[str]:
    return set(world.counted.values["Hours"])


def test_an_hour_that_cannot_be_counted_stops_only_itself(caplog: pytest.LogCaptureFixture) -> None:
    source = FailingMetric()
    world = settling(source)
    source.failing = {at("10:00"): ServiceUnavailable("throttled")}
    with pytest.raises(ServiceUnavailable, match="throttled"):
        take_population(world.run("2023-08-29T17", at("18:20")))
    assert hours_to_count(world) == {HOUR, "2023-08-29T17"}
    assert "hour 2023-08-29T10 could not be counted again: throttled" in caplog.text
    assert world.metrics.latest["Population"] == 0
    world.next_run()
    source.failing = {}
    proofs = take_population(world.run("2023-08-29T18", at("19:20")))["proofs"]
    assert {each["hour"]: each["status"] for each in proofs} == {
        HOUR: "COMPLETE",
        "2023-08-29T18": "PENDING",
    }
    assert hours_to_count(world) == {"2023-08-29T17", "2023-08-29T18"}


def test_of_two_hours_that_cannot_be_counted_the_first_is_told() -> None:
    source = FailingMetric()
    world = settling(source)
    source.failing = {
        at("10:00"): ServiceUnavailable("the first"),
        at("11:00"): ServiceUnavailable("the second"),
    }
    with pytest.raises(ServiceUnavailable, match="the first"):
        take_population(world.run("2023-08-29T17", at("18:20")))
    assert hours_to_count(world) == {HOUR, "2023-08-29T11", "2023-08-29T17"}


@dataclass
class Announcing(FakeSource):
    """A source whose search announces a number, and shows as many pages as there are sizes."""

    announced: int = 0
    sizes: tuple[int, ...] = ()

    def population(
        self, instance_id: str, start: datetime, end: datetime
    ) -> Iterator[tuple[list[Mapping[str, Any]], int]]:
        del instance_id, start, end
        shown = 0
        for place, size in enumerate(self.sizes):
            yield (
                [result(number(shown + each)) for each in range(size)],
                self.announced if place == 0 else 10_000,
            )
            shown += size


@pytest.mark.parametrize(
    ("announced", "sizes", "circles"),
    [
        (0, (100,), False),
        (0, (101,), True),
        (100, (100, 110), False),
        (100, (100, 111), True),
        (1_000, (600, 600), False),
        (1_000, (600, 601), True),
    ],
)
def test_a_search_that_shows_far_more_than_it_announced_is_an_error(
    announced: int, sizes: tuple[int, ...], circles: bool
) -> None:
    world = HourlyWorld(Announcing(announced=announced, sizes=sizes))
    if circles:
        with pytest.raises(ServiceUnavailable) as error:
            take_population(world.run())
        assert str(error.value) == f"a search announced {announced} contacts and shows {sum(sizes)}"
    else:
        assert take_population(world.run())["population"] == sum(sizes)
