"""Sum up the contacts of one hour in a few numbers, so that a day of 100,000 contacts fits on a page."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from audio_leakage.contacts.contact import Contact
from audio_leakage.errors import InvalidContact
from audio_leakage.runs.backoff import is_set_aside
from audio_leakage_ui.calls import Group, group_of, row_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from audio_leakage.ports import Item
    from audio_leakage_ui.consoles import Consoles

#: Maximum number of failures listed per hour. The rest are only counted.
_MOST_LISTED = 100


def hour_of(items: Iterable[Item], consoles: Consoles) -> dict[str, Any]:
    """Return the number of contacts by group, the delays of recordings, and the failures of an hour."""
    counts: Counter[str] = Counter()
    delays: list[float] = []
    failures: list[dict[str, Any]] = []
    set_aside: list[dict[str, Any]] = []
    for item in items:
        try:
            contact = Contact.from_item(item)
        except InvalidContact:
            counts[Group.UNREADABLE] += 1
            continue
        group = group_of(contact)
        counts[group] += 1
        counts["late"] += "LATE" in contact.warnings
        if contact.recorded_at and contact.ended_at:
            delays.append((contact.recorded_at - contact.ended_at).total_seconds())
        if group is Group.LEAKED and len(failures) < _MOST_LISTED:
            failures.append(row_of(item, consoles))
        if is_set_aside(contact) and len(set_aside) < _MOST_LISTED:
            set_aside.append(row_of(item, consoles))
    expected = sum(counts[group] for group in (Group.RECORDED, Group.LEAKED, Group.WAITING))
    return {
        "counts": {**counts, "expected": expected},
        "delay": _quantiles(delays),
        "failures": failures,
        "set_aside": set_aside,
    }


def _quantiles(delays: Sequence[float]) -> dict[str, float] | None:
    """Return median and 95th percentile (nearest rank) in seconds, or None without delays."""
    if not delays:
        return None
    ranked = sorted(delays)
    return {name: ranked[-(-len(ranked) * share // 100) - 1] for name, share in (("p50", 50), ("p95", 95))}
