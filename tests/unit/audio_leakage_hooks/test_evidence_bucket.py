"""What S3 answers that the stand-in never does."""

from collections.abc import Iterator
from io import BytesIO

import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from audio_leakage.errors import MissingError, ServiceUnavailable, SetupError
from audio_leakage_hooks.evidence_bucket import EvidenceBucketHook, EvidenceFolder

BUCKET, FOLDER, KEY = "evidence", "v1/instance=1/", "2023/a.json"


@pytest.fixture
def hook() -> EvidenceBucketHook:
    return EvidenceBucketHook(aws_conn_id=None, region_name="af-south-1")


@pytest.fixture
def folder(hook: EvidenceBucketHook) -> EvidenceFolder:
    return hook.folder(BUCKET, FOLDER)


@pytest.fixture
def stub(hook: EvidenceBucketHook) -> Iterator[Stubber]:
    with Stubber(hook.conn) as stub:
        yield stub


def test_an_object_is_written_on_the_condition_that_there_is_none(
    folder: EvidenceFolder, stub: Stubber
) -> None:
    asked = {
        "Bucket": BUCKET,
        "Key": FOLDER + KEY,
        "Body": b"one",
        "ChecksumAlgorithm": "SHA256",
        "IfNoneMatch": "*",
    }
    stub.add_response("put_object", {}, asked)
    assert folder.write(KEY, b"one")


@pytest.mark.parametrize("code", ["PreconditionFailed", "412"])
def test_a_key_that_is_taken_is_left_as_it_is(folder: EvidenceFolder, stub: Stubber, code: str) -> None:
    stub.add_client_error("put_object", code, http_status_code=412)
    assert not folder.write(KEY, b"one")


def test_a_key_that_another_run_is_writing_is_tried_again_later(
    folder: EvidenceFolder, stub: Stubber
) -> None:
    """It is neither written nor taken: the other write may still fail."""
    stub.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
    with pytest.raises(ServiceUnavailable) as caught:
        folder.write(KEY, b"one")
    assert str(caught.value) == f"{KEY} is being written by another run"


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("AccessDenied", 403, SetupError),
        ("NoSuchBucket", 404, MissingError),
        ("SlowDown", 503, ServiceUnavailable),
    ],
)
def test_a_write_that_was_refused_is_no_written_object(
    folder: EvidenceFolder, stub: Stubber, code: str, status: int, error: type[Exception]
) -> None:
    stub.add_client_error("put_object", code, http_status_code=status)
    with pytest.raises(error) as caught:
        folder.write(KEY, b"one")
    assert type(caught.value) is error


def test_an_object_that_is_not_there_is_missing(folder: EvidenceFolder, stub: Stubber) -> None:
    stub.add_client_error("get_object", "NoSuchKey", http_status_code=404)
    with pytest.raises(MissingError) as caught:
        folder.read(KEY)
    assert str(caught.value) == f"{KEY} does not exist in the evidence bucket"


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [("AccessDenied", 403, SetupError), ("SlowDown", 503, ServiceUnavailable)],
)
def test_an_object_that_could_not_be_read_is_not_taken_for_missing(
    folder: EvidenceFolder, stub: Stubber, code: str, status: int, error: type[Exception]
) -> None:
    stub.add_client_error("get_object", code, http_status_code=status)
    with pytest.raises(error, match=f"bucket '{BUCKET}'") as caught:
        folder.read(KEY)
    assert type(caught.value) is error


def test_an_object_is_read_from_the_folder_of_its_instance(folder: EvidenceFolder, stub: Stubber) -> None:
    body = StreamingBody(BytesIO(b"one"), 3)
    stub.add_response("get_object", {"Body": body}, {"Bucket": BUCKET, "Key": FOLDER + KEY})
    assert folder.read(KEY) == b"one"


def test_the_keys_of_all_pages_are_below_the_folder(folder: EvidenceFolder, stub: Stubber) -> None:
    first = {"KeyCount": 1, "Contents": [{"Key": f"{FOLDER}a/1"}], "IsTruncated": True}
    stub.add_response(
        "list_objects_v2",
        first | {"NextContinuationToken": "t"},
        {"Bucket": BUCKET, "Prefix": f"{FOLDER}a/"},
    )
    last = {"KeyCount": 1, "Contents": [{"Key": f"{FOLDER}a/2"}], "IsTruncated": False}
    stub.add_response("list_objects_v2", last)
    assert list(folder.keys("a/")) == ["a/1", "a/2"]


def test_a_page_that_only_says_how_many_keys_it_has_is_not_taken_for_empty(
    folder: EvidenceFolder, stub: Stubber
) -> None:
    stub.add_response("list_objects_v2", {"KeyCount": 1, "IsTruncated": False})
    with pytest.raises(ServiceUnavailable, match="Contents"):
        list(folder.keys("a/"))


def test_a_folder_without_objects_has_no_keys(folder: EvidenceFolder, stub: Stubber) -> None:
    stub.add_response("list_objects_v2", {"KeyCount": 0, "IsTruncated": False})
    assert list(folder.keys("a/")) == []
