"""Through Airflow's own scheduler: a trouble of the flow log stops no verdict, and the run is red."""

from typing import Any
from urllib.parse import quote

import pytest

from local_aws.commands.airflow import DAG_ID, Airflow
from support.fakes import CONTACT_ID, answer
from support.real_airflow import ENDED, scheduling, wait_for
from support.stage import Stage

STATES = {
    "poll_initialised": "failed",
    "purge_ivr": "failed",
    "poll_in_progress": "success",
    "check_recordings": "failed",
}


def end_of(airflow: Airflow, run_id: str, of_check: int) -> str:
    """Return the state of a run, once it ended with the n-th try of ``check_recordings``."""

    def has_ended() -> bool:
        tries = task_instances(airflow, run_id)["check_recordings"]["try_number"]
        return airflow.runs()[run_id] in ENDED and tries >= of_check

    wait_for("the end of the run", has_ended, 1200)
    return airflow.runs()[run_id]


def task_instances(airflow: Airflow, run_id: str) -> dict[str, dict[str, Any]]:
    found = airflow.get(f"/dags/{DAG_ID}/dagRuns/{quote(run_id)}/taskInstances")["task_instances"]
    return {task["task_id"]: task for task in found}


def clear(airflow: Airflow, run_id: str, task_id: str) -> None:
    """Clear one task, as the UI does; the command line finds no run without a logical date."""
    what = {"dry_run": False, "dag_run_id": run_id, "task_ids": [task_id], "only_failed": False}
    cleared = airflow.send("POST", f"/dags/{DAG_ID}/clearTaskInstances", what)
    assert len(cleared["task_instances"]) == 1


@pytest.mark.timeout(3600)
def test_a_leak_is_judged_without_the_log_group_and_the_run_fails(stage: Stage, airflow: Airflow) -> None:
    stage.listen()
    stage.configure(flow_log_group="/nowhere")
    stage.contacts[CONTACT_ID] = answer()["Contact"]
    due = {"OpenState": "COMPLETED - AGENT", "NextCheckAt": "2023-08-29T10:33:10.343Z"}
    began = {"InitialisedAt": "2023-08-29T10:29:58.032Z", "InitialisedHour": "2023-08-29T10"}
    stage.put({"ContactId": CONTACT_ID, "State": "COMPLETED - AGENT"} | began | due)
    run_id = airflow.send("POST", f"/dags/{DAG_ID}/dagRuns", {"logical_date": None})["dag_run_id"]
    with scheduling(airflow):
        assert end_of(airflow, run_id, of_check=1) == "failed"
        assert {name: task["state"] for name, task in task_instances(airflow, run_id).items()} == STATES
        assert "due" in airflow.xcom(DAG_ID, run_id, "check_recordings")
        told = airflow.xcom(DAG_ID, run_id, "poll_initialised", "task_failure")
        assert told["told"]
        assert "log group '/nowhere' does not exist" in told["reason"]
        clear(airflow, run_id, "check_recordings")
        assert end_of(airflow, run_id, of_check=2) == "failed", "a cleared task lets no failure go"
        assert {name: task["state"] for name, task in task_instances(airflow, run_id).items()} == STATES
    assert stage.items()[CONTACT_ID]["RecordedState"] == "CALL_RECORDED_FAILURE"
    told_of = [each for each in stage.heard() if each["Subject"].endswith("failed")]  # a scheduled run's, too
    assert {each["Subject"] for each in told_of} == {"Audio leakage: poll_initialised failed"}
    assert sum(run_id in each["Message"] for each in told_of) == 1
