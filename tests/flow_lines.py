"""Lines of a flow log, as they were seen in real ones."""

import json
from typing import Any

from fakes import CONTACT_ID


def line(**changes: Any) -> str:
    """Return a line as it was seen in real logs; None leaves a member out."""
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
