"""Through Airflow's own scheduler: a trouble of the flow log stops no verdict, and the run is red."""

import json
import os
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from local_aws.commands.airflow import DAG_ID, Airflow, new_airflow
from support.fakes import CONTACT_ID, answer
from support.stage import Stage

STATES = {
    "poll_initialised": "failed",
    "purge_ivr": "failed",
    "poll_in_progress": "success",
    "check_recordings": "failed",
}


def ended_run(airflow: Airflow, of_check: int) -> tuple[str, str]:
    """Return id and state of the manual run, once it ended with the n-th try of ``check_recordings``."""
    deadline = time.monotonic() + 1200
    while time.monotonic() < deadline:
        for run_id, state in airflow.runs("manual").items():
            tries = task_instances(airflow, run_id)["check_recordings"]["try_number"]
            if state in ("success", "failed") and tries >= of_check:
                return run_id, state
        time.sleep(1)
    raise AssertionError("the run has not ended")


def task_instances(airflow: Airflow, run_id: str) -> dict[str, dict[str, Any]]:
    found = airflow.get(f"/dags/{DAG_ID}/dagRuns/{quote(run_id)}/taskInstances")["task_instances"]
    return {task["task_id"]: task for task in found}


def clear(airflow: Airflow, run_id: str, task_id: str) -> None:
    """Clear one task, as the UI does; the command line finds no run without a logical date."""
    what = {"dry_run": False, "dag_run_id": run_id, "task_ids": [task_id], "only_failed": False}
    address = f"{airflow.url}/api/v2/dags/{DAG_ID}/clearTaskInstances"
    body, headers = json.dumps(what).encode(), {"Content-Type": "application/json"}
    with urlopen(Request(address, body, headers), timeout=30) as answer:
        assert len(json.loads(answer.read())["task_instances"]) == 1


@pytest.mark.timeout(3600)
def test_a_leak_is_judged_without_the_log_group_and_the_run_fails(stage: Stage, tmp_path: Path) -> None:
    stage.listen()
    stage.configure(flow_log_group="/nowhere")
    stage.contacts[CONTACT_ID] = answer()["Contact"]
    due = {"OpenState": "COMPLETED - AGENT", "NextCheckAt": "2023-08-29T10:33:10.343Z"}
    began = {"InitialisedAt": "2023-08-29T10:29:58.032Z", "InitialisedHour": "2023-08-29T10"}
    stage.put({"ContactId": CONTACT_ID, "State": "COMPLETED - AGENT"} | began | due)
    environment = {
        name: value for name, value in os.environ.items() if name.startswith(("AWS_", "AIRFLOW_VAR_"))
    }
    airflow = new_airflow(tmp_path, environment)
    airflow.cli("dags", "trigger", DAG_ID)
    with airflow.running():
        run_id, state = ended_run(airflow, of_check=1)
        assert state == "failed"
        assert {name: task["state"] for name, task in task_instances(airflow, run_id).items()} == STATES
        assert "due" in airflow.xcom(DAG_ID, run_id, "check_recordings")
        told = airflow.xcom(DAG_ID, run_id, "poll_initialised", "task_failure")
        assert told["told"]
        assert "log group '/nowhere' does not exist" in told["reason"]
        clear(airflow, run_id, "check_recordings")
        assert ended_run(airflow, of_check=2) == (run_id, "failed"), "a cleared task lets no failure go"
        assert {name: task["state"] for name, task in task_instances(airflow, run_id).items()} == STATES
    assert stage.items()[CONTACT_ID]["RecordedState"] == "CALL_RECORDED_FAILURE"
    told_of = [each for each in stage.heard() if each["Subject"].endswith("failed")]  # a scheduled run's, too
    assert {each["Subject"] for each in told_of} == {"Audio leakage: poll_initialised failed"}
    assert sum(run_id in each["Message"] for each in told_of) == 1
