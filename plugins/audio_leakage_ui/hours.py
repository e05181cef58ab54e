"""Sum up the contacts of one hour in a few numbers, so that a day of 100,000 contacts fits on a page."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

from audio_leakage.contacts.contact import Contact
from audio_leakage.errors import InvalidContact
from audio_leakage.runs.backoff import is_set_aside
from audio_leakage_ui.calls import NO_MUTES, Group, group_of, mute_of, row_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from audio_leakage.ports import Item
    from audio_leakage.runs.mutes import Mutes
    from audio_leakage_ui.consoles import Consoles

#: Maximum number of failures listed per hour. The rest are only counted.
_MOST_LISTED = 100
#: Groups with a verdict.
_JUDGED = (Group.RECORDED, Group.LEAKED)


def hour_of(items: Iterable[Item], consoles: Consoles, mutes: Mutes = NO_MUTES) -> dict[str, Any]:
    """Sum up the contacts of an hour.

    :return: the number of contacts by group, warning and closed reason, the known leaks by mute, the delays
        of recordings, and the rows of leaks and of contacts set aside.
    """
    pairs = [(item, _contact(item)) for item in items]
    readable = [(item, contact) for item, contact in pairs if contact]
    contacts = [contact for _, contact in readable]
    leaked = (item for item, contact in readable if group_of(contact) is Group.LEAKED)
    set_aside = (item for item, contact in readable if is_set_aside(contact))
    return {
        "counts": _counts(contacts, unreadable=len(pairs) - len(contacts)),
        "closed": Counter(contact.closed_reason for contact in contacts if contact.closed_reason),
        "known": Counter(mute.id for contact in contacts if (mute := mute_of(contact, mutes))),
        "last_seen": max(filter(None, (contact.initialised_at for contact in contacts)), default=None),
        "delay": _quantiles(_delays(contacts)),
        "failures": [row_of(item, consoles, mutes) for item in islice(leaked, _MOST_LISTED)],
        "set_aside": [row_of(item, consoles) for item in islice(set_aside, _MOST_LISTED)],
    }


def _contact(item: Item) -> Contact | None:
    try:
        return Contact.from_item(item)
    except InvalidContact:
        return None


def _counts(contacts: Sequence[Contact], unreadable: int) -> dict[str, int]:
    groups: Counter[str] = Counter(group_of(contact) for contact in contacts)
    return {
        **{str(group): count for group, count in groups.items()},
        str(Group.UNREADABLE): unreadable,
        "late": sum("LATE" in contact.warnings for contact in contacts),
        "short": sum("SHORT" in contact.warnings for contact in contacts),
        "judged": sum(groups[group] for group in _JUDGED),
        "expected": sum(groups[group] for group in (*_JUDGED, Group.WAITING)),
    }


def _delays(contacts: Iterable[Contact]) -> list[float]:
    return [delay.total_seconds() for contact in contacts if (delay := contact.recording_delay) is not None]


def _quantiles(delays: Sequence[float]) -> dict[str, float] | None:
    """Return median and 95th percentile (nearest rank) in seconds, or None without delays."""
    if not delays:
        return None
    ranked = sorted(delays)
    return {name: ranked[-(-len(ranked) * share // 100) - 1] for name, share in (("p50", 50), ("p95", 95))}
