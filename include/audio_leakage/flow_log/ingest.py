"""Enter contacts into the table from lines of the flow log.

Lines arrive twice, late and in any order, from the subscription and from recovery at once. A contact keeps
all its recording blocks, and everything that follows from them is worked out from the whole set each time. So
the result is the same whichever line came first.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from audio_leakage.contacts.contact import UNREADABLE_BLOCKS, Contact
from audio_leakage.contacts.follow import REOPENABLE
from audio_leakage.contacts.recording_blocks import RecordingBlock
from audio_leakage.contacts.states import ClosedReason, ContactState, RecordingPolicy
from audio_leakage.contacts.verdict import with_intent_warned_of
from audio_leakage.errors import AwsError, InvalidContact, ServiceUnavailable, UnreadableLine
from audio_leakage.flow_log.line import read_line
from audio_leakage.ports import ContactTable, Item
from audio_leakage.times import parse_time

log = logging.getLogger(__name__)

_BATCH = 100
_TRIES = 5
#: The reasons that a further line may lift.
_REOPENED = (None, ClosedReason.RECORDING_SWITCHED_OFF, *REOPENABLE)
_NEVER = datetime.max.replace(tzinfo=UTC)
_POLICIES = frozenset(map(str, RecordingPolicy))


def ingest(lines: Iterable[tuple[datetime, str]], contacts: ContactTable) -> dict[str, int]:
    """Enter the contacts that lines of the flow log speak of.

    Known contacts are read a hundred at a time and not written again, so a long stretch of the log may be
    read again and again. A line that could not be written keeps no other from being written.

    :param lines: time of the log event (aware) and message of each.
    :return: contacts ``entered`` and ``known`` (once a batch), ``unreadable_lines``, and ``unreadable_items``
        whose stored blocks cannot be read.
    :raises AwsError: at the end, when something could not be written.
    """
    counts: Counter[str] = Counter()
    failures: list[AwsError] = []
    for batch in _by_contact(lines, counts):
        known = {item["ContactId"]: item for item in contacts.get_many(list(batch))}
        for contact_id, blocks in batch.items():
            try:
                counts[_upsert(contact_id, blocks, known.get(contact_id), contacts)] += 1
            except InvalidContact as error:
                log.warning("contact %s keeps its recording blocks: %s", contact_id, error)
                counts["unreadable_items"] += 1
            except AwsError as error:
                failures.append(error)
    if failures:
        log.warning("%d contacts could not be entered", len(failures))
        raise failures[0]
    return dict(counts)


def blocks_in(lines: Iterable[tuple[datetime, str]]) -> Iterator[RecordingBlock]:
    """Yield the recording blocks in some lines; see :func:`ingest`."""
    for batch in _by_contact(lines, Counter()):
        for blocks in batch.values():
            yield from blocks


def with_blocks(contact: Contact, added: Iterable[RecordingBlock]) -> Contact:
    """Return the contact with more recording blocks. It may have them already.

    :raises InvalidContact: when the blocks it has cannot be read.
    """
    blocks = tuple(sorted({*contact.recording_blocks, *map(str, added)}))
    if blocks == contact.recording_blocks:
        return contact
    words = [text.partition(" ")[2] for text in blocks]
    try:
        first = min(parse_time(blocks[0].partition(" ")[0]), contact.initialised_at or _NEVER)
    except ValueError:
        raise InvalidContact(UNREADABLE_BLOCKS) from None
    is_untouched = contact.next_check_at is not None and contact.next_check_at == contact.initialised_at
    contact = replace(
        contact,
        recording_blocks=blocks,
        recording_policy=next((RecordingPolicy(word) for word in reversed(words) if word in _POLICIES), None),
        initialised_at=first,
        next_check_at=first if is_untouched else contact.next_check_at,
    )
    contact = with_intent_warned_of(contact)
    is_closed = contact.closed_reason in _REOPENED and contact.closed_reason is not None
    if (
        contact.recorded_state
        or contact.closed_reason not in _REOPENED
        or (contact.next_check_at and not is_closed)
    ):
        return contact
    return replace(contact, next_check_at=first, closed_reason=None, expires_at=None)


def _by_contact(
    lines: Iterable[tuple[datetime, str]], counts: Counter[str]
) -> Iterator[dict[str, list[RecordingBlock]]]:
    """Gather recording blocks by contact, in batches; count the lines that cannot be read."""
    batch: dict[str, list[RecordingBlock]] = {}
    for event_time, message in lines:
        try:
            block = read_line(message, event_time)
        except UnreadableLine as error:
            log.warning("a line of the flow log was passed over: %s", error)
            counts["unreadable_lines"] += 1
            continue
        if block:
            batch.setdefault(block.contact_id, []).append(block)
        if len(batch) == _BATCH:
            yield batch
            batch = {}
    if batch:
        yield batch


def _upsert(contact_id: str, blocks: list[RecordingBlock], item: Item | None, contacts: ContactTable) -> str:
    """Make sure that the table has a contact with these blocks, and return the outcome."""
    for _ in range(_TRIES):
        if item is None:
            new = with_blocks(Contact(contact_id=contact_id, state=ContactState.INITIALISED), blocks)
            if contacts.create(new.to_item()):
                log.info("contact %s: entered as %s", contact_id, new.standing)
                return "entered"
        else:
            before = Contact.from_item(item)
            if contacts.update(before.to_item(), with_blocks(before, blocks).to_item()):
                return "known"
        item = next(iter(contacts.get_many([contact_id])), None)  # somebody was faster
    raise ServiceUnavailable(f"contact {contact_id} changed {_TRIES} times while a line was ingested")
