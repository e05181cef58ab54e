"""What Amazon Connect says of a simulated call at a moment: ``Contact`` as DescribeContact answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from local_aws.contact_centre.calls import SimulatedCall

_ACCOUNT = "arn:aws:connect:af-south-1:123456789012"
#: Stands in every member that may tell of a person. Nothing of it may get out of the monitor.
PERSON = "+27825559000"
_AGENT_ID = "59ede75e-26d7-44f9-bf20-32e6bfc378af"


def contact_of(call: SimulatedCall, moment: datetime) -> Mapping[str, Any]:
    """Return ``Contact`` of a call that Connect knows at a moment."""

    def known(event: datetime | None) -> datetime | None:
        return event if event and event <= moment else None

    agent = {
        "Id": _AGENT_ID if known(call.offered) else None,
        "ConnectedToAgentTimestamp": known(call.connected_to_agent),
        "AfterContactWorkStartTimestamp": known(call.agent_left),
        "AfterContactWorkEndTimestamp": known(call.work_ended),
    }
    queue = {"Id": call.queue_id, "EnqueueTimestamp": call.enqueued} if known(call.enqueued) else None
    contact = {
        "Arn": f"{_ACCOUNT}:instance/{UUID(int=0)}/contact/{call.contact_id}",
        "Id": call.contact_id,
        "PreviousContactId": call.previous_contact_id,
        "InitialContactId": call.initial_contact_id,
        "InitiationMethod": call.method,
        "Channel": call.channel,
        "QueueInfo": queue,
        "AgentInfo": {name: value for name, value in agent.items() if value} or None,
        "InitiationTimestamp": call.initiated,
        "ConnectedToSystemTimestamp": known(call.connected_to_system),
        "DisconnectTimestamp": known(call.disconnected),
        "Recordings": _recordings(call, moment) or None,
        "SegmentAttributes": _segment_attributes(call),
        "Name": PERSON,
        "Tags": {"caller": PERSON},
        "CustomerEndpoint": {"Type": "TELEPHONE_NUMBER", "Address": PERSON},
        "SystemEndpoint": {"Type": "TELEPHONE_NUMBER", "Address": PERSON},
    }
    return {name: value for name, value in contact.items() if value is not None}


def _segment_attributes(call: SimulatedCall) -> dict[str, dict[str, str]]:
    texts = {
        "connect:Subtype": f"connect:{'Telephony' if call.channel == 'VOICE' else 'Chat'}",
        "caller": PERSON,
    }
    if call.is_test:
        texts["connect:ValidationTestType"] = "FLOW_VALIDATION"
    return {name: {"ValueString": text} for name, text in texts.items()}


def _recordings(call: SimulatedCall, moment: datetime) -> list[dict[str, str]]:
    """Return the pointers that have appeared; the participant is often missing."""
    return [
        {
            "StorageType": "S3",
            "Location": f"{call.bucket}/{pointer.key}",
            "MediaStreamType": "AUDIO",
            "Status": "AVAILABLE",
            **({"ParticipantType": pointer.participant} if pointer.participant else {}),
        }
        for pointer in call.pointers
        if pointer.appears <= moment
    ]
