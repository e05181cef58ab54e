"""The contacts a run finds: so many open ones, a fifth of which have just ended, beside so many finished ones."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

INSTANCE_ID = "bd7c61d1-6722-4b4f-8c9c-6253e5a85c32"
TABLE, BUCKET, PREFIX = "contacts", "recordings", "connect/acme/CallRecordings"
#: Of a hundred open contacts so many have ended since the last run, and so many wait for an agent.
ENDED, WAITING = 20, 3
#: Recordings of other calls in the folder of the day.
OTHER_RECORDINGS = 20_000


def contact_ids(count: int, seed: int = 1) -> Iterator[str]:
    """Give contact ids, the same for the same seed."""
    dice = Random(seed)
    return (str(UUID(int=dice.getrandbits(128), version=4)) for _ in range(count))


def has_ended(position: int) -> bool:
    """Tell whether a contact is one of those that ended."""
    return position % 100 < ENDED


def is_waiting(position: int) -> bool:
    """Tell whether a contact is one of those that wait in the queue."""
    return position % 100 >= 100 - WAITING


def connected_at(now: datetime, position: int) -> datetime:
    """Return when the agent joined: in the last hour but not in the last ten minutes."""
    return now - timedelta(minutes=11) - timedelta(seconds=position % 2900)


def ended_at(now: datetime, position: int) -> datetime:
    """Return when a contact ended that has: since the last run, and long enough ago for the first look."""
    return now - timedelta(seconds=150 + position % 140)


def recording_size(now: datetime, position: int) -> int:
    """Return the size in bytes of the recording of a contact that ended."""
    return 44 + 32_000 * int((ended_at(now, position) - connected_at(now, position)).total_seconds())


def described(now: datetime, position: int, contact_id: str) -> Mapping[str, Any]:
    """Return a contact as DescribeContact tells it."""
    connected = connected_at(now, position)
    contact: dict[str, Any] = {
        "Id": contact_id,
        "Channel": "VOICE",
        "InitiationMethod": "INBOUND",
        "InitiationTimestamp": connected - timedelta(minutes=1),
    }
    if is_waiting(position):
        return contact
    contact["AgentInfo"] = {"Id": str(UUID(int=7)), "ConnectedToAgentTimestamp": connected}
    if has_ended(position):
        ended = ended_at(now, position)
        contact["DisconnectTimestamp"] = ended
        contact["AgentInfo"]["AfterContactWorkStartTimestamp"] = ended
    return contact


def item(now: datetime, position: int, contact_id: str) -> dict[str, Any]:
    """Return an open contact as the last run left it in the table."""
    connected = connected_at(now, position)
    state = "IN_PROGRESS - QUEUE/IVR" if is_waiting(position) else "IN_PROGRESS - AGENT"
    return {
        **_known(contact_id, connected - timedelta(minutes=1)),
        "State": state,
        "OpenState": state,
        "NextCheckAt": text(now - timedelta(seconds=60)),
        **({} if is_waiting(position) else {"ConnectedToAgentTimestamp": text(connected)}),
    }


def finished_item(now: datetime, position: int, contact_id: str) -> dict[str, Any]:
    """Return a contact that was judged long ago."""
    initiated = now - timedelta(days=2) - timedelta(seconds=position % 2_000_000)
    connected = initiated + timedelta(minutes=1)
    return {
        **_known(contact_id, initiated),
        "State": "COMPLETED - AGENT",
        "RecordedState": "CALL_RECORDED_SUCCESS",
        "ConnectedToAgentTimestamp": text(connected),
        "DisconnectTimestamp": text(connected + timedelta(minutes=5)),
        "RecordingKey": key(connected, contact_id),
        "RecordingLocation": f"{BUCKET}/{key(connected, contact_id)}",
        "RecordingSize": 9_600_044,
        "RecordingSeconds": 300,
        "JudgedAt": text(connected + timedelta(minutes=8)),
    }


def key(connected: datetime, contact_id: str) -> str:
    """Return the key of a contact's recording."""
    return f"{PREFIX}/{connected:%Y/%m/%d}/{contact_id}_{connected:%Y%m%dT%H:%M}_UTC.wav"


def text(moment: datetime) -> str:
    """Write a time as the table has it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _known(contact_id: str, initiated: datetime) -> dict[str, Any]:
    return {
        "ContactId": contact_id,
        "Channel": "VOICE",
        "InitiationMethod": "INBOUND",
        "InitiationTimestamp": text(initiated),
        "InitialisedAt": text(initiated),
        "InitialisedHour": text(initiated)[:13],
        "RecordingPolicy": "ALL",
        "RecordingBlocks": [f"{text(initiated)} ALL"],
        "AgentId": str(UUID(int=7)),
        "QueueId": str(UUID(int=8)),
    }
