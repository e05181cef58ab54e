from datetime import datetime
from typing import Any

import pytest

from audio_leakage.contacts.snapshot import ContactSnapshot
from audio_leakage.errors import InvalidContact
from support.fakes import CONTACT_ID, answer, at


def read(**members: Any) -> ContactSnapshot:
    return ContactSnapshot.from_answer(CONTACT_ID, answer(**members))


def test_a_call_offered_to_an_agent_has_no_connect_time() -> None:
    assert read().connected_to_agent_timestamp == at("10:30:11.038")
    offered = read(connected=None)
    assert offered.agent_id
    assert offered.connected_to_agent_timestamp is None


def test_unknown_members_and_values_are_accepted() -> None:
    snapshot = read(Channel="HOLOGRAM", InitiationMethod="TELEPATHY", Novelty={"Deep": [1]}, AgentInfo=None)
    assert (snapshot.channel, snapshot.initiation_method) == ("HOLOGRAM", "TELEPATHY")


@pytest.mark.parametrize("recordings", [None, [], "none", [None], [{"StorageType": "S3"}]])
def test_recordings_may_be_missing_in_any_way(recordings: object) -> None:
    assert read(Recordings=recordings).recordings == ()


@pytest.mark.parametrize("member", ["Id", "Channel", "InitiationMethod", "InitiationTimestamp"])
def test_an_answer_without_a_required_member_is_refused_by_name(member: str) -> None:
    with pytest.raises(InvalidContact, match=f"without Contact.{member}"):
        read(**{member: None})


@pytest.mark.parametrize("cut_off", [{}, {"Contact": None}, {"Contact": "…"}, {"ResponseMetadata": {}}])
def test_an_answer_that_was_cut_off_is_refused(cut_off: dict[str, Any]) -> None:
    with pytest.raises(InvalidContact, match="without"):
        ContactSnapshot.from_answer(CONTACT_ID, cut_off)


def test_an_answer_about_another_contact_is_refused() -> None:
    with pytest.raises(InvalidContact, match="another contact"):
        ContactSnapshot.from_answer(CONTACT_ID, answer("bd749cef-008a-4130-b137-0dfdfd2acf9c"))


@pytest.mark.parametrize("time", ["2023-08-29T10:31:10Z", 1693305070, datetime(2023, 8, 29)])
def test_an_invalid_time_is_refused_by_name(time: object) -> None:
    with pytest.raises(InvalidContact, match="DisconnectTimestamp"):
        read(DisconnectTimestamp=time)


@pytest.mark.parametrize(("length", "kept"), [(1, True), (256, True), (257, False)])
def test_a_word_longer_than_any_id_of_connect_is_as_good_as_none(length: int, kept: bool) -> None:
    assert (read(RelatedContactId="x", QueueInfo={"Id": "q" * length}).queue_id is not None) == kept


@pytest.mark.parametrize(("length", "kept"), [(1100, 1), (1101, 0)])
def test_a_location_longer_than_any_of_s3_is_as_good_as_none(length: int, kept: bool) -> None:
    entry = {"StorageType": "S3", "Location": "recordings/".ljust(length, "k")}
    assert len(read(Recordings=[entry]).recordings) == kept
