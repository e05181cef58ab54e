"""An MWAA environment in memory, behind boto3's own client, at least as strict as AWS.

botocore checks of a request which members are there, and the least length of a text. The service also checks the
most, the pattern and the allowed values, so we do.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

DAG_FILE = "monitor_audio_leakage.py"
#: Seconds after an upload until Airflow has parsed the file, and until the scheduler takes a run of it.
PARSED_AFTER, READY_AFTER = 60, 180
_PAGE = 50

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
    update_ends: str = "SUCCESS"
    updates: list[Mapping[str, str]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    tasks: dict[str, str] = field(default_factory=dict)
    troubles: list[Callable[[], None]] = field(default_factory=list)
    """What happens to the next calls of InvokeRestApi, before they reach Airflow."""
    losses: int = 0
    """How many of the next POST requests are carried out, and their answers lost."""
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
            part.lower() if part == "importErrors" else part for part in request["Path"].strip("/").split("/")
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
        page = self.import_errors[start : start + query.get("limit", _PAGE)]
        return 200, {"import_errors": page, "total_entries": len(self.import_errors)}

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
        if dag["is_stale"] or not self._is_ready():
            return 404, f"The Dag with dag_id: `{path[0]}` was not found"
        if "logical_date" not in body or body["logical_date"] is None:
            return 422, "logical_date: Field required"
        if any(run["dag_run_id"] == body["dag_run_id"] for run in self.runs):
            return 409, "DagRun already exists"
        seen = dag["last_parsed_time"]
        self.runs.append(
            {"dag_id": path[0], "dag_run_id": body["dag_run_id"], "state": self.run_ends, "parsed": seen}
        )
        return 200, dict(self.runs[-1])

    def _task_instances(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        assert body["dag_run_ids"] == [self.runs[-1]["dag_run_id"]]
        names = ("poll_initialised", "purge_ivr", "poll_in_progress", "check_recordings")
        states = dict.fromkeys(names, "success") | {"check_recordings": self.run_ends} | self.tasks
        return [{"task_id": name, "state": state, "duration": 4.2} for name, state in states.items()]

    def _uploaded(self) -> datetime | None:
        key = f"{self.environment['DagS3Path'].rstrip('/')}/{DAG_FILE}"
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=key).get("Contents", [])
        return found[0]["LastModified"] if found else None

    def _parsed(self, dag_id: str) -> dict[str, Any]:
        """Return a DAG as Airflow knows it: of the file in the bucket once that is parsed, else as it was."""
        uploaded = self._uploaded()
        # An update restarts Airflow, which then parses each file again.
        begun = (
            max(uploaded, self.environment.get("LastUpdate", {}).get("CreatedAt", uploaded))
            if uploaded
            else None
        )
        if begun is None or self.now < begun + timedelta(seconds=PARSED_AFTER):
            known = {"is_stale": True, "last_parsed_time": None} | self.dags[dag_id]
        else:
            known = self.dags[dag_id] | {
                "is_stale": False,
                "last_parsed_time": (begun + timedelta(seconds=PARSED_AFTER)).isoformat(),
            }
        return known

    def _is_ready(self) -> bool:
        uploaded = self._uploaded()
        return uploaded is not None and self.now >= uploaded + timedelta(seconds=READY_AFTER)


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
