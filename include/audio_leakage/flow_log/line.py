"""One line of a flow log, and what it says about recording its contact.

Amazon Connect logs every block of a flow as one JSON message, at least once and in no order. Source:
docs/amazon-connect.md, "Flow logs", for the names of the blocks and the shapes of their parameters.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from audio_leakage.contacts.contact import check_contact_id
from audio_leakage.contacts.recording_blocks import RecordingBehavior, RecordingBlock
from audio_leakage.errors import InvalidContact, UnreadableLine
from audio_leakage.times import is_plausible, parse_time, shown

#: The word that every name of the recording block has in it. AWS has renamed the block before.
BLOCK_FAMILY = "Recording"
#: How far a line's own time may be ahead of its log event's: a clock may be off, but not by a day.
_AHEAD = timedelta(days=1)
#: ``Results`` of a block that applied nothing, such as Error, ChannelMismatch or NoMatchingError.
_NOT_APPLIED = re.compile(
    r"error|mismatch|fail|no ?match|denied|invalid|time ?d? ?out|exception", re.IGNORECASE
)
#: Parameters that say nothing about the agent's voice, by the path of names that leads to them.
_OTHER_PARAMETERS = (
    ("AnalyticsBehavior",),
    ("ChatBehavior",),
    ("IVRRecordingBehavior",),
    ("ScreenRecordingBehavior",),
    ("ScreenRecordingBehaviorOption",),
    ("ScreenRecordedParticipants",),
    ("RecordingBehavior", "IVRRecordingBehavior"),
    ("RecordingBehavior", "ScreenRecordedParticipants"),
    ("VoiceBehavior", "VoiceAnalyticsBehavior"),
    ("VoiceBehavior", "VoiceRecordingBehavior", "IVRRecordingBehavior"),
)


def read_line(message: str, event_time: datetime) -> RecordingBlock | None:
    """Read one message of a flow log.

    :param message: the line as Connect wrote it.
    :param event_time: when the log event happened, for a line that names no time of its own; aware.
    :return: the recording block, or None if the line says nothing about recording the agent's conversation.
    :raises UnreadableLine: when the line is about that, or might be, and cannot be understood.
    """
    line = _json_object(message)
    if BLOCK_FAMILY.lower() not in _word(line.get("ContactFlowModuleType")).lower():
        return None
    try:
        contact_id = check_contact_id(line.get("ContactId")).lower()
        at = parse_time(line["Timestamp"]) if line.get("Timestamp") else event_time
        behavior = _behavior(line)
    except InvalidContact as error:
        raise UnreadableLine(str(error)) from error
    except ValueError:
        raise UnreadableLine("Timestamp is no time of this century in ISO-8601 with its offset") from None
    if not is_plausible(at) or at - event_time > _AHEAD:  # it would not be due before that
        raise UnreadableLine(f"a recording block ran at {at}, long after its line was written")
    return RecordingBlock(at, behavior, contact_id) if behavior else None


def _json_object(message: str) -> Mapping[str, Any]:
    try:
        line = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise UnreadableLine(f"a line is not JSON: {error}") from error
    if not isinstance(line, dict):
        raise UnreadableLine("a line is JSON, but no object")
    return line


def _behavior(line: Mapping[str, Any]) -> RecordingBehavior | None:
    wanted = _wanted(_object(line.get("Parameters")))
    if not _NOT_APPLIED.search(_word(line.get("Results"))):
        return wanted
    # A block that failed left everything as it was; one that asked for recording did ask.
    return None if wanted in (None, RecordingBehavior.OFF) else RecordingBehavior.FAILED


def _wanted(parameters: Mapping[str, Any]) -> RecordingBehavior | None:
    """Return what a block asked for; None if it is about the screen, a chat, the IVR or analytics alone."""
    asked = _by_parameters(parameters)
    if asked is RecordingBehavior.OFF and _is_about_another_channel(parameters):
        return None  # one block sets one channel, so this "off" is not about the agent's voice
    if asked is None and not _is_about_something_else(parameters):
        raise UnreadableLine(
            f"a recording block has none of the known parameters: {shown(sorted(parameters))}"
        )
    return asked


def _by_parameters(parameters: Mapping[str, Any]) -> RecordingBehavior | None:
    option = parameters.get("RecordingBehaviorOption")
    if option is not None:
        return _by_option(_word(option), _word(parameters.get("RecordingParticipantOption", "All")))
    for behavior in (
        _object(parameters.get("RecordingBehavior")),
        _object(_object(parameters.get("VoiceBehavior")).get("VoiceRecordingBehavior")),
    ):
        if "RecordedParticipants" in behavior:
            return _by_participants(behavior["RecordedParticipants"])
    return None


def _is_about_something_else(parameters: Mapping[str, Any]) -> bool:
    """Tell whether a block has parameters, and each of them is known to say nothing about the voice."""
    leaves = list(_leaves(parameters, deepest=3))
    return bool(leaves) and all(
        any(path[: len(known)] == known for known in _OTHER_PARAMETERS) for path in leaves
    )


def _leaves(parameters: Mapping[str, Any], deepest: int) -> Iterator[tuple[str, ...]]:
    """Yield the path of names to each parameter, down to a depth."""
    for name, value in parameters.items():
        if isinstance(value, Mapping) and value and deepest > 1:
            yield from ((name, *path) for path in _leaves(value, deepest - 1))
        else:
            yield (name,)


def _is_about_another_channel(parameters: Mapping[str, Any]) -> bool:
    """Tell whether a block switches something on for the screen or for chats."""
    places = (parameters, _object(parameters.get("RecordingBehavior")))
    others = (
        value for place in places for name, value in place.items() if name.startswith(("Screen", "Chat"))
    )
    return any(_switches_on(value) for value in others)


def _switches_on(value: object) -> bool:
    if isinstance(value, str):
        return bool(value) and not value.lower().startswith(("disable", "false", "none", "off"))
    if isinstance(value, Mapping):  # such as {"ScreenRecordedParticipants": ["Agent"]}
        return any(bool(inner) and inner not in ("Disabled", "False", "false") for inner in value.values())
    return bool(value)


def _by_option(option: str, participant: str) -> RecordingBehavior:
    if option.lower().startswith("disable"):
        return RecordingBehavior.OFF  # the participant reads All even then
    if not option.lower().startswith("enable"):
        raise UnreadableLine("RecordingBehaviorOption is another word; allowed are 'Enable', 'Disable'")
    return _by_participants(
        ["Agent", "Customer"] if participant.lower() in ("all", "both") else [participant]
    )


def _by_participants(participants: object) -> RecordingBehavior:
    if not isinstance(participants, list):
        raise UnreadableLine("RecordedParticipants is no list")
    named = {_word(participant).upper() for participant in participants}
    if not named <= {"AGENT", "CUSTOMER"}:
        raise UnreadableLine("recorded participants are others; allowed are Agent, Customer")
    if not named:
        return RecordingBehavior.OFF
    return RecordingBehavior.ALL if len(named) == 2 else RecordingBehavior(named.pop())


def _word(value: object) -> str:
    """Return a text as it is, anything else as none.

    No message quotes it: a flow may take it from an attribute of the contact, which may be a customer's.
    """
    return value if isinstance(value, str) else ""


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
