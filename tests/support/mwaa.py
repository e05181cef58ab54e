"""An MWAA environment in memory, behind boto3's own client, at least as strict as AWS.

botocore checks of a request which members are there, and the least length of a text. The service also checks the
most, the pattern and the allowed values, so we do.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import boto3
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from conftest import ROOT

DAG_FILE = "monitor_audio_leakage.py"
#: Seconds after an upload until Airflow has parsed the file, and until the scheduler takes a run of it.
PARSED_AFTER, READY_AFTER = 60, 180
#: Airflow parses each file again after this many seconds, changed or not.
PARSED_EVERY = 30
_PAGE = 50
_FOREVER = datetime.max.replace(tzinfo=UTC)
#: Operations of MWAA, by the method of their request.
_OPERATIONS = {"GET": "get_environment", "PATCH": "update_environment", "POST": "invoke_rest_api"}

Answer = tuple[int, dict[str, Any]]


@dataclass
class FakeMwaa:
    """One environment, with the part of Airflow's REST API that a deployment calls."""

    bucket: str
    s3: Any
    environment: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    dags: dict[str, dict[str, Any]] = field(default_factory=dict)
    run_ends: str = "success"
    import_errors: list[dict[str, Any]] = field(default_factory=list)
    """Airflow finds each one anew whenever it parses, ``until`` a good file is there."""
    update_ends: str = "SUCCESS"
    updates: list[Mapping[str, str]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    tasks: dict[str, str] = field(default_factory=dict)
    troubles: list[Callable[[], None]] = field(default_factory=list)
    """What happens to the next calls of InvokeRestApi, before they reach Airflow."""
    losses: int = 0
    """How many of the next POST requests are carried out, and their answers lost."""
    copied_after: int = PARSED_AFTER
    """Seconds until MWAA has copied a DAG file from the bucket to Airflow."""
    seen: dict[str, datetime] = field(default_factory=dict)
    """When each version of a DAG file was seen in the bucket."""
    bodies: dict[str, str] = field(default_factory=dict)
    """The text of each version of a DAG file that Airflow was asked for."""
    passed: timedelta = timedelta()
    """How long the deployment has slept."""

    def __post_init__(self) -> None:
        self.environment = {
            "Name": "airflow",
            "Status": "AVAILABLE",
            "SourceBucketArn": f"arn:aws:s3:::{self.bucket}",
            "DagS3Path": "dags/",
            "ExecutionRoleArn": "arn:aws:iam::123456789012:role/service-role/airflow-execution",
            "AirflowVersion": "3.3.1",
            "CreatedAt": datetime(2026, 1, 1, tzinfo=UTC),
            "LoggingConfiguration": {
                "TaskLogs": {
                    "Enabled": True,
                    "LogLevel": "INFO",
                    "CloudWatchLogGroupArn": "arn:aws:logs:af-south-1:123456789012:log-group:airflow-airflow-Task",
                }
            },
        } | self.environment

    def client(self) -> Any:  # noqa: ANN401  # boto3's client
        """Return boto3's client for MWAA, with requests answered by this object."""
        client = boto3.client("mwaa", region_name="af-south-1")
        client.meta.events.register("provide-client-params.mwaa", checked)
        operations: dict[str, Callable[[Mapping[str, Any]], Answer]] = {
            "GetEnvironment": lambda _: (200, {"Environment": dict(self.environment)}),
            "UpdateEnvironment": self._update,
            "InvokeRestApi": self._rest,
        }
        for name, act in operations.items():
            client.meta.events.register(f"before-call.mwaa.{name}", _answering(act))
        return client

    @contextmanager
    def served(self) -> Iterator[dict[str, str]]:
        """Answer other processes over HTTP. Give the environment variables that lead boto3 here."""
        with HTTPServer(("127.0.0.1", 0), _handler_of(self.client())) as server:
            thread = Thread(target=server.serve_forever)
            thread.start()
            try:
                yield {
                    "AWS_ENDPOINT_URL_MWAA": f"http://127.0.0.1:{server.server_port}",
                    "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",  # MWAA has a host each for two of its APIs
                }
            finally:
                server.shutdown()
                thread.join()

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.passed

    def pause(self, seconds: float) -> None:
        """Let time pass, without waiting."""
        self.passed += timedelta(seconds=seconds)

    def _update(self, request: Mapping[str, Any]) -> Answer:
        for name in ("Plugins", "Requirements"):
            if f"{name}S3Path" in request and f"{name}S3ObjectVersion" not in request:
                raise _refusal("UpdateEnvironment", f"{name}S3ObjectVersion is required with its path")
        if self.environment["Status"] not in ("AVAILABLE", "UPDATE_FAILED"):
            raise _refusal("UpdateEnvironment", f"Environment is {self.environment['Status']}")
        self.updates.append(request)
        if self.update_ends == "SUCCESS":
            self.environment |= {
                key: value for key, value in request.items() if key != "WorkerReplacementStrategy"
            }
        self.environment["Status"] = "AVAILABLE" if self.update_ends == "SUCCESS" else "UPDATE_FAILED"
        self.environment["LastUpdate"] = {"Status": self.update_ends, "CreatedAt": self.now}
        return 200, {"Arn": "arn"}

    def _rest(self, request: Mapping[str, Any]) -> Answer:
        if self.troubles:
            self.troubles.pop(0)()
        path = [
            part.lower() if part in ("importErrors", "dagSources") else part
            for part in request["Path"].strip("/").split("/")
        ]
        act = getattr(self, f"_{request['Method'].lower()}_{path[0]}")
        status, answer = act(path[1:], request.get("Body", {}), request.get("QueryParameters", {}))
        if request["Method"] == "POST" and self.losses:
            self.losses -= 1
            raise ReadTimeoutError(endpoint_url="https://env.airflow.af-south-1.amazonaws.com")
        if status >= 400:
            code = "RestApiClientException"
            error = {"Error": {"Code": code, "Message": ""}, "RestApiResponse": {"detail": answer}}
            return status, {**error, "RestApiStatusCode": status}
        return 200, {"RestApiStatusCode": status, "RestApiResponse": answer}

    def _get_variables(self, path: list[str], *_: object) -> tuple[int, Any]:
        if path[0] not in self.variables:
            return 404, "not found"
        return 200, {"key": path[0], "value": self.variables[path[0]]}

    def _post_variables(self, _: object, body: Mapping[str, str], __: object) -> tuple[int, Any]:
        if body["key"] in self.variables:
            return 409, "exists"
        self.variables[body["key"]] = body["value"]
        return 201, {}

    def _patch_variables(self, path: list[str], body: Mapping[str, str], _: object) -> tuple[int, Any]:
        assert path[0] in self.variables
        self.variables[path[0]] = body["value"]
        return 200, {}

    def _get_importerrors(self, _: object, __: object, query: Mapping[str, int]) -> tuple[int, Any]:
        start = query.get("offset", 0)
        errors = self._errors()
        page = errors[start : start + query.get("limit", _PAGE)]
        parsed = self._last_parsed().isoformat()
        return 200, {
            "import_errors": [{"timestamp": parsed} | each for each in page],
            "total_entries": len(errors),
        }

    def _get_dags(self, path: list[str], _: object, __: object) -> tuple[int, Any]:
        if path[0] not in self.dags:
            return 404, "not found"
        if path[1:] == ["dagRuns"]:
            return 200, {"dag_runs": [run for run in reversed(self.runs) if run["dag_id"] == path[0]]}
        assert len(path) == 1, path
        return 200, {"dag_id": path[0], **self._parsed(path[0])}

    def _patch_dags(self, path: list[str], body: Mapping[str, Any], _: object) -> tuple[int, Any]:
        self.dags[path[0]] |= body
        return 200, {}

    def _post_dags(self, path: list[str], body: Mapping[str, Any], _: object) -> tuple[int, Any]:
        if path == ["~", "dagRuns", "~", "taskInstances", "list"]:
            return 200, {"task_instances": self._task_instances(body)}
        dag = self._parsed(path[0])
        if dag["is_stale"] or not self._is_ready(path[0]):
            return 404, f"The Dag with dag_id: `{path[0]}` was not found"
        if "logical_date" not in body or body["logical_date"] is None:
            return 422, "logical_date: Field required"
        if any(run["dag_run_id"] == body["dag_run_id"] for run in self.runs):
            return 409, "DagRun already exists"
        self.runs.append(
            {
                "dag_id": path[0],
                "dag_run_id": body["dag_run_id"],
                "state": self.run_ends,
                "parsed": dag["last_parsed_time"],
                "source": self.source(path[0]),
            }
        )
        return 200, dict(self.runs[-1])

    def _task_instances(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        assert body["dag_run_ids"] == [self.runs[-1]["dag_run_id"]]
        names = ("poll_initialised", "purge_ivr", "poll_in_progress", "check_recordings")
        states = dict.fromkeys(names, "success") | {"check_recordings": self.run_ends} | self.tasks
        return [{"task_id": name, "state": state, "duration": 4.2} for name, state in states.items()]

    def _get_dagsources(self, path: list[str], *_: object) -> tuple[int, Any]:
        source = self.source(path[0])
        return (404, "not found") if source is None else (200, {"dag_id": path[0], "content": source})

    def _uploads(self, dag_id: str) -> list[dict[str, Any]]:
        """Return all versions of a DAG's file in the bucket, the newest first."""
        key = f"{self.environment['DagS3Path'].rstrip('/')}/{dag_id.partition('__')[0]}.py"
        versions = self.s3.list_object_versions(Bucket=self.bucket, Prefix=key).get("Versions", [])
        return sorted(versions, key=lambda each: (each["LastModified"], each["IsLatest"]), reverse=True)

    def _seen(self, version: Mapping[str, Any]) -> datetime:
        """Return when MWAA first saw a version of a file, on the clock of this environment."""
        return self.seen.setdefault(version["VersionId"], self.now)

    def source(self, dag_id: str) -> str | None:
        """Return the text of a DAG's file that Airflow has: MWAA copies a file some time after its upload."""
        for each in self._uploads(dag_id):
            if self.now >= self._seen(each) + timedelta(seconds=self.copied_after):
                return self._body(each["Key"], each["VersionId"])
        return None

    def _body(self, key: str, version: str) -> str:
        """Return the text of a version. A version never changes, and Airflow is asked for it hundreds of times."""
        if version not in self.bodies:
            found = self.s3.get_object(Bucket=self.bucket, Key=key, VersionId=version)
            self.bodies[version] = str(found["Body"].read().decode())
        return self.bodies[version]

    def _parsed(self, dag_id: str) -> dict[str, Any]:
        """Return a DAG as Airflow knows it."""
        if self.source(dag_id) is None:
            return {"is_stale": True, "last_parsed_time": None} | self.dags[dag_id]
        file = f"/{dag_id.partition('__')[0]}.py"
        return self.dags[dag_id] | {
            "is_stale": False,
            "last_parsed_time": self._last_parsed().isoformat(),
            "has_import_errors": any(error["filename"].endswith(file) for error in self._errors()),
        }

    def _errors(self) -> list[dict[str, Any]]:
        return [error for error in self.import_errors if self.now < error.get("until", _FOREVER)]

    def _last_parsed(self) -> datetime:
        """Return when Airflow last parsed the files. After an update it has to start first."""
        restarted = self.environment.get("LastUpdate", {}).get("CreatedAt")
        is_starting = restarted and self.now < restarted + timedelta(seconds=PARSED_AFTER)
        seconds = (restarted if is_starting else self.now).timestamp()
        return datetime.fromtimestamp(seconds - seconds % PARSED_EVERY, UTC)

    def _is_ready(self, dag_id: str) -> bool:
        first = self._uploads(dag_id)[-1:]
        return bool(first) and self.now >= self._seen(first[0]) + timedelta(seconds=READY_AFTER)


def _handler_of(mwaa: Any) -> type[BaseHTTPRequestHandler]:  # noqa: ANN401  # boto3's client
    class Handler(BaseHTTPRequestHandler):
        """Pass requests on to a client that is answered in memory."""

        def _pass_on(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}")
            name = unquote(self.path.rpartition("/")[2])
            try:
                status, answer = 200, getattr(mwaa, _OPERATIONS[self.command])(Name=name, **request)
            except ClientError as error:
                answer = error.response
                status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
            told = {key: value for key, value in answer.items() if key not in ("ResponseMetadata", "Error")}
            wrong = answer.get("Error", {})
            self.send_response(status)
            if wrong:
                self.send_header("x-amzn-ErrorType", wrong["Code"])
            self.end_headers()
            text = json.dumps(told | ({"message": wrong["Message"]} if wrong else {}), default=_seconds)
            self.wfile.write(text.encode())

        do_GET = do_PATCH = do_POST = _pass_on  # noqa: N815  # http.server looks for these names

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    return Handler


def run_plan(mwaa: FakeMwaa, aws: Mapping[str, str], config: Path) -> tuple[int, str]:
    """Run ``deploy --plan`` as a process of its own. Return its exit code and its last line.

    :param aws: environment variables that lead boto3 to the rest of AWS.
    :param config: the file of options.
    """
    with mwaa.served() as served:
        done = subprocess.run(
            [sys.executable, "-m", "infrastructure.deploy", "--config", config, "--plan"],
            env={**os.environ, **aws, **served, "PYTHONPATH": str(ROOT / "include")},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode in (0, 2), done.stdout + done.stderr
    return done.returncode, done.stdout.splitlines()[-1]


def _seconds(moment: datetime) -> float:
    return moment.timestamp()


def checked(params: Mapping[str, Any], model: OperationModel, **_: object) -> None:
    """Check a request as the service does, and raise its error."""
    for wrong in _wrong(params, model.input_shape, "input"):
        raise _refusal(model.name, wrong)


def _wrong(value: Any, shape: Shape | None, place: str) -> list[str]:  # noqa: ANN401  # any shape's value
    if isinstance(shape, StructureShape):
        if shape.metadata.get("document") or shape.is_document_type:
            return []
        return [
            wrong
            for name, each in value.items()
            for wrong in _wrong(each, shape.members.get(name), f"{place}.{name}")
        ]
    if isinstance(shape, ListShape):
        return [wrong for each in value for wrong in _wrong(each, shape.member, place)]
    if isinstance(shape, MapShape):
        return [wrong for each in value.values() for wrong in _wrong(each, shape.value, place)]
    if shape is None:
        return [f"{place} is unknown"]
    return _out_of_bounds(value, shape, place)


def _out_of_bounds(value: Any, shape: Shape, place: str) -> list[str]:  # noqa: ANN401  # any shape's value
    rules = shape.metadata
    size = len(value) if isinstance(value, str) else value
    wrong = []
    if "min" in rules and size < rules["min"]:
        wrong.append(f"{place} must have length or value at least {rules['min']}")
    if "max" in rules and size > rules["max"]:
        wrong.append(f"{place} must have length or value at most {rules['max']}: {value!r}")
    if "pattern" in rules and not re.fullmatch(rules["pattern"], value):
        wrong.append(f"{place} must satisfy {rules['pattern']}")
    if "enum" in rules and value not in rules["enum"]:
        wrong.append(f"{place} must be one of {rules['enum']}")
    return wrong


def throttled() -> None:
    """Refuse a call as InvokeRestApi does when an environment gets too many."""
    raise _refusal("InvokeRestApi", "Rate exceeded", "ThrottlingException", 429)


def timed_out() -> None:
    """Give no answer within the ten seconds that InvokeRestApi takes at most."""
    raise ReadTimeoutError(endpoint_url="https://env.airflow.af-south-1.amazonaws.com")


def broken() -> None:
    """Fail as InvokeRestApi does when Airflow answers with an error of its own."""
    answer = {
        "Error": {"Code": "RestApiServerException", "Message": ""},
        "RestApiStatusCode": 502,
        "ResponseMetadata": {"HTTPStatusCode": 500},
    }
    raise ClientError(answer, "InvokeRestApi")  # type: ignore[arg-type]


def _refusal(
    operation: str, message: str, code: str = "ValidationException", status: int = 400
) -> ClientError:
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, operation)  # type: ignore[arg-type]


def with_conditional_writes(s3: Any) -> Any:  # noqa: ANN401  # boto3's client
    """Make PutObject keep ``IfMatch``, as S3 does and moto does not. Return the same client."""

    def check(params: Mapping[str, Any], **_: object) -> None:
        if "IfMatch" not in params:
            return
        found = s3.list_objects_v2(Bucket=params["Bucket"], Prefix=params["Key"]).get("Contents", [])
        if [each["ETag"] for each in found if each["Key"] == params["Key"]] != [params["IfMatch"]]:
            raise _refusal("PutObject", "At least one precondition failed", "PreconditionFailed", 412)

    s3.meta.events.unregister("provide-client-params.s3.PutObject", unique_id="conditional-writes")
    s3.meta.events.register("provide-client-params.s3.PutObject", check, unique_id="conditional-writes")
    return s3


def _answering(act: Callable[[Mapping[str, Any]], Answer]) -> Callable[..., object]:
    def answer(params: Mapping[str, Any], **_: object) -> tuple[SimpleNamespace, dict[str, Any]]:
        status, parsed = act(json.loads(params["body"] or "{}"))
        return SimpleNamespace(status_code=status), parsed | {"ResponseMetadata": {"HTTPStatusCode": status}}

    return answer
