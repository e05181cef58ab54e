"""A real Airflow as MWAA's image sets it up, behind an InvokeRestApi with AWS's limits."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from zipfile import ZipFile

from botocore.exceptions import ReadTimeoutError

from support.mwaa import Answer, FakeMwaa, throttled

DAG_ID = "monitor_audio_leakage"
ROLES = ("Viewer", "User", "Op")
PASSWORD = "a-password"
#: The arguments that MWAA's guide gives, and a pattern of another team that leaves our Variable to Airflow.
SECRETS = {
    "secrets.backend": "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend",
    "secrets.backend_kwargs": '{"connections_lookup_pattern": "^m", "variables_lookup_pattern": "^m"}',
}
#: InvokeRestApi gives up after this long, and refuses one call of six.
_TIMEOUT, _THROTTLED = 10, 6
#: The scheduler is not ready for a DAG at once: minutes on MWAA, seconds here.
_READY_AFTER = 15
_COMPONENTS = ("api-server", "scheduler", "dag-processor")


@dataclass
class MwaaAirflow:
    """Airflow's processes, as one environment runs them."""

    home: Path
    environment: Mapping[str, str]
    port: int
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cli(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "airflow", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]

    def start(self) -> None:
        with (self.home / "airflow.log").open("a") as log:
            self.processes = [
                subprocess.Popen(
                    [sys.executable, "-m", "airflow", component],
                    env=self.environment,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
                for component in _COMPONENTS
            ]
        deadline = time.monotonic() + 600
        while time.monotonic() < deadline:
            with suppress(OSError):
                urlopen(f"{self.url}/api/v2/monitor/health", timeout=5).close()
                return
            time.sleep(1)
        raise AssertionError((self.home / "airflow.log").read_text()[-3000:])

    def stop(self) -> None:
        for process in self.processes:
            for sent in (signal.SIGTERM, signal.SIGKILL):
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, sent)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=20)
                    break
        self.processes = []

    def call(
        self,
        role: str,
        method: str,
        path: str,
        body: object = None,
        query: Mapping[str, object] | None = None,
    ) -> tuple[int, Any]:
        """Send a request as a user of a role, and return status and JSON."""
        request = Request(
            f"{self.url}{path}{'?' + urlencode(query) if query else ''}",
            json.dumps(body).encode() if body is not None else None,
            {"Content-Type": "application/json", "Authorization": f"Bearer {self.token(role)}"},
            method=method,
        )
        try:
            with urlopen(request, timeout=_TIMEOUT) as answer:
                return answer.status, _json(answer.read())
        except HTTPError as error:
            return error.code, _json(error.read())

    def token(self, role: str) -> str:
        body = json.dumps({"username": role.lower(), "password": PASSWORD}).encode()
        request = Request(f"{self.url}/auth/token", body, {"Content-Type": "application/json"})
        with urlopen(request, timeout=60) as answer:
            return str(json.load(answer)["access_token"])


def _json(text: bytes) -> Any:  # noqa: ANN401  # JSON
    try:
        return json.loads(text)
    except ValueError:
        return text.decode(errors="replace")


@dataclass
class RealMwaa(FakeMwaa):
    """An environment whose Airflow is real, behind an InvokeRestApi with AWS's limits."""

    airflow: MwaaAirflow | None = None
    copied_after: int = 20  # minutes on MWAA, and longer than Airflow takes to parse the file before
    calls: int = 0
    first_seen: float | None = None

    def pause(self, seconds: float) -> None:
        """Sleep a little, and copy the DAG folder meanwhile as MWAA does."""
        self._copy_dags()
        time.sleep(min(seconds, 2))

    def _update(self, request: Mapping[str, Any]) -> Answer:
        answer = super()._update(request)
        assert self.airflow is not None
        key, version = request["PluginsS3Path"], request["PluginsS3ObjectVersion"]
        body = self.s3.get_object(Bucket=self.bucket, Key=key, VersionId=version)["Body"].read()
        archive = self.airflow.home / "plugins.zip"
        archive.write_bytes(body)
        self.airflow.stop()
        shutil.rmtree(self.airflow.home / "plugins", ignore_errors=True)
        with ZipFile(archive) as opened:
            opened.extractall(self.airflow.home / "plugins")
        self.airflow.start()
        return answer

    def _rest(self, request: Mapping[str, Any]) -> Answer:
        assert self.airflow is not None
        self.calls += 1
        if self.calls % _THROTTLED == 0:
            throttled()
        if request["Method"] == "POST" and request["Path"].endswith(f"{DAG_ID}/dagRuns"):
            self.first_seen = self.first_seen or time.monotonic()
            if time.monotonic() < self.first_seen + _READY_AFTER:
                return _client_error(404, {"detail": "not found"})
        try:
            status, answer = self.airflow.call(
                "Op",
                request["Method"],
                f"/api/v2{request['Path']}",
                request.get("Body"),
                request.get("QueryParameters"),
            )
        except TimeoutError:
            raise ReadTimeoutError(endpoint_url=self.airflow.url) from None
        if status >= 400:
            return _client_error(status, answer)
        return 200, {"RestApiStatusCode": status, "RestApiResponse": answer}

    def _copy_dags(self) -> None:
        assert self.airflow is not None
        for each in self.s3.list_objects_v2(Bucket=self.bucket, Prefix="dags/").get("Contents", []):
            target = self.airflow.home / each["Key"]
            text = self.source(target.stem)
            if text is not None and (not target.exists() or target.read_text() != text):
                target.write_text(text)


def _client_error(status: int, answer: object) -> Answer:
    error = {"Error": {"Code": "RestApiClientException", "Message": ""}, "RestApiResponse": answer}
    return status, {**error, "RestApiStatusCode": status}
