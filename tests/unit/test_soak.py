"""Three hours in all weathers; `make soak` plays a whole day, and Airflow's scheduler."""

import logging
from collections import Counter

import pytest

from soak.day import Day
from soak.flat import grown

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def day() -> Day:
    """Play it once for all tests."""
    day = Day(seed=2, windows=36, number_of_calls=400)
    logging.disable(logging.CRITICAL)
    try:
        assert len(list(day.play())) > 36
    finally:
        logging.disable(logging.NOTSET)
    return day


@pytest.fixture(scope="module")
def fair_day() -> Day:
    """Play an hour in which nothing goes wrong."""
    day = Day(seed=3, windows=12, number_of_calls=120, is_fair=True)
    logging.disable(logging.CRITICAL)
    try:
        list(day.play())
    finally:
        logging.disable(logging.NOTSET)
    return day


def test_every_close_is_counted_with_its_reason(fair_day: Day) -> None:
    assert fair_day.explained == []
    assert fair_day.metrics.closed == fair_day.table.closes
    assert fair_day.closes_counted <= fair_day.table.closes
    uncounted = fair_day.table.closes - fair_day.closes_counted
    assert set(uncounted) <= {"NOT_FOUND"}  # then Connect knew none of the contacts, and the task was red
    assert set(fair_day.table.closes) >= {
        "CUSTOMER_NEVER_ANSWERED",
        "NEVER_ENDED",
        "NOT_FOUND",
        "NOT_VOICE",
        "RECORDING_SWITCHED_OFF",
    }
    reasons = Counter(item["ClosedReason"] for item in fair_day.told().values() if "ClosedReason" in item)
    reopened = Counter(NOT_FOUND=sum(call.kind == "known_late" for call in fair_day.centre.calls))
    assert fair_day.table.closes == reasons + reopened


def test_no_close_is_counted_that_was_not_made(day: Day) -> None:
    """A task that is killed after a close counts nothing, so in bad weather some are missing."""
    assert day.closes_counted <= day.metrics.closed <= day.table.closes
    assert day.metrics.closed.total() >= day.table.closes.total() / 2


def test_no_call_is_lost_and_no_verdict_is_wrong_at_any_time(day: Day) -> None:
    assert (day.lost, day.explained) == ([], [])
    assert {truth.recorded_state for truth in day.truths().values()} >= {
        "CALL_RECORDED_SUCCESS",
        "CALL_RECORDED_FAILURE",
    }


def test_every_leak_is_alerted_and_nothing_else_is(day: Day) -> None:
    assert (day.never_alerted, day.short_untold, day.alerted_in_vain) == ([], [], [])


def test_the_simulated_day_had_faults_and_failed_runs(day: Day) -> None:
    assert len(day.weather.struck) >= 10
    assert day.runs["poll_initialised failed"]


def test_no_file_stays_open_and_no_contact_stays_open(day: Day) -> None:
    assert day.samples[-1].process.open_files <= day.samples[12].process.open_files
    assert (day.samples[-1].open_items, day.half_indexed) == (0, [])


def test_a_lost_call_and_a_wrong_verdict_would_be_noticed(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    told = day.told()
    leaked, recorded = (
        next(id_ for id_, item in told.items() if item.get("RecordedState") == verdict)
        for verdict in ("CALL_RECORDED_FAILURE", "CALL_RECORDED_SUCCESS")
    )
    told[leaked] = {**told[leaked], "RecordedState": "CALL_RECORDED_SUCCESS"}
    del told[recorded]
    monkeypatch.setattr(day, "told", lambda: told)
    assert (day.lost, day.wrong) == ([recorded], [leaked])


@pytest.mark.parametrize(
    ("means", "told"),
    [
        ({"open files": (20, 20), "items": (100, 120)}, []),
        (
            {"open files": (20, 22), "items": (100, 140), "memory, MiB": (200, 230)},
            ["open files", "items", "memory, MiB"],
        ),
    ],
)
def test_a_measure_that_grew_beyond_its_margin_is_named(
    means: dict[str, tuple[float, float]], told: list[str]
) -> None:
    assert grown(means) == told
