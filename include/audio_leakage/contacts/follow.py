"""What one answer of Connect makes of a contact: pure functions from contact to contact."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.recording import is_conversation
from audio_leakage.contacts.snapshot import ContactSnapshot
from audio_leakage.contacts.states import ClosedReason, RecordedState, advance, state_of
from audio_leakage.settings import Settings

#: A little less than the schedule's five minutes, so that "in the next run" holds for one that starts early.
NEXT_RUN = timedelta(minutes=4)
#: How long after the disconnect we wait for after-contact work to end.
LONGEST_WORK = timedelta(hours=4)
#: How long a callback may wait until it is dialled. Source: docs/amazon-connect.md, "Reading a contact".
LONGEST_CALLBACK = timedelta(days=7)
#: Reasons that the next answer of Connect may lift; contacts closed for one of them stay due for a while.
REOPENABLE = (ClosedReason.NOT_FOUND, ClosedReason.NEVER_ENDED)
_ONE_HOUR, _ONE_DAY = timedelta(hours=1), timedelta(days=1)


def with_facts(contact: Contact, snapshot: ContactSnapshot) -> Contact:
    """Return the contact with what Connect said; what was known before is never taken back."""
    pointer = next((found for found in snapshot.recordings if is_conversation(found.location)), None)
    seen = {
        "channel": snapshot.channel,
        "initiation_method": snapshot.initiation_method,
        "agent_id": snapshot.agent_id,
        "queue_id": snapshot.queue_id,
        "initial_contact_id": snapshot.initial_contact_id,
        "previous_contact_id": snapshot.previous_contact_id,
        "initiation_timestamp": snapshot.initiation_timestamp,
        "connected_to_system_timestamp": snapshot.connected_to_system_timestamp,
        "connected_to_agent_timestamp": snapshot.connected_to_agent_timestamp,
        "after_contact_work_start_timestamp": snapshot.after_contact_work_start_timestamp,
        "after_contact_work_end_timestamp": snapshot.after_contact_work_end_timestamp,
        "disconnect_timestamp": snapshot.disconnect_timestamp,
        "described_at": snapshot.described_at,
        "recording_location": pointer and pointer.location,
        "recording_status": pointer and pointer.status,
    }
    known: dict[str, Any] = {name: value for name, value in seen.items() if value is not None}
    return replace(
        contact,
        **known,
        closed_reason=None if contact.closed_reason in REOPENABLE else contact.closed_reason,
        not_found_since=None,
        attempts=None,
        last_error=None,
    )


def followed(contact: Contact, snapshot: ContactSnapshot, now: datetime, settings: Settings) -> Contact:
    """Return an open contact as it should be after Connect spoke of it.

    ============================  ==========================================================
    a chat, a task, an e-mail     closed NOT_VOICE
    ended with an agent           due for its first check
    ended without an agent        due for purging
    goes on                       due in the next run; the longer it lasts, the less often
    never ends, with an agent     ended for us after ``longest_call_hours``, due for its check
    never ends, without an agent  closed NEVER_ENDED after ``longest_call_hours``, still due
    ============================  ==========================================================
    """
    known_state = contact.state
    contact = with_facts(contact, snapshot)
    if known_state.reached_agent:  # the first look takes Connect at its word
        contact = with_assumed_end(contact, now, settings)
    observed = state_of(
        reached_agent=contact.connected_to_agent_timestamp is not None,
        ended=contact.left_at is not None,
    )
    contact = replace(contact, state=advance(contact.state, observed))
    if contact.channel != "VOICE":
        return contact.closed(ClosedReason.NOT_VOICE)
    if not contact.state.ended:
        return _going_on(contact, now, settings, was_waiting=known_state is contact.state)
    if contact.state.reached_agent and contact.left_at:
        return replace(contact, next_check_at=(contact.ended_at or contact.left_at) + settings.first_check)
    return replace(contact, next_check_at=now)


def with_assumed_end(contact: Contact, now: datetime, settings: Settings) -> Contact:
    """Return the contact with an assumed end if Connect should have told the end by now.

    Some finished contacts never get a DisconnectTimestamp (docs/amazon-connect.md, "Reading a contact"), and
    after-contact work may never end. We wait for ``longest_call_hours`` and :data:`LONGEST_WORK`.
    """
    if contact.ended_at or contact.connected_to_agent_timestamp is None:
        return contact
    if contact.disconnect_timestamp:
        bound = contact.disconnect_timestamp + LONGEST_WORK
    else:
        bound = contact.connected_to_agent_timestamp + settings.longest_call
    return replace(contact, end_assumed_at=bound) if now >= bound else contact


def not_found(contact: Contact, now: datetime, settings: Settings) -> Contact:
    """Return a contact that Connect does not know: wait out eventual consistency, then close it.

    Connect may answer "not found" for minutes (docs/amazon-connect.md, "Reading a contact"). So we wait as
    long as for a recording, and at least an hour. After that the contact is closed and asked for less and
    less often until ``recheck_days`` are over: a wrong instance id may be corrected meanwhile.
    """
    since = contact.not_found_since or now
    unknown_for = now - since
    look_again = now + _growing_pause(unknown_for)
    contact = replace(contact, not_found_since=since, next_check_at=look_again)
    if unknown_for < max(settings.failure_after, _ONE_HOUR):
        return contact
    is_over = look_again > since + settings.recheck_for
    return replace(
        contact, closed_reason=ClosedReason.NOT_FOUND, next_check_at=None if is_over else look_again
    )


def due_again(contact: Contact, served: Contact, now: datetime) -> Contact | None:
    """Return a finished contact as due, because somebody else than the monitor says that an agent took it.

    :param served: the same contact as a search shows it.
    :return: None for a contact that is proven to be recorded, and for one that left the queue: a state never
        goes back.
    """
    state = advance(contact.state, served.state)
    if contact.recorded_state is RecordedState.CALL_RECORDED_SUCCESS or not state.reached_agent:
        return None
    if contact.recorded_state is not None:
        return replace(contact, next_check_at=now, expires_at=None)
    return replace(
        contact,
        state=state,
        closed_reason=None,
        expires_at=None,
        channel=served.channel,
        initiation_method=served.initiation_method,
        connected_to_agent_timestamp=served.connected_to_agent_timestamp,
        disconnect_timestamp=contact.disconnect_timestamp or served.disconnect_timestamp,
        agent_id=contact.agent_id or served.agent_id,
        queue_id=contact.queue_id or served.queue_id,
        next_check_at=now,
    )


def _going_on(contact: Contact, now: datetime, settings: Settings, *, was_waiting: bool) -> Contact:
    began = contact.initiation_timestamp or contact.initialised_at or now
    contact = replace(contact, next_check_at=now + min(max(NEXT_RUN, (now - began) / 10), _ONE_HOUR))
    longest = max(
        settings.longest_call, LONGEST_CALLBACK if contact.initiation_method == "CALLBACK" else _ONE_HOUR
    )
    if contact.state.reached_agent or not was_waiting or now - began < longest:
        return contact
    look_again = now + _growing_pause(now - began)
    is_over = look_again > began + longest + settings.recheck_for
    return replace(
        contact, closed_reason=ClosedReason.NEVER_ENDED, next_check_at=None if is_over else look_again
    )


def _growing_pause(waited: timedelta) -> timedelta:
    """Wait half as long again as we have waited: often at first, then less and less often."""
    return min(max(waited / 2, NEXT_RUN), _ONE_DAY)
