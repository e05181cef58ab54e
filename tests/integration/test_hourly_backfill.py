"""Three hours that nobody took, backfilled side by side by Airflow's own scheduler, beside the schedule."""

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local_aws.commands.airflow import Airflow, new_airflow
from support.fakes import answer, number
from support.stage import Stage

DAG_ID = "reconcile_audio_leakage"
HOUR, HOURS, CALLS = timedelta(hours=1), 3, 40


@pytest.fixture
def first_hour(stage: Stage) -> datetime:
    """Lay calls that no flow told of into three hours, of which the last ended two hours ago."""
    first = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - 5 * HOUR
    for each in range(HOURS * CALLS):
        connected = first + each * HOUR / CALLS
        members = {"InitiationTimestamp": connected - HOUR / 60, "DisconnectTimestamp": connected + HOUR / 60}
        stage.contacts[number(each)] = answer(number(each), connected=connected, **members)["Contact"]
    stage.configure(population_rps=100)
    os.environ["AIRFLOW_VAR_AUDIO_LEAKAGE_POLICY"] = json.dumps({"default": "must"})
    return first


def wait_for(what: str, holds: Callable[[], bool], seconds: int) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        time.sleep(1)


def backfill(airflow: Airflow, first: datetime, *options: str) -> None:
    start, end = (first + timedelta(minutes=20), first + timedelta(minutes=20) + 2 * HOUR)
    dates = ("--from-date", start.isoformat(), "--to-date", end.isoformat())
    airflow.cli("backfill", "create", "--dag-id", DAG_ID, *dates, "--max-active-runs", "3", *options)


def states(airflow: Airflow, kind: str) -> list[str]:
    runs = airflow.get(f"/dags/{DAG_ID}/dagRuns?limit=100")["dag_runs"]
    return [run["state"] for run in runs if run["run_type"] == kind]


@pytest.mark.timeout(900)
def test_missed_hours_are_backfilled_and_a_second_time_changes_nothing(
    stage: Stage, first_hour: datetime, tmp_path: Path
) -> None:
    names = ("AWS_", "AIRFLOW_VAR_")
    airflow = new_airflow(tmp_path, {name: os.environ[name] for name in os.environ if name.startswith(names)})
    airflow.cli("dags", "unpause", "--yes", DAG_ID)
    backfill(airflow, first_hour)
    with airflow.running():
        wait_for("the backfill", lambda: states(airflow, "backfill") == ["success"] * HOURS, 300)
        wait_for("the schedule beside it", lambda: "success" in states(airflow, "scheduled"), 120)
    items = stage.items()
    assert set(items) == {number(each) for each in range(HOURS * CALLS)}
    assert {item["ExpectedBy"] for item in items.values()} == {"POLICY"}

    airflow.cli("dags", "pause", "--yes", "monitor_audio_leakage")
    before = stage.items()
    backfill(airflow, first_hour, "--reprocess-behavior", "completed")
    with airflow.running(ready=f"/dags/{DAG_ID}"):
        wait_for("the second backfill", lambda: cleared(airflow) == HOURS, 300)
    after = stage.items()
    assert set(before) == set(after)
    assert {each: item["InitialisedAt"] for each, item in before.items()} == {
        each: item["InitialisedAt"] for each, item in after.items()
    }


def cleared(airflow: Airflow) -> int:
    """Return how many backfilled runs have succeeded after they were run again."""
    backfills = airflow.get(f"/backfills?dag_id={DAG_ID}")["backfills"]
    complete = len(backfills) == 2 and all(each["completed_at"] for each in backfills)
    return states(airflow, "backfill").count("success") if complete else 0
