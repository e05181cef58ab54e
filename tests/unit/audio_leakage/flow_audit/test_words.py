"""Findings in words and as pictures."""

import json
from xml.etree import ElementTree as ET

import pytest

from audio_leakage.flow_audit.audit import Finding, audit
from audio_leakage.flow_audit.flow import read_flow
from audio_leakage.flow_audit.picture import picture_of
from audio_leakage.flow_audit.results import AuditResult
from audio_leakage.flow_audit.words import MEANINGS, entry_in_words, in_words, shown_name
from support.flow_sets import Action, block, linked, recording

TO_QUEUE = block("TransferContactToQueue")


def finding_of(name: str, *blocks: Action) -> Finding:
    (finding,) = audit([read_flow("f", name, "CONTACT_FLOW", json.dumps(linked(*blocks)))])
    return finding


def test_every_result_has_a_meaning() -> None:
    assert set(MEANINGS) == set(AuditResult)


def test_a_leak_is_told_with_its_way_and_what_to_do() -> None:
    compare = block("Compare", ComparisonValue="$.Attributes.x") | {"Conditions": {"+44 20 7946 0000": 2}}
    finding = finding_of("Sales", compare, recording(["Agent", "Customer"]), TO_QUEUE)
    assert in_words(finding) == [
        "Calls that take this way are not recorded.",
        "In Sales: Check contact attributes (condition 1), then Transfer to queue.",
        "Set recording to agent and customer in Sales, before 'Transfer to queue'.",
    ]


def test_what_a_flow_compares_calls_with_is_quoted_nowhere() -> None:
    compare = block("Compare", ComparisonValue="$.Attributes.x") | {"Conditions": {"+44 20 7946 0000": 1}}
    finding = finding_of("Sales", compare, TO_QUEUE)
    assert "7946" not in " ".join(in_words(finding)) + picture_of(finding)


def test_a_long_way_is_shortened_in_its_middle() -> None:
    finding = finding_of("Sales", *30 * [block("MessageParticipant")], TO_QUEUE)
    (way,) = [sentence for sentence in in_words(finding) if sentence.startswith("In Sales")]
    assert way.count("Play prompt") == 11
    assert "19 more blocks" in way


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\"&'", "a\nb\x00", "x" * 500, "]]>"])
def test_a_picture_is_sound_whatever_a_flow_is_named(name: str) -> None:
    finding = finding_of(name, TO_QUEUE)
    texts = list(ET.fromstring(picture_of(finding)).itertext())
    assert texts[0] == entry_in_words(finding)
    assert texts[-1] == "NEVER"
    assert len(shown_name(name)) <= 60
