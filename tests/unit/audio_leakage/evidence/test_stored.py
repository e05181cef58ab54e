"""What the files of the evidence store hold, and what is said of one that is broken."""

import pytest

from audio_leakage.errors import BrokenEvidence
from audio_leakage.evidence.files import canonical, json_lines
from audio_leakage.evidence.reports import Day
from audio_leakage.evidence.stored import day_at, document_at, rows_at
from support.evidence import MemoryStore

KEY = "day=2026-11-23/revision=001/inputs/metrics.json"
DAY = Day(
    instance="11111111-1111-4111-8111-111111111111",
    day="2026-11-23",
    as_of="2026-11-24T06:40:00.000Z",
    kind="first",
    hours=[],
    listing_is_whole=True,
    tolerance_percent="0.5",
)


def holding(objects: dict[str, bytes]) -> MemoryStore:
    store = MemoryStore()
    store.objects |= objects
    return store


def test_a_file_gives_what_was_written_into_it() -> None:
    rows = [{"id": 1}, {"id": 2}]
    store = holding({KEY: canonical(DAY.to_json()), "rows.jsonl.gz": json_lines("", rows).stored})
    assert day_at(store, KEY) == DAY
    assert document_at(store, KEY) == DAY.to_json()
    assert list(rows_at(store, "rows.jsonl.gz")) == rows


def test_facts_of_a_day_that_lack_one_are_broken_evidence() -> None:
    facts = {name: value for name, value in DAY.to_json().items() if name != "hours"}
    with pytest.raises(BrokenEvidence, match=f"{KEY} has no 'hours'"):
        day_at(holding({KEY: canonical(facts)}), KEY)


def test_facts_that_this_version_does_not_know_are_broken_evidence() -> None:
    """A newer version may have decided by them. So we cannot compute the same from the others."""
    facts = {**DAY.to_json(), "sampled": True, "agents": 3}
    with pytest.raises(BrokenEvidence, match=f"{KEY} has unknown members: agents, sampled"):
        day_at(holding({KEY: canonical(facts)}), KEY)
