"""Four real answers of DescribeContact, as given in the specification of the monitor."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

INSTANCE_ID = "bd7c61d1-6722-4b4f-8c9c-6253e5a85c32"

SPOKE_TO_AGENT = "955c07e1-af64-4094-9c16-c59995ecdcbe"
ON_CALL_WITH_AGENT = "bd749cef-008a-4130-b137-0dfdfd2acf9c"
DISCONNECTED_IN_QUEUE = "b1797f20-7c75-48d9-94a6-6dfbeb539105"
WAITING_IN_QUEUE = "a346ae06-accc-4101-8cf1-beb322f47c6a"


def _contact(contact_id: str, **members: Any) -> Mapping[str, Any]:
    arn = f"arn:aws:connect:af-south-1:687244881512:instance/{INSTANCE_ID}/contact/{contact_id}"
    return {"Arn": arn, "Channel": "VOICE", "Id": contact_id, "InitiationMethod": "INBOUND", **members}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


SEED_CONTACTS: Mapping[str, Mapping[str, Any]] = {
    SPOKE_TO_AGENT: _contact(
        SPOKE_TO_AGENT,
        AgentInfo={
            "ConnectedToAgentTimestamp": _time("2023-08-29T10:30:11.038Z"),
            "Id": "59ede75e-26d7-44f9-bf20-32e6bfc378af",
        },
        DisconnectTimestamp=_time("2023-08-29T10:31:10.343Z"),
        InitiationTimestamp=_time("2023-08-29T10:29:57.871Z"),
        LastUpdateTimestamp=_time("2023-08-29T10:31:10.343Z"),
        QueueInfo={
            "EnqueueTimestamp": _time("2023-08-29T10:30:04.641Z"),
            "Id": "54b468a3-86b1-4746-aeb5-c31b62eecaa2",
        },
    ),
    ON_CALL_WITH_AGENT: _contact(
        ON_CALL_WITH_AGENT,
        AgentInfo={
            "ConnectedToAgentTimestamp": _time("2023-08-29T21:22:59.548Z"),
            "Id": "59ede75e-26d7-44f9-bf20-32e6bfc378af",
        },
        InitiationTimestamp=_time("2023-08-29T21:22:44.141Z"),
        LastUpdateTimestamp=_time("2023-08-29T21:22:59.604Z"),
        QueueInfo={
            "EnqueueTimestamp": _time("2023-08-29T21:22:54.402Z"),
            "Id": "936732c5-790d-4cb1-80f1-001e9997f92e",
        },
    ),
    DISCONNECTED_IN_QUEUE: _contact(
        DISCONNECTED_IN_QUEUE,
        DisconnectTimestamp=_time("2023-08-29T11:18:16.018Z"),
        InitiationTimestamp=_time("2023-08-29T11:18:02.539Z"),
        LastUpdateTimestamp=_time("2023-08-29T11:18:16.018Z"),
        QueueInfo={
            "EnqueueTimestamp": _time("2023-08-29T11:18:11.029Z"),
            "Id": "54b468a3-86b1-4746-aeb5-c31b62eecaa2",
        },
    ),
    WAITING_IN_QUEUE: _contact(
        WAITING_IN_QUEUE,
        InitiationTimestamp=_time("2023-08-29T21:27:49.761Z"),
        LastUpdateTimestamp=_time("2023-08-29T21:27:59.558Z"),
        QueueInfo={
            "EnqueueTimestamp": _time("2023-08-29T21:27:59.089Z"),
            "Id": "54b468a3-86b1-4746-aeb5-c31b62eecaa2",
        },
    ),
}
