"""The same day, computed again from what was kept."""

import pytest

from audio_leakage.evidence.files import json_lines
from audio_leakage.evidence.revision import before_of, folder_of, replay, revision_of
from support.evidence import contact_id, evidence, inputs, item, leg, must, recording

SEEN = {"class": "VERIFIED", "counts_as": "proven", "etag": "1", "size": 44}


def test_a_replay_gives_the_same_bytes() -> None:
    found = evidence(inputs(map(leg, range(5)), map(item, range(5)), map(recording, range(3))))
    stored = {file.name: file for file in found.files}
    again = replay(lambda name: stored[name].stored, found.day, must)
    assert again == {name: stored[name].content_sha256 for name in again}
    assert len(again) == 8


@pytest.mark.parametrize("etag", [None, "as first seen"])
def test_a_recording_is_compared_with_the_one_seen_first(etag: str | None) -> None:
    found = evidence(inputs([leg(1)], [item(1)], [recording(1)]))
    contacts = next(file for file in found.files if file.name == "contacts.jsonl.gz")
    known = next(file for file in found.files if file.name == "inputs/before.jsonl.gz")
    row = next(contacts.each_row())
    if etag:
        known = next(
            file
            for file in evidence(inputs(before=[{**row, "etag": etag}])).files
            if file.name == "inputs/before.jsonl.gz"
        )
    (kept,) = before_of(contacts.each_row(), known.each_row())
    assert kept["etag"] == (etag or row["etag"])


def test_what_is_no_contact_of_the_day_any_more_is_compared_with_nothing() -> None:
    contacts = json_lines(
        "contacts.jsonl.gz", [{"contact_id": contact_id(1), "severity": "none", **SEEN, "class": "MISSING"}]
    )
    known = [{"contact_id": contact_id(number), **SEEN} for number in (1, 2)]
    first_seen = json_lines("before.jsonl.gz", sorted(known, key=lambda row: row["contact_id"]))
    assert list(before_of(contacts.each_row(), first_seen.each_row())) == [
        {"contact_id": contact_id(1), **SEEN, "class": "MISSING"}
    ]


@pytest.mark.parametrize(
    ("key", "revision"),
    [
        ("day=2026-11-23/revision=001/contacts.jsonl.gz", 1),
        ("day=2026-11-23/revision=999/manifest.json", 999),
        ("day=2026-11-23/revision=1000/manifest.json", 1000),
        ("day=2026-11-23/revision=01/manifest.json", None),
        ("day=2026-11-23/revision=001", None),
        ("work/day=2026-11-23/revision=001/manifest.json", None),
        ("day=2026-11/revision=001/manifest.json", None),
    ],
)
def test_a_key_tells_the_number_of_its_revision(key: str, revision: int | None) -> None:
    assert revision_of(key) == revision


def test_the_folder_of_a_revision_tells_its_number() -> None:
    assert folder_of("2026-11-23", 7) == "day=2026-11-23/revision=007/"
    assert [revision_of(folder_of("2026-11-23", number)) for number in (1, 10, 1000)] == [1, 10, 1000]
