"""A real Airflow whose API server runs on, while schedulers come and go."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from local_aws.commands.airflow import DAG_ID, Airflow

_ENDED = ("success", "failed")


def environment() -> dict[str, str]:
    """Return the variables that tell a process which AWS to use and how the monitor is set."""
    return {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "AIRFLOW_VAR_"))}


@contextmanager
def scheduling(airflow: Airflow) -> Iterator[None]:
    """Run a scheduler, with the settings of this moment, inside a ``with`` block. It ends all runs before it stops."""
    with replace(airflow, environment={**airflow.environment, **environment()}).running("scheduler"):
        yield
        wait_for("the end of all runs", lambda: set(states(airflow)) <= set(_ENDED), 900)


def states(airflow: Airflow) -> list[str]:
    """Return the states of all runs of the monitor."""
    runs = airflow.get(f"/dags/{DAG_ID}/dagRuns?limit=100")["dag_runs"]
    return [run["state"] for run in runs]


def wait_for(what: str, holds: Callable[[], bool], seconds: int) -> None:
    """Ask again until it holds. On a busy machine Airflow may leave one question without an answer."""
    deadline = time.monotonic() + seconds
    while not _holds_in_time(holds):
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        time.sleep(2)


def _holds_in_time(holds: Callable[[], bool]) -> bool:
    try:
        return holds()
    except TimeoutError:
        return False
