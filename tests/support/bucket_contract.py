"""The rules of a recording bucket, as tests that the fake and the hook both pass."""

from datetime import timedelta
from typing import Protocol

from audio_leakage.ports import RecordingBucket
from support.fakes import BUCKET


class Put(Protocol):
    """Puts an object of so many bytes into the bucket."""

    def __call__(self, key: str, size: int, /) -> object: ...


class Delete(Protocol):
    """Deletes an object, which leaves a delete marker."""

    def __call__(self, key: str, /) -> object: ...


class RecordingBucketContract:
    """Subclass it with the fixtures ``bucket``, which is empty and keeps versions, ``put`` and ``delete``."""

    def test_every_object_below_a_prefix_is_listed_in_the_order_of_its_key(
        self, bucket: RecordingBucket, put: Put
    ) -> None:
        for key in ("day/b.wav", "day/a.wav", "days/c.wav", "a/day/d.wav"):
            put(key, len(key))
        found = [(each["Key"], each["Size"]) for each in bucket.list_objects(BUCKET, "day/")]
        assert found == [("day/a.wav", 9), ("day/b.wav", 9)]
        assert [each["Key"] for each in bucket.list_objects(BUCKET, "day/b")] == ["day/b.wav"]
        assert list(bucket.list_objects(BUCKET, "nothing/")) == []

    def test_an_object_has_an_aware_time_and_a_quoted_etag(self, bucket: RecordingBucket, put: Put) -> None:
        put("a.wav", 5)
        (found,) = bucket.list_objects(BUCKET, "a.wav")
        assert found["LastModified"].utcoffset() == timedelta(0)
        assert found["ETag"][0] == found["ETag"][-1] == '"'

    def test_a_listing_goes_on_after_a_thousand_objects(self, bucket: RecordingBucket, put: Put) -> None:
        for number in range(1001):
            put(f"many/{number:04}.wav", 0)
        assert len(list(bucket.list_objects(BUCKET, "many/"))) == 1001

    def test_a_deleted_object_is_no_longer_listed_and_shows_its_marker(
        self, bucket: RecordingBucket, put: Put, delete: Delete
    ) -> None:
        put("day/a.wav", 5)
        put("day/b.wav", 5)
        assert not bucket.has_delete_marker(BUCKET, "day/")
        delete("day/a.wav")
        assert [each["Key"] for each in bucket.list_objects(BUCKET, "day/")] == ["day/b.wav"]
        assert bucket.has_delete_marker(BUCKET, "day/a")
        assert not bucket.has_delete_marker(BUCKET, "day/b")

    def test_an_object_that_came_back_keeps_the_marker_of_its_deletion(
        self, bucket: RecordingBucket, put: Put, delete: Delete
    ) -> None:
        put("a.wav", 5)
        delete("a.wav")
        put("a.wav", 5)
        assert len(list(bucket.list_objects(BUCKET, "a.wav"))) == 1
        assert bucket.has_delete_marker(BUCKET, "a.wav")
