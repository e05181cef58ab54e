"""What the hook for the contact table does beyond asking DynamoDB."""

from itertools import repeat

import boto3
import pytest

from audio_leakage_aws.contact_table import ContactTable


def test_a_scan_of_empty_pages_ends_when_the_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ContactTable, "_pages", lambda *_, **__: repeat({"Items": []}))
    table = ContactTable(boto3.resource("dynamodb"), "contacts")
    seconds = iter((2, 1, 0))
    assert list(table.never_indexed(lambda: next(seconds))) == []
    assert list(seconds) == []
