"""An MWAA environment: its bucket, its update, and its Airflow REST API."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError

_POLL_SECONDS = 20
#: How long an update may take. A graceful one waits up to twelve hours for running tasks.
_FORCED_HOURS, _GRACEFUL_HOURS = 1, 14
#: MWAA calls it UPDATE_FAILED when it has put the environment back: it runs, and takes updates.
_READY = ("AVAILABLE", "UPDATE_FAILED")
#: Seconds before each further try of a call that AWS or Airflow could not answer.
_WAITS = (2, 4, 8, 15, 30, 30, 30, 30)
_TOO_MANY = ("ThrottlingException", "TooManyRequestsException", "Throttling", "RequestLimitExceeded")


class EnvironmentNotReady(Exception):
    """The environment takes no update now, or its update failed."""


class RestRefused(Exception):
    """Airflow's REST API refused a request."""

    def __init__(self, request: str, status: int, answer: object) -> None:
        super().__init__(f"Airflow answers {request} with {status}: {answer}")
        self.status = status


@dataclass(frozen=True)
class S3Object:
    """An object in the environment's bucket."""

    key: str
    version: str | None
    """The version in use. MWAA does not always name one: then it is the newest."""


class Environment:
    """Describe and update one MWAA environment, and call its Airflow.

    :param name: name of the environment.
    :param mwaa: boto3's client for MWAA.
    :param pause: sleeps; its argument is in seconds.
    :raises EnvironmentNotReady: if the environment is being created, updated or deleted.
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
        self._check_status()

    def refresh(self) -> None:
        """Describe the environment again.

        :raises EnvironmentNotReady: if the environment is being created, updated or deleted.
        """
        self._described = self._describe()
        self._check_status()

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
        key = self._described.get("PluginsS3Path")
        return S3Object(key, self._described.get("PluginsS3ObjectVersion") or None) if key else None

    @property
    def updated_at(self) -> datetime | None:
        """When the environment last began to take files: its last update or, without one, its creation."""
        begun: datetime | None = self._last_update().get("CreatedAt") or self._described.get("CreatedAt")
        return begun

    @property
    def task_log_group(self) -> str | None:
        """Name of the log group of the tasks, None if their logs are switched off."""
        logs = self._described.get("LoggingConfiguration", {}).get("TaskLogs", {})
        arn = str(logs.get("CloudWatchLogGroupArn", ""))
        return arn.partition(":log-group:")[2].removesuffix(":*") or None if logs.get("Enabled") else None

    @property
    def role(self) -> str:
        """Name of the execution role."""
        return str(self._described["ExecutionRoleArn"]).rpartition("/")[2]

    @property
    def configuration(self) -> Mapping[str, str]:
        """Airflow's configuration options, by ``section.key``."""
        options: Mapping[str, str] = self._described.get("AirflowConfigurationOptions", {})
        return options

    def update(self, plugins: S3Object, *, graceful: bool = False) -> None:
        """Update the environment to another plugins.zip and wait for the end.

        :param plugins: the plugins.zip to use, with its version.
        :param graceful: wait for running tasks. Otherwise MWAA ends those of all teams.
        :raises EnvironmentNotReady: if the update fails or takes too long. MWAA rolls a failed update back.
        """
        hours = _GRACEFUL_HOURS if graceful else _FORCED_HOURS
        request = {"PluginsS3Path": plugins.key, "PluginsS3ObjectVersion": plugins.version}
        request |= {"WorkerReplacementStrategy": "GRACEFUL"} if graceful else {}
        before = self._last_update().get("CreatedAt")
        self._mwaa.update_environment(Name=self.name, **request)
        for _ in range(hours * 60 * 60 // _POLL_SECONDS):
            self._pause(_POLL_SECONDS)
            self._described = self._answered(self._describe, "GetEnvironment")
            update = self._last_update()
            if update.get("CreatedAt") == before:
                continue
            if update["Status"] == "FAILED":
                raise EnvironmentNotReady(f"environment {self.name} was not updated: {update.get('Error')}")
            if update["Status"] == "SUCCESS" and self._described["Status"] == "AVAILABLE":
                return
        raise EnvironmentNotReady(f"environment {self.name} is still not updated after {hours} hours")

    def rest(self, method: str, path: str, body: Mapping[str, Any] | None = None, **query: object) -> Any:  # noqa: ANN401  # JSON
        """Call Airflow's REST API. It tries again while AWS throttles, or Airflow is too busy to answer.

        :param path: path below the version of the API, such as ``/dags``: MWAA takes at most 64 characters.
        :param body: JSON to send.
        :param query: query parameters.
        :return: the answer's JSON, or None if Airflow answers 404.
        :raises RestRefused: if Airflow answers with another error of the request.
        """
        request = {name: value for name, value in (("Body", body), ("QueryParameters", query)) if value}
        try:
            answer = self._answered(
                lambda: self._mwaa.invoke_rest_api(Name=self.name, Method=method, Path=path, **request),
                f"{method} {path}",
            )
        except ClientError as error:
            response: Mapping[str, Any] = error.response
            status = response.get("RestApiStatusCode")
            if status == 404:
                return None
            if status is None:
                raise
            told = response.get("RestApiResponse") or response["Error"].get("Message")
            raise RestRefused(f"{method} {path}", int(status), told) from error
        return answer.get("RestApiResponse")

    def _answered(self, call: Callable[[], Any], what: str) -> Any:  # noqa: ANN401  # boto3's answers
        for wait in _WAITS:
            try:
                return call()
            except (ClientError, HTTPClientError) as error:
                if not _passes(error):
                    raise
            self._pause(wait)
        try:
            return call()
        except (ClientError, HTTPClientError) as error:
            if _passes(error):
                tries = len(_WAITS) + 1
                raise EnvironmentNotReady(f"no answer to {what} in {tries} tries: {error}") from error
            raise

    def _check_status(self) -> None:
        if self._described["Status"] not in _READY:
            raise EnvironmentNotReady(
                f"environment {self.name} is {self._described['Status']}: wait until it is AVAILABLE"
            )

    def _last_update(self) -> Mapping[str, Any]:
        update: Mapping[str, Any] = self._described.get("LastUpdate", {})
        return update

    def _describe(self) -> Mapping[str, Any]:
        described: Mapping[str, Any] = self._mwaa.get_environment(Name=self.name)["Environment"]
        return described


def _passes(error: ClientError | HTTPClientError) -> bool:
    """Tell whether the same call may succeed later: throttled, timed out, or an error of the server."""
    if isinstance(error, HTTPClientError):
        return True
    answer: Mapping[str, Any] = error.response
    statuses = (
        answer.get("RestApiStatusCode", 0),
        answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0),
    )
    if answer["Error"]["Code"] in _TOO_MANY or 429 in statuses:
        return True
    return any(int(status) >= 500 for status in statuses)
