"""What the routes of the UI read, and what they answer, at noon."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from types import SimpleNamespace
from typing import Any, Self, get_args

import pytest
from airflow.api_fastapi.common.db.common import SessionDep
from fastapi.testclient import TestClient
from pytest_socket import disable_socket, enable_socket
from sqlalchemy.orm import Session

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.states import ContactState, RecordedState
from audio_leakage_ui import app as app_module
from audio_leakage_ui import reading
from audio_leakage_ui.app import app, readers_only
from support.airflow_database import airflow_database, put_dag, put_run, put_summary
from support.fakes import INSTANCE_ID, FakeTable, at, number

MONITOR, HOURLY, DAILY = "monitor_audio_leakage", "reconcile_audio_leakage", "audio_leakage_evidence"
NOON = at("12:00")
SETTINGS = {"connect_instance_id": INSTANCE_ID, "contact_table": "contacts"}


class Noon(datetime):
    """A clock that stands still."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        assert tz is not None
        return cls.fromtimestamp(NOON.timestamp(), tz)


@dataclass
class Ui:
    """The app without a login, over a table in memory, Airflow's Variables and its database."""

    session: Session
    table: FakeTable = field(default_factory=FakeTable)
    variables: dict[str, str] = field(default_factory=lambda: {"audio_leakage": json.dumps(SETTINGS)})

    def get(self, path: str, **query: object) -> Any:  # noqa: ANN401  # an answer
        return TestClient(app).get(path, params=query or None)

    def variable(self, name: str, default_var: str | None) -> str | None:
        return self.variables.get(name, default_var)

    def put(self, *times: str, **changes: Any) -> None:
        """Put contacts whose recording block ran at these times, and that wait for their recording."""
        for place, time in enumerate(times):
            contact = Contact(
                contact_id=number(place),
                state=ContactState.COMPLETED_AGENT,
                initialised_at=at(time),
            )
            self.table.put(replace(contact, **changes))

    def places(self, rows: list[dict[str, Any]]) -> list[int]:
        """Return which of the contacts are shown."""
        return [int(row["id"][-3:]) for row in rows]


@pytest.fixture
def ui(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ui]:
    enable_socket()
    disable_socket(allow_unix_socket=True)  # the loop of asyncio wakes itself through one
    with airflow_database() as session:
        ui = Ui(session)
        ui.table.conn = SimpleNamespace(  # type: ignore[attr-defined]
            meta=SimpleNamespace(client=SimpleNamespace(meta=SimpleNamespace(region_name="af-south-1")))
        )
        monkeypatch.setattr(reading, "Variable", SimpleNamespace(get=ui.variable))
        monkeypatch.setattr(reading, "_hook", lambda *_: SimpleNamespace(table=lambda _: ui.table))
        monkeypatch.setattr(app_module, "datetime", Noon)
        (access,), (_, of_session, *_) = readers_only.dependencies, get_args(SessionDep)
        given = {access.dependency: lambda: None, of_session.dependency: lambda: session}
        monkeypatch.setattr(app, "dependency_overrides", given)
        yield ui


def test_an_hour_shows_its_contacts_and_those_of_no_other_hour(ui: Ui) -> None:
    ui.put("09:59:59.999", "10:00", "10:59:59.999", "11:00")
    assert ui.get(f"/{MONITOR}/hours", hour="2023-08-29T10").json()["counts"]["waiting"] == 2


@pytest.mark.parametrize(("hour", "is_kept"), [("T07", True), ("T08", False), ("T11", False)])
def test_a_browser_keeps_an_hour_that_ended_more_than_three_hours_ago(
    ui: Ui, hour: str, is_kept: bool
) -> None:
    headers = ui.get(f"/{MONITOR}/hours", hour=f"2023-08-29{hour}").headers
    assert headers["cache-control"] == ("private, max-age=300" if is_kept else "no-store")
    assert headers.get("vary") == ("Authorization, Cookie" if is_kept else None)


def test_a_list_of_leaks_has_the_hours_that_were_asked_for(ui: Ui) -> None:
    leaked = RecordedState.CALL_RECORDED_FAILURE
    ui.put("09:59:59.999", "10:00", "11:59:59.999", "12:00", recorded_state=leaked)
    answer = ui.get(f"/{MONITOR}/leaks.csv", since="2023-08-29T10", hours=2)
    _, *leaks = answer.content.decode("utf-16").splitlines()
    assert [leak.partition("\t")[0] for leak in leaks] == [number(1), number(2)]
    assert answer.headers["content-disposition"] == 'attachment; filename="leaks-2023-08-29T10-2h.csv"'


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("leaks.csv", {"since": "2023-08-29T10", "hours": 0}, 422),
        ("leaks.csv", {"since": "2023-08-29T10", "hours": 1}, 200),
        ("leaks.csv", {"since": "2023-08-01T00", "hours": 31 * 24}, 200),
        ("leaks.csv", {"since": "2023-08-01T00", "hours": 31 * 24 + 1}, 422),
        ("leaks.csv", {"since": "2023-08-29T10:00", "hours": 1}, 422),
        ("hours", {"hour": "2023-08-29T1"}, 422),
        ("hours", {"hour": "2023-08-29T24"}, 404),
    ],
)
def test_a_stretch_that_is_too_long_or_no_stretch_is_refused(
    ui: Ui, path: str, query: dict[str, object], status: int
) -> None:
    assert ui.get(f"/{MONITOR}/{path}", **query).status_code == status


WINDOW = {"window_start": "2023-08-29T10:30:00Z", "window_end": "2023-08-29T11:10:00Z"}


@pytest.mark.parametrize(("hour", "shown"), [("T10", [1, 2]), ("T11", [3])])
def test_a_run_shows_the_part_of_its_window_that_lies_in_an_hour(ui: Ui, hour: str, shown: list[int]) -> None:
    put_run(ui.session, MONITOR, "named", NOON, WINDOW)
    ui.put("10:29:59.999", "10:30", "10:59", "11:00", "11:10")
    calls = ui.get(f"/{MONITOR}/calls", run_id="named", hour=f"2023-08-29{hour}").json()
    assert ui.places(calls["rows"]) == shown


@pytest.mark.parametrize("hour", ["T09", "T12"])
def test_an_hour_outside_of_the_window_of_a_run_is_refused(ui: Ui, hour: str) -> None:
    whole_hours = {"window_start": "2023-08-29T10:00:00Z", "window_end": "2023-08-29T12:00:00Z"}
    put_run(ui.session, MONITOR, "named", NOON, whole_hours)
    answer = ui.get(f"/{MONITOR}/calls", run_id="named", hour=f"2023-08-29{hour}")
    assert (answer.status_code, answer.json()["detail"]) == (
        404,
        "This hour is not in the window of the run.",
    )


def test_the_tab_of_a_run_tells_its_window_and_the_hours_to_ask_for(ui: Ui) -> None:
    put_run(ui.session, MONITOR, "named", NOON, WINDOW)
    assert ui.get(f"/{MONITOR}/window", run_id="named").json() == {
        "start": "2023-08-29T10:30:00Z",
        "end": "2023-08-29T11:10:00Z",
        "hours": ["2023-08-29T10", "2023-08-29T11"],
        "run_type": "manual",
        "named": 0,
    }


def test_a_run_about_contacts_shows_them_whenever_they_were_and_asks_once(ui: Ui) -> None:
    put_run(ui.session, MONITOR, "of-contacts", at("12:02"), {"contact_ids": f"{number(1)} {number(0)}"})
    ui.put("01:00", "02:00", "03:00")
    window = ui.get(f"/{MONITOR}/window", run_id="of-contacts").json()
    assert (window["hours"], window["named"]) == (["2023-08-29T11"], 2)
    calls = ui.get(f"/{MONITOR}/calls", run_id="of-contacts", hour=window["hours"][0]).json()
    assert sorted(ui.places(calls["rows"])) == [0, 1]


def test_the_page_of_a_call_shows_it_or_says_why_there_is_none(ui: Ui) -> None:
    ui.put("10:00")
    assert ui.get(f"/{MONITOR}/contacts/{number(0)}").json()["id"] == number(0)
    answer = ui.get(f"/{MONITOR}/contacts/{number(1)}")
    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("The contact table has no such contact. ")


def test_the_health_of_a_monitor_that_stands_still(ui: Ui) -> None:
    """Its only run succeeded at 11:30, nobody paused it, and contacts wait."""
    put_dag(ui.session, MONITOR, is_paused=False)
    put_dag(ui.session, HOURLY, is_paused=True)
    put_run(ui.session, MONITOR, "last", at("11:30"))
    ui.put("10:00", "10:01", next_check_at=at("11:40"))
    ui.put("10:00", next_check_at=at("11:35"), attempts=4)
    health = ui.get(f"/{MONITOR}/health").json()
    assert (health["is_paused"], health["last_success"]["run_id"]) == (False, "last")
    assert [(gap["start"], gap["end"]) for gap in health["missed"]] == [
        ("2023-08-29T11:30:00Z", "2023-08-29T11:50:00Z")
    ]
    assert (health["due"], health["oldest_due"]["id"]) == (2, number(0))
    assert ui.places(health["set_aside"]) == [0]
    assert (health["mutes"], health["not_read"]) == ([], [])
    assert "No alert_topic_arn is set: you get no mails about leaks." in health["blind"]


@pytest.mark.parametrize(("many", "due"), [(99, 99), (100, 100), (101, 100)])
def test_of_many_due_contacts_those_that_have_waited_longest_are_read(ui: Ui, many: int, due: int) -> None:
    for place in range(many):
        contact = Contact(
            contact_id=number(place),
            state=ContactState.COMPLETED_AGENT,
            next_check_at=at("11:00") - timedelta(seconds=place),
        )
        ui.table.put(contact)
    health = ui.get(f"/{MONITOR}/health").json()
    assert (health["due"], health["oldest_due"]["id"]) == (due, number(many - 1))


def test_the_health_of_a_monitor_that_somebody_paused(ui: Ui) -> None:
    put_dag(ui.session, MONITOR, is_paused=True)
    put_dag(ui.session, HOURLY, is_paused=False)
    assert ui.get(f"/{MONITOR}/health").json()["is_paused"] is True


@pytest.mark.parametrize("path", ["", "run", "contact/" + number(1), "static/run.js", "contacts/acme"])
def test_a_page_runs_only_its_own_files_and_is_kept_by_nobody_else(ui: Ui, path: str) -> None:
    headers = ui.get(f"/{MONITOR}/{path}").headers
    assert headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"
    kept = "private, max-age=300" if path.startswith("static") else "no-store"
    assert headers["cache-control"] == kept


@pytest.mark.parametrize("path", ["", "/figures", "/exceptions", "/exceptions.csv"])
@pytest.mark.parametrize("day", ["yesterday", "2023-02-30"])
def test_what_is_no_day_is_refused_with_what_is_allowed(ui: Ui, day: str, path: str) -> None:
    answer = ui.get(f"/{DAILY}/days/{day}{path}")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "This is no day. Allowed is a UTC day such as 2026-11-23."


def test_the_page_of_a_day_is_there_before_its_evidence(ui: Ui) -> None:
    assert ui.get(f"/{DAILY}/days/2023-08-29").headers["content-type"].startswith("text/html")
    answer = ui.get(f"/{DAILY}/days/2023-08-29/figures")
    assert (answer.status_code, answer.json()["detail"]) == (
        404,
        "There is no evidence of 2023-08-29. Trigger audio_leakage_evidence with this day.",
    )


@pytest.mark.parametrize(("days", "status"), [(0, 422), (1, 200), (400, 200), (401, 422)])
def test_the_calendar_begins_as_many_days_ago_as_were_asked_for(
    ui: Ui, monkeypatch: pytest.MonkeyPatch, days: int, status: int
) -> None:
    asked = []

    def month_of(_place: object, since: date, today: date, _consoles: object) -> dict[str, object]:
        asked.append((since, today))
        return {"is_wanted": False}

    monkeypatch.setattr(app_module, "month_of", month_of)
    assert ui.get(f"/{DAILY}/calendar", days=days).status_code == status
    today = NOON.date()
    assert asked == ([(today - timedelta(days=days), today)] if status == 200 else [])


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        (f"{MONITOR}/day?run_id=x", "This DAG writes no evidence, so there is nothing to show."),
        (f"{HOURLY}/picture?run_id=x&place=0", "This DAG writes no evidence, so there is nothing to show."),
        (f"{MONITOR}/calendar?days=1", "This DAG writes no evidence, so there is nothing to show."),
        (f"{MONITOR}/hour?run_id=x", "This DAG takes no population, so there is nothing to show."),
        (
            f"{DAILY}/population?since=2023-08-29T10",
            "This DAG takes no population, so there is nothing to show.",
        ),
        (
            f"{HOURLY}/hours?hour=2023-08-29T10",
            "This DAG does not monitor call recordings, so there is nothing to show.",
        ),
        (
            "somebody_elses_dag/window?run_id=x",
            "This DAG does not monitor call recordings, so there is nothing to show.",
        ),
        (f"{MONITOR}/window?run_id=x", "Airflow has no such run."),
        (f"{HOURLY}/hour?run_id=x", "Airflow has no such run."),
        (f"{DAILY}/day?run_id=x", "Airflow has no such run."),
    ],
)
def test_what_a_dag_does_not_have_is_refused_in_one_sentence(ui: Ui, path: str, sentence: str) -> None:
    answer = ui.get(f"/{path}")
    assert (answer.status_code, answer.json()["detail"]) == (404, sentence)


def test_a_daily_run_shows_its_day_and_the_pictures_of_its_findings(ui: Ui) -> None:
    run = put_run(ui.session, DAILY, "one", at("06:40"))
    put_summary(ui.session, run, "write_evidence", {"window": "2023-08-28", "revision": 1})
    finding = {"entry": "a number", "result": "NEVER", "way": []}
    put_summary(ui.session, run, "audit_flows", {"findings": [finding]})
    day = ui.get(f"/{DAILY}/day", run_id="one").json()
    assert day["days"] == {"2023-08-28": {"revision": 1, "folder": None}}
    drawn = ui.get(f"/{DAILY}/picture", run_id="one", place=0)
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert drawn.text.startswith("<svg ")
    refused = [ui.get(f"/{DAILY}/picture", run_id="one", place=place).status_code for place in (-1, 1)]
    assert refused == [422, 404]


def test_an_hourly_run_shows_its_hour_and_the_page_shows_all_hours_since_one(ui: Ui) -> None:
    run = put_run(ui.session, HOURLY, "one", at("11:20"))
    put_summary(ui.session, run, "take_population", {"hour": "2023-08-29T10"})
    hours = {"2023-08-29T10": {"served": 9}, "2023-08-29T04": {"served": 5}}
    put_summary(ui.session, run, "enter_unwatched", {"hours": hours})
    shown = ui.get(f"/{HOURLY}/hour", run_id="one").json()
    assert (shown["hour"], shown["hours"]) == ("2023-08-29T10", hours)
    since = ui.get(f"/{HOURLY}/population", since="2023-08-29T10").json()
    assert since == {"hours": {"2023-08-29T10": {"served": 9}}}


@pytest.mark.parametrize(
    ("dag_id", "name"), [(MONITOR, "run.html"), (HOURLY, "hour.html"), (DAILY, "day.html")]
)
def test_the_tab_of_a_run_fits_its_dag(ui: Ui, dag_id: str, name: str) -> None:
    shown = ui.get(f"/{dag_id}/run").text
    assert shown == (app_module._STATIC / name).read_text()
