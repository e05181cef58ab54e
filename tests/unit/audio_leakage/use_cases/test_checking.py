"""A check searches the bucket, asks Connect before a failure, and takes no error for a verdict."""

from dataclasses import replace
from datetime import timedelta

import pytest

from audio_leakage.contacts.states import ContactState
from audio_leakage.errors import (
    MissingError,
    ServiceUnavailable,
    SetupError,
)
from audio_leakage.runs.window import Window
from audio_leakage.settings import Settings
from audio_leakage.use_cases.checking import check_recordings
from support.fakes import (
    BUCKET,
    CONTACT_ID,
    INSTANCE_ID,
    PREFIX,
    SETTINGS,
    World,
    answer,
    at,
    contact,
    ended_with_agent,
    key_of,
)


@pytest.fixture
def world() -> World:
    return World()


def test_a_recording_in_its_usual_place_takes_one_listing_only(world: World) -> None:
    world.contacts.put(ended_with_agent())
    world.bucket.put()
    assert check_recordings(world.run(at("10:35"))) == {"due": 1, "CALL_RECORDED_SUCCESS": 1}
    assert world.bucket.listings == [f"{BUCKET}/{PREFIX}/2023/08/29/{CONTACT_ID}_"]
    assert not world.connect.calls


def test_connect_is_asked_again_before_a_recording_counts_as_absent(world: World) -> None:
    world.contacts.put(ended_with_agent())
    location = "elsewhere/deep/renamed.wav"
    world.connect.answers[CONTACT_ID] = answer(Recordings=[{"StorageType": "S3", "Location": location}])
    world.bucket.objects[location] = (1_000_000, at("10:32"))
    assert check_recordings(world.run(at("10:35"))) == {"due": 1, "unchanged": 1}
    assert world.connect.calls[CONTACT_ID] == 0, "nothing is about to be said"
    assert check_recordings(world.run(at("11:35"))) == {"due": 1, "CALL_RECORDED_SUCCESS": 1}
    assert world.contacts.contact().recording_key == "deep/renamed.wav"
    assert world.bucket.listings[-1] == location


@pytest.mark.parametrize("day", ["2023-08-28T10:30", "2023-08-30T10:30"])
def test_a_recording_under_a_neighbouring_day_is_found(world: World, day: str) -> None:
    world.contacts.put(ended_with_agent())
    world.bucket.put(key_of(connected=at(day)))
    assert check_recordings(world.run(at("10:35"))) == {"due": 1, "CALL_RECORDED_SUCCESS": 1}


def test_one_check_lists_no_place_twice(world: World) -> None:
    world.contacts.put(ended_with_agent())
    world.connect.answers[CONTACT_ID] = answer()
    assert check_recordings(world.run(at("10:35"))) == {"due": 1, "unchanged": 1}
    assert len(world.bucket.listings) == len(set(world.bucket.listings)) == 3


def test_a_contact_without_facts_is_described_first(world: World) -> None:
    world.contacts.put(contact(ContactState.COMPLETED_AGENT))
    world.connect.answers[CONTACT_ID] = answer()
    world.bucket.put()
    assert check_recordings(world.run(at("10:35"))) == {"due": 1, "CALL_RECORDED_SUCCESS": 1}
    assert world.connect.calls[CONTACT_ID] == 1


def test_a_contact_that_never_met_an_agent_is_closed_with_the_reason(world: World) -> None:
    world.contacts.put(contact(ContactState.COMPLETED_AGENT))
    world.connect.answers[CONTACT_ID] = answer(connected=None)
    assert check_recordings(world.run(at("10:35"))) == {"due": 1, "NO_AGENT": 1}
    assert not world.bucket.listings


def test_a_failure_becomes_a_success_when_its_recording_appears(world: World) -> None:
    world.contacts.put(ended_with_agent())
    world.connect.answers[CONTACT_ID] = answer()
    assert check_recordings(world.run(at("11:35"))) == {"due": 1, "CALL_RECORDED_FAILURE": 1}
    world.bucket.put(at=at("11:40"))
    assert check_recordings(world.run(at("11:36"))) == {"due": 0}
    assert check_recordings(world.run(at("12:10"))) == {"due": 1, "CALL_RECORDED_SUCCESS": 1}


def test_a_contact_that_connect_forgot_is_judged_all_the_same(world: World) -> None:
    world.contacts.put(ended_with_agent())
    assert check_recordings(world.run(at("11:35"))) == {"due": 1, "CALL_RECORDED_FAILURE": 1}


@pytest.mark.parametrize(
    "error",
    [ServiceUnavailable("SlowDown"), SetupError("s3:ListBucket on bucket 'recordings' was denied")],
)
def test_an_error_of_the_bucket_is_never_a_verdict(world: World, error: ServiceUnavailable) -> None:
    world.contacts.put(ended_with_agent())
    world.connect.answers[CONTACT_ID] = answer()
    world.bucket.error = error
    with pytest.raises(type(error)):
        check_recordings(world.run(at("12:00")))
    after = world.contacts.contact()
    assert (after.last_error or "").startswith(str(error))
    assert replace(after, last_error=None) == ended_with_agent(attempts=1, next_check_at=at("12:00:00.001"))


@pytest.mark.parametrize(
    ("settings", "source"),
    [
        (SETTINGS, "The settings name this bucket"),
        (
            replace(SETTINGS, recording_bucket=None, recording_prefix=None),
            f"Connect instance '{INSTANCE_ID}' names this bucket, no setting does",
        ),
    ],
)
def test_an_error_of_the_bucket_says_where_its_name_came_from(
    world: World, settings: Settings, source: str
) -> None:
    world.contacts.put(ended_with_agent())
    world.bucket.error = SetupError("s3:ListBucket on bucket 'recordings' was denied")
    with pytest.raises(SetupError, match=source):
        check_recordings(world.run(at("12:00"), settings))


def test_a_delete_marker_is_named_as_the_cause_of_a_failure(world: World) -> None:
    world.contacts.put(ended_with_agent())
    world.bucket.deleted.add(f"{BUCKET}/{key_of()}")
    check_recordings(world.run(at("12:00")))
    assert world.contacts.contact().failure_cause == "DELETE_MARKER"


def refuse(bucket: str, prefix: str) -> bool:  # noqa: ARG001
    raise SetupError("s3:ListBucketVersions was denied")


def test_a_denied_request_for_delete_markers_costs_no_verdict(world: World) -> None:
    world.contacts.put(ended_with_agent())
    world.bucket.has_delete_marker = refuse  # type: ignore[method-assign]
    assert check_recordings(world.run(at("12:00"))) == {"due": 1, "CALL_RECORDED_FAILURE": 1}
    assert world.contacts.contact().failure_cause == "NO_OBJECT"


LOCATION = "elsewhere/deep/renamed.wav"


@pytest.fixture
def pointed(world: World) -> World:
    world.contacts.put(ended_with_agent())
    world.connect.answers[CONTACT_ID] = answer(Recordings=[{"StorageType": "S3", "Location": LOCATION}])
    return world


def test_a_pointer_into_a_missing_bucket_is_a_failure_with_its_cause(pointed: World) -> None:
    pointed.bucket.errors["elsewhere"] = MissingError("bucket 'elsewhere' does not exist")
    assert check_recordings(pointed.run(at("12:00"))) == {"due": 1, "CALL_RECORDED_FAILURE": 1}
    assert pointed.contacts.contact().failure_cause == "POINTER_WITHOUT_OBJECT"


def test_a_pointer_into_a_denied_bucket_is_an_error_and_no_verdict(pointed: World) -> None:
    pointed.bucket.errors["elsewhere"] = SetupError("bucket 'elsewhere' was denied")
    with pytest.raises(SetupError, match="elsewhere"):
        check_recordings(pointed.run(at("12:00")))
    assert pointed.contacts.contact().recorded_state is None


def test_a_pointer_into_a_denied_bucket_does_not_hide_the_recording(pointed: World) -> None:
    pointed.bucket.errors["elsewhere"] = SetupError("bucket 'elsewhere' was denied")
    pointed.contacts.put(ended_with_agent(recording_location=LOCATION))
    pointed.bucket.put()
    assert check_recordings(pointed.run(at("12:00"))) == {"due": 1, "CALL_RECORDED_SUCCESS": 1}


def test_a_success_stays_one_when_a_backfill_finds_no_recording() -> None:
    """Regression: the backfill took its last look for failed and judged it anew, a lifecycle rule having been there."""
    world = World()
    world.connect.answers[CONTACT_ID] = answer()
    world.contacts.put(ended_with_agent(initialised_at=at("10:29"), attempts=1, last_error="HTTP 503"))
    world.bucket.put()
    check_recordings(world.run(at("10:40")))
    assert world.contacts.contact().attempts is None
    for before in (world.contacts.contact(), replace(world.contacts.contact(), attempts=1)):
        world.contacts.put(before)
        world.bucket.objects.clear()
        window = Window(at("10:25"), at("10:30"))
        check_recordings(world.run(at("10:40") + timedelta(days=400), only_window=True, window=window))
        assert world.contacts.contact() == before
