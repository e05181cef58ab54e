"""The fake contact table keeps the rules of the real one."""

from collections.abc import Mapping
from typing import Any

import pytest

from support.fakes import FakeTable
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
