"""Tell the alert topic about a task that failed for good.

A failed task leaves a mark that says whether its failure was told. The mark is an XCom. A task can write
one and a later run can read it, without any set-up, on Airflow 3.0 to 3.3.

A failed run without such a mark was not told, so the next run tells it. This covers a topic that was denied
or throttled at that moment, a run that timed out, and a callback that Airflow lost. For a worker that
vanished, Airflow's DAG processor calls back. It cannot write XComs, so such a failure may be told twice.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from audio_leakage.errors import AudioLeakageError, SettingsError
from audio_leakage.recipient import recipient_from
from audio_leakage.runs.alerts import Alert, publish
from audio_leakage.runs.window import window_of
from audio_leakage_tasks.airflow_errors import (
    AirflowFailException,
    AirflowTaskTerminated,
    EarlierTaskFailed,
    WrongParams,
)
from audio_leakage_tasks.notifiers import NotifyingTopic
from audio_leakage_tasks.sender import sender_of
from audio_leakage_tasks.variable import recipient_of, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow.sdk import Context

    from audio_leakage.ports import AlertTopic
    from audio_leakage.runs.sender import Sender
    from audio_leakage.settings import Settings

#: Also the message attribute ``event``, beside those of the alerts, to filter subscriptions on.
EVENT = "TASK_FAILED"
#: The XCom of a failed task: its ``reason``, whether nothing is left to be ``told`` (None: the task before it
#: says), which sentences people have ``heard`` since runs began to fail, and ``quiet`` where nobody is told.
MARK = "task_failure"
#: The event of the mail that ends a failure.
WORKS_AGAIN = "WORKS_AGAIN"
#: The params with which somebody triggers a run that does a part of the work.
_PARTS = ("window_start", "contact_ids", "hour")
_LONGEST_REASON = 1000
_NO_REASON = "no task left a reason; the logs say more"

log = logging.getLogger("airflow.task")


def tell_of_failure(context: Context) -> None:
    """Publish why a task failed, and let its log end with that sentence; an ``on_failure_callback``.

    Nothing is told while tries are left. If several runs in a row fail, we tell the first, every new cause,
    and then one an hour: nobody reads a topic that speaks every five minutes. Airflow logs any error of this
    callback.
    """
    error = context.get("exception")
    if _is_tried_again(context, error):
        return
    mark: dict[str, Any] = {"reason": _reason(error), "told": False, "heard": []}
    try:
        if isinstance(error, EarlierTaskFailed):
            mark["told"] = None
        elif isinstance(error, WrongParams):  # the person who triggered the run sees it there
            mark |= {"told": True, "heard": _heard(context), "quiet": True}
        else:
            mark["heard"] = _tell(context, error, mark["reason"])
            mark["told"] = True
    finally:
        if error is not None:
            context["ti"].xcom_push(key=MARK, value=mark)
        log.info("::endgroup::")  # the one that Airflow opens before callbacks, and shows folded
        log.error("%s", mark["reason"])


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
    reasons = "\n".join(
        f"{task}: {mark['reason']}" for task, mark in marks.items() if mark["told"] is not None
    )
    alert = run_failed(sender_of(context, settings), before.run_id, reasons)
    publish(alert, topic, settings.alert_topic_arn)


def tell_of_recovery(context: Context, settings: Settings, topic: AlertTopic) -> None:
    """Publish that the monitor works again, if the run before this one failed and somebody heard of that.

    :param context: the context of the task that ends a run.
    :param settings: its settings.
    :param topic: the alert topic.
    :raises AwsError: when it cannot be told. The run fails then, and the next one tells.
    """
    run = context["dag_run"]
    before = context["ti"].get_previous_dagrun() if settings.alert_topic_arn else None
    conf = run.conf or {}
    is_partial = run.run_type == "backfill" or any(conf.get(name) for name in _PARTS)
    if before is None or before.state != "failed" or is_partial:
        return
    marks = [mark for _, mark in _marks(context, before.run_id) if mark["told"] is not None]
    if marks and all(mark.get("quiet") and not mark["heard"] for mark in marks):
        return
    reasons = "\n".join(dict.fromkeys(str(mark["reason"]) for mark in marks if not mark.get("quiet")))
    alert = works_again(sender_of(context, settings), run.run_id, reasons)
    publish(alert, topic, settings.alert_topic_arn)


def task_failed(sender: Sender, run_id: str, task_id: str, reason: str) -> Alert:
    """Build the alert about a task that failed for good."""
    text = f"{task_id} of {sender.dag_id} failed, run {run_id}:\n\n{reason}"
    return _alert(sender, EVENT, f"{task_id} failed", text, sender.run(run_id, task_id))


def run_failed(sender: Sender, run_id: str, reasons: str) -> Alert:
    """Build the alert about a run that failed and was not told at the time."""
    text = f"Run {run_id} of {sender.dag_id} failed, and its alert was not sent:\n\n{reasons or _NO_REASON}"
    return _alert(sender, EVENT, "a run failed", text, sender.run(run_id))


def works_again(sender: Sender, run_id: str, reasons: str) -> Alert:
    """Build the message that ends a failure."""
    text = (
        f"The monitor works again: run {run_id} of {sender.dag_id} has done its work.\n\n"
        f"The last failure was:\n\n{reasons or _NO_REASON}"
    )
    return _alert(sender, WORKS_AGAIN, "works again", text, sender.run(run_id))


def _alert(sender: Sender, event: str, subject: str, text: str, address: str | None) -> Alert:
    lines = [text, "", *sender.where(event), *([f"Log: {address}"] if address else [])]
    return Alert(sender.subject(subject), "\n".join(lines), sender.attributes(event))


def _tell(context: Context, error: object, reason: str) -> list[str]:
    """Publish a failure if it is news, and return what people have heard of it by now.

    Settings that cannot be used may name a good topic all the same.
    """
    try:
        settings: Settings | None = settings_of(context)
        recipient = recipient_from(settings) if settings else None
    except SettingsError:
        settings, recipient = None, recipient_of(context)
    if recipient is None:
        return []
    heard = _heard(context) if error is not None else []
    is_news = _is_news_without_marks(context) if error is None else _sentence(reason) not in heard
    if not is_news:
        return heard
    from audio_leakage_hooks.alert_topic import AlertTopicHook

    sender = sender_of(context, settings, recipient)
    alert = task_failed(sender, context["dag_run"].run_id, context["ti"].task_id, reason)
    topic = AlertTopicHook(aws_conn_id=recipient.aws_conn_id)
    notifiers = settings.alert_notifiers if settings else ()
    publish(alert, NotifyingTopic(topic, notifiers, context), recipient.topic_arn)
    return [*heard, _sentence(reason)]


def _is_tried_again(context: Context, error: object) -> bool:
    """Tell whether Airflow has tries left; before 3.3 it calls back all the same when a worker vanished."""
    if isinstance(error, AirflowFailException | AirflowTaskTerminated):
        return False
    ti = context["ti"]
    return bool(ti.try_number <= ti.max_tries)


def _heard(context: Context) -> list[str]:
    """Return the sentences that people have heard of these failures: of this run, and of the runs before it.

    At every full hour this begins anew.
    """
    run = context["dag_run"]
    heard = _heard_in(context, run.run_id)
    before = context["ti"].get_previous_dagrun()
    if before is None or before.state != "failed" or window_of(run).end.minute == 0:
        return heard
    return list(dict.fromkeys([*heard, *_heard_in(context, before.run_id)]))


def _heard_in(context: Context, run_id: str) -> list[str]:
    return [text for _, mark in _marks(context, run_id) for text in mark.get("heard", ())]


def _is_news_without_marks(context: Context) -> bool:
    """Tell whether Airflow's DAG processor, which cannot read XComs on every version, has news."""
    before = context["ti"].get_previous_dagrun()
    return before is None or before.state != "failed" or window_of(context["dag_run"]).end.minute == 0


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
