from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_leakage.contacts.recording_blocks import RecordingBehavior, RecordingBlock
from audio_leakage.errors import UnreadableLine
from audio_leakage.flow_log.line import read_line
from support.fakes import CONTACT_ID, at
from support.flow_lines import line, option

EVENT_TIME = at("10:00")


#: Names the block has had, and one that nobody has seen yet.
BLOCK_NAMES = (
    "SetRecordingBehavior",
    "SetRecordingAndAnalyticsBehavior",
    "UpdateContactRecordingBehavior",
    "UpdateContactRecordingAndAnalyticsBehavior",
    "SetRecordingAnalyticsAndProcessingBehavior",
)


@pytest.mark.parametrize("block", BLOCK_NAMES)
@pytest.mark.parametrize(
    ("parameters", "behavior"),
    [
        (option("Enable"), RecordingBehavior.ALL),
        (option("Enable", "Both"), RecordingBehavior.ALL),
        (option("Enable", "Agent"), RecordingBehavior.AGENT),
        (option("Enable", "Customer"), RecordingBehavior.CUSTOMER),
        (option("Disable"), RecordingBehavior.OFF),
        ({"RecordingBehavior": {"RecordedParticipants": ["Agent", "Customer"]}}, RecordingBehavior.ALL),
        ({"RecordingBehavior": {"RecordedParticipants": ["Customer"]}}, RecordingBehavior.CUSTOMER),
        ({"RecordingBehavior": {"RecordedParticipants": []}}, RecordingBehavior.OFF),
        (
            {"VoiceBehavior": {"VoiceRecordingBehavior": {"RecordedParticipants": ["Agent"]}}},
            RecordingBehavior.AGENT,
        ),
        ({"VoiceBehavior": {"VoiceRecordingBehavior": {"RecordedParticipants": []}}}, RecordingBehavior.OFF),
    ],
)
def test_every_block_name_and_every_shape_of_parameters_is_read(
    block: str, parameters: dict[str, Any], behavior: RecordingBehavior
) -> None:
    read = read_line(line(ContactFlowModuleType=block, Parameters=parameters), EVENT_TIME)
    assert read == RecordingBlock(at("10:29:58.032"), behavior, CONTACT_ID)


@pytest.mark.parametrize(
    "message",
    [
        line(ContactFlowModuleType="PlayPrompt"),
        line(ContactFlowModuleType=None),
        line(Parameters={"IVRRecordingBehavior": "Enabled"}),  # the automated interaction alone
        line(Parameters={"RecordingBehavior": {"IVRRecordingBehavior": "Enabled"}}),
        line(Results="Error", Parameters=option("Disable")),  # it stays as it was
    ],
)
def test_a_line_about_anything_else_is_ignored(message: str) -> None:
    assert read_line(message, EVENT_TIME) is None


def test_a_failed_block_is_read_as_failed() -> None:
    read = read_line(line(Results="Error"), EVENT_TIME)
    assert read
    assert read.behavior is RecordingBehavior.FAILED


def test_a_line_without_a_time_takes_the_time_of_its_event() -> None:
    read = read_line(line(Timestamp=None), EVENT_TIME)
    assert read
    assert read.at == EVENT_TIME


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("7", "no object"),
        (line(ContactId="../secrets"), "ContactId is '../secrets'; allowed is a UUID"),
        (line(ContactId=None), "ContactId is None"),
        (line(Timestamp="yesterday"), "Timestamp is no time"),
        (
            line(Timestamp="2023-08-29T10:29:58"),
            "Timestamp is no time of this century in ISO-8601 with its offset",
        ),
        (line(Parameters=None), "none of the known parameters"),
        (line(Parameters={"Novelty": 1}), "none of the known parameters: ['Novelty']"),
        (line(Parameters=option("Perhaps")), "allowed are 'Enable', 'Disable'"),
        (line(Parameters=option("Enable", "Nobody")), "allowed are Agent, Customer"),
        (line(Parameters={"RecordingBehavior": {"RecordedParticipants": "Agent"}}), "is no list"),
    ],
)
def test_an_unreadable_line_says_why(message: str, says: str) -> None:
    with pytest.raises(UnreadableLine) as refused:
        read_line(message, EVENT_TIME)
    assert says in str(refused.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
PARAMETERS = st.dictionaries(
    st.sampled_from(
        ["RecordingBehaviorOption", "RecordingParticipantOption", "RecordingBehavior", "VoiceBehavior"]
    ),
    JSON | st.dictionaries(st.sampled_from(["RecordedParticipants", "VoiceRecordingBehavior"]), JSON),
)


@given(st.text() | st.builds(lambda p, r: line(Parameters=p, Results=r), PARAMETERS, JSON))
def test_any_line_whatever_is_read_ignored_or_unreadable(message: str) -> None:
    try:
        read = read_line(message, EVENT_TIME)
    except UnreadableLine:
        return
    assert read is None or read.contact_id == CONTACT_ID


#: What a block says of the screen: whether that switches something on.
SCREEN: list[tuple[object, bool]] = [
    ("Enabled", True),
    ("Agent", True),
    ("Disabled", False),
    ("FALSE", False),
    ("None", False),
    ("off", False),
    ("", False),
    (["Agent"], True),
    ([], False),
    (True, True),
    (False, False),
    (None, False),
    ({}, False),
    ({"ScreenRecordedParticipants": ["Agent"]}, True),
    ({"ScreenRecordedParticipants": []}, False),
    ({"Behavior": "Enabled"}, True),
    ({"Behavior": "Disabled"}, False),
    ({"Behavior": "False"}, False),
    ({"Behavior": "false"}, False),
    ({"Behavior": "Disabled", "ScreenRecordedParticipants": ["Agent"]}, True),
]


@pytest.mark.parametrize(("value", "is_on"), SCREEN)
@pytest.mark.parametrize("name", ["ScreenRecordingBehavior", "ChatBehavior"])
@pytest.mark.parametrize("is_within", [True, False])
def test_no_participants_are_an_off_unless_it_is_about_another_channel(
    name: str,
    is_within: bool,
    value: object,
    is_on: bool,
) -> None:
    """A block that records the screen alone must not pass for one that wants no voice."""
    behavior: dict[str, object] = {"RecordedParticipants": []}
    parameters = {"RecordingBehavior": behavior}
    (behavior if is_within else parameters)[name] = value  # type: ignore[assignment]
    block = read_line(line(Parameters=parameters), EVENT_TIME)
    assert (block and block.behavior) == (None if is_on else RecordingBehavior.OFF)


SOMETHING_ELSE: list[dict[str, Any]] = [
    {"AnalyticsBehavior": {"Enabled": "True", "AnalyticsLanguage": "en-GB"}},
    {"ChatBehavior": {"ChatAnalyticsBehavior": {"Enabled": "True"}}},
    {"IVRRecordingBehavior": "Enabled"},
    {"ScreenRecordingBehavior": {"ScreenRecordedParticipants": ["Agent"]}},
    {"ScreenRecordingBehaviorOption": "Enable"},
    {"ScreenRecordedParticipants": ["Agent"]},
    {"RecordingBehavior": {"IVRRecordingBehavior": "Enabled"}},
    {"RecordingBehavior": {"ScreenRecordedParticipants": ["Agent"]}},
    {"VoiceBehavior": {"VoiceAnalyticsBehavior": {"Enabled": {"deeper": {"still": "True"}}}}},
    {"VoiceBehavior": {"VoiceRecordingBehavior": {"IVRRecordingBehavior": "Enabled"}}},
]


@pytest.mark.parametrize("parameters", SOMETHING_ELSE, ids=str)
def test_parameters_that_say_nothing_of_the_voice_are_passed_over_unless_a_new_one_stands_beside_them(
    parameters: dict[str, Any],
) -> None:
    assert read_line(line(Parameters=parameters), EVENT_TIME) is None
    with pytest.raises(UnreadableLine, match="none of the known parameters"):
        read_line(line(Parameters=parameters | {"Novelty": "Agent"}), EVENT_TIME)
