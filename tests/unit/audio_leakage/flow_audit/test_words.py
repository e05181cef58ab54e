"""Audited entries in words and as pictures."""

import json
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from audio_leakage.flow_audit.audit import AuditedEntry, audit
from audio_leakage.flow_audit.flow import read_flow
from audio_leakage.flow_audit.picture import picture, picture_of
from audio_leakage.flow_audit.results import AuditResult
from audio_leakage.flow_audit.words import MEANINGS, entry_in_words, in_words, shown_name
from support.flow_sets import Action, block, linked, recording

TO_QUEUE = block("TransferContactToQueue")
LOG_ON = block("UpdateFlowLoggingBehavior", FlowLoggingBehavior="Enabled")


def audited_entry(name: str, *blocks: Action) -> AuditedEntry:
    (audited,) = audit([read_flow("f", name, "CONTACT_FLOW", json.dumps(linked(*blocks)))])
    return audited


def test_every_result_has_a_meaning() -> None:
    assert set(MEANINGS) == set(AuditResult)


def test_a_leak_is_told_with_its_way_and_what_to_do() -> None:
    compare = block("Compare", ComparisonValue="$.Attributes.x") | {"Conditions": {"+44 20 7946 0000": 2}}
    audited = audited_entry("Sales", compare, recording(["Agent", "Customer"]), TO_QUEUE)
    assert in_words(audited) == [
        "Calls that take this way are not recorded.",
        "In Sales: Check contact attributes (condition 1), then Transfer to queue.",
        "Set recording to agent and customer in Sales, before 'Transfer to queue'.",
    ]


def test_a_block_that_fails_is_told_with_its_branch_and_what_to_do() -> None:
    failing = recording(["Agent", "Customer"], newer=True) | {"Errors": {"NoMatchingError": 2}}
    audited = audited_entry("Sales", LOG_ON, failing, TO_QUEUE)
    assert in_words(audited) == [
        "A call is not recorded if a block on this way fails, and goes on to an agent.",
        (
            "In Sales: Set logging behavior, then Set recording, analytics and processing behavior "
            "(branch NoMatchingError), then Transfer to queue."
        ),
        (
            "Lead the error branch to a second attempt, or set recording after it in Sales, "
            "before 'Transfer to queue'."
        ),
    ]


@pytest.mark.parametrize(
    ("blocks", "result", "advice"),
    [
        (
            [TO_QUEUE],
            AuditResult.NEVER,
            ["Set recording to agent and customer in Sales, before 'Transfer to queue'."],
        ),
        (
            [recording(["Agent", "Customer"]), TO_QUEUE],
            AuditResult.UNLOGGED,
            ["Enable logging with 'Set logging behavior' before the recording block."],
        ),
        (
            [LOG_ON, recording(["Agent"]), TO_QUEUE],
            AuditResult.PARTIAL,
            ["Choose agent and customer in the last recording block on this way."],
        ),
        ([LOG_ON, recording(["Agent", "Customer"]), TO_QUEUE], AuditResult.ALWAYS, []),
        ([block("DisconnectParticipant")], AuditResult.NO_AGENT, []),
        ([block("TransferContactToMoon")], AuditResult.UNKNOWN, []),
    ],
)
def test_what_an_administrator_can_do_is_said_last(
    blocks: list[Action], result: AuditResult, advice: list[str]
) -> None:
    audited = audited_entry("Sales", *blocks)
    assert audited.result is result
    told = in_words(audited)
    assert [sentence for sentence in told[1:] if not sentence.startswith("In ")] == advice
    assert told[0] == (f"{MEANINGS[result][:-1]}: {audited.reason}." if audited.reason else MEANINGS[result])


@pytest.mark.parametrize(
    ("numbers", "kind"),
    [
        ([], "no phone number known"),
        (["n1"], "phone number"),
        (["n1", "n2"], "2 phone numbers"),
        (["n1", "n2", "n3"], "3 phone numbers"),
    ],
)
def test_an_entry_is_told_with_how_many_numbers_lead_to_it(numbers: list[str], kind: str) -> None:
    flow = read_flow("f", "Sales", "CONTACT_FLOW", json.dumps(linked(TO_QUEUE)))
    (audited,) = audit([flow], dict.fromkeys(numbers, "f"))
    assert entry_in_words(audited) == f"Sales ({kind})"


def test_a_picture_names_each_further_flow_on_the_way() -> None:
    texts = list(
        ET.fromstring(
            picture("Sales (API)", AuditResult.NEVER, [("Sales", ["one", "two"]), ("Next", ["three"])])
        ).itertext()
    )
    assert texts == ["Sales (API)", "one", "two", "Next", "three", "NEVER"]


@pytest.mark.parametrize(
    ("result", "colour"),
    [(AuditResult.ALWAYS, "#2e7d32"), (AuditResult.NO_AGENT, "#616161")]
    + [(each, "#c62828") for each in AuditResult if each not in (AuditResult.ALWAYS, AuditResult.NO_AGENT)],
)
def test_only_the_result_of_a_picture_has_a_colour_and_a_thick_edge(result: AuditResult, colour: str) -> None:
    drawn = ET.fromstring(picture("Sales (API)", result, [("Sales", ["one", "two"])]))
    boxes = list(drawn.iter("{http://www.w3.org/2000/svg}rect"))
    texts = list(drawn.iter("{http://www.w3.org/2000/svg}text"))
    assert [(box.get("stroke"), box.get("stroke-width")) for box in boxes] == [
        *3 * [("#757575", "1")],
        (colour, "2"),
    ]
    assert [text.get("fill") for text in texts] == [*3 * ["#757575"], colour]
    assert [text.get("font-weight") for text in texts] == ["bold", None, None, "bold"]


def test_the_boxes_of_a_picture_lie_below_each_other_and_within_it() -> None:
    drawn = ET.fromstring(picture("Sales (API)", AuditResult.NEVER, [("Sales", ["one", "two"])]))
    boxes = [
        {name: int(box.get(name, "")) for name in ("x", "y", "width", "height")}
        for box in drawn.iter("{http://www.w3.org/2000/svg}rect")
    ]
    arrows = list(drawn.iter("{http://www.w3.org/2000/svg}path"))
    assert len(arrows) == len(boxes) - 1
    for upper, lower in pairwise(boxes):
        assert upper["y"] + upper["height"] < lower["y"]
    assert boxes[0]["y"] > 0
    assert boxes[-1]["y"] + boxes[-1]["height"] < int(drawn.get("height", ""))
    assert all(box["x"] > 0 and box["x"] + box["width"] < int(drawn.get("width", "")) for box in boxes)
    assert boxes[0]["x"] == boxes[-1]["x"] < boxes[1]["x"] == boxes[2]["x"]


def test_a_way_through_two_flows_is_told_and_drawn_flow_by_flow() -> None:
    flows = [
        read_flow(
            "a", "Sales", "CONTACT_FLOW", json.dumps(linked(block("TransferToFlow", ContactFlowId="b")))
        ),
        read_flow("b", "Orders", "CONTACT_FLOW", json.dumps(linked(TO_QUEUE))),
    ]
    (audited,) = audit(flows)
    assert in_words(audited)[1:3] == ["In Sales: Transfer to flow.", "In Orders: Transfer to queue."]
    texts = list(ET.fromstring(picture_of(audited)).itertext())
    assert texts[1:] == ["Transfer to flow", "Orders", "Transfer to queue", "NEVER"]


def test_what_a_flow_compares_calls_with_is_quoted_nowhere() -> None:
    compare = block("Compare", ComparisonValue="$.Attributes.x") | {"Conditions": {"+44 20 7946 0000": 1}}
    audited = audited_entry("Sales", compare, TO_QUEUE)
    assert "7946" not in " ".join(in_words(audited)) + picture_of(audited)


def test_a_long_way_is_shortened_in_its_middle() -> None:
    audited = audited_entry("Sales", *30 * [block("MessageParticipant")], TO_QUEUE)
    (way,) = [sentence for sentence in in_words(audited) if sentence.startswith("In Sales")]
    assert way.count("Play prompt") == 11
    assert "19 more blocks" in way


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\"&'", "a\nb\x00", "x" * 500, "]]>"])
def test_a_picture_is_sound_whatever_a_flow_is_named(name: str) -> None:
    audited = audited_entry(name, TO_QUEUE)
    texts = list(ET.fromstring(picture_of(audited)).itertext())
    assert texts[0] == entry_in_words(audited)
    assert texts[-1] == "NEVER"
    assert len(shown_name(name)) <= 60
