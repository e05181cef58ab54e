"""What a block says: what it records, and which flow, module or queue it names."""

from typing import Any

import pytest

from audio_leakage.flow_audit.blocks import RECORDING_BLOCKS, recorded_by, resolved
from audio_leakage.flow_audit.content import Block
from audio_leakage.flow_audit.state import Recording, State

#: What a block names as recorded voices, and what the agent's conversation gets by it.
VOICES: list[tuple[object, Recording]] = [
    (["Agent", "Customer"], Recording.ALL),
    (["CUSTOMER", "agent"], Recording.ALL),
    (["Agent"], Recording.AGENT),
    (["Customer", "Customer"], Recording.CUSTOMER),
    ([], Recording.OFF),
    ("$.Attributes.voices", Recording.UNREADABLE),
    ("Agent", Recording.UNREADABLE),
    (None, Recording.UNREADABLE),
    ({}, Recording.UNREADABLE),
    (["Agent", "Supervisor"], Recording.UNREADABLE),
    (["Agent", "Customer", "Supervisor"], Recording.UNREADABLE),
    (["Agent", 1], Recording.UNREADABLE),
    (["$.Attributes.voice"], Recording.UNREADABLE),
]


@pytest.mark.parametrize(("voices", "recorded"), VOICES)
@pytest.mark.parametrize("kind", RECORDING_BLOCKS)
def test_only_agent_and_customer_together_are_recorded_whole(
    kind: str, voices: object, recorded: Recording
) -> None:
    behavior = {"RecordedParticipants": voices}
    for parameters in (
        {"RecordingBehavior": behavior},
        {"VoiceBehavior": {"VoiceRecordingBehavior": behavior}},
    ):
        assert recorded_by(Block("1", kind, parameters)) is recorded


@pytest.mark.parametrize(
    ("parameters", "recorded"),
    [
        ({}, None),
        ({"RecordingBehavior": {}}, None),
        ({"RecordingBehavior": {"IVRRecordingBehavior": "Enabled"}}, None),
        ({"VoiceBehavior": {}}, None),
        ({"VoiceBehavior": {"VoiceRecordingBehavior": {}}}, None),
        ({"ScreenRecordingBehavior": {"ScreenRecordedParticipants": ["Agent"]}}, None),
        ({"RecordingBehavior": "$.Attributes.recording"}, Recording.UNREADABLE),
        ({"RecordingBehavior": None}, Recording.UNREADABLE),
        ({"VoiceBehavior": "$.Attributes.voice"}, Recording.UNREADABLE),
        ({"VoiceBehavior": []}, Recording.UNREADABLE),
        ({"VoiceBehavior": {"VoiceRecordingBehavior": "$.Attributes.voice"}}, Recording.UNREADABLE),
    ],
)
def test_what_the_calls_own_data_decide_is_unreadable_and_not_nothing(
    parameters: dict[str, Any], recorded: Recording | None
) -> None:
    assert recorded_by(Block("1", RECORDING_BLOCKS[0], parameters)) is recorded


def test_a_recording_block_with_a_new_name_is_unreadable() -> None:
    behavior = {"RecordingBehavior": {"RecordedParticipants": ["Agent", "Customer"]}}
    assert recorded_by(Block("1", "UpdateContactRecordingAnew", behavior)) is Recording.UNREADABLE


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("arn:aws:connect:eu-west-2:1:instance/i/contact-flow/F1:$SAVED", "f1"),
        ("F1", "f1"),
        ("$.FlowAttributes.next", "f2"),
        ("$.FlowAttributes.empty", None),
        ("$.FlowAttributes.unset", None),
        ("$.Attributes.next", None),
        ("flow/$.Attributes.next", None),
        ("", None),
        (None, None),
        (1, None),
        (["F1"], None),
        ({"Value": "F1"}, None),
    ],
)
def test_a_parameter_names_a_flow_unless_only_the_call_does(value: object, named: str | None) -> None:
    state = State(attributes=(("empty", ""), ("next", "f2")))
    assert resolved(value, state) == named
