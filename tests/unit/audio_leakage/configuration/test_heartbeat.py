"""How long no run of the monitor ended."""

from datetime import UTC, datetime

from audio_leakage.configuration.heartbeat import STEP, gaps

START = datetime(2026, 11, 23, tzinfo=UTC)
END = START + 12 * STEP


def test_a_run_in_every_stretch_leaves_no_gap() -> None:
    assert gaps((START + place * STEP for place in range(12)), START, END) == (0, 0)


def test_without_any_run_the_whole_time_is_a_gap() -> None:
    assert gaps([], START, END) == (12, 60)


def test_stretches_in_a_row_are_added_and_others_are_counted() -> None:
    heard = [START + place * STEP for place in range(12) if place not in (2, 3, 4, 8)]
    assert gaps(heard, START, END) == (4, 15)
