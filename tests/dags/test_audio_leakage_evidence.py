"""The daily DAG file: id, tasks, schedule and params."""

import pytest
from airflow.models import DagBag
from airflow.sdk import DAG
from airflow.timetables.interval import CronDataIntervalTimetable

from conftest import ROOT


@pytest.fixture(scope="module")
def dag() -> DAG:
    bag = DagBag(dag_folder=str(ROOT / "dags"))
    assert not bag.import_errors
    return bag.dags["audio_leakage_evidence"]


def test_the_dag_proves_each_day_in_the_morning_after(dag: DAG) -> None:
    assert isinstance(dag.schedule, CronDataIntervalTimetable)
    assert dag.schedule.summary == "40 6 * * *"
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
