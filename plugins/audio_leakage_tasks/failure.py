"""A task that failed for good is told to the alert topic."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

try:
    from airflow.sdk.exceptions import AirflowFailException
except ImportError:  # Airflow 3.0
    from airflow.exceptions import AirflowFailException  # type: ignore[no-redef]

from audio_leakage.errors import AudioLeakageError, SettingsError
from audio_leakage.runs.window import window_of
from audio_leakage_tasks.use_case import settings_of

if TYPE_CHECKING:
    from airflow.sdk import Context

#: Also the message attribute ``event``, beside those of the alerts, to filter subscriptions on.
EVENT = "TASK_FAILED"
_LONGEST_REASON = 1000

log = logging.getLogger("airflow.task")


def tell_of_failure(context: Context) -> None:
    """Publish why a task failed; an ``on_failure_callback``, called when its retries are used up.

    Of failed runs in a row the first is told, and then one an hour: a topic that tells every five minutes is
    read by nobody. Airflow logs whatever goes wrong here.
    """
    try:
        settings = settings_of(context)
    except SettingsError:
        return  # which is why the task failed; no topic is known
    if settings.alert_topic_arn is None or not _is_news(context):
        return
    from audio_leakage_hooks.alert_topic import AlertTopicHook

    task = context["ti"].task_id
    AlertTopicHook(aws_conn_id=settings.aws_conn_id).publish(
        settings.alert_topic_arn,
        f"Audio leakage monitor: {task} failed",
        f"{task} of {context['dag_run'].dag_id} failed, run {context['dag_run'].run_id}:\n\n"
        f"{_reason(context.get('exception'))}\n\n"
        "Every contact stays due. What to do: docs/operations.md#task_failed",
        {"event": EVENT, "connect_instance_id": settings.connect_instance_id},
    )
    log.info("alert published: %s failed", task)


def _is_news(context: Context) -> bool:
    before = context["ti"].get_previous_dagrun()
    return before is None or before.state != "failed" or window_of(context["dag_run"]).end.minute == 0


def _reason(error: object) -> str:
    """Return our own sentence; of any other error only its kind, because its text may quote anything."""
    if isinstance(error, AirflowFailException | AudioLeakageError):
        return str(error)[:_LONGEST_REASON]
    return f"{type(error).__name__}; its log says more" if error else "its process was ended from outside"
