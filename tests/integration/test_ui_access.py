"""The web app requires a login and permission to read the DAG."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import delete

from support.fakes import number
from support.stage import Stage

DAG_ID, RUN_ID = "monitor_audio_leakage", "manual__2023-08-29T21:20:00+00:00"


def routes() -> list[tuple[str, str]]:
    """Return method and address of everything the app answers to, with values for what they ask."""
    from audio_leakage_ui.app import app

    values = {"dag_id": DAG_ID, "name": "run.js", "contact_id": number(1), "day": "2023-08-29"}
    query = f"?run_id={RUN_ID}&hour=2023-08-29T21&since=2023-08-29T21&hours=1&days=1&place=0".replace(
        "+", "%2B"
    )
    return [
        (method, "/audio-leakage" + route.path.format(**values) + query)
        for route in app.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods)
    ]


def login(client: TestClient, role: str = "VIEWER") -> None:
    from airflow.api_fastapi.app import get_auth_manager

    token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username="somebody", role=role))
    client.headers["Authorization"] = f"Bearer {token}"


def test_every_route_requires_a_login(browser: TestClient) -> None:
    assert len(routes()) == 19
    for method, address in routes():
        assert browser.request(method, address).status_code == 401, address


def test_every_route_requires_permission_to_read_the_dag(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def refuses(_: SimpleAuthManager, **question: Any) -> bool:
        asked.append(question)
        return False

    login(browser)
    monkeypatch.setattr(SimpleAuthManager, "is_authorized_dag", refuses)
    for method, address in routes():
        assert browser.request(method, address).status_code == 403, address
    assert {(question["method"], question["details"].id) for question in asked} == {("GET", DAG_ID)}


def test_every_route_is_read_only(browser: TestClient) -> None:
    login(browser, "ADMIN")
    assert {method for method, _ in routes()} == {"GET"}
    for _, address in routes():
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert browser.request(method, address).status_code == 405, (method, address)


def test_pages_run_their_own_files_only_and_cannot_be_framed(browser: TestClient) -> None:
    login(browser)
    for _, address in routes():
        headers = browser.get(address).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
        assert "frame-ancestors 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("address", "status", "says"),
    [
        ("/somebody_elses_dag/window?run_id=x", 404, "does not monitor call recordings"),
        ("/monitor_audio_leakage__/hours?hour=2023-08-29T21", 404, "does not monitor call recordings"),
        ("/monitor_audio_leakage/window?run_id=x", 404, "Airflow has no such run"),
        ("/monitor_audio_leakage/hours?hour=2023-02-30T21", 404, "not an hour of a day"),
        ("/monitor_audio_leakage/hours?hour=9999-12-31T23", 404, "not an hour of a day"),
        ("/monitor_audio_leakage/hours?hour=0000-00-00T00", 404, "not an hour of a day"),
        ("/monitor_audio_leakage/window?run_id='%20OR%201=1--", 404, "Airflow has no such run"),
        ("/monitor_audio_leakage__%2e%2e%2f/health", 404, ""),
        ("/monitor_audio_leakage/contact/acme", 404, "allowed is a UUID of 36 characters"),
        ("/monitor_audio_leakage/contacts/acme", 404, "allowed is a UUID of 36 characters"),
        (f"/monitor_audio_leakage/contacts/{number(9)}", 404, "The contact table has no such contact"),
        ("/monitor_audio_leakage/leaks.csv?since=2023-02-30T21&hours=1", 404, "not an hour of a day"),
        ("/monitor_audio_leakage__emea/health", 503, "Variable 'audio_leakage__emea' is not set"),
        ("/monitor_audio_leakage/static/../app.py", 404, ""),
        ("/monitor_audio_leakage/static/%2e%2e%2fapp.py", 404, ""),
    ],
)
def test_an_error_is_shown_in_one_sentence(browser: TestClient, address: str, status: int, says: str) -> None:
    login(browser)
    answer = browser.get(f"/audio-leakage{address}")
    assert answer.status_code == status
    assert says in answer.json()["detail"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"contact_table": "no-such-table"},
            "table 'no-such-table' does not exist: if it was lost, restore it",
        ),
        ({"contact_table": "no-such-table"}, "(settings: Variable 'audio_leakage')"),
        ({"recording_bucket": "only-one"}, "must be set both or neither"),
        ({"nonsense": 1}, "'nonsense' is unknown"),
    ],
)
def test_invalid_settings_are_named_in_the_ui(
    browser: TestClient, stage: Stage, changes: dict[str, Any], says: str
) -> None:
    login(browser)
    stage.configure(**changes)
    for address in ("hours?hour=2023-08-29T21", "leaks.csv?since=2023-08-29T21&hours=1", "health"):
        answer = browser.get(f"/audio-leakage/{DAG_ID}/{address}")
        assert (answer.status_code, says in answer.json()["detail"]) == (503, True), answer.text


@dataclass(frozen=True)
class Told:
    """A run, and the window that it shows."""

    conf: dict[str, str]
    start: str
    end: str


@pytest.mark.parametrize(
    "told",
    [
        Told({}, "2023-08-29T21:15:00Z", "2023-08-29T21:20:00Z"),
        Told(
            {"window_start": "2023-08-29T20:30:00Z", "window_end": "2023-08-29T22:10:00Z"},
            "2023-08-29T20:30:00Z",
            "2023-08-29T22:10:00Z",
        ),
    ],
)
def test_the_tab_shows_the_window_of_the_tasks(browser: TestClient, told: Told) -> None:
    login(browser)
    with a_run(told.conf):
        window = browser.get(f"/audio-leakage/{DAG_ID}/window", params={"run_id": RUN_ID}).json()
        assert (window["start"], window["end"]) == (told.start, told.end)
        for hour in window["hours"]:
            asked = {"run_id": RUN_ID, "hour": hour}
            assert browser.get(f"/audio-leakage/{DAG_ID}/calls", params=asked).json()["rows"] == []
        beyond = {"run_id": RUN_ID, "hour": "2023-08-29T23"}
        assert browser.get(f"/audio-leakage/{DAG_ID}/calls", params=beyond).status_code == 404


@contextmanager
def a_run(conf: dict[str, str]) -> Iterator[None]:
    """Let Airflow know a run for a while."""
    run = DagRun(dag_id=DAG_ID, run_id=RUN_ID, run_type="manual", conf=conf, state=DagRunState.SUCCESS)
    run.run_after = datetime(2023, 8, 29, 21, 21, 7, tzinfo=UTC)
    with create_session() as session:
        session.add(run)
    try:
        yield
    finally:
        with create_session() as session:
            session.execute(delete(DagRun).where(DagRun.run_id == RUN_ID))


@pytest.mark.table
def test_the_routes_show_what_is_in_the_table(browser: TestClient, stage: Stage) -> None:
    login(browser)
    indexed = {"InitialisedHour": "2023-08-29T21", "Channel": "VOICE", "State": "COMPLETED - AGENT"}
    leaked = {
        "RecordedState": "CALL_RECORDED_FAILURE",
        "FailureCause": "NO_OBJECT",
        "Searched": "recordings/p/x_",
    }
    due = {"OpenState": "COMPLETED - AGENT"}
    stage.put(
        {"ContactId": number(1), "InitialisedAt": "2023-08-29T21:16:00.000Z", **indexed, **leaked},
        {"ContactId": number(2), "InitialisedAt": "2023-08-29T21:17:00.000Z", **indexed}
        | {**due, "NextCheckAt": "2023-08-29T22:00:00.000Z"},
        {"ContactId": number(3), "InitialisedAt": "2023-08-29T21:20:00.000Z", **indexed}
        | {**due, "NextCheckAt": "2023-08-29T23:00:00.000Z", "LastError": "denied", "Attempts": "4"},
    )
    root = f"/audio-leakage/{DAG_ID}"
    with a_run({}):
        calls = browser.get(f"{root}/calls", params={"run_id": RUN_ID, "hour": "2023-08-29T21"}).json()
    assert [(row["id"], row["group"]) for row in calls["rows"]] == [
        (number(1), "leaked"),
        (number(2), "waiting"),
    ]
    assert calls["rows"][0]["searched"][0]["text"] == "recordings/p/x_"
    hour = browser.get(f"{root}/hours", params={"hour": "2023-08-29T21"})
    assert {name: count for name, count in hour.json()["counts"].items() if count} == {
        "leaked": 1,
        "waiting": 2,
        "judged": 1,
        "expected": 3,
    }
    assert [row["id"] for row in hour.json()["failures"]] == [number(1)]
    assert hour.json()["last_seen"] == "2023-08-29T21:20:00Z"
    assert hour.headers["cache-control"] == "private, max-age=300"
    one = browser.get(f"{root}/contacts/{number(1).upper()}").json()
    assert (one["id"], one["group"]) == (number(1), "leaked")
    assert browser.get(f"{root}/contact/{number(1)}").headers["content-type"].startswith("text/html")
    listed = browser.get(f"{root}/leaks.csv", params={"since": "2023-08-29T20", "hours": 2})
    assert listed.headers["content-type"].startswith("text/csv")
    assert 'filename="leaks-2023-08-29T20-2h.csv"' in listed.headers["content-disposition"]
    head, *leaks = listed.content.decode("utf-16").splitlines()
    assert head.split("\t") == [
        *("contact", "agent connected", "ended", "queue", "agent", "cause", "since", "known until"),
        *("known for", "acknowledged as", "ticket", "record in Connect"),
    ]
    assert leaks == [f"{number(1)}\t\t\t\t\tNO_OBJECT\t\t\t\t\t\t"]
    assert {"Authorization", "Cookie"} <= set(hour.headers["vary"].split(", "))
    health = browser.get(f"{root}/health").json()
    assert health["oldest_due"]["id"] == number(2)
    assert [row["id"] for row in health["set_aside"]] == [number(3)]
    assert browser.get(f"{root}/health").headers["cache-control"] == "no-store"
