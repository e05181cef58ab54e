"""Legs to calls."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_leakage.evidence.calls import Leg, call_row, status_of
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
