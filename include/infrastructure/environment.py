"""An MWAA environment: its bucket, its update, and its Airflow REST API."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

_POLL_SECONDS = 20
_POLLS = 60 * 60 // _POLL_SECONDS


class EnvironmentNotReady(Exception):
    """The environment is not AVAILABLE, or its update failed."""


@dataclass(frozen=True)
class S3Object:
    """One version of an object in the environment's bucket."""

    key: str
    version: str


class Environment:
    """Describe and update one MWAA environment, and call its Airflow.

    :param name: name of the environment.
    :param mwaa: boto3's client for MWAA.
    :param pause: sleeps; its argument is in seconds.
    :raises EnvironmentNotReady: if the environment is not AVAILABLE.
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
        """Name of the bucket that holds the DAG files."""
        return str(self._described["SourceBucketArn"]).rpartition(":")[2]

    @property
    def dag_folder(self) -> str:
        """Prefix of the DAG files, without a trailing slash."""
        return str(self._described["DagS3Path"]).rstrip("/")

    @property
    def plugins(self) -> S3Object | None:
        """The plugins.zip in use, None if there is none."""
        return self._object("Plugins")

    @property
    def requirements(self) -> S3Object | None:
        """The requirements.txt in use, None if there is none."""
        return self._object("Requirements")

    @property
    def role(self) -> str:
        """Name of the execution role."""
        return str(self._described["ExecutionRoleArn"]).rpartition("/")[2]

    @property
    def configuration(self) -> Mapping[str, str]:
        """Airflow's configuration options, by ``section.key``."""
        options: Mapping[str, str] = self._described.get("AirflowConfigurationOptions", {})
        return options

    def update(self, plugins: S3Object | None, requirements: S3Object | None) -> None:
        """Update the environment to other files and wait for the end, at most an hour.

        :param plugins: the plugins.zip to use; None keeps the present one.
        :param requirements: the requirements.txt to use; None keeps the present one.
        :raises EnvironmentNotReady: if the update fails or takes too long. MWAA rolls a failed update back.
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
        raise EnvironmentNotReady(f"environment {self.name} is still not updated after an hour")

    def rest(self, method: str, path: str, body: Mapping[str, Any] | None = None, **query: str) -> Any:  # noqa: ANN401  # JSON
        """Call Airflow's REST API.

        :param path: path below the version of the API, such as ``/dags``.
        :param body: JSON to send.
        :param query: query parameters.
        :return: the answer's JSON, or None if Airflow answers 404.
        """
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
