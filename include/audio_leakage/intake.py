"""How a contact enters the table: by the lines of the flow log that speak of its recording.

Lines come twice, late and in any order, from the subscription and from recovery at once. A contact keeps the
set of its settings, and whatever follows from them is worked out from the whole set each time: the result is
the same whichever line came first.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from audio_leakage.contact import Contact, Item
from audio_leakage.errors import AwsError, InvalidContact, ServiceUnavailable, UnreadableLine
from audio_leakage.flow_log import UNREADABLE_SETTINGS, RecordingSetting, Setting, read_line
from audio_leakage.ports import ContactTable
from audio_leakage.states import ClosedReason, ContactState, RecordingPolicy
from audio_leakage.times import parse_time

log = logging.getLogger(__name__)

_BATCH = 100
_TRIES = 5
#: What a further line may put right.
_REOPENED = (None, ClosedReason.RECORDING_SWITCHED_OFF, ClosedReason.NOT_FOUND)
_NEVER = datetime.max.replace(tzinfo=UTC)
_POLICIES = frozenset(map(str, RecordingPolicy))


def take_in(lines: Iterable[tuple[datetime, str]], contacts: ContactTable, table: str) -> dict[str, int]:
    """Let lines of the flow log have their effect on the table.

    What is known already is read a hundred contacts at a time and written not at all, so a long stretch of
    the log may be read again and again. A line that could not be written keeps no other from being written.

    :param lines: time of the log event (aware) and message of each.
    :return: how many contacts were ``entered`` and how many ``known`` (once a batch), and how many lines were
        ``unreadable_lines``, or spoke of an item that nobody can read (``unreadable_items``).
    :raises AwsError: at the end, when something could not be written.
    """
    counts: Counter[str] = Counter()
    failures: list[AwsError] = []
    for batch in _by_contact(lines, counts):
        known = {item["ContactId"]: item for item in contacts.get_many(table, list(batch))}
        for contact_id, settings in batch.items():
            try:
                counts[_enter(contact_id, settings, known.get(contact_id), contacts, table)] += 1
            except InvalidContact as error:
                log.warning("contact %s keeps its settings: %s", contact_id, error)
                counts["unreadable_items"] += 1
            except AwsError as error:
                failures.append(error)
    if failures:
        log.warning("%d contacts could not be entered", len(failures))
        raise failures[0]
    return dict(counts)


def settings_of(contact_id: str, lines: Iterable[tuple[datetime, str]]) -> list[RecordingSetting]:
    """Return what lines say of one contact; see :func:`take_in`."""
    return [setting for batch in _by_contact(lines, Counter()) for setting in batch.get(contact_id, [])]


def _by_contact(
    lines: Iterable[tuple[datetime, str]], counts: Counter[str]
) -> Iterator[dict[str, list[RecordingSetting]]]:
    """Gather what lines say by contact, in batches; what they do not say is counted."""
    batch: dict[str, list[RecordingSetting]] = {}
    for event_time, message in lines:
        try:
            setting = read_line(message, event_time)
        except UnreadableLine as error:
            log.warning("a line of the flow log was passed over: %s", error)
            counts["unreadable_lines"] += 1
            continue
        if setting:
            batch.setdefault(setting.contact_id, []).append(setting)
        if len(batch) == _BATCH:
            yield batch
            batch = {}
    if batch:
        yield batch


def _enter(
    contact_id: str, settings: list[RecordingSetting], item: Item | None, contacts: ContactTable, table: str
) -> str:
    """Make sure that the table has a contact with these settings."""
    for _ in range(_TRIES):
        if item is None:
            new = with_settings(Contact(contact_id=contact_id, state=ContactState.INITIALISED), settings)
            if contacts.create(table, new.to_item()):
                log.info("contact %s: entered as %s", contact_id, new.standing)
                return "entered"
        else:
            before = Contact.from_item(item)
            if contacts.update(table, before.to_item(), with_settings(before, settings).to_item()):
                return "known"
        item = next(iter(contacts.get_many(table, [contact_id])), None)  # somebody was faster
    raise ServiceUnavailable(f"contact {contact_id} changed {_TRIES} times while a line was taken in")


def with_settings(contact: Contact, added: Iterable[RecordingSetting]) -> Contact:
    """Return the contact with more settings, some or all of which it may have.

    :raises InvalidContact: when those it has cannot be read.
    """
    settings = tuple(sorted({*contact.recording_settings, *map(str, added)}))
    if settings == contact.recording_settings:
        return contact
    words = [text.partition(" ")[2] for text in settings]
    try:
        first = min(parse_time(settings[0].partition(" ")[0]), contact.initialised_at or _NEVER)
    except ValueError:
        raise InvalidContact(UNREADABLE_SETTINGS) from None
    untouched = contact.next_check_at is not None and contact.next_check_at == contact.initialised_at
    contact = replace(
        contact,
        recording_settings=settings,
        recording_policy=next((RecordingPolicy(word) for word in reversed(words) if word in _POLICIES), None),
        initialised_at=first,
        next_check_at=first if untouched else contact.next_check_at,
    )
    if contact.next_check_at or contact.closed_reason not in _REOPENED:
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
