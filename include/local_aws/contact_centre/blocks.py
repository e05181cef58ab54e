"""The blocks of a flow that set recording, and what the flow wanted with each of them.

The shapes are those of docs/amazon-connect.md, "Flow logs". Each says in one word what it wants, so the truth
about a call never depends on reading the parameters.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

#: What a block may answer that did not apply its setting.
FAILED_RESULTS = ("Error", "ChannelMismatch", "NoMatchingError")
#: The action's latest name, as far as anybody knows, and names it has had or may have one day.
LEGACY, PLAIN, NEWEST = (
    "SetRecordingBehavior",
    "UpdateContactRecordingBehavior",
    "UpdateContactRecordingAndAnalyticsBehavior",
)
UNKNOWN_NAMES = ("SetRecordingAnalyticsAndProcessingBehavior", "UpdateContactRecordingAndProcessingBehavior")
#: Two clocks may differ by less: an "off" that is logged any later before the agent joined came too late.
_CLOCKS_DIFFER = timedelta(seconds=0.5)


class Wish(StrEnum):
    """What a flow wants with a block."""

    ON = "on"
    """The agent's conversation is to be recorded."""
    OFF = "off"
    """It is not."""
    ELSE = "something else"
    """The block says nothing about it: screen, chat, IVR or analytics alone."""
    UNREADABLE = "unreadable"
    """Nobody can tell yet."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One way to write a wish down."""

    wish: Wish
    name: str
    """The type of block that was seen to write it."""
    parameters: Mapping[str, Any]


def _option(option: str, ivr: str = "Disabled") -> Mapping[str, Any]:
    # The participant reads All even when the option is Disable.
    return {
        "RecordingBehaviorOption": option,
        "RecordingParticipantOption": "All",
        "IVRRecordingBehavior": ivr,
    }


def _voice(**behavior: Any) -> Mapping[str, Any]:
    return {"VoiceBehavior": {"VoiceRecordingBehavior": behavior}}


_BOTH = ["Agent", "Customer"]
_CHAT_ANALYTICS = {"Enabled": "True", "AnalyticsModes": ["ContactLens"]}
#: Every shape by name.
SHAPES: Mapping[str, Shape] = {
    "enable": Shape(Wish.ON, LEGACY, _option("Enable")),
    "enable, IVR too": Shape(Wish.ON, LEGACY, _option("Enable", ivr="Enabled")),
    "participants": Shape(Wish.ON, PLAIN, {"RecordingBehavior": {"RecordedParticipants": _BOTH}}),
    "agent alone": Shape(Wish.ON, PLAIN, {"RecordingBehavior": {"RecordedParticipants": ["Agent"]}}),
    "voice": Shape(Wish.ON, NEWEST, _voice(RecordedParticipants=_BOTH)),
    "voice, IVR too": Shape(
        Wish.ON, NEWEST, _voice(RecordedParticipants=_BOTH, IVRRecordingBehavior="Enabled")
    ),
    "disable": Shape(Wish.OFF, LEGACY, _option("Disable")),
    "IVR alone, flattened": Shape(Wish.OFF, LEGACY, _option("Disable", ivr="Enabled")),
    "no participants": Shape(Wish.OFF, PLAIN, {"RecordingBehavior": {"RecordedParticipants": []}}),
    "no voice": Shape(Wish.OFF, NEWEST, _voice(RecordedParticipants=[])),
    "IVR alone": Shape(Wish.ELSE, NEWEST, _voice(IVRRecordingBehavior="Enabled")),
    "screen": Shape(
        Wish.ELSE, NEWEST, {"ScreenRecordingBehavior": {"ScreenRecordedParticipants": ["Agent"]}}
    ),
    "no screen": Shape(Wish.ELSE, NEWEST, {"ScreenRecordingBehavior": {"ScreenRecordedParticipants": []}}),
    "screen, as it was": Shape(
        Wish.ELSE, PLAIN, {"RecordingBehavior": {"ScreenRecordedParticipants": ["Agent"]}}
    ),
    "chat": Shape(Wish.ELSE, NEWEST, {"ChatBehavior": {"ChatAnalyticsBehavior": _CHAT_ANALYTICS}}),
    "analytics": Shape(Wish.ELSE, PLAIN, {"AnalyticsBehavior": {"Enabled": "True"}}),
    "never seen": Shape(Wish.UNREADABLE, NEWEST, {"CaptureProfile": {"Streams": ["Conversation"]}}),
}
#: The names of the shapes of each wish.
SHAPES_OF: Mapping[Wish, tuple[str, ...]] = {
    wish: tuple(name for name, shape in SHAPES.items() if shape.wish is wish) for wish in Wish
}


@dataclass(frozen=True, slots=True)
class Block:
    """A block that ran."""

    at: datetime
    """Aware, as its line says."""
    shape: str = "enable"
    """A name of :data:`SHAPES`."""
    result: str = "Success"
    name: str | None = None
    """The type of block; None: the one that its shape was seen with."""

    @property
    def asks(self) -> bool:
        """Whether the flow wanted the conversation recorded; a block that failed wanted it, too."""
        return SHAPES[self.shape].wish is Wish.ON

    @property
    def switches_off(self) -> bool:
        """Whether recording was off after it; an "off" that failed did nothing."""
        return SHAPES[self.shape].wish is Wish.OFF and self.result == "Success"

    @property
    def is_unreadable(self) -> bool:
        """Whether nobody can tell yet what it wants."""
        return SHAPES[self.shape].wish is Wish.UNREADABLE


def wished_off(blocks: Iterable[Block], joined: datetime) -> bool:
    """Tell whether the flow wanted no recording of the conversation, and said so in time.

    :param joined: when the agent joined; aware.
    """
    off_in_time = [block.at for block in blocks if block.switches_off and joined - block.at >= _CLOCKS_DIFFER]
    asked = [block.at for block in blocks if block.asks]
    return bool(off_in_time) and max(off_in_time) > max(
        asked, default=datetime.min.replace(tzinfo=joined.tzinfo)
    )


def last_word_is_off(blocks: Iterable[Block]) -> bool:
    """Tell whether the last block that wanted anything of the conversation switched recording off."""
    words = sorted((block.at, block.asks) for block in blocks if block.asks or block.switches_off)
    return bool(words) and not words[-1][1]
