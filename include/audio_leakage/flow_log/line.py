"""One line of a flow log, and what it says about recording its contact.

Amazon Connect logs every block of a flow as one JSON message, at least once and in no order. Source:
CONNECT.md, "Flow logs", for the names of the blocks and the shapes of their parameters.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from audio_leakage.contacts.contact import check_contact_id
from audio_leakage.contacts.recording_blocks import RecordingBehavior, RecordingBlock
from audio_leakage.errors import InvalidContact, UnreadableLine
from audio_leakage.times import is_plausible, parse_time, shown

#: The block under the names it has had; a line of any other block is not ours.
BLOCK_NAMES = frozenset(
    {
        "SetRecordingBehavior",
        "SetRecordingAndAnalyticsBehavior",
        "UpdateContactRecordingBehavior",
        "UpdateContactRecordingAndAnalyticsBehavior",
    }
)
#: A word that each of these names contains, and the next one will, too.
BLOCK_FAMILY = "Recording"
#: A clock may be off; a line cannot be of the next day.
_AHEAD = timedelta(days=1)


def read_line(message: str, event_time: datetime) -> RecordingBlock | None:
    """Read one message of a flow log.

    :param message: the line as Connect wrote it.
    :param event_time: when the log event happened, for a line that names no time of its own; aware.
    :return: what the line sets, or None if it is not about recording the agent's conversation.
    :raises UnreadableLine: when it is about that, or might be, and cannot be understood.
    """
    line = _json_object(message)
    if _word(line.get("ContactFlowModuleType")) not in BLOCK_NAMES:
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
    failed = _word(line.get("Results")).lower().startswith("error")
    if not failed:
        return wanted
    return None if wanted in (None, RecordingBehavior.OFF) else RecordingBehavior.FAILED


def _wanted(parameters: Mapping[str, Any]) -> RecordingBehavior | None:
    option = parameters.get("RecordingBehaviorOption")
    if option is not None:
        return _by_option(_word(option), _word(parameters.get("RecordingParticipantOption", "All")))
    for behavior in (
        _object(parameters.get("RecordingBehavior")),
        _object(_object(parameters.get("VoiceBehavior")).get("VoiceRecordingBehavior")),
    ):
        if "RecordedParticipants" in behavior:
            return _by_participants(behavior["RecordedParticipants"])
    if any(
        "IVRRecordingBehavior" in part for part in (parameters, _object(parameters.get("RecordingBehavior")))
    ):
        return None  # about the automated interaction alone
    raise UnreadableLine(f"a recording block has none of the known parameters: {shown(sorted(parameters))}")


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
