"""What is kept of a flow: enough for the same audit, and nothing of a customer."""

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_leakage.flow_audit.audit import AuditedEntry, audit
from audio_leakage.flow_audit.flow import Flow, read_flow
from audio_leakage.flow_audit.kept import flow_of, kept_of
from audio_leakage.flow_audit.results import AuditResult
from support.fakes import MARK
from support.flow_sets import any_flows, block, linked, read, recording

FLOW = "11111111-0000-4000-8000-000000000001"


def kept(flows: list[Flow]) -> list[Flow]:
    """Return the flows as they come back from a file."""
    known = {flow.id for flow in flows}
    return [flow_of(json.loads(json.dumps(kept_of(flow, known)))) for flow in flows]


def essence(entries: list[AuditedEntry]) -> list[Any]:
    """Return what an audit says. Why something is unknown may be said in other words."""
    return [
        (
            each.entry.flow.id,
            each.entry.kind,
            each.result,
            [(step.flow.id, step.block) for step in each.route],
        )
        for each in entries
    ]


@given(st.integers(0, 10**6))
def test_an_audit_of_what_is_kept_gives_the_same_results(seed: int) -> None:
    flows = read(any_flows(Random(seed)))
    assert essence(audit(kept(flows))) == essence(audit(flows))


def content(**parameters: Any) -> str:
    """Return a flow with a prompt, attributes, a comparison and one block with the given parameters."""
    end = {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}
    blocks: list[tuple[str, str, dict[str, Any]]] = [
        ("a", "MessageParticipant", {"Text": f"Hello {MARK}"}),
        ("b", "UpdateContactAttributes", {"Attributes": {MARK: MARK}}),
        ("c", "Compare", {"ComparisonValue": f"$.Attributes.{MARK}"}),
        ("d", "UpdateFlowAttributes", {"FlowAttributes": {MARK: {"Value": MARK}, "next": {"Value": MARK}}}),
        ("e", "TransferToFlow", {"ContactFlowId": "$.FlowAttributes.next"}),
        ("f", "UpdateContactEventHooks", {"EventHooks": {"AgentWhisper": MARK, MARK: MARK}}),
        ("g", "UpdateContactTargetQueue", {"QueueId": MARK}),
        ("h", "UpdateContactRecordingBehavior", {"RecordingBehavior": MARK}),
        ("i", "UpdateFlowLoggingBehavior", {"FlowLoggingBehavior": MARK}),
        ("j", "InvokeFlowModule", {"FlowModuleId": MARK}),
    ]
    condition = {"NextAction": "end", "Condition": {"Operator": "Equals", "Operands": [MARK]}}
    actions = [
        {
            "Identifier": identifier,
            "Type": kind,
            "Parameters": parameters | given_,
            "Transitions": {"NextAction": "end", "Conditions": [condition]},
        }
        for identifier, kind, given_ in blocks
    ]
    return json.dumps({"StartAction": "a", "Actions": [*actions, end]})


def test_nothing_of_a_customer_is_kept() -> None:
    flow = read_flow(FLOW, "Sales", "CONTACT_FLOW", content(Comment=MARK))
    assert flow.unreadable is None
    assert MARK not in json.dumps(kept_of(flow, {FLOW}))


def test_a_flow_that_cannot_be_read_stays_one() -> None:
    flow = read_flow(FLOW, "Sales", "CONTACT_FLOW", "no JSON")
    assert kept([flow]) == [flow]


@pytest.mark.parametrize(
    ("value", "kept_value"),
    [
        (True, True),
        (False, False),
        ("true", "true"),
        ("", ""),
        (None, None),
        (1, "$."),
        (0, "$."),
        (1.5, "$."),
        ([MARK], "$."),
        (MARK, "$."),
        (FLOW, FLOW),
        ("$.Attributes.flow", "$."),
        ("$.FlowAttributes.flow", "$.FlowAttributes.flow"),
    ],
)
def test_of_a_value_only_switches_and_the_ids_of_flows_are_kept(value: object, kept_value: object) -> None:
    settings = {"AgentWhisper": {"DisableExecution": value, MARK: value}}
    hooks = block("UpdateContactEventHooks", EventHooksConfiguration=settings)
    flow = read_flow(FLOW, "Sales", "CONTACT_FLOW", json.dumps(linked(hooks, block("EndFlowExecution"))))
    (first, _) = kept_of(flow, {FLOW})["blocks"]
    assert first["parameters"] == {
        "EventHooksConfiguration": {"AgentWhisper": {"DisableExecution": kept_value}}
    }


@pytest.mark.parametrize(
    ("switch", "result"),
    [
        (True, AuditResult.UNLOGGED),
        ("true", AuditResult.UNLOGGED),
        ("True", AuditResult.UNLOGGED),
        (False, AuditResult.UNKNOWN),
        ("false", AuditResult.UNKNOWN),
        ("", AuditResult.UNKNOWN),
        (None, AuditResult.UNKNOWN),
        (1, AuditResult.UNKNOWN),
        ([True], AuditResult.UNKNOWN),
    ],
)
def test_a_whisper_that_is_switched_off_in_any_spelling_stays_so(switch: object, result: AuditResult) -> None:
    settings = {"AgentWhisper": {"DisableExecution": switch}}
    hooks = block("UpdateContactEventHooks", EventHooksConfiguration=settings)
    ways = linked(recording(["Agent", "Customer"]), hooks, block("TransferContactToQueue"))
    flows = [read_flow(FLOW, "Sales", "CONTACT_FLOW", json.dumps(ways))]
    assert [each.result for each in audit(flows)] == [result]
    assert [each.result for each in audit(kept(flows))] == [result]
