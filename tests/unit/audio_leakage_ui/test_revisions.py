"""The chain of evidence is read from its end, and no further back than the days that are shown."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial

import pytest

from audio_leakage.evidence.chain import CHAIN, link_name, sequence_of
from audio_leakage.evidence.revision import DayEvidence
from audio_leakage.use_cases.evidence_chain import Chain
from audio_leakage_ui import revisions
from audio_leakage_ui.revisions import EvidencePlace, proved_days
from support.evidence import KEY_ARN, ORIGIN, MemoryStore, Signer, evidence
from support.fakes import SETTINGS, at

FIRST = date(2026, 8, 1)


def test_there_is_a_place_only_where_evidence_is_wanted() -> None:
    assert EvidencePlace.of(SETTINGS) is None
    wanted = replace(SETTINGS, evidence_bucket="evidence", evidence_prefix="audit", aws_conn_id=None)
    assert EvidencePlace.of(wanted) == EvidencePlace(None, "evidence", wanted.evidence_folder)


@dataclass
class Hook:
    """The evidence of the only bucket, and which links of it were read."""

    store: MemoryStore
    links_read: set[int] = field(default_factory=set)

    def folder(self, _bucket: str, _folder: str) -> "Hook":
        return self

    def keys(self, prefix: str) -> Iterator[str]:
        return self.store.keys(prefix)

    def read(self, key: str) -> bytes:
        if key.startswith(CHAIN):
            number = sequence_of(key)
            assert number is not None
            assert key == link_name(number)
            self.links_read.add(number)
        return self.store.read(key)


def _given(found: DayEvidence, _earlier: object) -> DayEvidence:
    return found


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    """Ten days, each of which was proved in the morning after."""
    hook = Hook(MemoryStore())
    chain = Chain(hook.store, Signer(), KEY_ARN)
    for place in range(10):
        day = FIRST + timedelta(days=place)
        found = evidence(day=day.isoformat())
        chain.append(found.day.day, partial(_given, found), ORIGIN, at(f"{day + timedelta(days=1)}T06:40"))
    monkeypatch.setattr(revisions, "_hook", lambda *_: hook)
    monkeypatch.setattr(revisions, "_BATCH", 4)
    yield hook
    revisions._link.cache_clear()
    revisions._measured.cache_clear()


@pytest.mark.parametrize(
    ("since", "days", "links_read"),
    [
        # Links 7 to 10 are read together. Link 7 is about day 6, and was written on day 7.
        (9, [9], {7, 8, 9, 10}),
        (8, [8, 9], {7, 8, 9, 10}),
        (7, [7, 8, 9], {3, 4, 5, 6, 7, 8, 9, 10}),
        (6, [6, 7, 8, 9], {3, 4, 5, 6, 7, 8, 9, 10}),
        (0, list(range(10)), set(range(1, 11))),
        (10, [], {7, 8, 9, 10}),
    ],
)
def test_links_are_read_back_to_the_first_day_that_is_shown(
    hook: Hook, since: int, days: list[int], links_read: set[int]
) -> None:
    found = proved_days(EvidencePlace(None, "evidence", "instance=1/"), FIRST + timedelta(days=since))
    assert [date.fromisoformat(each.day) for each in found] == [FIRST + timedelta(days=day) for day in days]
    assert hook.links_read == links_read


def test_a_bucket_without_links_proves_no_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revisions, "_hook", lambda *_: Hook(MemoryStore()))
    assert proved_days(EvidencePlace(None, "evidence", "instance=1/"), FIRST) == []
