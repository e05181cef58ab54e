"""The recording bucket over real HTTP: every page, delete markers, and errors that say what to do."""

from typing import Any

import pytest
from botocore.stub import Stubber

from audio_leakage.errors import ServiceUnavailable, SetupError
from audio_leakage_hooks.recording_bucket import RecordingBucketHook
from support.bucket_contract import Delete, Put, RecordingBucketContract
from support.fakes import BUCKET
from support.stage import Stage


@pytest.fixture
def hook(stage: Stage) -> RecordingBucketHook:
    del stage
    return RecordingBucketHook(aws_conn_id=None)


class TestAsTheFake(RecordingBucketContract):
    @pytest.fixture
    def bucket(self, stage: Stage, hook: RecordingBucketHook) -> RecordingBucketHook:
        stage.aws.client("s3").put_bucket_versioning(
            Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"}
        )
        return hook

    @pytest.fixture
    def put(self, stage: Stage) -> Put:
        return lambda key, size: stage.put_object(key, b"\0" * size)

    @pytest.fixture
    def delete(self, stage: Stage) -> Delete:
        return lambda key: stage.aws.client("s3").delete_object(Bucket=BUCKET, Key=key)


class TestErrorsAndPages:
    @pytest.mark.parametrize(
        "pages",
        [
            [{"NextContinuationToken": "a"}, {"NextContinuationToken": "a"}],
            [{"NextContinuationToken": "a"}, {"NextContinuationToken": "b"}, {"NextContinuationToken": "a"}],
            [{}],
        ],
        ids=["the same token twice", "a circle of two", "more, and no token"],
    )
    def test_a_listing_without_an_end_is_no_whole_listing(
        self, hook: RecordingBucketHook, pages: list[dict[str, Any]]
    ) -> None:
        with Stubber(hook.conn) as s3:
            for page in pages:
                contents = {"KeyCount": 1, "IsTruncated": True, "Contents": [{"Key": "x/1"}]}
                s3.add_response("list_objects_v2", contents | page)
            with pytest.raises(ServiceUnavailable):
                list(hook.list_objects(BUCKET, "x/"))

    def test_versions_without_an_end_are_no_proof_that_nothing_was_deleted(
        self, hook: RecordingBucketHook
    ) -> None:
        page = {"IsTruncated": True, "NextKeyMarker": "x/1", "NextVersionIdMarker": "1"}
        with Stubber(hook.conn) as s3:
            for _ in range(2):
                s3.add_response("list_object_versions", page)
            with pytest.raises(ServiceUnavailable):
                hook.has_delete_marker(BUCKET, "x/")

    @pytest.mark.parametrize(
        ("code", "status", "error", "says"),
        [
            ("AccessDenied", 403, SetupError, "denied: grant s3:ListBucket on it"),
            ("SlowDown", 503, ServiceUnavailable, "unavailable for now: SlowDown"),
            ("InternalError", 500, ServiceUnavailable, "unavailable for now"),
            ("ExpiredToken", 400, SetupError, "the credentials are not valid"),
            ("KMS.DisabledException", 400, SetupError, "was refused"),
        ],
    )
    def test_each_error_of_aws_becomes_an_error_of_the_domain(
        self, hook: RecordingBucketHook, code: str, status: int, error: type[Exception], says: str
    ) -> None:
        with Stubber(hook.conn) as s3:
            s3.add_client_error("list_objects_v2", code, http_status_code=status)
            with pytest.raises(error, match=says):
                list(hook.list_objects(BUCKET, "x"))

    def test_a_missing_bucket_is_named(self, hook: RecordingBucketHook) -> None:
        with pytest.raises(SetupError, match="bucket 'nowhere' does not exist: create it, or correct"):
            list(hook.list_objects("nowhere", "x"))
