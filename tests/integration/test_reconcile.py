"""The hourly DAG on Airflow, against the stand-ins: what nobody watched enters the table, and is judged."""

import json
from typing import Any

import pytest
from airflow.models import DagBag
from airflow.models.dagrun import DagRun
from airflow.sdk import DAG

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
