"""What a flow's recording blocks asked for, and which of them counted.

Source: docs/amazon-connect.md, "Flow logs".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from audio_leakage.contacts.states import RecordingPolicy
from audio_leakage.errors import InvalidContact
from audio_leakage.times import format_time, parse_time

#: The message about stored blocks that cannot be read. It does not repeat them, whoever wrote them.
UNREADABLE_BLOCKS = "RecordingBlocks cannot be read; allowed is '<time in ISO-8601> <behavior>'"


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


def behavior_in_effect(blocks: Iterable[str], agent_joined_at: datetime | None) -> RecordingBehavior | None:
    """Return the last behavior that took effect before the agent joined.

    A failed block took no effect. If none took effect in time, the first later one says what the flow wanted.
    If none ever did, the answer is FAILED, or None without any block.

    :param blocks: the blocks of one contact, as :class:`RecordingBlock` writes them.
    :param agent_joined_at: aware; None while no agent has.
    :raises InvalidContact: when the blocks cannot be read.
    """
    try:
        parts = [text.partition(" ") for text in blocks]
        read = [(parse_time(time), RecordingBehavior(word)) for time, _, word in parts]
    except ValueError:
        raise InvalidContact(UNREADABLE_BLOCKS) from None
    # At the same moment OFF sorts first, so that "on" wins: silence about a leak is the worse mistake.
    read.sort(key=lambda block: (block[0], block[1] is not RecordingBehavior.OFF))
    effective = [(time, behavior) for time, behavior in read if behavior is not RecordingBehavior.FAILED]
    in_time = [behavior for time, behavior in effective if agent_joined_at is None or time <= agent_joined_at]
    if in_time:
        return in_time[-1]
    return next((behavior for _, behavior in [*effective, *read]), None)
