"""What became of a contact, beside what had to become of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_aws.contact_centre.calls import Truth

PURGED, NEVER_ENTERED = "purged", "never entered"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one contact, beside what had to become of it."""

    contact_id: str
    what_happened: str
    truth: Truth
    item: Mapping[str, str]
    """What the contact table holds of it; empty if it holds nothing."""
    absent: str = PURGED
    """What it means that the table holds nothing."""

    @property
    def is_right(self) -> bool:
        """Whether the monitor says the truth."""
        said = (self.item.get("State"), self.item.get("RecordedState"))
        return said == (self.truth.state, self.truth.recorded_state)

    @property
    def is_leak(self) -> bool:
        """Whether the monitor says that a recording is missing."""
        return self.item.get("RecordedState") == "CALL_RECORDED_FAILURE"

    @property
    def state(self) -> str:
        """The state in the table's words."""
        return self.item.get("State", self.absent)

    @property
    def verdict(self) -> str:
        """The verdict, or why there is none."""
        if not self.item:
            return self.absent
        reason = self.item.get("ClosedReason")
        return self.item.get("RecordedState") or (f"closed, {_words(reason)}" if reason else "still open")

    @property
    def true_verdict(self) -> str:
        """State and verdict that the monitor has to give."""
        return " ".join(filter(None, (self.truth.state, self.truth.recorded_state))) or self.absent


def _words(name: str) -> str:
    return name.lower().replace("_", " ")
