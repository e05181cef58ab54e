"""The last line of a task's log, from CloudWatch: MWAA keeps the logs of tasks there."""

import json
from typing import Any

from botocore.exceptions import ClientError

_IN_THE_UI = "the last line of its log, in Airflow, says what to do"


class TaskLog:
    """Read the logs of tasks in an environment's log group.

    :param logs: boto3's client for CloudWatch Logs.
    :param group: name of the log group, None if the environment has none.
    """

    def __init__(self, logs: Any, group: str | None) -> None:  # noqa: ANN401  # boto3's client
        self._logs = logs
        self._group = group

    def last_line(self, dag_id: str, run_id: str, task_id: str) -> str:
        """Return the last line that a task wrote, or what to do where it cannot be read.

        An error of the task counts as its last line: Airflow logs it with the traceback in fields of its own.
        """
        if self._group is None:
            return _IN_THE_UI
        stream = f"dag_id={dag_id}/run_id={run_id}/task_id={task_id}/"
        try:
            pages = self._logs.get_paginator("filter_log_events").paginate(
                logGroupName=self._group, logStreamNamePrefix=stream
            )
            lines = [_line(event["message"]) for page in pages for event in page["events"]]
        except ClientError as error:
            return f"{_IN_THE_UI} ({error})"
        failures = [line for line, failure in lines if failure]
        written = failures or [line for line, _ in lines if line]
        return written[-1] if written else _IN_THE_UI


def _line(message: str) -> tuple[str, bool]:
    """Return the text of a log event, and whether it is the error that ended the task."""
    try:
        event = json.loads(message)
    except ValueError:
        return message.strip(), False
    if not isinstance(event, dict):
        return message.strip(), False
    for error in event.get("error_detail") or ():
        return f"{error.get('exc_type')}: {error.get('exc_value')}", True
    return str(event.get("event", "")).strip(), False
