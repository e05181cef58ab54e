"""Rows in order, however many there are."""

from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audio_leakage.evidence import sorting


@pytest.mark.parametrize("at_once", [1, 2, 20_000])
@given(ids=st.lists(st.sampled_from(["", "a b", "a\nb", *"0123456789abcdef"]), max_size=20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_are_sorted_however_few_of_them_fit_into_memory(
    at_once: int, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorting, "_SORTED_AT_ONCE", at_once)
    rows = [{"contact_id": each, "place": place} for place, each in enumerate(ids)]
    found = sorting.sorted_lines("rows.jsonl.gz", rows)
    assert [row["contact_id"] for row in found.each_row()] == sorted(
        ids, key=lambda each: quote(each, safe="")
    )
    assert found == sorting.sorted_lines("rows.jsonl.gz", reversed(rows))
