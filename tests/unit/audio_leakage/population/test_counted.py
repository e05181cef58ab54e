"""The hours to be counted again, as a Variable keeps them."""

from datetime import date, timedelta
from typing import Any

import pytest

from audio_leakage.population.counted import Counted, CountedHour
from support.fakes import at

COUNTED = Counted(
    {"2023-08-29T10": CountedHour(10, 9, 1), "2023-08-29T11": CountedHour(3, None)},
    date(2023, 8, 29),
    frozenset({"a", "b"}),
)


@pytest.mark.parametrize("counted", [COUNTED, Counted()])
def test_what_was_counted_comes_back_as_it_was_kept(counted: Counted) -> None:
    assert Counted.from_values(counted.to_values("contacts"), "contacts") == counted


def test_an_hour_that_an_earlier_version_kept_is_counted_again() -> None:
    kept = {"Table": "contacts", "Hours": {"2023-08-29T10": [10, 9]}}
    assert Counted.from_values(kept, "contacts").hours == {"2023-08-29T10": CountedHour(10, 9)}


def test_of_another_table_nothing_was_counted() -> None:
    assert Counted.from_values(COUNTED.to_values("contacts"), "another") == Counted()


@pytest.mark.parametrize(
    "change",
    [
        {"Hours": [1]},
        {"Hours": {"2023-08-29T10": 5}},
        {"Hours": {"2023-08-29T10": [1]}},
        {"Hours": {"2023-08-29T10": ["many", 1]}},
        {"Hours": {"2023-08-29T10": [1, "many"]}},
        {"Hours": {"2023-08-29T10": [None, 1]}},
        {"Hours": {"2023-08-29T10": [1, 1, "many"]}},
        {"Hours": {"ten o'clock": [1, 1]}},
        {"RulesToldOn": "yesterday"},
        {"RulesToldOn": 20230829},
        {"UnknownQueues": 5},
    ],
)
def test_what_cannot_be_read_counts_as_not_kept(change: dict[str, Any]) -> None:
    """An hour that is counted twice costs little. A run that always fails would cost everything."""
    assert Counted.from_values(COUNTED.to_values("contacts") | change, "contacts") == Counted()


def test_an_hour_is_settled_from_the_moment_on_that_is_named() -> None:
    settle_after = timedelta(hours=6)
    assert COUNTED.settled(at("16:59:59"), settle_after) == []
    assert COUNTED.settled(at("17:00"), settle_after) == ["2023-08-29T10"]
    assert COUNTED.settled(at("18:00"), settle_after) == ["2023-08-29T10", "2023-08-29T11"]


@pytest.mark.parametrize(("now", "is_kept"), [("2023-08-31T10:59:59", True), ("2023-08-31T11:00", False)])
def test_an_hour_that_is_never_proved_is_forgotten_after_two_days(now: str, is_kept: bool) -> None:
    later = COUNTED.with_hour("2023-08-31T09", CountedHour(1, 1), at(now))
    assert ("2023-08-29T10" in later.hours) is is_kept
    assert {"2023-08-29T11", "2023-08-31T09"} <= set(later.hours)


def test_an_hour_that_is_proved_is_counted_no_more() -> None:
    assert set(COUNTED.without("2023-08-29T10").hours) == {"2023-08-29T11"}
    assert COUNTED.without("2023-08-29T12") == COUNTED
