"""Any input is read or refused in few words, and everything read survives a round trip through an item.

`make fuzz` tries twenty thousand of each.
"""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.follow import with_facts
from audio_leakage.contacts.recording_blocks import RecordingBehavior, intent_of
from audio_leakage.contacts.snapshot import ContactSnapshot
from audio_leakage.errors import AudioLeakageError, InvalidContact, SettingsError, UnreadableLine
from audio_leakage.flow_log.line import read_line
from audio_leakage.settings import Settings
from support.fakes import CONTACT_ID, INSTANCE_ID, MARK, answer, at, contact, ended_with_agent
from support.flow_lines import line

TIMES = st.datetimes(datetime.min, datetime.max) | st.datetimes(timezones=st.just(UTC))  # noqa: DTZ901  # naive ones, too
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(MARK)
NESTED = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
AGENT = st.dictionaries(
    st.sampled_from(["Id", "ConnectedToAgentTimestamp", "AfterContactWorkStartTimestamp"]), NESTED | TIMES
)
RECORDING = st.dictionaries(
    st.sampled_from(["Location", "Status", "StorageType", "MediaStreamType", "ParticipantType"]),
    NESTED | st.text(),
)
MEMBERS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("Id", "Channel", "InitiationMethod", "QueueInfo"), NESTED),
        **dict.fromkeys(
            ("InitiationTimestamp", "DisconnectTimestamp", "ConnectedToSystemTimestamp"), NESTED | TIMES
        ),
        "AgentInfo": NESTED | AGENT,
        "Recordings": NESTED | st.lists(RECORDING, max_size=3),
    },
)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(
        [
            *ended_with_agent().to_item(),
            "RecordedState",
            "Attempts",
            "RecordingBlocks",
            "Searched",
            "RecordingSize",
        ]
    ),
    NESTED,
)
WORDS = st.sampled_from(["Enable", "Disable", "Agent", "Customer", "All", MARK])
BEHAVIOR = st.fixed_dictionaries({}, optional={"RecordedParticipants": NESTED | st.lists(WORDS, max_size=3)})
PARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        "RecordingBehaviorOption": NESTED | WORDS,
        "RecordingParticipantOption": NESTED | WORDS,
        "RecordingBehavior": NESTED | BEHAVIOR,
        "VoiceBehavior": NESTED | st.fixed_dictionaries({"VoiceRecordingBehavior": BEHAVIOR}),
        "IVRRecordingBehavior": NESTED,
    },
)
LINES = st.fixed_dictionaries(
    {"Parameters": NESTED | PARAMETERS},
    optional={
        "Results": NESTED | st.sampled_from(["Success", "Error"]),
        "Timestamp": NESTED | TIMES.map(str),
        "ContactFlowName": st.just(MARK),
    },
)
KEYS = st.sampled_from(list(Settings.__dataclass_fields__)) | st.text()


def see_that_it_is_short(error: AudioLeakageError) -> None:
    assert len(str(error)) < 5_000  # settings list what is allowed, for each key
    assert "\n" not in str(error)


def see_that_it_repeats_nothing(error: AudioLeakageError) -> None:
    see_that_it_is_short(error)
    assert MARK not in str(error)
    assert MARK not in str(error.__cause__)


@given(LINES)
def test_a_line_is_read_or_refused(members: dict[str, Any]) -> None:
    try:
        read = read_line(line(**members), at("10:30"))
    except UnreadableLine as error:
        names = members["Parameters"] if isinstance(members["Parameters"], dict) else {}
        if MARK not in str(sorted(names)):  # names of parameters are told
            see_that_it_repeats_nothing(error)
    else:
        assert read is None or intent_of([str(read)], None).is_off is (read.behavior is RecordingBehavior.OFF)


@given(
    st.lists(
        st.text()
        | st.just(MARK)
        | st.builds("{} {}".format, TIMES, st.sampled_from([*RecordingBehavior, MARK]))
    )
)
def test_recording_blocks_of_an_item_are_read_or_refused(settings: list[str]) -> None:
    try:
        intent_of(settings, None)
    except InvalidContact as error:
        see_that_it_repeats_nothing(error)


@given(MEMBERS)
def test_an_answer_is_read_or_refused(members: dict[str, Any]) -> None:
    told = answer()
    told["Contact"] |= members
    try:
        snapshot = ContactSnapshot.from_answer(CONTACT_ID, told)
    except InvalidContact as error:
        see_that_it_repeats_nothing(error)
    else:
        known = with_facts(contact(), snapshot)
        assert Contact.from_item(known.to_item()).contact_id == CONTACT_ID


@given(ATTRIBUTES)
def test_an_item_is_read_or_refused(attributes: dict[str, Any]) -> None:
    try:
        read = Contact.from_item(ended_with_agent().to_item() | attributes)
    except InvalidContact as error:
        if MARK not in str(attributes.get("ContactId")):  # which is told, or nobody would find the item
            see_that_it_repeats_nothing(error)
    else:
        assert Contact.from_item(read.to_item()) == read


@given(st.dictionaries(KEYS, NESTED, max_size=5))
def test_settings_are_read_or_refused(values: dict[str, Any]) -> None:
    required = {"connect_instance_id": INSTANCE_ID, "contact_table": "contacts"}
    try:
        settings = Settings.from_json(json.dumps(required | values))
    except SettingsError as error:
        see_that_it_is_short(error)
    else:
        assert settings.first_check.total_seconds() >= 0


@given(st.text())
def test_a_variable_is_read_or_refused(text: str) -> None:
    try:
        Settings.from_json(text)
    except SettingsError as error:
        see_that_it_is_short(error)
