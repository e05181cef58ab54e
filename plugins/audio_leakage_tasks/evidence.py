"""Run one use case of the daily DAG as a task."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from audio_leakage.contacts.recording import RecordingStorage
from audio_leakage.errors import WindowError
from audio_leakage.population.context import HourContext
from audio_leakage.use_cases.day_context import DayContext, HeldParts, NoCountedHours
from audio_leakage.use_cases.evidence_chain import Chain
from audio_leakage_tasks.airflow_errors import AirflowSkipException
from audio_leakage_tasks.notifiers import NotifyingTopic
from audio_leakage_tasks.population import policy_of
from audio_leakage_tasks.sender import sender_of
from audio_leakage_tasks.share import is_backfill, part_of_population_share, running_beside
from audio_leakage_tasks.task import Summary, run_as_task
from audio_leakage_tasks.variable import settings_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import Context

    from audio_leakage.runs.window import Window
    from audio_leakage.settings import Settings
    from audio_leakage_hooks.retrying_hook import RetryingHook

#: Two minutes less than the longest ``execution_timeout``, so that a task ends by itself.
_SECONDS_PER_TASK = 238 * 60
#: The hourly DAG may search at the same time, and it goes first.
_PART_OF_SEARCHES = 0.5
#: Flows are read with this many requests a second. The account's quota is 2.
_FLOWS_RPS = 1.5

__all__ = ["Summary", "day_context", "summary_of_day"]


def summary_of_day(use_case: Callable[[DayContext], dict[str, Any]], instances: int) -> Summary:
    """Run one use case of the daily DAG and return its figures, for the run's XCom tab.

    :param use_case: one of the daily DAG.
    :param instances: how many Connect instances share the account's quotas.
    :raises AirflowSkipException: when no evidence is wanted.
    :raises AirflowFailException: see :func:`run_as_task`.
    :raises EarlierTaskFailed: see :func:`run_as_task`.
    """
    return run_as_task(use_case, lambda context: day_context(context, instances), lambda run: run.day, str)


def day_of(run: Any, params: dict[str, Any], settings: Settings, now: datetime) -> date:  # noqa: ANN401
    """Return the UTC day that a run is about: the one that somebody named, else that of its data interval.

    A day that somebody names must have settled. The day of a data interval must be over. An hour that has not
    settled makes it INCOMPLETE until a later run looks at it again.

    :raises WindowError: when the day is none, or cannot be proved yet.
    """
    named = params.get("day")
    try:
        day = date.fromisoformat(named) if named else _start(run, now).astimezone(UTC).date()
    except ValueError:
        raise WindowError("day is no day, allowed is a UTC day such as 2026-11-23") from None
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    ready = end + settings.settle_after if named else end
    if ready > now:
        why = "when it has settled" if named else "when it is over"
        raise WindowError(f"day {day} can be proved from {ready:%Y-%m-%dT%H:%MZ} on, {why}")
    return day


def _start(run: Any, now: datetime) -> datetime:  # noqa: ANN401  # Airflow's run
    start: datetime | None = run.data_interval_start
    is_a_day = start is not None and run.data_interval_end != start
    return start if start and is_a_day else now - timedelta(days=1)


def day_context(context: Context, instances: int) -> DayContext:
    """Build the hooks. They are imported here and not at the top, so that the DAG file parses fast.

    :param context: the task's context.
    :param instances: how many Connect instances share the account's quotas.
    :raises AirflowSkipException: when no evidence is wanted.
    :raises SettingsError: when a Variable cannot be used.
    :raises WindowError: when the day cannot be proved.
    """
    from airflow import __version__ as airflow_version

    from audio_leakage_hooks.alert_topic import AlertTopicHook
    from audio_leakage_hooks.configuration import configuration_with_connection_of
    from audio_leakage_hooks.connect import ConnectHook
    from audio_leakage_hooks.contact_table_hook import ContactTableHook
    from audio_leakage_hooks.evidence_bucket import EvidenceBucketHook
    from audio_leakage_hooks.flow_log import FlowLogHook
    from audio_leakage_hooks.metrics import MetricsHook
    from audio_leakage_hooks.published_flows import OPERATIONS, PublishedFlows
    from audio_leakage_hooks.recording_bucket import RecordingBucketHook
    from audio_leakage_hooks.signing_key import SigningKeyHook

    started, now = time.monotonic(), datetime.now(UTC)
    settings = settings_of(context)
    if settings.evidence_bucket is None:
        raise AirflowSkipException("no evidence is written: 'evidence_bucket' is not set")
    dag_run, ti = context["dag_run"], context["ti"]
    policy, document = policy_of(context, now)
    connect = ConnectHook(aws_conn_id=settings.aws_conn_id).resolve_connection()
    part = part_of_population_share(running_beside(context), instances)
    searches = settings.population_rps * part * _PART_OF_SEARCHES
    connect.limit_rate("SearchContacts", searches, longest_wait=_SECONDS_PER_TASK)
    for operation in OPERATIONS:
        connect.limit_rate(operation, _FLOWS_RPS * part, longest_wait=_SECONDS_PER_TASK)

    def hook(kind: Callable[..., RetryingHook]) -> Any:  # noqa: ANN401  # one of our hooks
        return kind(aws_conn_id=settings.aws_conn_id).with_connection_of(connect)

    instance = settings.connect_instance_id
    store = hook(EvidenceBucketHook).folder(settings.evidence_bucket, settings.evidence_folder)
    contacts, topic = (
        hook(ContactTableHook).table(settings.contact_table),
        NotifyingTopic(hook(AlertTopicHook), settings.alert_notifiers, context),
    )
    flow_log, metrics, sender = hook(FlowLogHook), hook(MetricsHook), sender_of(context, settings)

    def hour_context(hour: Window) -> HourContext:
        return HourContext(
            settings=settings,
            policy=policy,
            hour=hour,
            now=now,
            seconds_left=lambda: started + _SECONDS_PER_TASK - time.monotonic(),
            connect=connect,
            contacts=contacts,
            flow_log=flow_log,
            alert_topic=topic,
            metrics=metrics,
            parts=HeldParts(),
            counted_hours=NoCountedHours(),
            sender=sender,
            is_backfill=True,  # it says nothing about the present
        )

    @cache
    def storage() -> RecordingStorage:
        if settings.recording_bucket is not None and settings.recording_prefix is not None:
            return RecordingStorage(settings.recording_bucket, settings.recording_prefix)
        return RecordingStorage(*connect.recording_storage(instance))

    return DayContext(
        settings=settings,
        policy=policy,
        policy_document=document,
        day=day_of(dag_run, context["params"], settings, now),
        now=now,
        connect=connect,
        bucket=hook(RecordingBucketHook),
        storage=storage,
        contacts=contacts,
        flows=PublishedFlows(connect),
        configuration=configuration_with_connection_of(connect),
        store=store,
        chain=Chain(store, hook(SigningKeyHook), settings.evidence_key_arn),
        alert_topic=topic,
        metrics=metrics,
        hour_context=hour_context,
        sender=sender,
        producer={
            "airflow": airflow_version,
            "dag_id": dag_run.dag_id,
            "run_id": dag_run.run_id,
            "try": ti.try_number,
        },
        is_backfill=is_backfill(context),
        is_scheduled=not is_backfill(context) and not context["params"].get("day"),
    )
