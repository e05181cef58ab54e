"""Alerts about failures, healed failures and contacts that are set aside; each is published at least once.

A verdict that needs an alert is stored together with ``AlertPending``, and its contact stays due. The mark
goes once the alert is published. So a killed task or an unreachable topic costs neither the verdict nor the
alert: the next run finds the contact due and alerts.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.states import ContactWarning, FailureCause, RecordedState
from audio_leakage.contacts.verdict import next_look
from audio_leakage.ports import AlertTopic
from audio_leakage.runs.alert_lines import LISTED, check_again, in_common, lines_of
from audio_leakage.runs.mutes import Mute
from audio_leakage.runs.sender import Sender
from audio_leakage.runs.window import STEP, Window
from audio_leakage.settings import Settings
from audio_leakage.times import format_time

log = logging.getLogger(__name__)


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
    QUEUE_UNKNOWN = "POLICY_QUEUE_UNKNOWN"
    MUTE_ENDED = "MUTE_ENDED"
    CONFIGURATION_WRONG = "CONFIGURATION_WRONG"
    FLOWS_LEAK = "FLOWS_LEAK"


_WORDS = {
    AlertKind.FAILED: ("call", "not recorded"),
    AlertKind.SHORT: ("recording", "shorter than half of the talk"),
    AlertKind.EXPIRED: ("recording", "no longer there"),
    AlertKind.HEALED: ("call", "recorded after all"),
    AlertKind.SET_ASIDE: ("contact", "set aside"),
}
#: The alerts about leaks, which a mute keeps quiet.
LEAKS = (AlertKind.FAILED, AlertKind.EXPIRED)
#: What a further look may change. Nothing takes a success back.
_CHECKED_AGAIN = (*LEAKS, AlertKind.SET_ASIDE)


@dataclass(frozen=True, slots=True)
class Alert:
    """One message for the topic: ids, times and causes, no personal data."""

    subject: str
    message: str
    attributes: dict[str, str | int]


def publish(alert: Alert, topic: AlertTopic, topic_arn: str | None) -> None:
    """Publish an alert if there is a topic."""
    if topic_arn is None:
        return
    topic.publish(topic_arn, alert.subject, alert.message, alert.attributes)
    log.info("alert published: %s", alert.subject)


def with_alert_due(before: Contact, after: Contact, now: datetime) -> Contact:
    """Return ``after`` with an alert due, if its verdict is new or its last alert is still pending.

    An item whose alert is pending has no time to live: if it left the table, nobody would hear of it.
    """
    kind = (
        _kind_of(before, after) if after.recorded_state is not before.recorded_state else before.alert_pending
    )
    return replace(after, alert_pending=kind, next_check_at=now, expires_at=None) if kind else after


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


def alerts(contacts: Sequence[Contact], sender: Sender) -> Iterable[tuple[Alert, list[Contact]]]:
    """Yield one alert for each kind that is pending, each with its contacts."""
    for kind in AlertKind:
        concerned = [contact for contact in contacts if contact.alert_pending == kind]
        if concerned:
            yield alert_of(kind, concerned, sender), concerned


def alert_of(kind: AlertKind, contacts: Sequence[Contact], sender: Sender) -> Alert:
    """Build one alert about several contacts: what they have in common, where to look, then one by one."""
    noun, what = _WORDS[kind]
    calls = f"1 {noun}" if len(contacts) == 1 else f"{len(contacts)} {noun}s"
    common = in_common(contacts)
    listed = [line for contact in contacts[:LISTED] for line in lines_of(contact, sender)]
    rest = [f"... and {len(contacts) - LISTED} more"] if len(contacts) > LISTED else []
    again = check_again(contacts, sender) if kind in _CHECKED_AGAIN else []
    return Alert(
        subject=sender.subject(f"{calls} {what}"),
        message="\n".join(
            [
                f"{calls} {what}.",
                *([f"In common: {', '.join(common)}"] if common else []),
                "",
                *sender.where(str(kind)),
                *again,
                "",
                *listed,
                *rest,
            ]
        ),
        attributes=sender.attributes(str(kind), len(contacts)),
    )


def mute_ended_alert(mute: Mute, leaked: int, sender: Sender) -> Alert:
    """Build the message about a mute that has ended: how many leaks it kept quiet, and what it was for.

    :param leaked: calls that leaked meanwhile and have no recording up to now.
    """
    calls = "1 call" if leaked == 1 else f"{leaked} calls"
    told = f"{calls} leaked meanwhile. The mail about {'it' if leaked == 1 else 'them'} comes now."
    return Alert(
        subject=sender.subject(f"mute {mute.id} has ended, {calls} leaked meanwhile"),
        message="\n".join(
            [
                told if leaked else "No call leaked meanwhile that has no recording.",
                "",
                f"Mute: {mute.id}, {mute.scope}, until {format_time(mute.until)}",
                f"Reason: {mute.reason}",
                "",
                *sender.where(str(AlertKind.MUTE_ENDED)),
            ]
        ),
        attributes=sender.attributes(str(AlertKind.MUTE_ENDED), leaked),
    )


def not_read_alert(lost: Window, sender: Sender) -> Alert:
    """Build the alert about a stretch of the flow log that no run will read by itself.

    :param lost: the stretch.
    """
    first, last = format_time(lost.start + STEP), format_time(lost.end)
    command = (
        f"airflow backfill create --dag-id {sender.dag_id} --from-date {first} --to-date {last} "
        "--max-active-runs 3 --reprocess-behavior completed"
    )
    return Alert(
        subject=sender.subject("a part of the flow log was not read"),
        message="\n".join(
            [
                f"The flow log of {lost} was not read: it lies more than a day back.",
                "We do not know the calls of that time that the subscription missed.",
                "",
                *sender.where(str(AlertKind.NOT_READ)),
                f"To read it: {command}",
            ]
        ),
        attributes=sender.attributes(str(AlertKind.NOT_READ), 1),
    )
