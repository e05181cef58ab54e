"""Revisions that are appended, side by side and after a kill."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from audio_leakage.errors import BrokenEvidence, SetupError
from audio_leakage.evidence.chain import CHAIN, Link
from audio_leakage.evidence.revision import FINAL, DayEvidence
from audio_leakage.evidence.verify import Verified, verify
from audio_leakage.use_cases.evidence_chain import Chain
from support import evidence as support
from support.evidence import (
    KEY_ARN,
    Killed,
    MemoryStore,
    Signer,
    evidence,
    inputs,
    item,
    leg,
    recording,
)


def append(store: MemoryStore, found: DayEvidence, key_arn: str | None = KEY_ARN) -> tuple[Link, bool]:
    return support.append(Chain(store, Signer(), key_arn), found)


def revisions(verified: Verified) -> list[tuple[str, int, str]]:
    return [(link.day, link.revision, link.kind) for link in verified.links]


def test_the_first_revision_begins_the_chain() -> None:
    store = MemoryStore()
    link, is_new = append(store, evidence())
    assert (link.sequence, link.revision, is_new) == (1, 1, True)
    assert verify(store).files == {"day=2026-11-23/revision=001/manifest.json": 16}


def test_unchanged_content_makes_no_revision() -> None:
    store = MemoryStore()
    append(store, evidence())
    link, is_new = append(store, evidence())
    assert (link.sequence, is_new, len(verify(store).links)) == (1, False, 1)


def test_a_correction_is_appended_and_names_what_it_corrects() -> None:
    store = MemoryStore()
    append(store, evidence(inputs([leg(1)], [item(1)], [])))
    append(store, evidence(inputs([leg(1)], [item(1)], [recording(1)])))
    assert revisions(verify(store)) == [("2026-11-23", 1, "first"), ("2026-11-23", 2, "first")]


def test_the_final_revision_is_written_once() -> None:
    store = MemoryStore()
    for _ in range(2):
        append(store, evidence())
        append(store, evidence(kind=FINAL))
    assert [kind for _, _, kind in revisions(verify(store))] == ["first", "final"]


@pytest.mark.parametrize("writes", range(18))
def test_a_kill_between_any_two_writes_heals(writes: int) -> None:
    store = MemoryStore(writes_left=writes)
    try:
        append(store, evidence())
    except Killed:
        store.writes_left = None
    link, _ = append(store, evidence())
    assert link.sequence == len(verify(store).links) == 1


def test_runs_side_by_side_extend_one_chain() -> None:
    store = MemoryStore()
    days = [f"2026-11-{number:02d}" for number in range(1, 8)] * 2
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda each: append(store, evidence(day=each)), days))
    assert sorted(link.day for link in verify(store).links) == sorted(set(days))


def test_a_number_that_another_run_took_is_not_used_again() -> None:
    store = MemoryStore()

    def other_run(key: str) -> None:
        if key.startswith(CHAIN):
            store.before_write = lambda _key: None
            append(store, evidence(day="2026-11-22"))

    store.before_write = other_run
    link, _ = append(store, evidence())
    assert (link.sequence, len(verify(store).links)) == (2, 2)


def test_a_revision_that_another_run_wrote_meanwhile_is_not_written_again() -> None:
    store = MemoryStore()

    def other_run(key: str) -> None:
        if key.startswith(CHAIN):
            store.before_write = lambda _key: None
            append(store, evidence())

    store.before_write = other_run
    link, is_new = append(store, evidence())
    assert (link.sequence, is_new, len(verify(store).links)) == (1, False, 1)


def test_nothing_is_appended_to_a_forged_head() -> None:
    store = MemoryStore()
    head, _ = append(store, evidence())
    forged = Signer("theirs").sign(KEY_ARN, head.signed_text)
    store.objects[head.name] = store.objects[head.name].replace(
        head.signature.encode(), forged.hex()[:344].encode()
    )
    with pytest.raises(BrokenEvidence):
        append(store, evidence(day="2026-11-24"))


def test_a_signed_chain_is_never_continued_without_its_key() -> None:
    store = MemoryStore()
    append(store, evidence())
    with pytest.raises(SetupError, match="set 'evidence_key_arn'"):
        append(store, evidence(day="2026-11-24"), key_arn=None)
    with pytest.raises(SetupError, match="another key"):
        support.append(Chain(store, Signer("theirs"), KEY_ARN), evidence(day="2026-11-24"))


def test_a_chain_without_a_key_says_so() -> None:
    store = MemoryStore()
    append(store, evidence(), key_arn=None)
    assert any("without a signature" in line for line in verify(store).lines())
