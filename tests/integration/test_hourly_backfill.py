"""Three hours that nobody took, backfilled side by side by Airflow's own scheduler, beside the schedule."""

import json
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from audio_leakage.instances import RECONCILE_DAG_ID
from local_aws.commands.airflow import Airflow, new_airflow
from support.fakes import answer, number
from support.real_airflow import environment, wait_for
from support.stage import Stage

pytestmark = pytest.mark.scheduler

HOUR, HOURS, CALLS = timedelta(hours=1), 3, 40


@pytest.fixture
def first_hour(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Lay calls that no flow told of into three hours, of which the last ended two hours ago."""
    first = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - 5 * HOUR
    for each in range(HOURS * CALLS):
        connected = first + each * HOUR / CALLS
        members = {"InitiationTimestamp": connected - HOUR / 60, "DisconnectTimestamp": connected + HOUR / 60}
        stage.contacts[number(each)] = answer(number(each), connected=connected, **members)["Contact"]
    stage.listen()
    stage.configure(population_rps=100)
    monkeypatch.setenv("AIRFLOW_VAR_AUDIO_LEAKAGE_POLICY", json.dumps({"default": "must"}))
    return first


@pytest.mark.timeout(3600)
def test_missed_hours_are_backfilled_and_a_second_time_changes_nothing(
    stage: Stage, first_hour: datetime, tmp_path: Path
) -> None:
    airflow = new_airflow(tmp_path, environment())
    create_backfill(airflow, first_hour)
    with airflow.running(dag_ids=(RECONCILE_DAG_ID,)):
        wait_for("the backfill", lambda: completed(airflow) == 1, 1200)
        wait_for("the schedule beside it", lambda: "success" in states(airflow, "scheduled"), 1200)
        assert states(airflow, "backfill") == ["success"] * HOURS
        assert any(overlap(*pair) for pair in combinations(runs(airflow, "backfill"), 2))
    items = stage.items()
    assert set(items) == {number(each) for each in range(HOURS * CALLS)}
    assert {(item["ExpectedBy"], item["State"]) for item in items.values()} == {
        ("POLICY", "COMPLETED - AGENT")
    }
    assert [told["MessageAttributes"]["count"]["Value"] for told in stage.heard()] == [str(CALLS)] * HOURS

    create_backfill(airflow, first_hour, "--reprocess-behavior", "completed")
    with airflow.running(dag_ids=(RECONCILE_DAG_ID,)):
        wait_for("the second backfill", lambda: completed(airflow) == 2, 1200)
        assert states(airflow, "backfill") == ["success"] * HOURS
        again = [entered(airflow, run) for run in runs(airflow, "backfill")]
    assert [(each["entered"], each["population"]) for each in again] == [(0, CALLS)] * HOURS
    assert stage.items() == items
    assert stage.heard() == []


def create_backfill(airflow: Airflow, first: datetime, *options: str) -> None:
    """Have the three hours backfilled side by side. A run's date is the start of its data interval."""
    start = first + timedelta(minutes=20)
    dates = ("--from-date", start.isoformat(), "--to-date", (start + (HOURS - 1) * HOUR).isoformat())
    airflow.cli(
        "backfill", "create", "--dag-id", RECONCILE_DAG_ID, *dates, "--max-active-runs", "3", *options
    )


def completed(airflow: Airflow) -> int:
    """Return how many backfills have been completed."""
    backfills = airflow.get(f"/backfills?dag_id={RECONCILE_DAG_ID}")["backfills"]
    return sum(each["completed_at"] is not None for each in backfills)


def runs(airflow: Airflow, kind: str) -> list[dict[str, Any]]:
    found = airflow.get(f"/dags/{RECONCILE_DAG_ID}/dagRuns?limit=100")["dag_runs"]
    return [run for run in found if run["run_type"] == kind]


def states(airflow: Airflow, kind: str) -> list[str]:
    return [run["state"] for run in runs(airflow, kind)]


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Tell whether two runs went side by side."""
    return bool(max(one["start_date"], other["start_date"]) < min(one["end_date"], other["end_date"]))


def entered(airflow: Airflow, run: dict[str, Any]) -> dict[str, int]:
    """Return what a run's second task counted: contacts entered now, and contacts in all."""
    value = airflow.xcom(RECONCILE_DAG_ID, run["dag_run_id"], "enter_unwatched")
    (figures,) = value["hours"].values()
    return {"entered": value["entered"], "population": figures["population"]}
