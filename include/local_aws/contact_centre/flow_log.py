"""The lines a flow writes while it runs, as seen in real logs (docs/amazon-connect.md, "Flow logs")."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from local_aws.contact_centre.calls import SimulatedCall


def lines_of(call: SimulatedCall) -> Iterator[tuple[datetime, str]]:
    """Give the lines of a call with their times: those about recording, and others."""
    yield call.initiated, _line(call, call.initiated, "PlayPrompt", {"PromptLocation": "welcome"})
    if call.recording_set:
        yield (
            call.recording_set,
            _line(call, call.recording_set, "SetRecordingBehavior", _recording("Enable")),
        )
    if call.enqueued:
        moment = call.enqueued + timedelta(milliseconds=1)
        yield moment, _line(call, moment, "TransferToQueue", {})
    if call.switched_off:
        yield call.switched_off, _line(call, call.switched_off, "SetRecordingBehavior", _recording("Disable"))


def _recording(option: str) -> dict[str, str]:
    # The participant reads All even when the option is Disable.
    return {
        "RecordingBehaviorOption": option,
        "RecordingParticipantOption": "All",
        "IVRRecordingBehavior": "Disabled",
    }


def _line(call: SimulatedCall, moment: datetime, block: str, parameters: dict[str, str]) -> str:
    return json.dumps(
        {
            "Results": "Success",
            "ContactId": call.contact_id,
            "ContactFlowId": "arn:aws:connect:af-south-1:123456789012:instance/i/contact-flow/f",
            "ContactFlowName": "Main",
            "ContactFlowModuleType": block,
            "Identifier": block,
            "Timestamp": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "Parameters": parameters,
        }
    )
