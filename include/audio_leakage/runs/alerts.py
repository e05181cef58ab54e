"""Alerts about failures, healed failures and contacts that are set aside; each is published at least once.

A verdict that needs an alert is stored together with ``AlertPending``, and its contact stays due. The mark
goes once the alert is published. So a killed task or an unreachable topic costs neither the verdict nor the
alert: the next run finds the contact due and alerts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.states import ContactWarning, FailureCause, RecordedState
from audio_leakage.contacts.verdict import next_look
from audio_leakage.runs.window import STEP, Window
from audio_leakage.settings import Settings
from audio_leakage.times import format_time

#: Contacts listed per alert; the rest are only counted.
_LISTED = 50
_LONGEST_FACT = 300


class AlertKind(StrEnum):
    """What an alert is about; also its message attribute ``event``, for subscription filters."""

    FAILED = "CALL_RECORDED_FAILURE"
    HEALED = "CALL_RECORDED_SUCCESS"
    SHORT = "RECORDING_SHORT"
    EXPIRED = "RECORDING_EXPIRED"
    SET_ASIDE = "CONTACT_SET_ASIDE"
    NOT_READ = "FLOW_LOG_NOT_READ"
    NOT_WATCHED = "CALLS_NOT_WATCHED"
    RULE_ENDS = "POLICY_RULE_ENDS"


_WORDS = {
    AlertKind.FAILED: ("call", "not recorded"),
    AlertKind.SHORT: ("recording", "shorter than half of the talk"),
    AlertKind.EXPIRED: ("recording", "no longer there"),
    AlertKind.HEALED: ("call", "recorded after all"),
    AlertKind.SET_ASIDE: ("contact", "set aside"),
}


@dataclass(frozen=True, slots=True)
class Alert:
    """One message for the topic: ids, times and causes, no personal data."""

    subject: str
    message: str
    attributes: dict[str, str | int]


def with_alert_due(before: Contact, after: Contact, now: datetime) -> Contact:
    """Return ``after`` with an alert due, if its verdict is new or its last alert is still pending."""
    kind = (
        _kind_of(before, after) if after.recorded_state is not before.recorded_state else before.alert_pending
    )
    return replace(after, alert_pending=kind, next_check_at=now) if kind else after


def _kind_of(before: Contact, after: Contact) -> str | None:
    """Return the kind of alert that a new verdict needs, if any."""
    if after.recorded_state is RecordedState.CALL_RECORDED_FAILURE:
        return AlertKind.EXPIRED if after.failure_cause is FailureCause.EXPIRED else AlertKind.FAILED
    if before.recorded_state is RecordedState.CALL_RECORDED_FAILURE:
        return AlertKind.HEALED
    return AlertKind.SHORT if ContactWarning.SHORT in after.warnings else None


def after_alert(contact: Contact, now: datetime, settings: Settings) -> Contact:
    """Return a contact whose alert is published: what comes next follows from its verdict."""
    failed = contact.recorded_state is RecordedState.CALL_RECORDED_FAILURE
    return replace(
        contact,
        alert_pending=None,
        next_check_at=next_look(contact, now, settings) if failed else None,
    )


def alerts(contacts: Sequence[Contact], instance_id: str) -> Iterable[tuple[Alert, list[Contact]]]:
    """Yield one alert for each kind that is pending, each with its contacts."""
    for kind in AlertKind:
        concerned = [contact for contact in contacts if contact.alert_pending == kind]
        if concerned:
            yield alert_of(kind, concerned, instance_id), concerned


def alert_of(kind: AlertKind, contacts: Sequence[Contact], instance_id: str) -> Alert:
    """Build one alert about several contacts."""
    noun, what = _WORDS[kind]
    calls = f"1 {noun}" if len(contacts) == 1 else f"{len(contacts)} {noun}s"
    lines = [_line(contact) for contact in contacts[:_LISTED]]
    rest = [f"... and {len(contacts) - _LISTED} more"] if len(contacts) > _LISTED else []
    return Alert(
        subject=f"Audio leakage: {calls} {what}",
        message="\n".join([f"{calls} {what}, Amazon Connect instance {instance_id}:", "", *lines, *rest]),
        attributes={"event": str(kind), "count": len(contacts), "connect_instance_id": instance_id},
    )


def not_read_alert(lost: Window, dag_id: str, instance_id: str) -> Alert:
    """Build the alert about a stretch of the flow log that no run will read by itself.

    :param lost: the stretch.
    :param dag_id: the DAG to backfill.
    """
    first, last = format_time(lost.start + STEP), format_time(lost.end)
    return Alert(
        subject="Audio leakage: a part of the flow log was not read",
        message=(
            f"The flow log of {lost} was not read: it lies more than a day back. We do not know the calls of "
            f"that time that the subscription missed. Amazon Connect instance {instance_id}.\n\n"
            f"To read it: airflow backfill create --dag-id {dag_id} --from-date {first} --to-date {last} "
            "--max-active-runs 3 --reprocess-behavior completed"
        ),
        attributes={"event": str(AlertKind.NOT_READ), "count": 1, "connect_instance_id": instance_id},
    )


def _line(contact: Contact) -> str:
    facts = {
        "contact": contact.contact_id,
        "agent connected": contact.connected_to_agent_timestamp,
        "ended": contact.ended_at,
        "queue": contact.queue_id,
        "agent": contact.agent_id,
        "cause": contact.failure_cause,
        "talk seconds": _whole(contact.talk_seconds) if contact.warnings else None,
        "recorded seconds": _whole(contact.recording_seconds) if contact.warnings else None,
        "warnings": " ".join(contact.warnings) or None,
        "recording": contact.recording_location if contact.recorded_at else None,
        "appeared": contact.recorded_at,
        "last error": contact.last_error,
    }
    return ", ".join(
        f"{name} {format_time(fact) if isinstance(fact, datetime) else _on_one_line(fact)}"
        for name, fact in facts.items()
        if fact is not None
    )


def _whole(seconds: float | None) -> str | None:
    return None if seconds is None else str(round(seconds))


def _on_one_line(fact: str) -> str:
    """Return a fact without line breaks, cut to a length that SNS accepts."""
    return " ".join(fact.split())[:_LONGEST_FACT]
