"""How far the flow log has been read: kept in the table, never moved back, never jumped over in silence."""

import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_leakage.contacts.states import FailureCause
from audio_leakage.runs.mutes import Mute
from audio_leakage.runs.progress import Progress, read_progress
from audio_leakage.runs.window import Window
from support.fakes import at

WINDOW = Window(at("06:15"), at("06:20"))
TIMES = st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(
    lambda moment: at(moment.replace(microsecond=0).isoformat(sep=" "))
)


@pytest.mark.parametrize(
    ("read_until", "goes_on_at"),
    [
        pytest.param(None, "05:30", id="nobody knows: what was missed"),
        pytest.param("06:15", "06:15", id="the run before this one read its window"),
        pytest.param("05:00", "05:00", id="earlier than the last run that succeeded"),
        pytest.param("06:40", "06:40", id="further than this window"),
        pytest.param("2023-08-30 06:20", "2023-08-30 06:20", id="a day further"),
        pytest.param("2023-08-30 06:21", "05:30", id="more than a day further: the window is not of now"),
    ],
)
def test_a_run_goes_on_in_the_flow_log_where_reading_stopped(read_until: str | None, goes_on_at: str) -> None:
    known = Progress(read_from=at("00:00"), read_until=at(read_until)) if read_until else Progress()
    progress = known.before(WINDOW, Window(at("05:30"), at("06:20")))
    assert (progress.read_until, progress.alert_pending) == (at(goes_on_at), None)


def test_a_stretch_more_than_a_day_back_is_lost_and_reported() -> None:
    known = Progress(read_from=at("2023-08-01 00:00"), read_until=at("2023-08-27 10:00"))
    progress = known.before(WINDOW, WINDOW)
    assert progress.read_from == progress.read_until == progress.lost_until == at("2023-08-28 06:20")
    assert progress.lost_from == at("2023-08-27 10:00")
    assert progress.alert_pending == "FLOW_LOG_NOT_READ"


def test_the_mutes_in_force_are_kept_also_for_a_table_that_was_made_anew() -> None:
    mute = Mute(id="key", until=at("2023-08-30 12:00"), reason="CHG-4711", cause=FailureCause.NO_OBJECT)
    values = Progress(read_from=at("05:00"), read_until=at("06:00"), mutes=(mute,)).to_values(
        "contacts", "one"
    )
    for table_id in ("one", "another"):
        assert Progress.from_values(values, "contacts", table_id).mutes == (mute,)
    assert Progress.from_values(values, "other contacts").mutes == ()


def test_a_stretch_that_was_not_told_yet_grows_until_it_is() -> None:
    known = Progress(read_from=at("2023-08-01 00:00"), read_until=at("2023-08-27 10:00"))
    untold = known.before(WINDOW, WINDOW)
    later = Window(at("2023-08-30 06:15"), at("2023-08-30 06:20"))
    assert untold.before(later, later).lost_from == at("2023-08-27 10:00")


@pytest.mark.parametrize(
    ("start", "end", "covered"),
    [
        ("05:00", "06:00", True),
        ("04:00", "06:30", True),
        ("03:59", "06:00", False),
        ("05:00", "06:31", False),
    ],
)
def test_a_stretch_is_covered_if_all_of_it_was_read(start: str, end: str, covered: bool) -> None:
    progress = Progress(read_from=at("04:00"), read_until=at("06:30"))
    assert progress.covers(Window(at(start), at(end))) is covered


def test_no_stretch_is_covered_without_known_progress() -> None:
    assert not Progress().covers(WINDOW)


@given(st.builds(Progress, read_from=TIMES, read_until=TIMES, lost_from=TIMES, lost_until=TIMES))
def test_progress_survives_the_way_through_the_table(progress: Progress) -> None:
    values = read_progress(json.dumps(progress.to_values("contacts")))
    assert Progress.from_values(values, "contacts") == progress
    assert Progress.from_values(values, "others") == Progress()


def test_into_a_table_made_anew_nothing_was_read_since_reading_began() -> None:
    known = Progress(read_from=at("00:00"), read_until=at("06:15"))
    values = known.to_values("contacts", "an id")
    assert Progress.from_values(values, "contacts", "an id") == known
    assert Progress.from_values(values, "contacts") == known
    anew = Progress.from_values(values, "contacts", "another id")
    assert not anew.covers(WINDOW)
    assert anew.before(WINDOW, WINDOW).read_until == at("00:00")


def test_what_a_table_made_anew_lacks_beyond_a_day_is_reported() -> None:
    known = Progress(read_from=at("2023-08-01 00:00"), read_until=at("06:15"))
    anew = Progress.from_values(known.to_values("contacts", "an id"), "contacts", "another id")
    lost = anew.before(WINDOW, WINDOW)
    assert (lost.lost_from, lost.lost_until) == (at("2023-08-01 00:00"), at("2023-08-28 06:20"))
    assert lost.alert_pending == "FLOW_LOG_NOT_READ"


@pytest.mark.parametrize(
    "text",
    [None, "", "x", "7", "[]", '{"Table": "contacts"}', '{"Table": "contacts", "ReadUntil": "yesterday"}'],
)
def test_a_variable_that_cannot_be_read_makes_the_log_be_read_again(text: str | None) -> None:
    assert Progress.from_values(read_progress(text), "contacts").read_until is None
