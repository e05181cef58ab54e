"""The fake contact table and the fake bucket keep the rules of the real ones."""

from collections.abc import Mapping
from typing import Any

import pytest

from support.bucket_contract import Delete, Put, RecordingBucketContract
from support.fakes import BUCKET, FakeBucket, FakeTable
from support.table_contract import ContactTableContract, Write


class TestFakeTable(ContactTableContract):
    @pytest.fixture
    def table(self) -> FakeTable:
        return FakeTable()

    @pytest.fixture
    def write(self, table: FakeTable) -> Write:
        def write(item: Mapping[str, Any]) -> None:
            table.items[item["ContactId"]] = dict(item)

        return write


class TestFakeBucket(RecordingBucketContract):
    @pytest.fixture
    def bucket(self) -> FakeBucket:
        return FakeBucket()

    @pytest.fixture
    def put(self, bucket: FakeBucket) -> Put:
        return bucket.put

    @pytest.fixture
    def delete(self, bucket: FakeBucket) -> Delete:
        def delete(key: str) -> None:
            del bucket.objects[f"{BUCKET}/{key}"]
            bucket.deleted.add(f"{BUCKET}/{key}")

        return delete
