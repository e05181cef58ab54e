"""Turn contacts into the rows of a table: the outcome of each, and its evidence."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from itertools import chain
from typing import TYPE_CHECKING, Any

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.states import ContactState, RecordedState
from audio_leakage.errors import InvalidContact
from audio_leakage.runs.mutes import Mutes
from audio_leakage.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from audio_leakage.ports import Item
    from audio_leakage.runs.mutes import Mute
    from audio_leakage_ui.consoles import Consoles

NO_MUTES = Mutes()
#: Maximum number of rows per hour that go to the browser. The rest is only counted.
MOST_ROWS = 2_000
#: Characters; longer texts are cut. No id, key or message of ours is as long.
_LONGEST_TEXT = 300


class Group(StrEnum):
    """The outcome of a contact, in the order in which a person wants to see them."""

    LEAKED = "leaked"
    UNREADABLE = "unreadable"
    WAITING = "waiting"
    IN_PROGRESS = "in progress"
    RECORDED = "recorded"
    NOT_EXPECTED = "not expected"


#: Warnings on a verdict, in words. A warning that is not in this table is shown as it is.
WARNINGS: Mapping[str, str] = {
    "LATE": "recorded late",
    "SHORT": "shorter than the talk",
    "RECORDED_THOUGH_OFF": "recorded though switched off",
    "END_ASSUMED": "end assumed",
}
_ORDER = {group: place for place, group in enumerate(Group)}
_BY_VERDICT = {
    RecordedState.CALL_RECORDED_FAILURE: Group.LEAKED,
    RecordedState.CALL_RECORDED_SUCCESS: Group.RECORDED,
}
_BY_STATE = {
    ContactState.COMPLETED_AGENT: Group.WAITING,
    ContactState.COMPLETED_QUEUE_IVR: Group.NOT_EXPECTED,
}


def calls_of(items: Iterable[Item], consoles: Consoles, mutes: Mutes = NO_MUTES) -> dict[str, Any]:
    """Return the rows of a table, and the number of contacts by group and by closed reason.

    Rows that need attention come first.
    """
    rows = sorted((row_of(item, consoles, mutes) for item in items), key=lambda row: _ORDER[row["group"]])
    return {
        "rows": rows[:MOST_ROWS],
        "left_out": len(rows[MOST_ROWS:]),
        "counts": Counter(row["group"] for row in rows),
        "closed": Counter(row["closed_reason"] for row in rows if "closed_reason" in row),
    }


def group_of(contact: Contact) -> Group:
    """Return the group of a contact."""
    if contact.recorded_state:
        return _BY_VERDICT[contact.recorded_state]
    if contact.closed_reason:
        return Group.NOT_EXPECTED
    return _BY_STATE.get(contact.state, Group.IN_PROGRESS)


def mute_of(contact: Contact, mutes: Mutes) -> Mute | None:
    """Return the mute of a leak that is known; None if it is not known, or no leak."""
    return mutes.of(contact) if group_of(contact) is Group.LEAKED else None


def row_of(item: Item, consoles: Consoles, mutes: Mutes = NO_MUTES) -> dict[str, Any]:
    """Return everything that the browser shows of an item. The row of an unreadable item says why."""
    try:
        row = _row(Contact.from_item(item), consoles, mutes)
    except InvalidContact as error:
        return {"id": _text(item.get("ContactId")), "group": Group.UNREADABLE, "last_error": _text(error)}

    assumed = _time(item.get("EndAssumedAt"))
    return row | {"end_assumed": assumed} if assumed else row


def _row(contact: Contact, consoles: Consoles, mutes: Mutes) -> dict[str, Any]:
    mute = mute_of(contact, mutes)
    facts = {
        "id": contact.contact_id,
        "group": group_of(contact),
        "url": consoles.contact(contact.contact_id),
        "state": contact.state,
        "verdict": contact.recorded_state,
        "closed_reason": contact.closed_reason,
        "failure_cause": contact.failure_cause,
        "known": {"until": mute.until, "reason": mute.reason} if mute else None,
        "acknowledged": _acknowledged(contact),
        "warnings": [WARNINGS.get(word, _text(word)) for word in contact.warnings],
        "talk_seconds": contact.talk_seconds,
        "recording_seconds": contact.recording_seconds,
        "recording": _link(contact.recording_location, consoles.recording),
        "searched": [_link(place, consoles.place) for place in contact.searched],
        "next_check_at": contact.next_check_at,
        "attempts": contact.attempts,
        "last_error": contact.last_error,
    }
    texts = {
        name: getattr(contact, name) for name in ("channel", "initiation_method", "agent_id", "queue_id")
    }
    return {
        name: _cut(fact)
        for name, fact in chain(facts.items(), texts.items(), _times(contact).items())
        if fact
    }


def _acknowledged(contact: Contact) -> dict[str, str] | None:
    """Return what somebody has said of the verdict that stands, word by word."""
    words = map(_text, (contact.acknowledgement_in_force or "").split())
    return dict(zip(("at", "class", "cause", "ticket"), words, strict=False)) or None


def _times(contact: Contact) -> dict[str, Any]:
    return {
        "initiated": contact.initiation_timestamp,
        "initialised": contact.initialised_at,
        "agent_connected": contact.connected_to_agent_timestamp,
        "agent_left": contact.after_contact_work_start_timestamp or contact.disconnect_timestamp,
        "ended": contact.ended_at,
        "recorded": contact.recorded_at,
        "judged": contact.judged_at,
        "failed": contact.failed_at,
    }


def _time(value: object) -> datetime | None:
    try:
        return parse_time(str(value))
    except ValueError:
        return None


def _link(location: str | None, address: Any) -> dict[str, str] | None:  # noqa: ANN401
    return {"text": _text(location), "url": address(location)} if location else None


def _cut(fact: object) -> object:
    return _text(fact) if isinstance(fact, str) and not isinstance(fact, StrEnum) else fact


def _text(value: object) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
