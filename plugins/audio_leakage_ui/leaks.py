"""The leaks of some hours as a list to hand over, one call a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audio_leakage.contacts.contact import Contact
from audio_leakage.errors import InvalidContact
from audio_leakage.times import format_time
from audio_leakage_ui.calls import NO_MUTES, Group, group_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from audio_leakage.ports import Item
    from audio_leakage.runs.mutes import Mute, Mutes
    from audio_leakage_ui.consoles import Consoles

COLUMNS = (
    "contact",
    "agent connected",
    "ended",
    "queue",
    "agent",
    "cause",
    "since",
    "known until",
    "known for",
    "acknowledged as",
    "ticket",
    "record in Connect",
)


def rows_of_leaks(
    items: Iterable[Item], consoles: Consoles, mutes: Mutes = NO_MUTES
) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the list, its heads first, known leaks among them.

    ``since`` is when the call was first judged as not recorded, ``known for`` the reason of its mute.
    ``acknowledged as`` is the cause that somebody found.
    """
    yield COLUMNS
    for item in items:
        try:
            contact = Contact.from_item(item)
        except InvalidContact:
            continue  # the page counts it as unreadable
        if group_of(contact) is Group.LEAKED:
            yield _cells(contact, consoles, mutes.of(contact))


def _cells(contact: Contact, consoles: Consoles, mute: Mute | None) -> tuple[str, ...]:
    return (
        contact.contact_id,
        _time(contact.connected_to_agent_timestamp),
        _time(contact.ended_at),
        contact.queue_id or "",
        contact.agent_id or "",
        str(contact.failure_cause or ""),
        _time(contact.failed_at),
        _time(mute.until) if mute else "",
        mute.reason if mute else "",
        *_acknowledged_as(contact),
        consoles.contact(contact.contact_id) or "",
    )


def _acknowledged_as(contact: Contact) -> tuple[str, str]:
    _, _, cause, ticket = ((contact.acknowledgement_in_force or "").split() + 4 * [""])[:4]
    return cause, ticket


def _time(moment: datetime | None) -> str:
    return format_time(moment) if moment else ""
