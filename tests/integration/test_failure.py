"""A failed task is alerted through Airflow's own callback."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from airflow.models import DagBag
from airflow.sdk import DAG

from conftest import ROOT
from support.fakes import CONTACT_ID, INSTANCE_ID
from support.stage import Stage


@pytest.fixture
def listening(stage: Stage) -> Stage:
    """Return a stage with somebody who listens to the alert topic."""
    stage.listen()
    stage.put({"ContactId": CONTACT_ID, "State": "INITIALISED"})
    return stage


DENIED = f"connect:DescribeContact on Connect instance '{INSTANCE_ID}' was denied: grant"
HALF_PAST = datetime(2023, 8, 29, 10, 30, tzinfo=UTC)


def test_a_failed_task_is_alerted_with_what_to_do(listening: Stage, dag: DAG) -> None:
    listening.connect.faults.add("DescribeContact", "AccessDeniedException")
    assert dag.test(logical_date=HALF_PAST).state == "failed"
    (told,) = listening.heard()
    assert told["Subject"] == "Audio leakage: poll_initialised failed"
    assert DENIED in told["Message"]
    attributes = {name: each["Value"] for name, each in told["MessageAttributes"].items()}
    assert attributes == {"event": "TASK_FAILED", "connect_instance_id": INSTANCE_ID}


def test_failed_runs_in_a_row_are_alerted_at_most_once_an_hour(listening: Stage, dag: DAG) -> None:
    listening.connect.faults.add("DescribeContact", "AccessDeniedException")
    told = {}
    for minutes in (0, 5, 30, 35):
        assert dag.test(logical_date=HALF_PAST + timedelta(minutes=minutes)).state == "failed"
        told[minutes] = len(listening.heard())
    assert told == {0: 1, 5: 0, 30: 1, 35: 0}
    listening.connect.faults.clear()
    assert dag.test(logical_date=HALF_PAST + timedelta(minutes=40)).state == "success"
    (again,) = listening.heard()
    assert again["Subject"] == "Audio leakage: works again"
    listening.put({"ContactId": CONTACT_ID, "State": "INITIALISED"})
    listening.connect.faults.add("DescribeContact", "AccessDeniedException")
    assert dag.test(logical_date=HALF_PAST + timedelta(minutes=45)).state == "failed"
    assert len(listening.heard()) == 1


def test_an_unexpected_error_is_alerted_by_its_type_only(
    listening: Stage, dag: DAG, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_: object) -> dict[str, int]:
        raise LookupError("+27 82 555 0100")

    monkeypatch.setattr("audio_leakage.use_cases.poll_initialised", breaks)
    dag.get_task("poll_initialised").retries = 0
    assert dag.test(logical_date=HALF_PAST).state == "failed"
    (told,) = listening.heard()
    assert "LookupError; its log says more" in told["Message"]
    assert "555 0100" not in json.dumps(told)


def test_an_invalid_window_of_a_triggered_run_wakes_nobody(listening: Stage, dag: DAG) -> None:
    window = {"window_start": "2023-08-29T11:00:00Z", "window_end": "2023-08-29T10:00:00Z"}
    # The DAG keeps the conf of one run for the next run, so load another one for the typo.
    other = DagBag(ROOT / "dags").dags[dag.dag_id]
    assert other.test(logical_date=HALF_PAST, run_conf=window).state == "failed"
    assert listening.heard() == []
    assert dag.test(logical_date=HALF_PAST + timedelta(minutes=5)).state == "success"
    assert listening.heard() == []


def test_invalid_settings_are_alerted_at_the_topic_they_name(listening: Stage, dag: DAG) -> None:
    listening.configure(recheck_days=-1)
    assert dag.test(logical_date=HALF_PAST).state == "failed"
    (told,) = listening.heard()
    assert "Variable 'audio_leakage': 'recheck_days' is -1, allowed is" in told["Message"]


def test_a_failed_task_without_a_topic_alerts_nobody(
    listening: Stage, dag: DAG, capfd: pytest.CaptureFixture[str]
) -> None:
    listening.configure(alert_topic_arn=None, recheck_days=-1)
    assert dag.test(logical_date=HALF_PAST).state == "failed"
    assert listening.heard() == []
    printed = capfd.readouterr()
    assert "Failed to run task callback" not in printed.out + printed.err
