"""The same day, computed again from what was kept."""

import pytest

from audio_leakage.evidence.files import rows_of
from audio_leakage.evidence.revision import before_of, replay
from support.evidence import evidence, inputs, item, leg, must, recording


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
    row = next(rows_of(contacts.stored))
    if etag:
        known = next(
            file
            for file in evidence(inputs(before=[{**row, "etag": etag}])).files
            if file.name == "inputs/before.jsonl.gz"
        )
    (kept,) = before_of(contacts.stored, known.stored)
    assert kept["etag"] == (etag or row["etag"])
