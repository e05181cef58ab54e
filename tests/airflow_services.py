"""A real Airflow for a test: scheduler, executor and API server as processes of their own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from conftest import ROOT

DAG_ID = "monitor_audio_leakage"


@dataclass(frozen=True)
class AirflowServices:
    """`airflow standalone` in a home of its own, and its REST API."""

    home: Path
    port: int
    environment: Mapping[str, str]

    def cli(self, *arguments: str) -> str:
        """Run `airflow …` and return what it printed.

        :raises subprocess.CalledProcessError: when it exits with anything but 0.
        """
        done = subprocess.run(
            [sys.executable, "-m", "airflow", *arguments],
            env={**self.environment},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def get(self, path: str) -> Any:  # noqa: ANN401  # JSON
        """GET a path below the API's /dags/<this DAG>."""
        return self.request("GET", f"/api/v2/dags/{DAG_ID}{path}")

    def request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401
        """Send one request to the API and return the answer's JSON."""
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Content-Type": "application/json"}
        request = Request(f"http://127.0.0.1:{self.port}{path}", data, headers, method=method)
        with urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or "null")

    def pause(self, *, paused: bool) -> None:
        """Pause the DAG, or let it go on."""
        self.request("PATCH", f"/api/v2/dags/{DAG_ID}", {"is_paused": paused})

    def runs(self, run_type: str) -> dict[str, str]:
        """Return the state of every run of a type, by run id."""
        runs = self.get("/dagRuns?limit=100")["dag_runs"]
        return {run["dag_run_id"]: run["state"] for run in runs if run["run_type"] == run_type}

    def counts(self, run_id: str, task_id: str) -> dict[str, Any]:
        """Return what a task of a run returned."""
        path = f"/dagRuns/{quote(run_id)}/taskInstances/{task_id}/xcomEntries/return_value?deserialize=true"
        counts: dict[str, Any] = self.get(path)["value"]
        return counts


@contextmanager
def airflow_services(home: Path, environment: Mapping[str, str]) -> Iterator[AirflowServices]:
    """Start Airflow, wait until it is healthy, and stop all of it in the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = Path(sys.executable).parent
    settings = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db?timeout=60",
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(str(ROOT / root) for root in ("include", "plugins")),
    }
    services = AirflowServices(home, port, {**os.environ, **environment, **settings})
    with (home / "standalone.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "airflow", "standalone"],
            env={**services.environment},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait_until_healthy(services, process)
            yield services
        finally:
            _stop(process)


def _wait_until_healthy(services: AirflowServices, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        time.sleep(0.5)
        if process.poll() is not None:
            break
        try:
            if services.get("")["dag_id"] == DAG_ID:
                return
        except (URLError, OSError):
            continue
    raise RuntimeError(f"Airflow did not start: {(services.home / 'standalone.log').read_text()[-3000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the whole process group: the parent alone leaves its children running."""
    for sent in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sent)
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            return
