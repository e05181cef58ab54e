"""The listing of a day's folder, and the recordings that the monitor found elsewhere."""

from datetime import date
from typing import Any

import pytest

from audio_leakage.errors import (
    AudioLeakageError,
    ContactNotFound,
    InvalidContact,
    MissingError,
    ServiceUnavailable,
    SetupError,
)
from audio_leakage.evidence.files import Json, json_lines
from audio_leakage.evidence.sources import DELETE_MARKER, OTHER_DAY, UNRECOGNISED_OBJECT
from audio_leakage.use_cases.day_recordings import is_listed, list_recordings, recordings_of
from support.day import DailyWorld
from support.fakes import BUCKET, CONTACT_ID, PREFIX, answer, at, ended_with_agent, key_of, number

DAY = date(2023, 8, 29)
ONE, TWO = number(1), number(2)
FOLDER = f"{PREFIX}/2023/08/29/"


def put(world: DailyWorld, bucket: str, key: str) -> None:
    world.ports.bucket.objects[f"{bucket}/{key}"] = (44, at("10:32"))


def listed(world: DailyWorld) -> list[Json]:
    done = list_recordings(world.run(DAY))
    rows = list(world.rows(done["listing"]))
    assert done["objects"] == len(rows)
    return rows


def shown(world: DailyWorld, *items: Json, known: tuple[str, ...] = (ONE, TWO)) -> list[tuple[Any, ...]]:
    """Return bucket, key, contact and what is known of each recording, after a listing of the day."""
    run = world.run(DAY)
    list_recordings(run)
    rows = recordings_of(run, known, json_lines("items.jsonl.gz", items))
    return [(row["bucket"], row["key"], row["contact_id"], row["known"]) for row in rows]


@pytest.mark.parametrize(
    ("name", "contact_id"),
    [
        (f"{ONE}_20230829T10:30_UTC.wav", ONE),
        (f"{CONTACT_ID.upper()}_20230829T10:30_UTC.wav", CONTACT_ID),
        ("greeting_20230829T10:30_UTC.wav", ""),
        (f"{ONE[:-1]}_20230829T10:30_UTC.wav", ""),
        ("_20230829T10:30_UTC.wav", ""),
        (f"{ONE}_copy/20230829T10:30_UTC.wav", ""),
        (f"copy/{ONE}_20230829T10:30_UTC.wav", ""),
        (f"{ONE}_20230829T10:30_UTC.json", ""),
        (f"ivr/{ONE}_20230829T10:30_UTC.wav", ""),
    ],
)
def test_only_the_name_of_a_recording_names_a_contact(name: str, contact_id: str) -> None:
    world = DailyWorld()
    put(world, BUCKET, FOLDER + name)
    (row,) = listed(world)
    known = None if contact_id else UNRECOGNISED_OBJECT
    assert (row["key"], row["contact_id"], row["known"]) == (FOLDER + name, contact_id, known)


def test_an_object_is_kept_with_what_makes_a_later_change_visible() -> None:
    world = DailyWorld()
    put(world, BUCKET, key_of(ONE))
    put(world, BUCKET, f"{PREFIX}/2023/08/28/{TWO}_20230828T23:59_UTC.wav")
    assert listed(world) == [
        {
            "bucket": BUCKET,
            "contact_id": ONE,
            "etag": f"2c-{at('10:32').timestamp():.0f}",
            "key": key_of(ONE),
            "known": None,
            "last_modified": "2023-08-29T10:32:00.000Z",
            "size": 44,
            "storage_class": "STANDARD",
        }
    ]


def test_a_day_is_listed_once_its_listing_is_kept() -> None:
    world = DailyWorld()
    assert not is_listed(world.run(DAY))
    assert shown(world) == []
    assert is_listed(world.run(DAY))
    assert not is_listed(world.run(date(2023, 8, 30)))


def test_a_recording_that_a_pointer_names_in_another_bucket_is_shown() -> None:
    world = DailyWorld()
    moved = f"moved/{ONE}_20230829T10:30_UTC.wav"
    for bucket, key in ((BUCKET, moved), ("archive", moved), ("archive", f"{moved}.json")):
        put(world, bucket, key)
    pointer = {
        "ContactId": CONTACT_ID.upper(),
        "RecordingKey": moved,
        "RecordingLocation": f"archive/{moved}",
    }
    assert shown(world, pointer) == [("archive", moved, CONTACT_ID, None)]


def test_a_recording_in_the_folder_of_an_earlier_bucket_is_shown() -> None:
    """Somebody has changed the storage of the instance since: the keys stay alike, the bucket does not."""
    world = DailyWorld()
    put(world, "archive", key_of(ONE))
    put(world, BUCKET, key_of(TWO))
    items = (
        {"ContactId": ONE, "RecordingKey": key_of(ONE), "RecordingLocation": f"archive/{key_of(ONE)}"},
        {"ContactId": TWO, "RecordingKey": key_of(TWO), "RecordingLocation": f"{BUCKET}/{key_of(TWO)}"},
    )
    assert sorted(shown(world, *items)) == [
        ("archive", key_of(ONE), ONE, None),
        (BUCKET, key_of(TWO), TWO, None),
    ]


def test_a_recording_is_gone_with_its_bucket() -> None:
    world, pointer = (
        DailyWorld(),
        {"ContactId": ONE, "RecordingKey": "1.wav", "RecordingLocation": "archive/1.wav"},
    )
    world.ports.bucket.errors["archive"] = MissingError("bucket 'archive' does not exist")
    put(world, BUCKET, key_of(TWO))
    assert shown(world, pointer) == [(BUCKET, key_of(TWO), TWO, None)]


@pytest.mark.parametrize("error", [SetupError("grant s3:ListBucket"), ServiceUnavailable("throttled")])
def test_a_recording_whose_bucket_cannot_be_listed_is_not_gone(error: AudioLeakageError) -> None:
    world, pointer = (
        DailyWorld(),
        {"ContactId": ONE, "RecordingKey": "1.wav", "RecordingLocation": "archive/1.wav"},
    )
    world.ports.bucket.errors["archive"] = error
    with pytest.raises(type(error), match=str(error)):
        shown(world, pointer)


def test_a_pointer_without_a_bucket_is_into_the_bucket_of_the_recordings() -> None:
    world = DailyWorld()
    yesterday = f"{PREFIX}/2023/08/28/{ONE}_20230828T23:59_UTC.wav"
    put(world, BUCKET, yesterday)
    put(world, "archive", yesterday)
    assert shown(world, {"ContactId": ONE, "RecordingKey": yesterday}) == [(BUCKET, yesterday, ONE, None)]


def test_a_recording_in_the_folder_is_shown_once() -> None:
    world = DailyWorld()
    put(world, BUCKET, key_of(ONE))
    items = ({"ContactId": ONE, "RecordingKey": key_of(ONE)}, {"ContactId": TWO})
    assert shown(world, *items) == [(BUCKET, key_of(ONE), ONE, None)]


def test_a_pointer_to_nothing_shows_no_recording() -> None:
    world = DailyWorld()
    put(world, "archive", "moved/1.wav.json")
    pointer = {"ContactId": ONE, "RecordingKey": "moved/1.wav", "RecordingLocation": "archive/moved/1.wav"}
    assert shown(world, pointer) == []


def test_what_is_gone_elsewhere_shows_its_delete_marker() -> None:
    world = DailyWorld()
    pointer = {"ContactId": ONE, "RecordingKey": "moved/1.wav", "RecordingLocation": "archive/moved/1.wav"}
    world.ports.bucket.deleted = {f"{BUCKET}/moved/1.wav"}
    assert shown(world, pointer) == []
    world.ports.bucket.deleted = {"archive/moved/1.wav"}
    assert shown(world, pointer) == [("archive", "moved/1.wav", ONE, DELETE_MARKER)]


@pytest.mark.parametrize(
    ("found", "known"),
    [
        (answer(ONE, connected=at("10:30:11")), "VOICE"),
        (answer(ONE, connected=at("00:00")), "VOICE"),
        (answer(ONE, connected=at("2023-08-28T23:59:59.999")), OTHER_DAY),
        (answer(ONE, connected=at("2023-08-30T00:00")), OTHER_DAY),
        (answer(ONE, connected=None), OTHER_DAY),
        (answer(ONE, Channel="CHAT"), None),
        (ContactNotFound("unknown"), None),
        (InvalidContact("unreadable"), None),
    ],
)
def test_connect_is_asked_about_a_recording_without_a_contact(
    found: dict[str, Any] | AudioLeakageError, known: str | None
) -> None:
    world = DailyWorld()
    put(world, BUCKET, key_of(ONE))
    world.ports.connect.answers[ONE] = found
    assert shown(world, known=()) == [(BUCKET, key_of(ONE), ONE, known)]


def test_nobody_asks_about_the_recording_of_a_contact_of_the_day() -> None:
    world = DailyWorld()
    put(world, BUCKET, key_of(ONE))
    put(world, BUCKET, key_of(CONTACT_ID))
    put(world, BUCKET, f"{FOLDER}greeting.wav")
    for contact_id in (ONE, CONTACT_ID):
        world.ports.contacts.put(ended_with_agent(contact_id=contact_id))
    assert shown(world) == [
        (BUCKET, f"{FOLDER}greeting.wav", "", UNRECOGNISED_OBJECT),
        (BUCKET, key_of(ONE), ONE, None),
        (BUCKET, key_of(CONTACT_ID), CONTACT_ID, OTHER_DAY),
    ]
