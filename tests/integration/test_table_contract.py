"""The real contact table keeps the rules that the use cases are tested with."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from audio_leakage_aws.contact_table import ContactTable
from audio_leakage_hooks.contact_table_hook import ContactTableHook
from conftest import ROOT
from local_aws.dynamodb_local import create_table
from local_aws.server import LocalAws
from support.stage import TABLE
from support.table_contract import ContactTableContract, Write


@pytest.fixture(scope="module")
def real_table(local_aws: LocalAws) -> Iterator[ContactTable]:
    """Create the table once: emptying it takes less than a new one."""
    local_aws.reset()
    dynamodb = local_aws.client("dynamodb")
    for name in dynamodb.list_tables()["TableNames"]:
        dynamodb.delete_table(TableName=name)
    create_table(dynamodb, ROOT / "include" / "infrastructure" / "table.yaml", TABLE)
    with local_aws.applied():
        yield ContactTableHook(aws_conn_id=None).table(TABLE)


@pytest.mark.table
class TestRealTable(ContactTableContract):
    @pytest.fixture
    def table(self, real_table: ContactTable) -> ContactTable:
        pages = real_table.conn.meta.client.get_paginator("scan").paginate(TableName=TABLE)
        with real_table.conn.Table(TABLE).batch_writer() as batch:
            for item in [item for page in pages for item in page["Items"]]:
                batch.delete_item(Key={"ContactId": item["ContactId"]})
        return real_table

    @pytest.fixture
    def write(self, table: ContactTable) -> Write:
        def write(item: Mapping[str, Any]) -> None:
            table.conn.Table(TABLE).put_item(Item=dict(item))

        return write
