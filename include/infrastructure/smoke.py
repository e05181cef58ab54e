"""Check a deployment: the DAG loads, and one run of it succeeds."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from audio_leakage.instances import reconcile_dag_of
from infrastructure.environment import Environment

_POLL_SECONDS, _POLLS = 10, 90
_FILES = ("monitor_audio_leakage.py", "reconcile_audio_leakage.py", "audio_leakage_evidence.py")
_TASKS = ("poll_initialised", "purge_ivr", "poll_in_progress", "check_recordings")


class SmokeCheckFailed(Exception):
    """The DAG does not load, or its first run did not succeed. The message says which."""


def first_run(environment: Environment, dag_id: str, pause: Callable[[float], None]) -> Iterator[str]:
    """Switch both DAGs on, trigger one run of the monitor, wait for its end, and give each task's counts.

    A triggered run works on everything that is due, like a scheduled one.

    :param environment: the MWAA environment.
    :param dag_id: the DAG to run.
    :param pause: sleeps; its argument is in seconds.
    :return: one line for the run, then one per task.
    :raises SmokeCheckFailed: if the DAG does not load, the run fails, or either takes over 15 minutes.
    """
    dag = f"/dags/{dag_id}"
    _wait(lambda: _loaded(environment, dag), f"{dag_id} to be loaded", pause)
    _switch_on(environment, dag)
    hourly = reconcile_dag_of(dag_id)
    _wait(lambda: _loaded(environment, f"/dags/{hourly}"), f"{hourly} to be loaded", pause)
    _switch_on(environment, f"/dags/{hourly}")
    run = environment.rest("POST", f"{dag}/dagRuns", {"logical_date": None, "note": "after the deployment"})
    path = f"{dag}/dagRuns/{quote(run['dag_run_id'])}"
    state = _wait(lambda: _end_of(environment, path), f"the end of {run['dag_run_id']}", pause)
    yield f"{run['dag_run_id']}: {state}"
    if state != "success":
        raise SmokeCheckFailed(f"{_failed(environment, path)}: the last line of its log says what to do")
    for task in _TASKS:
        answer = environment.rest("GET", f"{path}/taskInstances/{task}/xcomEntries/return_value")
        yield f"  {task}: {answer['value'] if answer else 'nothing'}"


def _switch_on(environment: Environment, dag: str) -> None:
    environment.rest("PATCH", dag, {"is_paused": False}, update_mask="is_paused")


def _loaded(environment: Environment, dag: str) -> str | None:
    errors = environment.rest("GET", "/importErrors")["import_errors"]
    for error in errors:
        if error["filename"].endswith(_FILES):
            raise SmokeCheckFailed(f"the DAG does not load: {error['stack_trace'].strip().splitlines()[-1]}")
    return "loaded" if environment.rest("GET", dag) else None


def _end_of(environment: Environment, run: str) -> str | None:
    state: str = environment.rest("GET", run)["state"]
    return state if state in ("success", "failed") else None


def _failed(environment: Environment, run: str) -> str:
    tasks = environment.rest("GET", f"{run}/taskInstances")["task_instances"]
    return ", ".join(task["task_id"] for task in tasks if task["state"] == "failed") + " failed"


def _wait(look: Callable[[], Any], what: str, pause: Callable[[float], None]) -> str:
    for _ in range(_POLLS):
        found: str | None = look()
        if found:
            return found
        pause(_POLL_SECONDS)
    raise SmokeCheckFailed(f"gave up after waiting {_POLLS * _POLL_SECONDS // 60} minutes for {what}")
