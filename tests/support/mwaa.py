"""An MWAA environment in memory, behind boto3's own client, which checks requests against the service's model."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import boto3

Answer = tuple[int, dict[str, Any]]


@dataclass
class FakeMwaa:
    """One environment, with the part of Airflow's REST API that a deployment calls."""

    bucket: str
    environment: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    dags: dict[str, dict[str, Any]] = field(default_factory=dict)
    run_ends: str = "success"
    import_error: str | None = None
    update_ends: str = "SUCCESS"
    updates: list[Mapping[str, str]] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.environment = {
            "Name": "airflow",
            "Status": "AVAILABLE",
            "SourceBucketArn": f"arn:aws:s3:::{self.bucket}",
            "DagS3Path": "dags/",
            "ExecutionRoleArn": "arn:aws:iam::123456789012:role/service-role/airflow-execution",
            "AirflowVersion": "3.3.1",
        } | self.environment

    def client(self) -> Any:  # noqa: ANN401  # boto3's client
        """Return boto3's client for MWAA, with requests answered by this object."""
        client = boto3.client("mwaa", region_name="af-south-1")
        operations: dict[str, Callable[[Mapping[str, Any]], Answer]] = {
            "GetEnvironment": lambda _: (200, {"Environment": self.environment}),
            "UpdateEnvironment": self._update,
            "InvokeRestApi": self._rest,
        }
        for name, act in operations.items():
            client.meta.events.register(f"before-call.mwaa.{name}", _answering(act))
        return client

    def _update(self, request: Mapping[str, Any]) -> Answer:
        self.updates.append(request)
        if self.update_ends == "SUCCESS":
            self.environment |= request
        self.environment["LastUpdate"] = {"Status": self.update_ends, "CreatedAt": len(self.updates)}
        return 200, {"Arn": "arn"}

    def _rest(self, request: Mapping[str, Any]) -> Answer:
        path, body = request["Path"].strip("/").split("/"), request.get("Body", {})
        answer = getattr(self, f"_{request['Method'].lower()}_{path[0].lower()}")(path[1:], body)
        if answer is None:
            code = "RestApiClientException"
            return 404, {"Error": {"Code": code, "Message": "not found"}, "RestApiStatusCode": 404}
        return 200, {"RestApiStatusCode": 200, "RestApiResponse": answer}

    def _get_variables(self, path: list[str], _: object) -> dict[str, Any] | None:
        return {"key": path[0], "value": self.variables[path[0]]} if path[0] in self.variables else None

    def _post_variables(self, _: object, body: Mapping[str, str]) -> dict[str, Any]:
        self.variables[body["key"]] = body["value"]
        return {}

    def _patch_variables(self, path: list[str], body: Mapping[str, str]) -> dict[str, Any]:
        assert path[0] in self.variables
        return self._post_variables(path, body)

    def _get_importerrors(self, *_: object) -> dict[str, Any]:
        error = {"filename": "monitor_audio_leakage.py", "stack_trace": self.import_error}
        return {"import_errors": [error] if self.import_error else []}

    def _get_dags(self, path: list[str], _: object) -> dict[str, Any] | None:
        if len(path) == 1:
            return self.dags.get(path[0])
        if path[-1] == "taskInstances":
            return {"task_instances": [{"task_id": "check_recordings", "state": self.run_ends}]}
        if path[-1] == "return_value":
            return {"value": {"due": 0}}
        return {"state": self.run_ends}

    def _patch_dags(self, path: list[str], body: Mapping[str, Any]) -> dict[str, Any]:
        self.dags[path[0]] |= body
        return {}

    def _post_dags(self, path: list[str], _: object) -> dict[str, Any]:
        self.runs.append(path[0])
        return {"dag_run_id": f"manual__{len(self.runs)}"}


def _answering(act: Callable[[Mapping[str, Any]], Answer]) -> Callable[..., object]:
    def answer(params: Mapping[str, Any], **_: object) -> tuple[SimpleNamespace, dict[str, Any]]:
        status, parsed = act(json.loads(params["body"] or "{}"))
        return SimpleNamespace(status_code=status), parsed | {"ResponseMetadata": {"HTTPStatusCode": status}}

    return answer
