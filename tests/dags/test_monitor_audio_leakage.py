"""The DAG file as Airflow reads it, held against the contract: schedule, graph, policies, no I/O."""

import ast
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from airflow.models import DagBag
from airflow.sdk import DAG

from conftest import ROOT

TASKS = {"poll_initialised", "purge_ivr", "poll_in_progress", "check_recordings"}
DAG_FILE = ROOT / "dags" / "monitor_audio_leakage.py"


@pytest.fixture(scope="module")
def dag() -> DAG:
    bag = DagBag(dag_folder=str(ROOT / "dags"))
    assert not bag.import_errors
    assert set(bag.dags) == {
        "acknowledge_audio_leakage",
        "audio_leakage_evidence",
        "monitor_audio_leakage",
        "reconcile_audio_leakage",
    }
    return bag.dags["monitor_audio_leakage"]


def test_the_dag_runs_every_five_minutes_one_at_a_time_without_catchup(dag: DAG) -> None:
    assert str(dag.schedule) == "*/5 * * * *"
    assert dag.catchup is False
    assert dag.max_active_runs == 1


def test_the_dag_has_exactly_four_tasks(dag: DAG) -> None:
    assert set(dag.task_ids) == TASKS


def test_poll_initialised_is_the_only_root_and_feeds_one_group(dag: DAG) -> None:
    assert [task.task_id for task in dag.roots] == ["poll_initialised"]
    groups = {name: group for name, group in dag.task_group_dict.items() if name}
    assert len(groups) == 1
    (group,) = groups.values()
    assert set(group.children) == TASKS - {"poll_initialised"}
    assert group.upstream_task_ids == {"poll_initialised"}
    # An edge to a group is an edge to each of its roots, and to nothing behind them.
    assert dag.get_task("poll_initialised").downstream_task_ids == {"purge_ivr", "poll_in_progress"}


def test_purging_runs_beside_polling_and_checking_in_the_group(dag: DAG) -> None:
    assert dag.get_task("poll_in_progress").downstream_task_ids == {"check_recordings"}
    assert dag.get_task("purge_ivr").downstream_task_ids == set()
    assert dag.get_task("check_recordings").downstream_task_ids == set()
    assert dag.get_task("check_recordings").upstream_task_ids == {"poll_in_progress"}


@pytest.mark.parametrize("task_id", sorted(TASKS))
def test_every_task_has_retries_a_timeout_an_owner_and_a_description(dag: DAG, task_id: str) -> None:
    task = dag.get_task(task_id)
    assert task.retries
    assert task.retry_delay <= timedelta(minutes=1)
    assert task.execution_timeout
    assert task.execution_timeout < timedelta(minutes=5)
    assert task.owner != "airflow"
    assert (
        vars(task)["multiple_outputs"] is False
    )  # the counts' names are no keys: Airflow 3.0 takes no slash in one
    assert task.doc_md


def test_the_docstring_is_shown_in_the_ui_and_names_every_task(dag: DAG) -> None:
    assert dag.doc_md
    assert all(task_id in dag.doc_md for task_id in TASKS)
    assert dag.tags


def test_the_docs_lead_to_the_page(dag: DAG) -> None:
    """FabAuthManager's Viewer has no other way to it."""
    assert "](audio-leakage/monitor_audio_leakage/)" in (dag.doc_md or "")


def test_parsing_the_dag_does_no_io_and_needs_no_variable() -> None:
    """In a process of its own, where a socket, a Variable or an AWS client raises."""
    code = f"""
import socket, sys
import airflow, airflow.sdk
import airflow.models.variable

def refuse(*_, **__):
    raise AssertionError("I/O while the DAG file is parsed")

socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
airflow.sdk.Variable.get = airflow.models.variable.Variable.get = refuse
import runpy
runpy.run_path({str(DAG_FILE)!r})
assert "boto3" not in sys.modules, "parsing imported boto3"
assert "audio_leakage_hooks" not in sys.modules, "parsing imported the hooks"
"""
    path = os.pathsep.join(str(ROOT / root) for root in ("include", "plugins"))
    environment = {**os.environ, "PYTHONPATH": path}
    parsed = subprocess.run(  # the code above, with this interpreter
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert parsed.returncode == 0, parsed.stderr[-2000:]


def test_the_dag_file_is_short_and_has_no_loops() -> None:
    source = DAG_FILE.read_text()
    code = ast.parse(source)
    docstring = ast.get_docstring(code) or ""
    assert len(source.splitlines()) - len(docstring.splitlines()) <= 90
    assert not [node for node in ast.walk(code) if isinstance(node, ast.For | ast.While)]
