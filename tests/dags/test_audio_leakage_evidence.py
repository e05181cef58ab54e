"""The daily DAG file: id, tasks, schedule and params."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from airflow.models import DagBag
from airflow.sdk import DAG
from airflow.timetables.interval import CronDataIntervalTimetable

from audio_leakage.errors import WindowError
from audio_leakage.settings import Settings
from audio_leakage.use_cases.day_context import WRITTEN_AFTER
from audio_leakage_tasks import asset
from audio_leakage_tasks.evidence import day_of
from conftest import ROOT


@pytest.fixture(scope="module")
def dag() -> DAG:
    bag = DagBag(dag_folder=str(ROOT / "dags"))
    assert not bag.import_errors
    return bag.dags["audio_leakage_evidence"]


def test_the_dag_proves_each_day_in_the_morning_after(dag: DAG) -> None:
    assert isinstance(dag.schedule, CronDataIntervalTimetable)
    assert dag.schedule.summary == "40 6 * * *"
    assert timedelta(hours=6, minutes=40) == WRITTEN_AFTER
    assert dag.catchup is False
    assert dag.max_active_runs == 1


def test_a_day_is_compared_before_it_is_written_and_written_before_it_is_told(dag: DAG) -> None:
    assert {task.task_id: task.upstream_task_ids for task in dag.tasks} == {
        "complete_population": set(),
        "list_recordings": set(),
        "check_configuration": set(),
        "audit_flows": set(),
        "recheck_earlier_days": set(),
        "reconcile": {"complete_population", "list_recordings"},
        "write_evidence": {
            "reconcile",
            "check_configuration",
            "audit_flows",
            "recheck_earlier_days",
        },
        "tell": {"write_evidence"},
    }


def test_evidence_is_written_whatever_could_not_be_looked_at(dag: DAG) -> None:
    rules = {task.task_id for task in dag.tasks if task.trigger_rule == "all_done"}
    assert rules == {"reconcile", "write_evidence"}


def test_a_task_is_tried_again_and_tells_of_its_failure(dag: DAG) -> None:
    for task in dag.tasks:
        assert task.execution_timeout
        assert task.retries == 2
        assert task.on_failure_callback


def test_somebody_may_name_a_day(dag: DAG) -> None:
    assert set(dag.params) == {"day"}
    assert dag.params["day"] is None


@pytest.mark.parametrize(
    ("version", "names"),
    [
        ("3.0.6", []),
        ("3.1.0", []),
        ("3.2.1", ["audio_leakage_evidence"]),
        ("3.10.0", ["audio_leakage_evidence"]),
    ],
)
def test_an_airflow_before_3_2_gets_no_asset(
    monkeypatch: pytest.MonkeyPatch, version: str, names: list[str]
) -> None:
    monkeypatch.setattr(asset, "airflow_version", version)
    assert [each.name for each in asset.assets_of("audio_leakage_evidence")] == names


SETTLING = Settings(connect_instance_id="instance", contact_table="table", settle_hours=12)
MORNING = datetime(2026, 11, 24, 6, 40, tzinfo=UTC)
SCHEDULED = SimpleNamespace(data_interval_start=MORNING - timedelta(days=1), data_interval_end=MORNING)


def test_a_scheduled_run_is_about_the_day_of_its_interval_whether_it_has_settled_or_not() -> None:
    assert day_of(SCHEDULED, {}, SETTLING, MORNING) == date(2026, 11, 23)


def test_a_day_that_is_not_over_is_refused() -> None:
    with pytest.raises(WindowError, match="from 2026-11-24T00:00Z on, when it is over"):
        day_of(SCHEDULED, {}, SETTLING, MORNING - timedelta(hours=7))


def test_a_day_that_somebody_names_must_have_settled() -> None:
    named = {"day": "2026-11-23"}
    with pytest.raises(WindowError, match="from 2026-11-24T12:00Z on, when it has settled"):
        day_of(SCHEDULED, named, SETTLING, MORNING)
    assert day_of(SCHEDULED, named, SETTLING, MORNING + timedelta(hours=6)) == date(2026, 11, 23)
