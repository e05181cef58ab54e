"""Bytes that are the same everywhere."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_leakage.errors import BrokenEvidence
from audio_leakage.evidence.files import (
    EvidenceFile,
    canonical,
    csv,
    document,
    json_lines,
    read_document,
    rows_of,
    sha256,
    uncompressed,
)

TEXTS = st.dictionaries(st.text(max_size=5), st.text(max_size=5) | st.integers() | st.none())


@given(TEXTS)
def test_the_order_of_the_members_does_not_matter(document: dict[str, object]) -> None:
    assert canonical(document) == canonical(dict(reversed(document.items())))


@given(st.lists(TEXTS, max_size=5))
def test_rows_come_back_as_they_were_written(rows: list[dict[str, object]]) -> None:
    file = json_lines("rows.jsonl.gz", rows)
    assert list(file.each_row()) == rows
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


WHOLE = json_lines("rows.jsonl.gz", [{"number": number} for number in range(1000)]).stored
GARBLED = bytearray(WHOLE)
GARBLED[len(WHOLE) // 2 : len(WHOLE) // 2 + 8] = bytes(8)


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"not gzip",
        WHOLE[:-9],
        bytes(GARBLED),
        *map(gzip.compress, (b"no row\n", b"\xff\n", b"7\n", b"[" * 100_000)),
    ],
    ids=["empty", "no gzip", "cut off", "garbled", "no row", "no text", "no object", "too deep"],
)
def test_rows_that_cannot_be_read_are_broken_evidence(stored: bytes) -> None:
    with pytest.raises(BrokenEvidence, match=r"^rows\.jsonl\.gz cannot be read"):
        list(rows_of(stored, "rows.jsonl.gz"))


@pytest.mark.parametrize("stored", [b"", b"not gzip", WHOLE[:-9]], ids=["empty", "no gzip", "cut off"])
def test_a_file_of_rows_that_is_read_again_is_whole(stored: bytes) -> None:
    with pytest.raises(BrokenEvidence, match=r"^rows\.jsonl\.gz cannot be read"):
        EvidenceFile.read("rows.jsonl.gz", stored)


@pytest.mark.parametrize(
    "stored",
    [b"", b"{", b"\xff", b"[7]", b"[" * 100_000],
    ids=["empty", "cut off", "no text", "no object", "too deep"],
)
def test_a_document_that_cannot_be_read_is_broken_evidence(stored: bytes) -> None:
    with pytest.raises(BrokenEvidence, match=r"^summary\.json cannot be read"):
        read_document(stored, "summary.json")


def test_a_document_is_read_as_it_was_written() -> None:
    content = {"day": "2023-08-29", "hours": [{"listed": 7}]}
    assert read_document(document("facts.json", content).stored, "facts.json") == content


def test_a_member_that_is_missing_is_broken_evidence_and_names_its_file() -> None:
    (row,) = rows_of(json_lines("rows.jsonl.gz", [{"id": 1}]).stored, "rows.jsonl.gz")
    facts = read_document(b"{}", "facts.json", "the day")
    with pytest.raises(
        BrokenEvidence, match=r"rows.jsonl.gz has no 'class'. Affected: what is computed from it"
    ):
        row["class"]
    with pytest.raises(BrokenEvidence, match=r"facts.json has no 'day'. Affected: the day"):
        facts["day"]
    assert facts.get("day") is None


def test_a_file_that_is_not_compressed_is_its_content() -> None:
    assert uncompressed("policy.json", b"{}") == b"{}"


@pytest.mark.parametrize(
    ("cell", "written"),
    [("=1+1", "'=1+1"), ("@x", "'@x"), ('a"b', '"a""b"'), ("a,b", '"a,b"'), (None, ""), (7, "7")],
)
def test_a_cell_is_never_a_formula(cell: object, written: str) -> None:
    assert csv("x.csv", ["head"], [[cell]]).stored.decode() == f"head\r\n{written}\r\n"


def test_a_document_is_written_as_utf_8_and_without_what_json_does_not_have() -> None:
    assert canonical({"b": "Zürich", "a": 1}) == '{"a":1,"b":"Zürich"}\n'.encode()
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"share": float("nan")})
