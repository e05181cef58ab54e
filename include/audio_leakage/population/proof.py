"""Whether the population of an hour is complete: three counts of the same contacts.

================  ==========================================================================
listed            how many results the search listed, page by page
total_count       SearchContacts' own ``TotalCount``, asked again ``settle_hours`` later
handled           GetMetricDataV2's ``CONTACTS_HANDLED_BY_CONNECTED_TO_AGENT``
================  ==========================================================================

Source: docs/amazon-connect.md, "Reading a contact".
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Completeness(StrEnum):
    """What the counts say about an hour."""

    PENDING = "PENDING"
    """It ended too short a time ago, and a later run counts again."""
    COMPLETE = "COMPLETE"
    INCOMPLETE = "INCOMPLETE"
    """The counts disagree, after the hour was taken a second time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The counts of one hour."""

    hour: str
    listed: int
    total_count: int
    unreadable: int
    """Results that could not be read: each is a contact that we know nothing of."""
    in_standard_queues: int
    """Listed contacts of queues that GetMetricDataV2 counts. It counts no agent's own queue."""
    handled: float | None = None
    """What GetMetricDataV2 counted; None if it could not be asked."""
    handled_missing: str | None = None
    """Why it could not be asked."""
    is_settled: bool = False
    """Whether the hour ended long enough ago."""
    taken_again: bool = False
    """Whether the hour was taken a second time, because a count had grown."""

    def status(self, tolerance_percent: float) -> Completeness:
        """Return what the counts say.

        :param tolerance_percent: how far the metric may differ, in percent. Amazon Connect may shift it
            slightly when it updates a contact record.
        """
        if not self.is_settled:
            return Completeness.PENDING
        if self.listed != self.total_count or self.unreadable:
            return Completeness.INCOMPLETE
        if self.handled is None:
            return Completeness.COMPLETE
        differs_by = abs(self.handled - self.in_standard_queues)
        allowed = tolerance_percent / 100 * max(self.handled, self.in_standard_queues)
        return Completeness.COMPLETE if differs_by <= allowed else Completeness.INCOMPLETE

    def to_values(self, tolerance_percent: float) -> dict[str, Any]:
        """Return it as JSON keeps it."""
        values = {
            "hour": self.hour,
            "status": str(self.status(tolerance_percent)),
            "listed": self.listed,
            "total_count": self.total_count,
            "unreadable": self.unreadable,
            "outside_standard_queues": self.listed - self.unreadable - self.in_standard_queues,
            "handled": self.handled,
            "handled_missing": self.handled_missing,
            "taken_again": self.taken_again,
        }
        return {name: value for name, value in values.items() if value is not None}
