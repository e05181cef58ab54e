"""What a flow's recording blocks asked for, and which of them counted.

Source: docs/amazon-connect.md, "Flow logs".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from audio_leakage.contacts.contact import UNREADABLE_BLOCKS
from audio_leakage.contacts.states import RecordingPolicy
from audio_leakage.errors import InvalidContact
from audio_leakage.times import format_time, parse_time

#: How far the flow log's clock and the clock of ConnectedToAgentTimestamp may differ.
CLOCK_MARGIN = timedelta(milliseconds=500)


class RecordingBehavior(StrEnum):
    """What a recording block did to its contact."""

    ALL = RecordingPolicy.ALL
    AGENT = RecordingPolicy.AGENT
    CUSTOMER = RecordingPolicy.CUSTOMER
    OFF = "OFF"
    FAILED = "FAILED"
    """The block failed: whatever was set before still holds."""


@dataclass(frozen=True, slots=True, order=True)
class RecordingBlock:
    """A recording block that ran."""

    at: datetime
    """When it ran; aware."""
    behavior: RecordingBehavior
    contact_id: str

    def __str__(self) -> str:
        """Return it as the contact keeps it."""
        return f"{format_time(self.at)} {self.behavior}"


@dataclass(frozen=True, slots=True)
class Intent:
    """What a flow wanted: recording, or none."""

    is_off: bool
    """The flow switched recording off before the agent joined and did not ask for it again."""
    is_off_late: bool
    """The flow's last word was "off", too late to count: about when the agent joined, or after that."""
    has_failed: bool
    """The flow asked for recording, and every block that did so failed."""


def intent_of(blocks: Iterable[str], agent_joined_at: datetime | None) -> Intent:
    """Return what a flow wanted, from its recording blocks in any order.

    "Off" counts only if it was logged clearly before the agent joined and no block that asks for recording
    follows it. A block that failed or came late asks as well. The log's clock and Connect's clock may differ,
    so their order within :data:`CLOCK_MARGIN` never decides between silence and an alert.

    :param blocks: the blocks of one contact, as :class:`RecordingBlock` writes them.
    :param agent_joined_at: aware; None while no agent has.
    :raises InvalidContact: when the blocks cannot be read.
    """
    read = _in_order(blocks)
    offs = [at for at, behavior in read if behavior is RecordingBehavior.OFF]
    early = [at for at in offs if agent_joined_at is None or at + CLOCK_MARGIN <= agent_joined_at]
    last_off = max(early, default=None)
    asks = [(at, behavior) for at, behavior in read if behavior is not RecordingBehavior.OFF]
    asks_after = [behavior for at, behavior in asks if last_off is None or at >= last_off]
    is_off = last_off is not None and not asks_after
    return Intent(
        is_off=is_off,
        is_off_late=not is_off and len(offs) > len(early) and read[-1][1] is RecordingBehavior.OFF,
        has_failed=bool(asks_after) and set(asks_after) == {RecordingBehavior.FAILED},
    )


def _in_order(blocks: Iterable[str]) -> list[tuple[datetime, RecordingBehavior]]:
    """Return blocks by time; at the same moment "off" comes first, because it must not hide a leak."""
    try:
        parts = [text.partition(" ") for text in blocks]
        read = [(parse_time(time), RecordingBehavior(word)) for time, _, word in parts]
    except ValueError:
        raise InvalidContact(UNREADABLE_BLOCKS) from None
    return sorted(read, key=lambda block: (block[0], block[1] is not RecordingBehavior.OFF))
