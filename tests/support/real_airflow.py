"""A real Airflow whose API server runs on, while schedulers come and go."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.error import HTTPError
from urllib.parse import quote

from local_aws.commands.airflow import DAG_ID, Airflow

#: The states of a run that has ended.
ENDED = {"success", "failed"}


def environment() -> dict[str, str]:
    """Return the variables that tell a process which AWS to use and how the monitor is set."""
    return {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "AIRFLOW_VAR_"))}


@contextmanager
def scheduling(airflow: Airflow) -> Iterator[None]:
    """Run a scheduler, with the settings of this moment, inside a ``with`` block. Then wait for the end of all runs."""
    begun = datetime.now(UTC)
    with replace(airflow, environment={**airflow.environment, **environment()}).running("scheduler"):
        log = airflow.home / "standalone.log"
        wait_for(f"the scheduler, see {log}", lambda: _last_heartbeat(airflow) > begun, 300)
        yield
        wait_for("the end of all runs", lambda: set(airflow.runs().values()) <= ENDED, 900)


def forget_runs(airflow: Airflow) -> None:
    """Delete all runs of the monitor, also those that a test which failed has left."""
    airflow.send("PATCH", f"/dags/{DAG_ID}?update_mask=is_paused", {"is_paused": True})
    for run_id, state in airflow.runs().items():
        run = f"/dags/{DAG_ID}/dagRuns/{quote(run_id)}"
        if state not in ENDED:  # Airflow deletes no run that goes on
            airflow.send("PATCH", run, {"state": "failed"})
        airflow.send("DELETE", run, {})


def wait_for(what: str, holds: Callable[[], bool], seconds: int) -> None:
    """Ask again until it holds. Airflow may give no answer on a busy machine, or where SQLite has two writers."""
    deadline = time.monotonic() + seconds
    while (answer := _answer(holds)) is not True:
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}: {answer}"
        time.sleep(2)


def _answer(holds: Callable[[], bool]) -> bool | Exception:
    try:
        return holds()
    except TimeoutError as error:
        return error
    except HTTPError as error:
        if error.code < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise
        return error


def _last_heartbeat(airflow: Airflow) -> datetime:
    heartbeat = airflow.get("/monitor/health")["scheduler"]["latest_scheduler_heartbeat"]
    return datetime.fromisoformat(heartbeat or "1970-01-01T00:00:00Z")
