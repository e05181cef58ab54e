"""The hourly DAG file: id, tasks, schedule and params."""

from datetime import timedelta

import pytest
from airflow.models import DagBag
from airflow.sdk import DAG
from airflow.timetables.interval import CronDataIntervalTimetable

from conftest import ROOT


@pytest.fixture(scope="module")
def dag() -> DAG:
    bag = DagBag(dag_folder=str(ROOT / "dags"))
    assert not bag.import_errors
    return bag.dags["reconcile_audio_leakage"]


def test_the_dag_takes_each_hour_twenty_minutes_after_its_end(dag: DAG) -> None:
    assert isinstance(dag.schedule, CronDataIntervalTimetable)
    assert dag.schedule.summary == "20 * * * *"
    assert dag.catchup is False
    assert dag.max_active_runs == 1


def test_the_population_is_taken_before_contacts_are_entered(dag: DAG) -> None:
    assert set(dag.task_ids) == {"take_population", "enter_unwatched"}
    assert dag.get_task("take_population").downstream_task_ids == {"enter_unwatched"}


def test_a_task_ends_within_the_hour_and_tells_of_its_failure(dag: DAG) -> None:
    for task in dag.tasks:
        assert task.execution_timeout == timedelta(minutes=50)
        assert task.retries == 2
        assert task.on_failure_callback


def test_somebody_may_name_an_hour(dag: DAG) -> None:
    assert set(dag.params) == {"hour"}
    assert dag.params["hour"] is None
