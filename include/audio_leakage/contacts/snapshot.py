"""One answer of DescribeContact, read into what this package decides on.

Other members are ignored. Unknown channels and initiation methods pass as they are. Source:
API_DescribeContact and docs/amazon-connect.md, "Reading a contact".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from audio_leakage.contacts.contact import check_contact_id
from audio_leakage.errors import InvalidContact
from audio_leakage.times import is_plausible

_LONGEST_TEXT = 256  # of an id or a word
_LONGEST_LOCATION = 1100  # name of a bucket, slash, key
#: Participants whose recording is that of the conversation; Connect often names none. IVR is another one.
_IN_THE_CONVERSATION = (None, "ALL", "AGENT", "CUSTOMER", "MANAGER", "THIRDPARTY")
#: Members that every contact has; an answer without them was cut off.
_REQUIRED = ("Id", "Channel", "InitiationMethod", "InitiationTimestamp")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPointer:
    """An entry of ``Contact.Recordings`` for audio in S3 that may be the conversation."""

    location: str
    """``bucket/key``, as Connect writes it."""
    status: str | None
    """AVAILABLE or DELETED."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactSnapshot:
    """What Connect said about a contact at one moment. Times are aware."""

    channel: str
    initiation_method: str
    initial_contact_id: str | None
    previous_contact_id: str | None
    initiation_timestamp: datetime | None
    agent_id: str | None
    queue_id: str | None
    connected_to_system_timestamp: datetime | None
    connected_to_agent_timestamp: datetime | None
    after_contact_work_start_timestamp: datetime | None
    after_contact_work_end_timestamp: datetime | None
    disconnect_timestamp: datetime | None
    recordings: tuple[RecordingPointer, ...]
    described_at: datetime | None
    """When DescribeContact answered; None for a result of SearchContacts, which tells less."""

    @classmethod
    def from_answer(
        cls, contact_id: str, answer: Mapping[str, Any], described_at: datetime | None = None
    ) -> Self:
        """Read the answer that boto3 gave for ``contact_id``.

        :param described_at: when DescribeContact gave it; None for a result of SearchContacts.
        :raises InvalidContact: when it lacks what every contact has, or speaks of another contact.
        """
        contact = _structure(answer.get("Contact"))
        missing = [member for member in _REQUIRED if contact.get(member) is None]
        if missing:
            raise InvalidContact(f"DescribeContact answered without Contact.{', Contact.'.join(missing)}")
        if str(contact["Id"]).lower() != contact_id.lower():
            raise InvalidContact("DescribeContact answered with another contact than the one asked for")
        agent = _structure(contact.get("AgentInfo"))
        return cls(
            channel=_required(contact, "Channel"),
            initiation_method=_required(contact, "InitiationMethod"),
            initial_contact_id=_contact_id(contact, "InitialContactId"),
            previous_contact_id=_contact_id(contact, "PreviousContactId"),
            initiation_timestamp=_time(contact, "InitiationTimestamp"),
            agent_id=_text(agent, "Id"),
            queue_id=_text(_structure(contact.get("QueueInfo")), "Id"),
            connected_to_system_timestamp=_time(contact, "ConnectedToSystemTimestamp"),
            connected_to_agent_timestamp=_time(agent, "ConnectedToAgentTimestamp"),
            after_contact_work_start_timestamp=_time(agent, "AfterContactWorkStartTimestamp"),
            after_contact_work_end_timestamp=_time(agent, "AfterContactWorkEndTimestamp"),
            disconnect_timestamp=_time(contact, "DisconnectTimestamp"),
            recordings=_conversations(contact.get("Recordings")),
            described_at=described_at,
        )


def _conversations(entries: object) -> tuple[RecordingPointer, ...]:
    if not isinstance(entries, list):
        return ()
    return tuple(
        RecordingPointer(location=location, status=_text(entry, "Status"))
        for entry in map(_structure, entries)
        if entry.get("StorageType") in ("S3", None)
        and entry.get("MediaStreamType") in ("AUDIO", None)
        and entry.get("ParticipantType") in _IN_THE_CONVERSATION
        and isinstance(location := entry.get("Location"), str)
        and len(location) <= _LONGEST_LOCATION
    )


def _required(structure: Mapping[str, Any], member: str) -> str:
    text = _text(structure, member)
    if text is None:
        raise InvalidContact(f"DescribeContact answered with a {member} that is no word")
    return text


def _text(structure: Mapping[str, Any], member: str) -> str | None:
    """Return a member that is a word or an id; anything else is as good as nothing."""
    value = structure.get(member)
    return (
        value if isinstance(value, str) and 0 < len(value) <= _LONGEST_TEXT and value.isprintable() else None
    )


def _contact_id(structure: Mapping[str, Any], member: str) -> str | None:
    """Return another contact's id; anything else is as good as nothing."""
    try:
        return check_contact_id(structure.get(member))
    except InvalidContact:
        return None


def _structure(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _time(structure: Mapping[str, Any], member: str) -> datetime | None:
    value = structure.get(member)
    if value is None:
        return None
    if isinstance(value, datetime) and value.tzinfo is not None and is_plausible(value):
        return value
    raise InvalidContact(
        f"DescribeContact answered with a {member} that is no time of this century in a zone"
    )
