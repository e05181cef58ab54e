from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_leakage.contacts.contact import Contact, check_contact_id
from audio_leakage.contacts.states import (
    ClosedReason,
    ContactState,
    FailureCause,
    RecordedState,
    RecordingPolicy,
)
from audio_leakage.errors import InvalidContact
from support.fakes import CONTACT_ID, MINUTE, at, contact, ended_with_agent

TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)


@given(
    st.builds(
        Contact,
        contact_id=st.uuids().map(str),
        state=st.sampled_from(ContactState),
        recorded_state=st.none() | st.sampled_from(RecordedState),
        next_check_at=st.none() | TIMES,
        initialised_at=st.none() | TIMES,
        recording_policy=st.none() | st.sampled_from(RecordingPolicy),
        channel=st.none() | st.text(min_size=1),
        disconnect_timestamp=st.none() | TIMES,
        recording_size=st.none() | st.integers(0, 2**40),
        warnings=st.lists(st.sampled_from(["LATE", "SHORT"])).map(tuple),
        failure_cause=st.none() | st.sampled_from(FailureCause),
        closed_reason=st.none() | st.sampled_from(ClosedReason),
    )
)
def test_a_contact_is_the_same_after_a_round_trip_through_an_item(original: Contact) -> None:
    assert Contact.from_item(original.to_item()) == original


def test_an_open_contact_is_in_both_indexes() -> None:
    item = contact(initialised_at=at("10:29:58.5")).to_item()
    assert item == {
        "ContactId": CONTACT_ID,
        "State": "INITIALISED",
        "OpenState": "INITIALISED",
        "NextCheckAt": "2023-08-29T10:30:00.000Z",
        "InitialisedAt": "2023-08-29T10:29:58.500Z",
        "InitialisedHour": "2023-08-29T10",
    }


def test_a_closed_contact_leaves_the_index_of_open_contacts() -> None:
    item = ended_with_agent().closed(ClosedReason.NO_AGENT).to_item()
    assert "OpenState" not in item
    assert "NextCheckAt" not in item


def test_an_item_of_another_system_needs_only_an_id_and_a_state() -> None:
    item = {
        "ContactId": CONTACT_ID,
        "State": "COMPLETED - AGENT",
        "RecordedState": None,
        "Channel": None,
        "Else": 1,
    }
    assert Contact.from_item(item) == Contact(contact_id=CONTACT_ID, state=ContactState.COMPLETED_AGENT)


@pytest.mark.parametrize(
    ("attribute", "value", "message"),
    [
        ("State", "ENDED", "State cannot be read; allowed are 'INITIALISED', 'IN_PROGRESS - QUEUE/IVR'"),
        ("State", None, "State is missing; allowed are 'INITIALISED'"),
        ("RecordedState", "YES", "RecordedState cannot be read; allowed are 'CALL_RECORDED_SUCCESS'"),
        ("NextCheckAt", "soon", "NextCheckAt cannot be read; allowed is a time in ISO-8601 with its offset"),
        ("NextCheckAt", "2023-08-29T10:30:00", "NextCheckAt cannot be read; allowed is a time"),
        ("Attempts", "many", "Attempts cannot be read; allowed is a whole number"),
        ("ContactId", "1234", "ContactId is '1234'; allowed is a UUID of 36 characters"),
        ("ContactId", None, "ContactId is None; allowed is a UUID"),
    ],
)
def test_an_unreadable_item_is_refused_by_attribute_name(attribute: str, value: object, message: str) -> None:
    item = {"ContactId": CONTACT_ID, "State": "INITIALISED", attribute: value}
    with pytest.raises(InvalidContact) as refused:
        Contact.from_item(item)
    assert message in str(refused.value)


def test_a_refusal_does_not_repeat_a_long_value() -> None:
    with pytest.raises(InvalidContact) as refused:
        check_contact_id("x" * 10_000)
    assert len(str(refused.value)) < 150


@pytest.mark.parametrize("value", ["../../secrets", f"{CONTACT_ID}/..", f"{CONTACT_ID}\n", "*", "", 7, None])
def test_a_contact_id_that_is_no_uuid_is_refused(value: object) -> None:
    with pytest.raises(InvalidContact):
        check_contact_id(value)


def test_a_contact_ends_with_its_disconnect_or_its_after_contact_work() -> None:
    assert ended_with_agent().ended_at == at("10:31:10.343")
    assert ended_with_agent(after_contact_work_end_timestamp=at("11:31")).ended_at == at("11:31")
    assert ended_with_agent(after_contact_work_end_timestamp=at("10:31")).ended_at == at("10:31:10.343")
    assert contact(after_contact_work_end_timestamp=at("10:31")).ended_at is None


def test_the_conversation_ends_when_the_agent_leaves_it() -> None:
    talk = ended_with_agent(connected_to_agent_timestamp=at("10:30"), disconnect_timestamp=at("11:00"))
    assert talk.talk_seconds == 30 * MINUTE.total_seconds()
    left = ended_with_agent(
        connected_to_agent_timestamp=at("10:30"),
        after_contact_work_start_timestamp=at("10:37:40"),
        disconnect_timestamp=at("11:00"),
    )
    assert left.talk_seconds == 460


def test_the_delay_of_a_recording_is_known_once_both_times_are() -> None:
    recorded = ended_with_agent(recorded_at=at("10:41:10.343"))
    assert recorded.recording_delay == 10 * MINUTE
    assert ended_with_agent().recording_delay is None
    assert contact(recorded_at=at("10:41")).recording_delay is None


def test_the_last_block_of_a_contact_is_read_or_refused() -> None:
    assert contact().last_block_at is None
    assert contact(recording_blocks=("2023-08-29T10:29:00.000Z OFF",)).last_block_at == at("10:29")
    with pytest.raises(InvalidContact, match="RecordingBlocks"):
        _ = contact(recording_blocks=("soon OFF",)).last_block_at
