"""Bytes that are the same everywhere."""

import gzip
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audio_leakage.evidence import files
from audio_leakage.evidence.files import canonical, csv, json_lines, rows_of, sha256, uncompressed

TEXTS = st.dictionaries(st.text(max_size=5), st.text(max_size=5) | st.integers() | st.none())


@given(TEXTS)
def test_the_order_of_the_members_does_not_matter(document: dict[str, object]) -> None:
    assert canonical(document) == canonical(dict(reversed(document.items())))


@given(st.lists(TEXTS, max_size=5))
def test_rows_come_back_as_they_were_written(rows: list[dict[str, object]]) -> None:
    file = json_lines("rows.jsonl.gz", rows)
    assert list(rows_of(file.stored)) == rows
    assert (file.rows, file.content_sha256) == (len(rows), sha256(gzip.decompress(file.stored)))


def test_the_stored_bytes_hold_no_time_and_no_name() -> None:
    assert json_lines("one", [{"a": 1}]).stored == json_lines("another", [{"a": 1}]).stored


COMPRESSED = gzip.compress(b"{}")


@pytest.mark.parametrize(
    "stored", [b"{}", COMPRESSED[:-9], COMPRESSED[:10] + b"\xff" * 20], ids=["none", "half", "garbled"]
)
def test_a_broken_file_is_named(stored: bytes) -> None:
    with pytest.raises(ValueError, match=r"rows\.jsonl\.gz is not a whole gzip file"):
        uncompressed("rows.jsonl.gz", stored)


def test_a_file_that_is_not_compressed_is_its_content() -> None:
    assert uncompressed("policy.json", b"{}") == b"{}"


@pytest.mark.parametrize(
    ("cell", "written"),
    [("=1+1", "'=1+1"), ("@x", "'@x"), ('a"b', '"a""b"'), ("a,b", '"a,b"'), (None, ""), (7, "7")],
)
def test_a_cell_is_never_a_formula(cell: object, written: str) -> None:
    assert csv("x.csv", ["head"], [[cell]]).stored.decode() == f"head\r\n{written}\r\n"


@pytest.mark.parametrize("at_once", [1, 2, 20_000])
@given(ids=st.lists(st.sampled_from(["", "a b", "a\nb", *"0123456789abcdef"]), max_size=20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_are_sorted_however_few_of_them_fit_into_memory(
    at_once: int, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_SORTED_AT_ONCE", at_once)
    rows = [{"contact_id": each, "place": place} for place, each in enumerate(ids)]
    found = files.sorted_lines("rows.jsonl.gz", rows)
    assert [row["contact_id"] for row in files.rows_of(found.stored)] == sorted(
        ids, key=lambda each: quote(each, safe="")
    )
    assert found == files.sorted_lines("rows.jsonl.gz", reversed(rows))


def test_a_document_is_written_as_utf_8_and_without_what_json_does_not_have() -> None:
    assert canonical({"b": "Zürich", "a": 1}) == '{"a":1,"b":"Zürich"}\n'.encode()
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"share": float("nan")})
