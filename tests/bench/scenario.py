"""The contacts of the benchmark: open ones, a fifth of them just ended, and finished ones."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

INSTANCE_ID = "bd7c61d1-6722-4b4f-8c9c-6253e5a85c32"
TABLE, BUCKET, PREFIX = "contacts", "recordings", "connect/acme/CallRecordings"
#: Percentage of open contacts that have ended since the last run, and percentage that wait for an agent.
ENDED, WAITING = 20, 3
#: Recordings of other calls in the folder of the day.
OTHER_RECORDINGS = 20_000


def contact_ids(count: int, seed: int = 1) -> Iterator[str]:
    """Yield contact ids, always the same for one seed."""
    dice = Random(seed)
    return (str(UUID(int=dice.getrandbits(128), version=4)) for _ in range(count))


def has_ended(position: int) -> bool:
    """Return whether a contact has ended."""
    return position % 100 < ENDED


def is_waiting(position: int) -> bool:
    """Return whether a contact waits in the queue."""
    return position % 100 >= 100 - WAITING


def connected_at(now: datetime, position: int) -> datetime:
    """Return the time when the agent joined: in the last hour, but not in the last ten minutes."""
    return now - timedelta(minutes=11) - timedelta(seconds=position % 2900)


def ended_at(now: datetime, position: int) -> datetime:
    """Return the time when a contact ended: since the last run, and long enough ago for the first check."""
    return now - timedelta(seconds=150 + position % 140)


def recording_size(now: datetime, position: int) -> int:
    """Return the size of an ended contact's recording, in bytes."""
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
    """Return the item of an open contact, as the last run wrote it."""
    connected = connected_at(now, position)
    state = "IN_PROGRESS - QUEUE/IVR" if is_waiting(position) else "IN_PROGRESS - AGENT"
    return {
        **_known(contact_id, connected - timedelta(minutes=1)),
        "State": state,
        "OpenState": state,
        "NextCheckAt": text(now - timedelta(seconds=60)),
        **({} if is_waiting(position) else {"ConnectedToAgentTimestamp": text(connected)}),
    }


def storm_item(now: datetime, position: int, contact_id: str) -> dict[str, Any]:
    """Return the item of a contact that ended without a recording and is about to fail."""
    connected, ended = storm_connected_at(now, position), storm_ended_at(now, position)
    state = "COMPLETED - AGENT"
    return {
        **_known(contact_id, connected - timedelta(minutes=1)),
        "State": state,
        "OpenState": state,
        "NextCheckAt": text(now - timedelta(seconds=60)),
        "ConnectedToAgentTimestamp": text(connected),
        "DisconnectTimestamp": text(ended),
        "DescribedAt": text(ended + timedelta(minutes=1)),
    }


def storm_described(now: datetime, position: int, contact_id: str) -> Mapping[str, Any]:
    """Return such a contact as DescribeContact tells it."""
    connected, ended = storm_connected_at(now, position), storm_ended_at(now, position)
    return {
        "Id": contact_id,
        "Channel": "VOICE",
        "InitiationMethod": "INBOUND",
        "InitiationTimestamp": connected - timedelta(minutes=1),
        "DisconnectTimestamp": ended,
        "AgentInfo": {
            "Id": str(UUID(int=7)),
            "ConnectedToAgentTimestamp": connected,
            "AfterContactWorkStartTimestamp": ended,
            "AfterContactWorkEndTimestamp": ended + timedelta(seconds=20),
        },
    }


def storm_connected_at(now: datetime, position: int) -> datetime:
    """Return the time when the agent of a leaking call joined."""
    return storm_ended_at(now, position) - timedelta(minutes=5)


def storm_ended_at(now: datetime, position: int) -> datetime:
    """Return the time when a leaking call ended: an hour ago, within five minutes."""
    return now - timedelta(minutes=61) - timedelta(seconds=position % 300)


def finished_item(now: datetime, position: int, contact_id: str) -> dict[str, Any]:
    """Return the item of a contact that was judged long ago."""
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
    """Return a time in the table's format."""
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
