from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from audio_leakage.errors import WindowError
from audio_leakage.runs.window import Scope, Window, named_window, scope_of, window_of
from support.fakes import FakeHistory, at

FIRED = at("06:20")


@dataclass
class AirflowRun:
    run_type: str = "scheduled"
    data_interval_start: datetime | None = None
    data_interval_end: datetime | None = None
    logical_date: datetime | None = None
    run_after: datetime = FIRED
    conf: dict[str, Any] | None = None


def scheduled(fired: str = "06:20", **fields: Any) -> AirflowRun:
    """Return a run as a cron schedule of Airflow 3 makes it: an interval without width."""
    moment = at(fired)
    times = {"data_interval_start": moment, "data_interval_end": moment, "logical_date": moment}
    return AirflowRun(**(times | {"run_after": moment} | fields))


@pytest.mark.parametrize(
    "run",
    [
        pytest.param(scheduled(), id="scheduled, cron trigger"),
        pytest.param(
            scheduled(data_interval_start=at("06:15"), logical_date=at("06:15")), id="data interval"
        ),
        pytest.param(AirflowRun(run_after=at("06:20:29.28")), id="manual without a logical date"),
        pytest.param(scheduled("06:20:29"), id="manual from the UI"),
        pytest.param(AirflowRun(logical_date=FIRED, run_after=at("09:00")), id="manual for a logical date"),
    ],
)
def test_the_window_of_a_run_is_the_aligned_five_minutes_before_it(run: AirflowRun) -> None:
    assert window_of(run) == Window(at("06:15"), at("06:20"))


def test_a_data_interval_with_a_width_is_the_window() -> None:
    run = scheduled("06:00", data_interval_start=at("05:00"))
    assert window_of(run) == Window(at("05:00"), at("06:00"))


NOW = at("12:00")


def scope_with(run: AirflowRun, last: AirflowRun | None = None, **params: Any) -> Scope:
    return scope_of(run, params, FakeHistory(last), NOW)


@pytest.mark.parametrize(
    ("run", "params", "only_window", "adopts"),
    [
        (scheduled(), {}, False, False),
        (scheduled("06:05"), {}, False, True),  # one of four windows a day
        (scheduled(run_type="manual"), {}, False, True),
        (scheduled(run_type="backfill"), {}, True, False),
        (scheduled("06:05", run_type="backfill"), {}, True, False),
        (
            scheduled(run_type="manual"),
            {"window_start": "2023-08-29T05:00Z", "window_end": "2023-08-29T06:00Z"},
            True,
            False,
        ),
    ],
)
def test_a_backfill_or_named_window_limits_the_run_to_its_contacts(
    run: AirflowRun, params: dict[str, Any], only_window: bool, adopts: bool
) -> None:
    scope = scope_with(run, **params)
    assert (scope.only_window, scope.adopts) == (only_window, adopts)


@pytest.mark.parametrize(
    ("last", "start"),
    [
        pytest.param(None, "06:15", id="the first run there is"),
        pytest.param(scheduled("06:15"), "06:15", id="nothing was missed"),
        pytest.param(scheduled("04:00"), "04:00", id="two hours were missed"),
        pytest.param(scheduled("2023-08-01T00:00"), "2023-08-28T06:20", id="no more than a day"),
        pytest.param(
            scheduled("06:10", run_type="backfill"), "2023-08-28T06:20", id="a backfill proves nothing"
        ),
        pytest.param(
            scheduled("06:10", run_type="manual", conf={"window_start": "x"}),
            "2023-08-28T06:20",
            id="nor does a named window",
        ),
        pytest.param(scheduled("06:15", run_type="manual"), "06:15", id="any other manual run does"),
    ],
)
def test_a_scheduled_run_takes_up_what_was_missed_since_the_last_success(
    last: AirflowRun | None, start: str
) -> None:
    assert scope_with(scheduled(), last).missed == Window(at(start), at("06:20"))


def test_a_backfilled_run_has_missed_its_window_only() -> None:
    assert scope_with(scheduled(run_type="backfill")).missed == Window(at("06:15"), at("06:20"))


def test_four_scheduled_windows_a_day_are_for_adoption() -> None:
    windows = [
        Window(at(f"{hour:02}:{minute:02}"), at("23:59")) for hour in range(24) for minute in range(0, 60, 5)
    ]
    assert [window.start.hour for window in windows if window.is_for_adoption] == [0, 6, 12, 18]


def test_two_times_name_a_window() -> None:
    named = named_window("2023-08-29T10:00:00+02:00", "2023-08-29T09:00:00Z", NOW)
    assert named == Window(at("08:00"), at("09:00"))


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_run_without_times_names_no_window(nothing: str | None) -> None:
    assert named_window(nothing, nothing, NOW) is None


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        ("2023-08-29T10:00Z", None, "must be given both or neither"),
        ("2023-08-29T10:00Z", "2023-08-29T09:00Z", "ends before it starts"),
        ("2023-08-29T10:00Z", "2023-08-29T10:00Z", "ends before it starts"),
        (
            "2023-08-29T11:00Z",
            "2023-08-29T12:05Z",
            "lies in the future: it must end by 2023-08-29T12:00:00.000Z",
        ),
        ("2023-08-27T11:00Z", "2023-08-29T11:00Z", "is too long: at most 1 day"),
        ("2023-08-29T10:00", "2023-08-29T11:00", "must be times in ISO-8601 with an offset"),
        ("yesterday", "today", "must be times in ISO-8601 with an offset"),
    ],
)
def test_an_invalid_named_window_is_refused_with_the_reason(start: str, end: str | None, says: str) -> None:
    with pytest.raises(WindowError) as refused:
        named_window(start, end, NOW)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("10:00", "10:05", ["2023-08-29T10"]),
        ("10:55", "11:00", ["2023-08-29T10"]),
        ("10:57", "11:02", ["2023-08-29T10", "2023-08-29T11"]),
        ("23:55", "2023-08-30T00:05", ["2023-08-29T23", "2023-08-30T00"]),
    ],
)
def test_a_window_knows_the_hours_it_touches(start: str, end: str, hours: list[str]) -> None:
    assert Window(at(start), at(end)).hours == hours


ONE, TWO = "955c07e1-af64-4094-9c16-c59995ecdcbe", "00000000-0000-4000-8000-000000000002"


def test_somebody_names_contacts_as_a_mail_or_a_sheet_gives_them() -> None:
    scope = scope_with(scheduled(run_type="manual"), contact_ids=f" {ONE.upper()},\n{TWO} {ONE}")
    assert (scope.contact_ids, scope.only_window, scope.adopts) == ((ONE, TWO), True, False)


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"contact_ids": "acme"}, "contact_ids: ContactId is 'acme'; allowed is a UUID of 36 characters"),
        (
            {"contact_ids": " ".join(f"{ONE[:-3]}{place:03}" for place in range(101))},
            "contact_ids names 101 contacts: at most 100; name a window",
        ),
        (
            {"contact_ids": ONE, "window_start": "2023-08-29T10:00Z", "window_end": "2023-08-29T11:00Z"},
            "contact_ids and a window must not be given together",
        ),
    ],
)
def test_contacts_that_cannot_be_worked_on_are_refused_with_the_reason(
    params: dict[str, Any], says: str
) -> None:
    with pytest.raises(WindowError, match=says):
        scope_with(scheduled(run_type="manual"), **params)


def test_a_run_about_named_contacts_proves_nothing_of_the_time_before() -> None:
    last = scheduled("06:10", run_type="manual", conf={"contact_ids": ONE})
    assert scope_with(scheduled(), last).missed == Window(at("2023-08-28T06:20"), at("06:20"))


@pytest.mark.parametrize(
    ("times", "is_seen"),
    [
        ({}, False),
        ({"InitialisedAt": "2023-08-29T10:04:59.999Z"}, False),
        ({"InitialisedAt": "2023-08-29T10:05:00.000Z"}, True),
        ({"InitialisedAt": "2023-08-29T10:10:00.000Z"}, False),
        ({"InitialisedAt": "2023-08-29T09:00:00.000Z", "DisconnectTimestamp": "2023-08-29T11:00:00.000Z"}, True),
        ({"InitialisedAt": "2023-08-29T09:00:00.000Z", "DisconnectTimestamp": "2023-08-29T10:00:00.000Z"}, False),
        ({"InitialisedAt": None, "DisconnectTimestamp": "2023-08-29T10:07:00.000Z"}, True),
    ],
)  # fmt: skip
def test_a_window_saw_a_call_that_went_on_in_it(times: dict[str, str | None], is_seen: bool) -> None:
    assert Window(at("10:05"), at("10:10")).saw({"ContactId": "any", **times}) is is_seen
