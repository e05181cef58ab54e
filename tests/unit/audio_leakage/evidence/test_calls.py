"""Legs to calls."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_leakage.evidence.calls import Leg, call_row, legs_of_the_day, status_of
from audio_leakage.evidence.classes import Count

P, L, U, E, N = Count.PROVEN, Count.LOST, Count.UNDECIDED, Count.EXCLUDED, Count.NEITHER
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def leg(name: str, begin: int, end: int | None, counts_as: Count = P, recorded: int = 0) -> Leg:
    left = None if end is None else NOON + timedelta(seconds=end)
    return Leg(name, counts_as, NOON + timedelta(seconds=begin), left, recorded)


@pytest.mark.parametrize(
    ("legs", "expected"),
    [
        ([P, P], "RECORDED"),
        ([P, E], "RECORDED"),
        ([P, L], "PARTLY"),
        ([P, L, U], "PARTLY"),
        ([L, L], "NOT_RECORDED"),
        ([L, U], "NOT_RECORDED"),
        ([P, U], "UNDECIDED"),
        ([U], "UNDECIDED"),
        ([E, N], "EXCLUDED"),
        ([L, E], "NOT_RECORDED"),
    ],
)
def test_a_call_has_the_status_of_its_required_legs(legs: list[Count], expected: str) -> None:
    assert status_of(legs) == expected


def test_the_talk_of_a_conference_is_not_counted_twice() -> None:
    row = call_row("call", [leg("a", 0, 60, recorded=60), leg("b", 30, 90, recorded=60), leg("c", 200, 210)])
    assert (row["talk_seconds"], row["recorded_seconds"]) == (100, 100)


def test_a_leg_without_an_end_leaves_its_call_open() -> None:
    assert call_row("call", [leg("a", 0, 60), leg("b", 60, None)])["open_ended"] is True


@given(st.permutations([leg("a", 0, 60), leg("b", 30, 90, L), leg("c", 20, 40, E), leg("d", 95, None, U)]))
def test_the_order_of_the_legs_does_not_matter(legs: list[Leg]) -> None:
    assert call_row("call", legs) == call_row("call", sorted(legs, key=lambda each: each.contact_id))


HOUR = 3600


@pytest.mark.parametrize(
    ("own", "of_other_days", "expected"),
    [
        ([0], [], [0]),
        ([0], [12], [0, 12]),
        ([0, 1], [23, 24], [0, 1, 23, 24]),
        ([0], [25], [0]),
        ([12], [0], []),
        ([12, 13], [0, 36], []),
        ([24], [0], []),
        ([25], [0], [25]),
        ([23, 26], [0, 49], [26, 49]),
        ([26], [0, 51], [26]),
    ],
)
def test_a_call_belongs_to_the_day_of_its_first_leg_with_the_legs_of_24_hours(
    own: list[int], of_other_days: list[int], expected: list[int]
) -> None:
    def legs(hours: list[int]) -> list[Leg]:
        return [leg(str(hour), hour * HOUR, hour * HOUR + 60) for hour in hours]

    assert [each.contact_id for each in legs_of_the_day(legs(own), legs(of_other_days))] == list(
        map(str, expected)
    )


@given(st.sets(st.integers(0, 5 * 24 * 60), min_size=1))
def test_each_leg_of_a_long_call_counts_on_exactly_one_day(minutes: set[int]) -> None:
    legs = [leg(f"{minute:05}", minute * 60, minute * 60 + 60) for minute in sorted(minutes)]
    days = [[each for each in legs if each.connected_at.day == NOON.day + day] for day in range(7)]
    counted: list[str] = []
    yesterday: list[Leg] = []
    for today, tomorrow in zip(days, [*days[1:], []], strict=True):
        found = legs_of_the_day(today, [*yesterday[:1], *tomorrow])
        counted += [each.contact_id for each in found]
        yesterday = sorted(found, key=lambda each: each.connected_at)
    assert sorted(counted) == [each.contact_id for each in legs]


def test_a_leg_reads_back_as_it_was_written() -> None:
    for each in (leg("a", 0, 60, recorded=60), leg("b", 60, None, L)):
        assert Leg.from_row(each.to_row("call")) == each
