"""What the hook for the contact table does beyond asking DynamoDB."""

from itertools import repeat

import pytest

from audio_leakage_hooks.contact_items import ContactTable


def test_a_scan_ends_with_the_time_though_no_page_holds_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ContactTable, "_pages", lambda *_, **__: repeat({"Items": []}))
    seconds = iter((2, 1, 0))
    assert list(ContactTable().never_indexed("contacts", lambda: next(seconds))) == []
    assert list(seconds) == []
