"""The entries that lead to a queue, through modules, further flows and the flows that hooks name."""

import pytest

from audio_leakage.flow_audit.audit import audit
from audio_leakage.flow_audit.flow import MODULE
from audio_leakage.flow_audit.queues import entries_by_queue
from support.flow_sets import read
from support.published_flows import QUEUE, flow, leaking


def to(block_type: str, **parameters: object) -> dict[str, object]:
    return {"Type": block_type, "Parameters": parameters}


def test_an_entry_leads_to_a_queue_that_a_further_flow_a_module_or_a_hook_sets() -> None:
    flows = {
        "end": leaking("End"),
        "module": flow("Module", MODULE, to("UpdateContactTargetQueue", QueueId="q-module")),
        "hold": flow("Queue flow", "CUSTOMER_QUEUE", to("UpdateContactTargetQueue", QueueId="q-hook")),
        "first": flow(
            "First",
            "CONTACT_FLOW",
            to("InvokeFlowModule", FlowModuleId="module"),
            to("UpdateContactEventHooks", EventHooks={"CustomerQueue": "hold"}),
            to("TransferToFlow", ContactFlowId="end"),
        ),
    }
    read_ = read(flows)
    found = entries_by_queue(read_, audit(read_, {"n1": "first"}))
    assert {queue: [each.entry.flow.name for each in led] for queue, led in found.items()} == {
        QUEUE: ["First"],
        "q-module": ["First"],
        "q-hook": ["First"],
    }


def test_flows_that_were_not_read_or_lead_back_keep_no_queue_from_being_found() -> None:
    flows = {
        "a": flow(
            "A",
            "CONTACT_FLOW",
            to("UpdateContactEventHooks", EventHooks={"CustomerQueue": "gone", "AgentWhisper": ["none"]}),
            to("UpdateContactEventHooks", EventHooks="$.Attributes.hooks"),
            to("InvokeFlowModule", FlowModuleId="gone"),
            to("TransferToFlow", ContactFlowId="b"),
        ),
        "b": flow(
            "B",
            "CONTACT_FLOW",
            to("UpdateContactTargetQueue", QueueId="q"),
            to("TransferToFlow", ContactFlowId="a"),
        ),
    }
    read_ = read(flows)
    found = entries_by_queue(read_, audit(read_, {"n1": "a"}))
    assert {queue: [each.entry.flow.name for each in led] for queue, led in found.items()} == {"q": ["A"]}


def test_a_queue_that_the_call_chooses_is_not_known() -> None:
    read_ = read({"a": flow("A", "CONTACT_FLOW", to("UpdateContactTargetQueue", QueueId="$.Attributes.q"))})
    assert entries_by_queue(read_, audit(read_, {"n1": "a"})) == {}


@pytest.mark.parametrize("value", [7, None, ["q"], {"Value": "q"}])
def test_a_queue_that_is_no_text_is_not_known(value: object) -> None:
    read_ = read({"a": flow("A", "CONTACT_FLOW", to("UpdateContactTargetQueue", QueueId=value))})
    assert entries_by_queue(read_, audit(read_, {"n1": "a"})) == {}
