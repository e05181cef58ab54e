"""What one look at a contact makes of it: pure functions from a contact to the contact as it should be."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.recording import is_conversation
from audio_leakage.contacts.snapshot import ContactSnapshot
from audio_leakage.contacts.states import ClosedReason, advance, state_of
from audio_leakage.settings import Settings

#: A little less than the schedule's five minutes: "in the next run" holds for one that starts early, too.
NEXT_RUN = timedelta(minutes=4)
_ONE_HOUR = timedelta(hours=1)


def with_facts(contact: Contact, snapshot: ContactSnapshot) -> Contact:
    """Return the contact with what Connect said; what was known before is never taken back."""
    pointer = next((found for found in snapshot.recordings if is_conversation(found.location)), None)
    seen = {
        "channel": snapshot.channel,
        "initiation_method": snapshot.initiation_method,
        "agent_id": snapshot.agent_id,
        "queue_id": snapshot.queue_id,
        "initiation_timestamp": snapshot.initiation_timestamp,
        "connected_to_system_timestamp": snapshot.connected_to_system_timestamp,
        "connected_to_agent_timestamp": snapshot.connected_to_agent_timestamp,
        "after_contact_work_start_timestamp": snapshot.after_contact_work_start_timestamp,
        "after_contact_work_end_timestamp": snapshot.after_contact_work_end_timestamp,
        "disconnect_timestamp": snapshot.disconnect_timestamp,
        "recording_location": pointer and pointer.location,
        "recording_status": pointer and pointer.status,
    }
    known: dict[str, Any] = {name: value for name, value in seen.items() if value is not None}
    found_again = contact.closed_reason is ClosedReason.NOT_FOUND
    return replace(
        contact,
        **known,
        closed_reason=None if found_again else contact.closed_reason,
        not_found_since=None,
        attempts=None,
        last_error=None,
    )


def followed(contact: Contact, snapshot: ContactSnapshot, now: datetime, settings: Settings) -> Contact:
    """Return an open contact as it should be after Connect described it.

    A contact that ended with an agent is due for its first check; one that ended without is due for purging;
    one that goes on is due in the next run or, the longer it lasts, more rarely.
    """
    contact = with_facts(contact, snapshot)
    observed = state_of(
        reached_agent=contact.connected_to_agent_timestamp is not None,
        ended=contact.disconnect_timestamp is not None,
    )
    contact = replace(contact, state=advance(contact.state, observed))
    if not contact.state.ended:
        return replace(contact, next_check_at=now + _pause(contact, now))
    if contact.state.reached_agent and contact.ended_at:
        return replace(contact, next_check_at=contact.ended_at + settings.first_check)
    return replace(contact, next_check_at=now)


def not_found(contact: Contact, now: datetime, settings: Settings) -> Contact:
    """Return a contact that Connect does not know: wait out eventual consistency, then close it.

    Connect may answer "not found" for minutes (CONNECT.md, "Reading a contact"), so the wait is as long as
    the one for a recording, but at least an hour, from the first such answer.
    """
    since = contact.not_found_since or now
    if now - since >= max(settings.failure_after, _ONE_HOUR):
        return replace(contact.closed(ClosedReason.NOT_FOUND), not_found_since=since)
    return replace(contact, not_found_since=since, next_check_at=now + NEXT_RUN)


def _pause(contact: Contact, now: datetime) -> timedelta:
    began = contact.initiation_timestamp or contact.initialised_at or now
    return min(max(NEXT_RUN, (now - began) / 10), _ONE_HOUR)
