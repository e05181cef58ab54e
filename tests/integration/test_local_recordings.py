"""Hours of recordings fit into the memory of the stand-in, and no look at them makes copies."""

import gc
import hashlib
import tracemalloc
from collections.abc import Iterator

import pytest

from local_aws.connect.contacts import StaticDirectory
from local_aws.connect.simulator import ConnectSimulator
from local_aws.contact_centre.recordings import wav
from local_aws.server import LocalAws
from support.fakes import INSTANCE_ID

MEGABYTE = 2**20


@pytest.fixture
def aws() -> Iterator[LocalAws]:
    connect = ConnectSimulator(INSTANCE_ID, StaticDirectory({}), recording_bucket="b", recording_prefix="p")
    with LocalAws(connect) as aws:
        aws.create_bucket("recordings")
        aws.client("s3").put_bucket_versioning(
            Bucket="recordings", VersioningConfiguration={"Status": "Enabled"}
        )
        yield aws


@pytest.mark.parametrize("body", [b"", b"x", wav(3 * MEGABYTE), bytes(range(256)) * 9000])
def test_an_object_is_read_as_it_was_written(aws: LocalAws, body: bytes) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket="recordings", Key="a", Body=b"an earlier one")
    put = s3.put_object(Bucket="recordings", Key="a", Body=body)
    for _ in range(2):
        found = s3.get_object(Bucket="recordings", Key="a")
        assert found["Body"].read() == body
        assert found["ContentLength"] == len(body)
        assert put["ETag"] == f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
        versions = s3.list_object_versions(Bucket="recordings", Prefix="a")["Versions"]
        assert [each["Size"] for each in versions] == [len(body), 14]


def test_neither_recordings_nor_failed_looks_fill_the_memory(aws: LocalAws) -> None:
    s3, body = aws.client("s3"), wav(2 * MEGABYTE)
    s3.put_object(Bucket="recordings", Key="first", Body=body)
    tracemalloc.start()
    try:
        for place in range(60):
            s3.put_object(Bucket="recordings", Key=f"day/{place}", Body=body)
        for place in range(100):
            s3.list_object_versions(Bucket="recordings", Prefix=f"day/none-{place}")
            s3.list_objects_v2(Bucket="recordings", Prefix=f"day/none-{place}")
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 20 * MEGABYTE, "120 MB of silence"
