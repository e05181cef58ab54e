"""What the audit says of flows, compared with calls that are played by them."""

import json
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audio_leakage.flow_audit.audit import AuditedEntry, EntryKind, audit
from audio_leakage.flow_audit.flow import read_flow
from audio_leakage.flow_audit.results import AuditResult
from local_aws.contact_centre.flow_player import Conversation, FlowPlayer, PublishedFlow
from support.flow_sets import Flows, any_flows, block, linked, read, recording
from support.flow_shapes import SHAPES

BOTH = frozenset({"Agent", "Customer"})
LOG_ON = block("UpdateFlowLoggingBehavior", FlowLoggingBehavior="Enabled")
LOG_OFF = block("UpdateFlowLoggingBehavior", FlowLoggingBehavior="Disabled")
ON, OFF = recording(["Agent", "Customer"]), recording([])
TO_QUEUE, HANG_UP = block("TransferContactToQueue"), block("DisconnectParticipant")
END, BACK = block("EndFlowExecution"), block("EndFlowModuleExecution")
IVR_ONLY = block("UpdateContactRecordingBehavior", RecordingBehavior={"IVRRecordingBehavior": "Enabled"})
DYNAMIC = block("UpdateContactRecordingBehavior", RecordingBehavior="$.Attributes.recording")
RENAMED = block("UpdateContactVoiceRecording", RecordedParticipants=["Agent", "Customer"])


def whisper(flow: str) -> dict[str, Any]:
    return block("UpdateContactEventHooks", EventHooks={"AgentWhisper": flow})


def attribute(value: str) -> dict[str, Any]:
    return block("UpdateFlowAttributes", FlowAttributes={"flow": {"Value": value}})


def one(*blocks: dict[str, Any], **others: PublishedFlow) -> AuditedEntry:
    """Audit an inbound flow of blocks in a row, beside other flows."""
    main = PublishedFlow("Main", "CONTACT_FLOW", linked(*blocks))
    return next(each for each in audit(read({"main": main} | others)) if each.entry.flow.id == "main")


WHISPER_ON = PublishedFlow("Whisper", "AGENT_WHISPER", linked(LOG_ON, ON, END))
WHISPER_OFF = PublishedFlow("Default agent whisper", "AGENT_WHISPER", linked(OFF, END))
MODULE_ON = PublishedFlow("Module", "MODULE", linked(LOG_ON, ON, BACK))
QUEUE_ON = PublishedFlow("Default customer queue", "CUSTOMER_QUEUE", linked(LOG_ON, ON, END))
WHISPER_BACK = PublishedFlow("Default agent whisper", "AGENT_WHISPER", linked(BACK))
QUEUE_MOVES = PublishedFlow(
    "Default customer queue", "CUSTOMER_QUEUE", linked(block("DequeueContactAndTransferToQueue"), END)
)


@pytest.mark.parametrize(
    ("blocks", "others", "result"),
    [
        ((LOG_ON, ON, HANG_UP), {}, AuditResult.NO_AGENT),
        ((LOG_ON, ON, TO_QUEUE), {}, AuditResult.ALWAYS),
        ((ON, TO_QUEUE), {}, AuditResult.UNLOGGED),
        ((LOG_ON, ON, LOG_OFF, TO_QUEUE), {}, AuditResult.ALWAYS),
        ((LOG_ON, recording(["Agent"]), TO_QUEUE), {}, AuditResult.PARTIAL),
        ((LOG_ON, TO_QUEUE), {}, AuditResult.NEVER),
        ((LOG_ON, ON, OFF, TO_QUEUE), {}, AuditResult.NEVER),
        ((LOG_ON, OFF, ON, TO_QUEUE), {}, AuditResult.ALWAYS),
        ((LOG_ON, ON, IVR_ONLY, TO_QUEUE), {}, AuditResult.ALWAYS),
        ((LOG_ON, DYNAMIC, TO_QUEUE), {}, AuditResult.UNKNOWN),
        ((LOG_ON, RENAMED, TO_QUEUE), {}, AuditResult.UNKNOWN),
        ((LOG_ON, DYNAMIC, ON, TO_QUEUE), {}, AuditResult.ALWAYS),
        ((TO_QUEUE,), {"q": QUEUE_ON}, AuditResult.SOMETIMES),
        ((LOG_ON, ON, TO_QUEUE), {"q": QUEUE_MOVES}, AuditResult.UNKNOWN),
        ((TO_QUEUE,), {"q": QUEUE_MOVES}, AuditResult.NEVER),
        ((whisper("w"), TO_QUEUE), {"w": WHISPER_ON}, AuditResult.ALWAYS),
        ((LOG_ON, ON, TO_QUEUE), {"w": WHISPER_OFF}, AuditResult.NEVER),
        ((LOG_ON, ON, whisper("gone"), TO_QUEUE), {}, AuditResult.UNKNOWN),
        ((LOG_ON, ON, whisper("$.Attributes.w"), TO_QUEUE), {}, AuditResult.UNKNOWN),
        (
            (attribute("arn:x:flow/w"), whisper("$.FlowAttributes.flow"), TO_QUEUE),
            {"w": WHISPER_ON},
            AuditResult.ALWAYS,
        ),
        ((block("InvokeFlowModule", FlowModuleId="m"), TO_QUEUE), {"m": MODULE_ON}, AuditResult.ALWAYS),
        ((LOG_ON, ON, BACK, TO_QUEUE), {}, AuditResult.NO_AGENT),
        ((TO_QUEUE,), {"w": WHISPER_BACK}, AuditResult.NEVER),
        ((LOG_ON, ON, TO_QUEUE), {"w": WHISPER_BACK}, AuditResult.ALWAYS),
        ((block("InvokeFlowModule", FlowModuleId="$.External.m"), TO_QUEUE), {}, AuditResult.UNKNOWN),
        ((block("TransferContactToMoon"), TO_QUEUE), {}, AuditResult.UNKNOWN),
        ((LOG_ON, ON, block("CreateCallbackContact"), HANG_UP), {}, AuditResult.UNKNOWN),
        ((LOG_ON, block("CreateCallbackContact"), HANG_UP), {}, AuditResult.NEVER),
    ],
)
def test_an_entry_has_the_result_of_its_blocks(
    blocks: tuple[dict[str, Any], ...], others: dict[str, PublishedFlow], result: AuditResult
) -> None:
    assert one(*blocks, **others).result is result


def test_a_recording_block_whose_error_branch_goes_on_is_named() -> None:
    failing = recording(["Agent", "Customer"], newer=True) | {
        "Errors": {"NoMatchingError": 2, "ChannelMismatch": 3}
    }
    audited = one(LOG_ON, failing, TO_QUEUE, HANG_UP)
    assert audited.result is AuditResult.ERROR_BRANCH
    assert [step.branch.error for step in audited.route if step.branch] == [None, "NoMatchingError"]


def test_a_whisper_flow_that_could_not_be_set_is_named() -> None:
    hook = whisper("w") | {"Errors": {"NoMatchingError": 1}}
    audited = one(hook, TO_QUEUE, w=WHISPER_ON)
    assert audited.result is AuditResult.ERROR_BRANCH
    assert audited.route[0].branch
    assert audited.route[0].branch.error == "NoMatchingError"


ANY = block("Compare", ComparisonValue="$.Attributes.language")


@pytest.mark.parametrize(
    ("blocks", "result"),
    [
        # A call chooses whether recording is switched off: no block failed on that way.
        ((LOG_ON, ANY | {"Conditions": {"de": 4}}, OFF, TO_QUEUE, ON, TO_QUEUE), AuditResult.SOMETIMES),
        # The block that fails would have switched recording off.
        (
            (
                *(LOG_ON, ANY | {"Conditions": {"de": 5}}, OFF | {"Errors": {"NoMatchingError": 4}}),
                *(HANG_UP, TO_QUEUE, ON, TO_QUEUE),
            ),
            AuditResult.SOMETIMES,
        ),
        # First a block fails that would have switched recording on, then one that would not.
        (
            (
                *(LOG_ON, ON | {"Errors": {"NoMatchingError": 3}}, TO_QUEUE),
                *(OFF | {"Errors": {"NoMatchingError": 5}}, HANG_UP, TO_QUEUE),
            ),
            AuditResult.ERROR_BRANCH,
        ),
    ],
)
def test_only_a_block_that_would_have_switched_recording_on_is_missed(
    blocks: tuple[dict[str, Any], ...], result: AuditResult
) -> None:
    assert one(*blocks).result is result


@pytest.mark.parametrize(
    ("failing", "result"),
    [
        (block("InvokeFlowModule", FlowModuleId="m"), AuditResult.ERROR_BRANCH),
        (block("TransferToFlow", ContactFlowId="f"), AuditResult.ERROR_BRANCH),
        (whisper("w"), AuditResult.ERROR_BRANCH),
        (attribute("w"), AuditResult.ERROR_BRANCH),
        (block("MessageParticipant"), AuditResult.SOMETIMES),
        (LOG_ON, AuditResult.SOMETIMES),
    ],
    ids=lambda each: each["Type"] if isinstance(each, dict) else str(each),
)
def test_a_block_that_leads_to_recording_is_missed_when_it_fails(
    failing: dict[str, Any], result: AuditResult
) -> None:
    recorded = PublishedFlow("Recorded", "CONTACT_FLOW", linked(LOG_ON, ON, TO_QUEUE))
    blocks = (failing | {"Errors": {"NoMatchingError": 4}}, LOG_ON, ON, TO_QUEUE, TO_QUEUE)
    assert one(*blocks, m=MODULE_ON, f=recorded, w=WHISPER_ON).result is result


@pytest.mark.parametrize(
    ("event", "kind", "result"),
    [
        ("AgentWhisper", "AGENT_WHISPER", AuditResult.ALWAYS),
        ("CustomerWhisper", "CUSTOMER_WHISPER", AuditResult.ALWAYS),
        ("CustomerQueue", "CUSTOMER_QUEUE", AuditResult.SOMETIMES),  # the agent may answer before it
    ],
)
def test_each_event_runs_the_flow_that_is_set_for_it(event: str, kind: str, result: AuditResult) -> None:
    hook = block("UpdateContactEventHooks", EventHooks={event: "w"})
    assert one(hook, TO_QUEUE, w=PublishedFlow("W", kind, linked(LOG_ON, ON, END))).result is result


def test_a_flow_attribute_keeps_its_value_when_a_later_block_sets_another() -> None:
    blocks = (
        block("UpdateFlowAttributes", FlowAttributes={"module": {"Value": "m"}}),
        block(
            "UpdateFlowAttributes", FlowAttributes={"whisper": {"Value": "w"}, "language": {"Value": "de"}}
        ),
        block("InvokeFlowModule", FlowModuleId="$.FlowAttributes.module"),
        whisper("$.FlowAttributes.whisper"),
        TO_QUEUE,
    )
    agent_only = PublishedFlow("W", "AGENT_WHISPER", linked(recording(["Agent"]), END))
    assert one(*blocks, m=MODULE_ON, w=agent_only).result is AuditResult.PARTIAL


NESTED = {
    f"m{depth}": PublishedFlow(
        f"Module {depth}", "MODULE", linked(block("InvokeFlowModule", FlowModuleId=f"m{depth + 1}"), BACK)
    )
    for depth in range(6)
}


@pytest.mark.parametrize(
    ("blocks", "others", "reason"),
    [
        (
            (whisper("$.Attributes.w"), TO_QUEUE),
            {},
            "which whisper or queue flow runs is decided while the call runs",
        ),
        (
            (whisper("w"), block("CreateCallbackContact"), HANG_UP),
            {"w": WHISPER_ON},
            "AWS does not say whether whisper and queue flows stay set in a new segment of the call",
        ),
        (
            (LOG_ON, ON, TO_QUEUE),
            {"q": QUEUE_MOVES},
            "AWS does not say whether recording stays on in a new segment of the call",
        ),
        ((DYNAMIC, TO_QUEUE), {}, "a recording block cannot be read before the call runs"),
        ((whisper("gone"), TO_QUEUE), {}, "the call goes on to a flow that was not read"),
        (
            (block("TransferToFlow", ContactFlowId="gone"),),
            {},
            "the call goes on to a flow that was not read",
        ),
        (
            (block("TransferToFlow", ContactFlowId="$.Attributes.f"),),
            {},
            "the next flow is chosen while the call runs",
        ),
        (
            (block("InvokeFlowModule", FlowModuleId="gone"), TO_QUEUE),
            {},
            "a module was not read, or is chosen while the call runs",
        ),
        (
            (block("InvokeFlowModule", FlowModuleId="m0"), TO_QUEUE),
            NESTED,
            "modules are nested more than 5 deep",
        ),
        (
            (block("TransferContactToMoon"), TO_QUEUE),
            {},
            "a block that the audit does not know hands the call on",
        ),
        (
            (block("MessageParticipant") | {"Errors": {"NoMatchingError": 7}}, HANG_UP),
            {},
            "a branch leads to a block that is not there",
        ),
        (
            (whisper("w"), TO_QUEUE),
            {"w": PublishedFlow("W", "AGENT_WHISPER", {"Actions": []})},
            "a flow on the way cannot be read: its first block is missing",
        ),
    ],
)
def test_an_unknown_result_says_what_nobody_knows(
    blocks: tuple[dict[str, Any], ...], others: dict[str, PublishedFlow], reason: str
) -> None:
    audited = one(*blocks, **others)
    assert (audited.result, audited.reason) == (AuditResult.UNKNOWN, reason)


def test_modules_may_be_nested_five_deep() -> None:
    modules = NESTED | {"m4": MODULE_ON}
    blocks = (block("InvokeFlowModule", FlowModuleId="m0"), TO_QUEUE)
    assert one(*blocks, **modules).result is AuditResult.ALWAYS


def test_a_voice_call_takes_only_the_branch_of_its_channel() -> None:
    compare = block("Compare", ComparisonValue="$.Channel") | {"Conditions": {"CHAT": 3}}
    assert one(LOG_ON, compare, ON, TO_QUEUE).result is AuditResult.ALWAYS


def test_flows_that_lead_to_each_other_in_a_circle_have_one_entry() -> None:
    flows = {
        name: PublishedFlow(name, "CONTACT_FLOW", linked(block("TransferToFlow", ContactFlowId=other)))
        for name, other in (("a", "b"), ("b", "a"))
    }
    assert [audited.entry.flow.id for audited in audit(read(flows))] == ["a"]


def test_a_flow_with_a_number_is_an_entry_even_if_others_lead_to_it() -> None:
    flows = {
        "a": PublishedFlow("a", "CONTACT_FLOW", linked(block("TransferToFlow", ContactFlowId="b"))),
        "b": PublishedFlow("b", "CONTACT_FLOW", linked(TO_QUEUE)),
    }
    entries = [
        audited.entry for audited in audit(read(flows), {"arn:x:phone-number/n1": "arn:x:contact-flow/b"})
    ]
    assert [(entry.kind, entry.numbers) for entry in entries] == [
        (EntryKind.API, ()),
        (EntryKind.PHONE_NUMBER, ("n1",)),
    ]


def test_a_walk_that_meets_its_bound_is_unknown_and_not_always() -> None:
    main = PublishedFlow("Main", "CONTACT_FLOW", linked(LOG_ON, ON, TO_QUEUE))
    (audited,) = audit(read({"main": main}), most_places=2)
    assert audited.result is AuditResult.UNKNOWN


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[" * 100_000,
        "null",
        "[]",
        '{"Actions": {}}',
        '{"modules": [], "start": "1"}',
        '{"Actions": [1], "StartAction": "1"}',
        '{"Actions": [{"Identifier": 1, "Type": "X"}], "StartAction": "1"}',
        '{"Actions": [{"Identifier": "1", "Type": "X", "Parameters": []}], "StartAction": "2"}',
        '{"Actions": [{"Identifier": "1", "Type": "X", "Parameters": [1]}], "StartAction": "1"}',
        '{"Actions": [{"Identifier": "1", "Type": "X", "Transitions": {"Errors": [1]}}], "StartAction": "1"}',
        '{"Actions": [{"Identifier": "1", "Type": "X", "Transitions": {"NextAction": 1}}], "StartAction": "1"}',
        '{"Actions": [{"Identifier": "1", "Type": "X", "Transitions": {"NextAction": "2"}}], "StartAction": "1"}',
    ],
)
def test_the_result_of_content_that_is_no_flow_is_unknown(content: str) -> None:
    (audited,) = audit([read_flow("f", "Broken", "CONTACT_FLOW", content)])
    assert audited.result is AuditResult.UNKNOWN
    assert audited.reason


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["1", "2", "$.Channel"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["NextAction", "Errors", "Conditions", "ErrorType", "Condition", "Operands", "EventHooks"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)
_TYPES = st.sampled_from(
    ["UpdateContactRecordingBehavior", "UpdateContactEventHooks", "Compare", "TransferContactToQueue", "Loop"]
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.fixed_dictionaries({"Type": _TYPES, "Parameters": _JSON, "Transitions": _JSON}), max_size=3)
)
def test_whatever_stands_in_a_flow_it_is_exactly_one_entry(actions: list[dict[str, Any]]) -> None:
    named = [{"Identifier": str(place)} | action for place, action in enumerate(actions)]
    content = json.dumps({"StartAction": "0", "Actions": named})
    assert len(audit([read_flow("f", "Any", "CONTACT_FLOW", content)])) == 1


def plays(flows: Flows, audited: AuditedEntry, times: int = 25) -> list[Conversation]:
    players = [FlowPlayer(flows, Random(number)) for number in range(times)]
    if audited.entry.kind is EntryKind.OUTBOUND:
        return [talk for player in players for talk in player.outbound(audited.entry.flow.id)]
    return [talk for player in players for talk in player.inbound(audited.entry.flow.id)]


#: What each result promises of every conversation.
PROMISES: dict[AuditResult, Callable[[Conversation], bool]] = {
    AuditResult.NO_AGENT: lambda _: False,
    AuditResult.NEVER: lambda talk: not talk.recorded,
    AuditResult.PARTIAL: lambda talk: bool(talk.recorded),
    AuditResult.UNLOGGED: lambda talk: talk.recorded == BOTH,
    AuditResult.ALWAYS: lambda talk: talk.recorded == BOTH and talk.in_log,
}


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9))
def test_every_promise_holds_when_calls_are_played(seed: int) -> None:
    flows = any_flows(Random(seed))
    for audited in audit(read(flows)):
        promise = PROMISES.get(audited.result)
        assert not promise or all(promise(talk) for talk in plays(flows, audited)), audited.entry.flow.id


def test_the_generated_flows_reach_every_result_and_every_promise_is_put_to_the_test() -> None:
    results: Counter[AuditResult] = Counter()
    for seed in range(60):
        flows = any_flows(Random(seed))
        results.update(each.result for each in audit(read(flows)) if plays(flows, each, 5))
    assert set(results) == set(AuditResult) - {AuditResult.NO_AGENT}


def test_a_leak_that_is_foretold_is_seen_when_calls_are_played() -> None:
    for audited in audit(read(SHAPES)):
        if audited.result in (AuditResult.SOMETIMES, AuditResult.NEVER, AuditResult.ERROR_BRANCH):
            assert any(not talk.recorded for talk in plays(SHAPES, audited, 500)), audited.entry.flow.name


def test_flows_of_public_shapes_keep_their_promises() -> None:
    for audited in audit(read(SHAPES)):
        promise = PROMISES.get(audited.result)
        assert not promise or all(promise(talk) for talk in plays(SHAPES, audited, 100)), (
            audited.entry.flow.name
        )


def test_at_most_a_tenth_of_the_entries_of_public_shapes_is_unknown() -> None:
    results = Counter(audited.result for audited in audit(read(SHAPES)))
    reach_an_agent = results.total() - results[AuditResult.NO_AGENT]
    assert len(SHAPES) >= 20
    assert 1 <= results[AuditResult.UNKNOWN] <= reach_an_agent / 10
