"""How a contact enters the table: by the lines of the flow log that speak of its recording.

Lines come twice, late and in any order, from the subscription and from recovery at once. A contact keeps the
set of its settings, and whatever follows from them is worked out from the whole set each time: the result is
the same whichever line came first.
"""

import logging
from dataclasses import replace
from datetime import UTC, datetime

from audio_leakage.contact import Contact
from audio_leakage.errors import ServiceUnavailable, UnreadableLine
from audio_leakage.flow_log import RecordingSetting, Setting, read_line
from audio_leakage.ports import ContactTable
from audio_leakage.states import ClosedReason, ContactState, RecordingPolicy
from audio_leakage.times import parse_time

log = logging.getLogger(__name__)

_TRIES = 5
_NEVER = datetime.max.replace(tzinfo=UTC)
_POLICIES = frozenset(map(str, RecordingPolicy))


def take_in(message: str, event_time: datetime, contacts: ContactTable, table: str) -> str:
    """Let one line of the flow log have its effect on the table.

    :param message: the line.
    :param event_time: when its log event happened; aware.
    :return: the outcome to count: ``entered``, ``known``, ``not_ours`` or ``unreadable_lines``.
    """
    try:
        setting = read_line(message, event_time)
        return enter(setting, contacts, table) if setting else "not_ours"
    except UnreadableLine as error:
        log.warning("a line of the flow log was passed over: %s", error)
        return "unreadable_lines"


def enter(setting: RecordingSetting, contacts: ContactTable, table: str) -> str:
    """Make sure that the table has a contact with this setting.

    :return: ``entered`` when the contact is new, else ``known``.
    """
    new = with_setting(Contact(contact_id=setting.contact_id, state=ContactState.INITIALISED), setting)
    if contacts.create(table, new.to_item()):
        log.info("contact %s: entered as %s", new.contact_id, new.closed_reason or new.state)
        return "entered"
    for _ in range(_TRIES):
        item = contacts.get(table, setting.contact_id)
        if item is None:  # purged between the two requests: over, and no agent ever took it
            return "known"
        before = Contact.from_item(item)
        if contacts.update(table, before.to_item(), with_setting(before, setting).to_item()):
            return "known"
    raise ServiceUnavailable(f"contact {setting.contact_id} changed {_TRIES} times while a line was taken in")


def with_setting(contact: Contact, setting: RecordingSetting) -> Contact:
    """Return the contact with one more setting, which may be one that it has."""
    settings = tuple(sorted({*contact.recording_settings, str(setting)}))
    if settings == contact.recording_settings:
        return contact
    words = [text.partition(" ")[2] for text in settings]
    first = min(parse_time(settings[0].partition(" ")[0]), contact.initialised_at or _NEVER)
    untouched = contact.next_check_at is not None and contact.next_check_at == contact.initialised_at
    contact = replace(
        contact,
        recording_settings=settings,
        recording_policy=next((RecordingPolicy(word) for word in reversed(words) if word in _POLICIES), None),
        initialised_at=first,
        next_check_at=first if untouched else contact.next_check_at,
    )
    if contact.next_check_at or contact.closed_reason not in (None, ClosedReason.RECORDING_SWITCHED_OFF):
        return contact
    return _followed_or_closed(contact, nothing_but_off=set(words) == {Setting.OFF})


def _followed_or_closed(contact: Contact, *, nothing_but_off: bool) -> Contact:
    """Follow a contact from its first line on, unless nothing but "off" was ever said of it.

    Once it is followed, its end and the time its agent joined tell which setting counted; a line that turns
    up after that has it looked at again.
    """
    if contact.recorded_state:
        return contact
    if nothing_but_off:
        return contact.closed(ClosedReason.RECORDING_SWITCHED_OFF)
    return replace(contact, next_check_at=contact.initialised_at, closed_reason=None)
