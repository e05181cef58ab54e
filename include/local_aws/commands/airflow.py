"""A real Airflow on this machine, with scheduler, executor and API server as separate processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

ROOT = Path(__file__).parents[3]
DAG_ID = "monitor_audio_leakage"
RECONCILE_DAG_ID = "reconcile_audio_leakage"
EVIDENCE_DAG_ID = "audio_leakage_evidence"
#: Airflow takes five seconds to import, so that commands which follow each other share a process. It would
#: take a third longer if Python looked for garbage among its modules as often as it does by default.
_COMMANDS_IN_TURN = """
import gc, json, sys
gc.set_threshold(50_000, 20, 100)
from airflow.__main__ import main
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["airflow", *arguments]
    main()
"""


@dataclass(frozen=True)
class Airflow:
    """An Airflow with its own home. Its command line always works, its REST API only while it is running."""

    home: Path
    port: int
    environment: Mapping[str, str]

    def cli(self, *arguments: str) -> str:
        """Run `airflow …`.

        :param arguments: the command and its arguments.
        :return: the standard output.
        :raises RuntimeError: with the end of the error output, if the exit code is not 0.
        """
        return self.cli_in_turn(arguments)

    def cli_in_turn(self, *commands: Sequence[str]) -> str:
        """Run `airflow …` for each command in turn, in one process. The first that fails ends it.

        :param commands: the commands, each with its arguments.
        :return: the standard output.
        :raises RuntimeError: with the end of the error output, if the exit code is not 0.
        """
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-c", _COMMANDS_IN_TURN, json.dumps(commands)],
            env={**self.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            lines = ", ".join(" ".join(["airflow", *command]) for command in commands)
            raise RuntimeError(f"{lines}: {done.stderr[-3000:]}")
        return done.stdout

    @property
    def url(self) -> str:
        """Address of the UI."""
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(
        self,
        component: str = "standalone",
        ready: str = f"/dags/{DAG_ID}",
        dag_ids: Sequence[str] = (DAG_ID,),
    ) -> Iterator[None]:
        """Run Airflow inside a ``with`` block: scheduler, executor, DAG processor and API server.

        :param component: what to run instead of all of them, such as ``api-server``. A ``scheduler`` needs
            an API server that is up already, and we do not wait for its start.
        :param ready: a path of the API that answers once Airflow is up.
        :param dag_ids: the DAGs that run inside the block. Every other one stays paused.
        :raises RuntimeError: with the end of the log, if Airflow does not start.
        """
        running = () if component == "api-server" else dag_ids
        with (self.home / "standalone.log").open("a") as log:
            process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-c", _COMMANDS_IN_TURN, json.dumps([[component]])],
                env={**self.environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            try:
                self._wait_until_healthy(process, ready)
                # A task that starts before the API server answers has failed, and uses up its tries.
                self._pause(running, paused=False)
                yield
                self._pause(running, paused=True)
            finally:
                _stop(process)

    def get(self, path: str) -> Any:  # noqa: ANN401  # JSON
        """Return the JSON at a path of the REST API."""
        with urlopen(f"{self.url}/api/v2{path}", timeout=120) as answer:  # noqa: S310
            return json.loads(answer.read())

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> Any:  # noqa: ANN401  # JSON
        """Send JSON to a path of the REST API and return its answer, also JSON. An empty answer is None."""
        request = Request(  # noqa: S310
            f"{self.url}/api/v2{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
            method=method,
        )
        with urlopen(request, timeout=120) as answer:  # noqa: S310
            return json.loads(answer.read() or "null")

    def runs(self, run_type: str | None = None) -> dict[str, str]:
        """Return the states of all runs of a type, or of every type, by run id."""
        runs = self.get(f"/dags/{DAG_ID}/dagRuns?limit=100")["dag_runs"]
        return {run["dag_run_id"]: run["state"] for run in runs if run_type in (None, run["run_type"])}

    def counts(self, run_id: str, task_id: str) -> dict[str, Any]:
        """Return the counts that a task of a run returned."""
        counts: dict[str, Any] = self.xcom(DAG_ID, run_id, task_id)
        return counts

    def xcom(self, dag_id: str, run_id: str, task_id: str, key: str = "return_value") -> Any:  # noqa: ANN401  # JSON
        """Return what a task of a run has kept under a key."""
        task = f"/dags/{dag_id}/dagRuns/{quote(run_id)}/taskInstances/{task_id}"
        value = self.get(f"{task}/xcomEntries/{key}")["value"]
        return json.loads(value) if isinstance(value, str) else value  # it may be the text of its JSON

    def _pause(self, dag_ids: Sequence[str], *, paused: bool) -> None:
        for dag_id in dag_ids:
            self.send("PATCH", f"/dags/{dag_id}?update_mask=is_paused", {"is_paused": paused})

    def _wait_until_healthy(self, process: subprocess.Popen[bytes], ready: str) -> None:
        for _ in range(600):
            time.sleep(0.5)
            if process.poll() is not None:
                break
            try:
                self.get(ready)
            except OSError:
                continue
            return
        raise RuntimeError(f"Airflow did not start: {(self.home / 'standalone.log').read_text()[-3000:]}")


def free_port() -> int:
    """Return a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def new_airflow(
    home: Path, environment: Mapping[str, str], *commands: Sequence[str], **changes: str
) -> Airflow:
    """Return an Airflow with an empty database and our DAGs, all of them paused.

    :param home: folder for its database and its logs.
    :param environment: environment variables of its processes, on top of this process's.
    :param commands: further commands of `airflow …` that set it up, each with its arguments.
    :param changes: environment variables that override all others.
    """
    port = free_port()
    settings = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db?timeout=60",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(str(ROOT / root) for root in ("include", "plugins")),
    }
    airflow = Airflow(home, port, {**os.environ, **environment, **settings, **changes})
    airflow.cli_in_turn(["db", "migrate"], ["dags", "reserialize"], *commands)
    return airflow


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the whole process group, because the parent alone would leave its children running."""
    for sent in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sent)
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            return
