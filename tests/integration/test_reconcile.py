"""The hourly DAG on Airflow, against the stand-ins: what nobody watched enters the table, and is judged."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from airflow.models import DagBag
from airflow.models.dagrun import DagRun
from airflow.sdk import DAG
from fastapi.testclient import TestClient

from audio_leakage.errors import ServiceUnavailable
from audio_leakage_hooks.connect import ConnectHook
from conftest import ROOT
from support.fakes import answer, at, key_of, number
from support.stage import Stage

HOUR = "2023-08-29T10"
QUEUE = "54b468a3-86b1-4746-aeb5-c31b62eecaa2"
MUST = {"version": "1", "default": "must"}


@pytest.fixture
def hourly(dag: DAG) -> DAG:
    del dag  # it empties Airflow's database
    return DagBag(ROOT / "dags").dags["reconcile_audio_leakage"]


@pytest.fixture(autouse=True)
def _fast(stage: Stage) -> None:
    stage.configure(population_rps=100)


@pytest.fixture
def calls(stage: Stage) -> Stage:
    """Three calls with an agent in the hour, and one without: one leg of the first, one recorded."""
    stage.contacts |= {
        number(1): answer(number(1), QueueInfo={"Id": QUEUE})["Contact"],
        number(2): answer(
            number(2),
            InitiationMethod="TRANSFER",
            InitialContactId=number(1),
            PreviousContactId=number(1),
            connected=at("10:31:12"),
            DisconnectTimestamp=at("10:40"),
            QueueInfo={"Id": QUEUE},
        )["Contact"],
        number(3): answer(number(3), QueueInfo={"Id": QUEUE})["Contact"],
        number(4): answer(number(4), connected=None)["Contact"],
        number(5): answer(number(5), InitiationMethod="MONITOR")["Contact"],
    }
    stage.put_object(key_of(number(3)))
    return stage


def policy(monkeypatch: pytest.MonkeyPatch, value: dict[str, Any]) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_AUDIO_LEAKAGE_POLICY", json.dumps(value))


def summary(run: DagRun, task_id: str) -> dict[str, Any]:
    (task,) = (task for task in run.get_task_instances() if task.task_id == task_id)
    value: dict[str, Any] = task.xcom_pull(task_ids=task_id, key="return_value")
    return value


def test_a_call_that_no_flow_told_of_is_entered_judged_and_told(
    calls: Stage, hourly: DAG, dag: DAG, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy(monkeypatch, MUST)
    calls.listen()
    run = hourly.test(run_conf={"hour": HOUR})
    assert run.state == "success"
    items = calls.items()
    assert set(items) == {number(1), number(2), number(3)}
    assert items[number(2)]["ExpectedBy"] == "POLICY"
    assert items[number(2)]["State"] == "COMPLETED - AGENT"
    assert items[number(2)]["InitialisedAt"] == "2023-08-29T10:31:12.000Z"
    assert items[number(2)]["NextCheckAt"] == "2023-08-29T10:42:00.000Z"
    assert items[number(2)]["PreviousContactId"] == number(1)
    (told,) = calls.heard()
    assert told["MessageAttributes"]["event"]["Value"] == "CALLS_NOT_WATCHED"
    assert f"queue {QUEUE}: 3" in told["Message"]
    assert dag.test().state == "success"
    items = calls.items()
    assert {each: item["RecordedState"] for each, item in items.items()} == {
        number(1): "CALL_RECORDED_FAILURE",
        number(2): "CALL_RECORDED_FAILURE",
        number(3): "CALL_RECORDED_SUCCESS",
    }
    assert items[number(1)]["FailureCause"] == "NEVER_ASKED"


def test_an_hour_taken_twice_changes_nothing_the_second_time(
    calls: Stage, hourly: DAG, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy(monkeypatch, MUST)
    first = summary(hourly.test(run_conf={"hour": HOUR}), "enter_unwatched")
    items = calls.items()
    second = summary(hourly.test(run_conf={"hour": HOUR}), "enter_unwatched")
    assert (first.pop("entered"), second.pop("entered")) == (3, 0)
    assert first == second
    assert calls.items() == items


def test_the_run_shows_its_figures_and_the_page_each_hour(
    calls: Stage, hourly: DAG, viewer: TestClient
) -> None:
    del calls
    run = hourly.test(run_conf={"hour": HOUR})
    address = f"/audio-leakage/{hourly.dag_id}"
    shown = viewer.get(f"{address}/hour", params={"run_id": run.run_id}).json()
    figures = shown["hours"][HOUR]
    assert (figures["population"], figures["unexplained"], figures["excluded"]) == (4, 3, 1)
    assert figures["excluded_by_reason"] == {"NO_RECORDING_OF_ITS_OWN": 1}
    assert [(proof["hour"], proof["status"]) for proof in shown["proofs"]] == [(HOUR, "COMPLETE")]
    page = viewer.get(f"{address}/population", params={"since": "2023-08-29T00"}).json()
    assert page["hours"][HOUR]["population"] == 4
    assert page["hours"][HOUR]["proof"]["status"] == "COMPLETE"
    assert viewer.get(f"{address}/population", params={"since": "2023-08-29T11"}).json() == {"hours": {}}
    assert "hour.js" in viewer.get(f"{address}/run").text
    other = viewer.get("/audio-leakage/monitor_audio_leakage/population", params={"since": HOUR})
    assert other.status_code == 404


def test_a_policy_that_cannot_be_used_makes_the_run_red(
    calls: Stage, hourly: DAG, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls.listen()
    policy(monkeypatch, {"default": "must", "rules": [{"id": "x", "recording": "may"}]})
    assert hourly.test(run_conf={"hour": HOUR}).state == "failed"
    (told,) = calls.heard()
    assert "take_population of reconcile_audio_leakage failed" in told["Message"]
    assert "rule 'x': 'reason' is missing" in told["Message"]
    assert calls.items() == {}


def test_a_large_hour_goes_from_task_to_task_in_parts(calls: Stage, hourly: DAG) -> None:
    calls.contacts |= {
        number(each): answer(number(each), connected=at("10:00") + each * timedelta(milliseconds=900))[
            "Contact"
        ]
        for each in range(100, 3100)
    }
    run = hourly.test(run_conf={"hour": HOUR})
    assert summary(run, "take_population")["parts"] == 4
    assert summary(run, "enter_unwatched")["hours"][HOUR]["population"] == 3004


def test_a_retry_goes_on_where_the_try_before_stopped(
    calls: Stage, hourly: DAG, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls.contacts |= {
        number(each): answer(number(each), connected=at("10:00") + each * timedelta(milliseconds=900))[
            "Contact"
        ]
        for each in range(100, 3100)
    }
    asked, pages, whole = [], ConnectHook.population, []

    def breaks_once(hook: ConnectHook, instance: str, start: datetime, end: datetime) -> Iterator[Any]:
        asked.append(start)
        for place, page in enumerate(pages(hook, instance, start, end)):
            if len(asked) == 1 and place == 25:
                raise ServiceUnavailable("throttled")
            whole.append(page)
            yield page

    monkeypatch.setattr(ConnectHook, "population", breaks_once)
    hourly.get_task("take_population").retry_delay = timedelta(0)
    run = hourly.test(run_conf={"hour": HOUR})
    assert asked[0] == at("10:00")
    assert asked[1] > at("10:25")
    assert len(whole) <= 25 + 11
    assert run.state == "success"
    assert summary(run, "enter_unwatched")["hours"][HOUR]["population"] == 3004
