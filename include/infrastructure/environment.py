"""An MWAA environment: its bucket, its update, and Airflow's REST API behind it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

_POLL_SECONDS = 20
_POLLS = 60 * 60 // _POLL_SECONDS


class EnvironmentNotReady(Exception):
    """The environment is not what it must be for a deployment."""


@dataclass(frozen=True)
class S3Object:
    """An object of the environment's bucket, in one of its versions."""

    key: str
    version: str


class Environment:
    """One environment.

    :param name: its name.
    :param mwaa: boto3's client.
    :param pause: sleeps for so many seconds.
    :raises EnvironmentNotReady: when it is being created, updated or deleted.
    """

    def __init__(
        self,
        name: str,
        mwaa: Any,  # noqa: ANN401  # boto3's client
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        self._mwaa = mwaa
        self._pause = pause
        self._described = self._describe()
        if self._described["Status"] != "AVAILABLE":
            raise EnvironmentNotReady(
                f"environment {name} is {self._described['Status']}: wait until it is AVAILABLE"
            )

    @property
    def bucket(self) -> str:
        """Name of the bucket that its DAGs lie in."""
        return str(self._described["SourceBucketArn"]).rpartition(":")[2]

    @property
    def dag_folder(self) -> str:
        """Prefix of its DAG files, without slash at the end."""
        return str(self._described["DagS3Path"]).rstrip("/")

    @property
    def plugins(self) -> S3Object | None:
        """Its plugins.zip, in the version it runs with."""
        return self._object("Plugins")

    @property
    def requirements(self) -> S3Object | None:
        """Its requirements.txt, in the version it runs with."""
        return self._object("Requirements")

    @property
    def role(self) -> str:
        """Name of its execution role."""
        return str(self._described["ExecutionRoleArn"]).rpartition("/")[2]

    @property
    def configuration(self) -> Mapping[str, str]:
        """Its Airflow configuration options."""
        options: Mapping[str, str] = self._described.get("AirflowConfigurationOptions", {})
        return options

    def update(self, plugins: S3Object | None, requirements: S3Object | None) -> None:
        """Have it run with other files, and wait until it does.

        :raises EnvironmentNotReady: when the update fails; the environment is as it was then.
        """
        files = {"Plugins": plugins, "Requirements": requirements}
        request = {f"{name}S3Path": file.key for name, file in files.items() if file}
        request |= {f"{name}S3ObjectVersion": file.version for name, file in files.items() if file}
        before = self._last_update().get("CreatedAt")
        self._mwaa.update_environment(Name=self.name, **request)
        for _ in range(_POLLS):
            self._pause(_POLL_SECONDS)
            self._described = self._describe()
            update = self._last_update()
            if update.get("CreatedAt") == before:
                continue
            if update["Status"] == "FAILED":
                raise EnvironmentNotReady(f"environment {self.name} was not updated: {update.get('Error')}")
            if update["Status"] == "SUCCESS" and self._described["Status"] == "AVAILABLE":
                return
        raise EnvironmentNotReady(f"environment {self.name} is not updated after an hour")

    def rest(self, method: str, path: str, body: Mapping[str, Any] | None = None, **query: str) -> Any:  # noqa: ANN401  # JSON
        """Call Airflow's REST API; None when there is nothing at that path."""
        request = {name: value for name, value in (("Body", body), ("QueryParameters", query)) if value}
        try:
            answer = self._mwaa.invoke_rest_api(Name=self.name, Method=method, Path=path, **request)
        except ClientError as error:
            if error.response.get("RestApiStatusCode") == 404:
                return None
            raise
        return answer.get("RestApiResponse")

    def _last_update(self) -> Mapping[str, Any]:
        update: Mapping[str, Any] = self._described.get("LastUpdate", {})
        return update

    def _describe(self) -> Mapping[str, Any]:
        described: Mapping[str, Any] = self._mwaa.get_environment(Name=self.name)["Environment"]
        return described

    def _object(self, name: str) -> S3Object | None:
        key, version = (self._described.get(f"{name}S3{part}") for part in ("Path", "ObjectVersion"))
        return S3Object(key, version) if key and version else None
