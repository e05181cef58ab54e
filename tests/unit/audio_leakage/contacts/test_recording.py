from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_leakage.contacts.recording import (
    Place,
    RecordingStorage,
    StoredObject,
    candidate_places,
    longest,
    matches,
    pointed_place,
)
from audio_leakage.errors import InvalidContact
from support.fakes import BUCKET, CONTACT_ID, PREFIX, at, ended_with_agent, key_of

STORAGE = RecordingStorage(BUCKET, PREFIX)


def day(date: str) -> Place:
    return Place(BUCKET, f"{PREFIX}/{date}/{CONTACT_ID}_")


def test_the_day_of_the_connect_time_is_the_first_candidate() -> None:
    assert list(candidate_places(ended_with_agent(), STORAGE)) == [
        day("2023/08/29"),
        day("2023/08/28"),
        day("2023/08/30"),
    ]


def test_a_call_across_midnight_has_its_last_day_as_second_candidate() -> None:
    contact = ended_with_agent(
        connected_to_agent_timestamp=at("2023-08-29T23:59:30"), disconnect_timestamp=at("2023-08-30T00:10")
    )
    assert list(candidate_places(contact, STORAGE)) == [
        day("2023/08/29"),
        day("2023/08/30"),
        day("2023/08/28"),
        day("2023/08/31"),
    ]


def test_candidate_days_are_utc_days_for_times_of_any_zone() -> None:
    local = at("2023-08-29T22:30").astimezone(tz=ZoneInfo("Africa/Johannesburg"))
    assert local.day == 30
    contact = ended_with_agent(connected_to_agent_timestamp=local, disconnect_timestamp=local)
    assert next(candidate_places(contact, STORAGE)) == day("2023/08/29")


def test_a_pointer_of_connect_comes_before_any_candidate_day() -> None:
    contact = ended_with_agent(recording_location="elsewhere/deep/renamed.wav")
    assert next(candidate_places(contact, STORAGE)) == Place("elsewhere", "deep/renamed.wav")


def test_recordings_may_be_at_the_root_of_the_bucket() -> None:
    place = next(candidate_places(ended_with_agent(), RecordingStorage(BUCKET, "")))
    assert place.prefix == f"2023/08/29/{CONTACT_ID}_"


def test_a_contact_id_that_is_no_uuid_has_no_candidate_places() -> None:
    contact = replace(ended_with_agent(), contact_id="../../else")
    with pytest.raises(InvalidContact):
        next(candidate_places(contact, STORAGE))


@given(
    st.uuids(),
    st.datetimes(timezones=st.just(UTC), min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)),
)
def test_every_candidate_place_has_the_contact_id_in_its_prefix(
    contact_id: UUID, connected: datetime
) -> None:
    contact = ended_with_agent(contact_id=str(contact_id), connected_to_agent_timestamp=connected)
    assert all(str(contact_id) in place.prefix for place in candidate_places(contact, STORAGE))


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (key_of(), True),
        (key_of(connected=at("10:59:59")), True),
        (key_of().replace(".wav", ".json"), False),
        (key_of().replace("_UTC", ""), False),
        (key_of().replace("_20230829T", "_call_redacted_20230829T"), False),
        (key_of().replace("/2023/08/29/", "/ivr/2023/08/29/"), False),
        (key_of().replace("/2023/08/29/", "/Analysis/Voice/2023/08/29/"), False),
        (key_of().replace(CONTACT_ID, f"{CONTACT_ID}_20230829T10:30_UTC.wav/x"), False),
        (key_of("bd749cef-008a-4130-b137-0dfdfd2acf9c"), False),
        (key_of(f"{CONTACT_ID}0"), False),  # an id that this one is a prefix of
    ],
)
def test_a_key_matches_only_the_agent_recording_of_its_contact(key: str, expected: bool) -> None:
    found = StoredObject(BUCKET, key, 1_000_000, at("10:32"))
    assert matches(ended_with_agent(), day("2023/08/29"), found) == expected


def test_a_pointer_matches_any_key_but_only_the_whole_key() -> None:
    contact = ended_with_agent(recording_location="elsewhere/deep/renamed.wav")
    place = Place("elsewhere", "deep/renamed.wav")
    assert matches(contact, place, StoredObject("elsewhere", "deep/renamed.wav", 1, at("10:32")))
    assert not matches(contact, place, StoredObject("elsewhere", "deep/renamed.wav.json", 1, at("10:32")))


@pytest.mark.parametrize(
    ("size", "seconds", "has_audio"),
    [(0, 0, False), (44, 0, False), (78, 0, False), (683, 0, False), (684, 0, True), (1_920_044, 60, True)],
)
def test_the_length_of_a_recording_follows_from_its_size(size: int, seconds: int, has_audio: bool) -> None:
    found = StoredObject(BUCKET, key_of(), size, at("10:32"))
    assert (found.seconds, found.has_audio) == (seconds, has_audio)


def test_the_longest_of_several_recordings_counts() -> None:
    empty, full = (StoredObject(BUCKET, key_of(), size, at("10:32")) for size in (0, 100))
    assert longest([empty, full]) == full
    assert longest([]) is None


@pytest.mark.parametrize(
    ("location", "place"),
    [
        (None, None),
        ("", None),
        ("recordings", None),
        ("recordings/", None),
        ("recordings/k.wav", Place("recordings", "k.wav")),
        ("recordings/a\nb.wav", None),
        ("No bucket/k.wav", None),
        (f"recordings/{'k' * 1024}", Place("recordings", "k" * 1024)),
        (f"recordings/{'k' * 1025}", None),
    ],
)
def test_a_pointer_is_a_place_only_where_s3_can_be_asked_for_it(
    location: str | None, place: Place | None
) -> None:
    assert pointed_place(ended_with_agent(recording_location=location)) == place


def test_a_pointer_to_what_is_no_recording_matches_nothing() -> None:
    for key in ("analysis/x.json", "Analysis/Voice/x.wav"):
        contact = ended_with_agent(recording_location=f"elsewhere/{key}")
        assert not matches(contact, Place("elsewhere", key), StoredObject("elsewhere", key, 1, at("10:32")))


def test_a_pointer_does_not_match_another_recording_below_its_own_key() -> None:
    contact = ended_with_agent(recording_location="elsewhere/k.wav")
    found = StoredObject("elsewhere", "k.wav.wav", 1, at("10:32"))
    assert not matches(contact, Place("elsewhere", "k.wav"), found)
