"""Run the use case of the DAG that somebody triggers who has looked into exceptions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from audio_leakage.errors import SettingsError
from audio_leakage.evidence.form import request_of
from audio_leakage.use_cases.acknowledging import AcknowledgementContext
from audio_leakage.use_cases.evidence_chain import Chain
from audio_leakage_tasks.notifiers import NotifyingTopic
from audio_leakage_tasks.task import Summary, run_as_task
from audio_leakage_tasks.variable import settings_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import Context

__all__ = ["Summary", "summary_of_acknowledgement"]


def summary_of_acknowledgement(use_case: Callable[[AcknowledgementContext], dict[str, Any]]) -> Summary:
    """Run the use case and return its figures, for the run's XCom tab.

    :param use_case: ``acknowledge``.
    :raises AirflowFailException: see :func:`run_as_task`.
    """
    return run_as_task(use_case, _run, lambda run: f"{run.now:%Y-%m-%d}", str)


def _run(context: Context) -> AcknowledgementContext:
    """Build the hooks. They are imported here and not at the top, so that the DAG file parses fast."""
    from audio_leakage_hooks.alert_topic import AlertTopicHook
    from audio_leakage_hooks.contact_table_hook import ContactTableHook
    from audio_leakage_hooks.evidence_bucket import EvidenceBucketHook
    from audio_leakage_hooks.signing_key import SigningKeyHook

    settings, now, run = settings_of(context), datetime.now(UTC), context["dag_run"]
    if settings.evidence_bucket is None:
        raise SettingsError("nothing can be acknowledged: 'evidence_bucket' is not set")
    request = request_of(context["params"], now.date())
    table = ContactTableHook(aws_conn_id=settings.aws_conn_id).resolve_connection()
    bucket = EvidenceBucketHook(aws_conn_id=settings.aws_conn_id).with_connection_of(table)
    store = bucket.folder(settings.evidence_bucket, settings.evidence_folder)
    key = SigningKeyHook(aws_conn_id=settings.aws_conn_id).with_connection_of(table)
    topic = AlertTopicHook(aws_conn_id=settings.aws_conn_id).with_connection_of(table)
    return AcknowledgementContext(
        settings=settings,
        request=request,
        now=now,
        contacts=table.table(settings.contact_table),
        store=store,
        chain=Chain(store, key, settings.evidence_key_arn),
        alert_topic=NotifyingTopic(topic, settings.alert_notifiers, context),
        run_id=run.run_id,
        user=getattr(run, "triggering_user_name", None),  # which Airflow tells from 3.1 on
    )
