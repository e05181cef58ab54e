"""Run one use case of the monitor as a task: with its settings, its hooks and its time."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from audio_leakage.instances import mutes_variable_of
from audio_leakage.runs.context import RunContext
from audio_leakage.runs.window import scope_of
from audio_leakage_tasks.history import RunHistory
from audio_leakage_tasks.notifiers import NotifyingTopic
from audio_leakage_tasks.sender import sender_of
from audio_leakage_tasks.share import within_share
from audio_leakage_tasks.task import Summary, run_as_task
from audio_leakage_tasks.variable import settings_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import Context

    from audio_leakage_hooks.retrying_hook import RetryingHook

#: Three tasks follow each other within five minutes, and Airflow needs some of that for itself.
_SECONDS_PER_TASK = 75
#: Requests at once with all of our share: they use it up and hide S3's latency, also on a small worker.
_AT_ONCE = 8

__all__ = ["Summary", "summary_of"]
_Hook = TypeVar("_Hook", bound="RetryingHook")


def summary_of(use_case: Callable[[RunContext], dict[str, int]], instances: int) -> Summary:
    """Run one use case and return its counts, for the run's XCom tab.

    :param use_case: one of :mod:`audio_leakage.use_cases`.
    :param instances: how many Connect instances share the account's quotas.
    :raises AirflowFailException: see :func:`run_as_task`.
    :raises EarlierTaskFailed: see :func:`run_as_task`.
    """
    return run_as_task(
        use_case,
        lambda context: _run(context, instances),
        lambda run: run.scope.window,
        lambda counts: ", ".join(f"{count} {name}" for name, count in counts.items()),
    )


def _run(context: Context, instances: int) -> RunContext:
    """Build the hooks. They are imported here and not at the top, so that the DAG file parses fast."""
    from audio_leakage_hooks.alert_topic import AlertTopicHook
    from audio_leakage_hooks.connect import ConnectHook
    from audio_leakage_hooks.contact_table_hook import ContactTableHook
    from audio_leakage_hooks.flow_log import FlowLogHook
    from audio_leakage_hooks.metrics import MetricsHook
    from audio_leakage_hooks.recording_bucket import RecordingBucketHook

    settings, part = within_share(settings_of(context), context, instances)

    connect = ConnectHook(aws_conn_id=settings.aws_conn_id).resolve_connection()

    def hook(kind: Callable[..., _Hook]) -> _Hook:
        return kind(aws_conn_id=settings.aws_conn_id).with_connection_of(connect)

    connect.limit_rate("DescribeContact", settings.describe_contact_rps)
    connect.limit_rate("SearchContacts", settings.search_contacts_rps)
    started, now = time.monotonic(), datetime.now(UTC)
    return RunContext(
        settings=settings,
        scope=scope_of(context["dag_run"], context["params"], RunHistory(context), now),
        now=now,
        seconds_left=lambda: started + _SECONDS_PER_TASK - time.monotonic(),
        connect=connect,
        bucket=hook(RecordingBucketHook),
        contacts=hook(ContactTableHook).table(settings.contact_table),
        flow_log=hook(FlowLogHook),
        alert_topic=NotifyingTopic(hook(AlertTopicHook), settings.alert_notifiers, context),
        metrics=hook(MetricsHook),
        sender=sender_of(context, settings),
        mutes_text=lambda: text_of(mutes_variable_of(context["dag_run"].dag_id)),
        at_once=max(1, round(_AT_ONCE * part)),
    )
