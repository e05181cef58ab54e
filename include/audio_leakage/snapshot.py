"""One answer of DescribeContact, read into what this package decides on.

Whatever else Connect says is ignored, and values it may invent tomorrow (channels, initiation methods,
participants) pass as they are. Source: API_DescribeContact and CONNECT.md, "Reading a contact".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from audio_leakage.errors import InvalidContact

#: Members every contact has, whatever became of it; an answer without them was cut off or is not one.
_REQUIRED = ("Id", "Channel", "InitiationMethod", "InitiationTimestamp")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPointer:
    """An entry of ``Contact.Recordings`` for audio that lies in S3 and is not marked as the IVR's."""

    location: str
    """``bucket/key``, as Connect writes it."""
    status: str | None
    """AVAILABLE or DELETED."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactSnapshot:
    """What Connect said about a contact at one moment. Times are aware."""

    channel: str
    initiation_method: str
    initiation_timestamp: datetime | None
    agent_id: str | None
    queue_id: str | None
    connected_to_system_timestamp: datetime | None
    connected_to_agent_timestamp: datetime | None
    after_contact_work_start_timestamp: datetime | None
    after_contact_work_end_timestamp: datetime | None
    disconnect_timestamp: datetime | None
    recordings: tuple[RecordingPointer, ...]

    @classmethod
    def from_answer(cls, contact_id: str, answer: Mapping[str, Any]) -> Self:
        """Read the answer that boto3 gave for ``contact_id``.

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
            channel=str(contact["Channel"]),
            initiation_method=str(contact["InitiationMethod"]),
            initiation_timestamp=_time(contact, "InitiationTimestamp"),
            agent_id=agent.get("Id"),
            queue_id=_structure(contact.get("QueueInfo")).get("Id"),
            connected_to_system_timestamp=_time(contact, "ConnectedToSystemTimestamp"),
            connected_to_agent_timestamp=_time(agent, "ConnectedToAgentTimestamp"),
            after_contact_work_start_timestamp=_time(agent, "AfterContactWorkStartTimestamp"),
            after_contact_work_end_timestamp=_time(agent, "AfterContactWorkEndTimestamp"),
            disconnect_timestamp=_time(contact, "DisconnectTimestamp"),
            recordings=_audio_in_s3(contact.get("Recordings")),
        )


def _audio_in_s3(entries: object) -> tuple[RecordingPointer, ...]:
    if not isinstance(entries, list):
        return ()
    return tuple(
        RecordingPointer(location=location, status=entry.get("Status"))
        for entry in map(_structure, entries)
        if entry.get("StorageType") in ("S3", None)
        and entry.get("MediaStreamType") in ("AUDIO", None)
        and entry.get("ParticipantType") != "IVR"
        and isinstance(location := entry.get("Location"), str)
    )


def _structure(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _time(structure: Mapping[str, Any], member: str) -> datetime | None:
    value = structure.get(member)
    if value is None:
        return None
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    raise InvalidContact(f"DescribeContact answered with a {member} that is no time in a time zone")
