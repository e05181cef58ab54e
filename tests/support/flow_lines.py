"""Lines of a flow log, modelled on real ones."""

import base64
import gzip
import json
from datetime import datetime
from typing import Any

from support.fakes import CONTACT_ID, at


def line(**changes: Any) -> str:
    """Return a line like those of real logs.

    :param changes: members to change; None leaves one out.
    """
    members = {
        "Results": "Success",
        "ContactId": CONTACT_ID,
        "ContactFlowId": "arn:aws:connect:af-south-1:123456789012:instance/i/contact-flow/f",
        "ContactFlowName": "Main",
        "ContactFlowModuleType": "SetRecordingBehavior",
        "Identifier": "1",
        "Timestamp": "2023-08-29T10:29:58.032Z",
        "Parameters": {
            "RecordingBehaviorOption": "Enable",
            "RecordingParticipantOption": "All",
            "IVRRecordingBehavior": "Enabled",
        },
    } | changes
    return json.dumps({name: value for name, value in members.items() if value is not None})


def option(which: str, participant: str = "All") -> dict[str, str]:
    return {"RecordingBehaviorOption": which, "RecordingParticipantOption": participant}


def delivery(*lines: tuple[str, datetime]) -> dict[str, Any]:
    """Return the event that delivers lines to a subscribed Lambda."""
    return _delivery("DATA_MESSAGE", *lines)


def control_message() -> dict[str, Any]:
    """Return the event that probes a subscribed Lambda. Its message is not JSON."""
    return _delivery("CONTROL_MESSAGE", ("CWL CONTROL MESSAGE: Checking health of destination", at("10:00")))


def _delivery(message_type: str, *lines: tuple[str, datetime]) -> dict[str, Any]:
    payload = {
        "messageType": message_type,
        "owner": "123456789012",
        "logGroup": "/aws/connect/acme",
        "logStream": "flows",
        "subscriptionFilters": ["recording"],
        "logEvents": [
            {"id": str(position), "timestamp": int(moment.timestamp() * 1000), "message": message}
            for position, (message, moment) in enumerate(lines)
        ],
    }
    return {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(payload).encode())).decode()}}
