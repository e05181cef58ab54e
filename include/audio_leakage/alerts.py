"""Who is told of a failure, of one that healed, of a contact set aside: at least once each, and not again.

A verdict that somebody must hear of is stored together with ``AlertPending`` and leaves the contact due; only
when the alert is out is the mark removed. So a task that is killed in between, or a topic that cannot be
reached, costs neither the verdict nor the alert: the next run finds the contact due and alerts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from audio_leakage.contact import Contact
from audio_leakage.settings import Settings
from audio_leakage.states import RecordedState
from audio_leakage.times import format_time
from audio_leakage.verdict import next_look

#: So many contacts are listed in one alert; the rest is counted.
_LISTED = 50
_LONGEST_FACT = 300


class AlertKind(StrEnum):
    """What an alert is about; also its message attribute ``event``, to filter subscriptions on."""

    FAILED = "CALL_RECORDED_FAILURE"
    HEALED = "CALL_RECORDED_SUCCESS"
    SET_ASIDE = "CONTACT_SET_ASIDE"


_WORDS = {
    AlertKind.FAILED: ("call", "not recorded"),
    AlertKind.HEALED: ("call", "recorded after all"),
    AlertKind.SET_ASIDE: ("contact", "set aside"),
}


@dataclass(frozen=True, slots=True)
class Alert:
    """One message for the topic; ids, times and causes, no personal data."""

    subject: str
    message: str
    attributes: dict[str, str | int]


def marked(before: Contact, after: Contact, now: datetime) -> Contact:
    """Return ``after`` with the mark that somebody must hear of it, if its verdict is news or still is."""
    kind = before.alert_pending
    if after.recorded_state is not before.recorded_state:
        failed = after.recorded_state is RecordedState.CALL_RECORDED_FAILURE
        healed = before.recorded_state is RecordedState.CALL_RECORDED_FAILURE
        kind = str(AlertKind.FAILED) if failed else str(AlertKind.HEALED) if healed else None
    return replace(after, alert_pending=kind, next_check_at=now) if kind else after


def settled(contact: Contact, now: datetime, settings: Settings) -> Contact:
    """Return a contact whose alert is out: it goes on as its verdict says."""
    failed = contact.recorded_state is RecordedState.CALL_RECORDED_FAILURE
    return replace(
        contact,
        alert_pending=None,
        next_check_at=next_look(contact, now, settings) if failed else None,
    )


def alerts(contacts: Sequence[Contact], instance_id: str) -> Iterable[tuple[Alert, list[Contact]]]:
    """Give one alert for the failures and one for those that healed, each with its contacts."""
    for kind in AlertKind:
        concerned = [contact for contact in contacts if contact.alert_pending == kind]
        if concerned:
            yield alert_of(kind, concerned, instance_id), concerned


def alert_of(kind: AlertKind, contacts: Sequence[Contact], instance_id: str) -> Alert:
    """Return the one message about contacts of which the same is to be said."""
    noun, what = _WORDS[kind]
    calls = f"1 {noun}" if len(contacts) == 1 else f"{len(contacts)} {noun}s"
    lines = [_line(contact) for contact in contacts[:_LISTED]]
    rest = [f"... and {len(contacts) - _LISTED} more"] if len(contacts) > _LISTED else []
    return Alert(
        subject=f"Audio leakage: {calls} {what}",
        message="\n".join([f"{calls} {what}, Amazon Connect instance {instance_id}:", "", *lines, *rest]),
        attributes={"event": str(kind), "count": len(contacts), "connect_instance_id": instance_id},
    )


def _line(contact: Contact) -> str:
    facts = {
        "contact": contact.contact_id,
        "agent connected": contact.connected_to_agent_timestamp,
        "ended": contact.ended_at,
        "queue": contact.queue_id,
        "agent": contact.agent_id,
        "cause": contact.failure_cause,
        "recording": contact.recording_location if contact.recorded_at else None,
        "appeared": contact.recorded_at,
        "last error": contact.last_error,
    }
    return ", ".join(
        f"{name} {format_time(fact) if isinstance(fact, datetime) else _on_one_line(fact)}"
        for name, fact in facts.items()
        if fact is not None
    )


def _on_one_line(fact: str) -> str:
    """Return a fact that neither looks like another line nor makes the message too long to be sent."""
    return " ".join(fact.split())[:_LONGEST_FACT]
