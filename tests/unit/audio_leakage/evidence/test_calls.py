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
        ([12], [12], []),
        ([12, 13], [12, 13, 30], []),
        ([12, 20], [12, 30], [20, 30]),
        ([12, 20], [12, 45], [20]),
    ],
)
def test_a_call_has_the_legs_of_24_hours_and_none_that_the_day_before_has(
    own: list[int], of_other_days: list[int], expected: list[int]
) -> None:
    def legs(hours: list[int]) -> list[Leg]:
        return [leg(str(hour), hour * HOUR, hour * HOUR + 60) for hour in hours]

    assert [each.contact_id for each in legs_of_the_day(legs(own), legs(of_other_days))] == list(
        map(str, expected)
    )


@given(st.sets(st.integers(0, 5 * 24 * 60), min_size=1), st.permutations(range(7)))
def test_no_leg_is_lost_in_whatever_order_days_are_proved(minutes: set[int], order: list[int]) -> None:
    legs = [leg(f"{minute:05}", minute * 60, minute * 60 + 60) for minute in sorted(minutes)]
    days = [[each for each in legs if each.connected_at.day == NOON.day + day] for day in range(7)]
    proved: dict[int, list[Leg]] = {}

    def prove(day: int) -> None:
        before, after = proved.get(day - 1, []), days[day + 1] if day + 1 in proved else []
        proved[day] = legs_of_the_day(days[day], [*(each for each in days[day] if each in before), *after])

    for day in order:
        prove(day)
    assert {each.contact_id for found in proved.values() for each in found} == {
        each.contact_id for each in legs
    }
    for day in range(7):  # once every day has evidence, one more time in their order counts each leg once
        prove(day)
    counted = [each.contact_id for found in proved.values() for each in found]
    assert sorted(counted) == [each.contact_id for each in legs]


def test_a_leg_reads_back_as_it_was_written() -> None:
    for each in (leg("a", 0, 60, recorded=60), leg("b", 60, None, L)):
        assert Leg.from_row(each.to_row("call")) == each
