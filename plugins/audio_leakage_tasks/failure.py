"""Tell the alert topic about a task that failed for good.

A failed task leaves a mark that says whether its failure was told. The mark is an XCom, because XComs are the
one memory that a task can write and a later run can read on Airflow 3.0 to 3.3 without any set-up.

A failed run without such a mark was not told, so the next run tells it. This covers a topic that was denied
or throttled at that moment, a run that timed out, and a callback that Airflow lost. For a worker that
vanished, Airflow's DAG processor calls back. It cannot write XComs, so such a failure may be told twice.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from audio_leakage.errors import AudioLeakageError, SettingsError
from audio_leakage.runs.window import window_of
from audio_leakage_tasks.airflow_errors import AirflowFailException, AirflowTaskTerminated, EarlierTaskFailed
from audio_leakage_tasks.variable import settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow.sdk import Context

    from audio_leakage.ports import AlertTopic
    from audio_leakage.settings import Settings

#: Also the message attribute ``event``, beside those of the alerts, to filter subscriptions on.
EVENT = "TASK_FAILED"
#: The XCom of a failed task: its ``reason``, and whether that was ``told`` now or by the run before.
MARK = "task_failure"
_LONGEST_REASON = 1000
_ADVICE = "What to do: docs/operations.md#task_failed"

log = logging.getLogger("airflow.task")


def tell_of_failure(context: Context) -> None:
    """Publish why a task failed; an ``on_failure_callback``.

    Nothing is told while tries are left. Of failed runs in a row we tell the first, and then one an hour:
    nobody reads a topic that speaks every five minutes. Airflow logs any error of this callback.
    """
    error = context.get("exception")
    if isinstance(error, EarlierTaskFailed) or _is_tried_again(context, error):
        return
    try:
        settings = settings_of(context)
    except SettingsError:
        return  # the task failed because of it, and no topic is known
    if settings.alert_topic_arn is None:
        return
    told = False
    try:
        if _is_news(context, error):
            _tell_task(context, settings, error)
        told = True
    finally:
        if error is not None:
            context["ti"].xcom_push(key=MARK, value={"reason": _reason(error), "told": told})


def tell_of_run_before(context: Context, settings: Settings, topic: AlertTopic) -> None:
    """Publish that the run before this one failed, if it could not be told at the time.

    :param context: the context of a task.
    :param settings: its settings.
    :param topic: the alert topic.
    :raises AwsError: when it cannot be told now either. The task must fail then, so that the next run tells.
    """
    before = context["ti"].get_previous_dagrun() if settings.alert_topic_arn else None
    if before is None or before.state != "failed":
        return
    marks = dict(_marks(context, before.run_id))
    if any(mark["told"] for mark in marks.values()):
        return
    reasons = "\n".join(f"{task}: {mark['reason']}" for task, mark in marks.items())
    _publish(
        topic,
        settings,
        "a run failed",
        f"Run {before.run_id} of {context['dag_run'].dag_id} failed, and its alert was not sent:\n\n"
        f"{reasons or 'no task left a reason; the logs say more'}",
    )


def _tell_task(context: Context, settings: Settings, error: object) -> None:
    from audio_leakage_hooks.alert_topic import AlertTopicHook

    task, run = context["ti"].task_id, context["dag_run"]
    _publish(
        AlertTopicHook(aws_conn_id=settings.aws_conn_id),
        settings,
        f"{task} failed",
        f"{task} of {run.dag_id} failed, run {run.run_id}:\n\n{_reason(error)}",
    )


def _publish(topic: AlertTopic, settings: Settings, subject: str, text: str) -> None:
    attributes: dict[str, str | int] = {"event": EVENT, "connect_instance_id": settings.connect_instance_id}
    topic.publish(
        str(settings.alert_topic_arn), f"Audio leakage monitor: {subject}", f"{text}\n\n{_ADVICE}", attributes
    )
    log.info("alert published: %s", subject)


def _is_tried_again(context: Context, error: object) -> bool:
    """Tell whether Airflow has tries left; before 3.3 it calls back all the same when a worker vanished."""
    if isinstance(error, AirflowFailException | AirflowTaskTerminated):
        return False
    ti = context["ti"]
    return bool(ti.try_number <= ti.max_tries)


def _is_news(context: Context, error: object) -> bool:
    """Tell whether neither this run nor the one before has told it, or an hour has passed.

    Without an error Airflow's DAG processor is asking, which cannot read XComs on every version.
    """
    if error is not None:
        told = [
            _sentence(mark["reason"])
            for _, mark in _marks(context, context["dag_run"].run_id)
            if mark["told"]
        ]
        if _sentence(_reason(error)) in told:
            return False
    before = context["ti"].get_previous_dagrun()
    if before is None or before.state != "failed" or window_of(context["dag_run"]).end.minute == 0:
        return True
    return error is not None and not any(mark["told"] for _, mark in _marks(context, before.run_id))


def _marks(context: Context, run_id: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield what the failed tasks of a run have left."""
    for task_id in context["dag"].task_ids:
        mark = context["ti"].xcom_pull(task_ids=task_id, key=MARK, run_id=run_id)
        if mark:
            yield task_id, mark


def _sentence(reason: str) -> str:
    """Return a reason without its counts: tasks that meet one trouble count different contacts."""
    return re.sub(r"\d+", "#", reason)


def _reason(error: object) -> str:
    """Return our own sentence; of any other error only its kind, because its text may quote anything."""
    if isinstance(error, AirflowFailException | AudioLeakageError):
        return str(error)[:_LONGEST_REASON]
    return f"{type(error).__name__}; its log says more" if error else "its process was ended from outside"
