"""The lines a flow writes while it runs, as seen in real logs (docs/amazon-connect.md, "Flow logs")."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from local_aws.contact_centre.blocks import SHAPES, Block
from local_aws.contact_centre.calls import SimulatedCall


def lines_of(call: SimulatedCall) -> Iterator[tuple[datetime, str]]:
    """Give the lines of a call with their times, if its flow logs: those about recording, and others."""
    if not call.is_logged:
        return
    yield call.initiated, _line(call, call.initiated, "PlayPrompt", {"PromptLocation": "welcome"})
    if call.enqueued:
        moment = call.enqueued + timedelta(milliseconds=1)
        yield moment, _line(call, moment, "TransferToQueue", {})
    for block in call.blocks:
        yield block.at, line_of(call, block)


def line_of(call: SimulatedCall, block: Block) -> str:
    """Return the line that a recording block writes."""
    shape = SHAPES[block.shape]
    return _line(call, block.at, block.name or shape.name, shape.parameters, block.result)


def _line(
    call: SimulatedCall, moment: datetime, block: str, parameters: Mapping[str, Any], result: str = "Success"
) -> str:
    return json.dumps(
        {
            "Results": result,
            "ContactId": call.contact_id,
            "ContactFlowId": "arn:aws:connect:af-south-1:123456789012:instance/i/contact-flow/f",
            "ContactFlowName": "Main",
            "ContactFlowModuleType": block,
            "Identifier": block,
            "Timestamp": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "Parameters": parameters,
        }
    )
