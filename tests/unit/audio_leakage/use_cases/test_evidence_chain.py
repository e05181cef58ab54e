"""Revisions that are appended, side by side and after a kill."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from audio_leakage.errors import BrokenEvidence, ServiceUnavailable, SetupError
from audio_leakage.evidence.chain import CHAIN, Link
from audio_leakage.evidence.revision import FINAL, DayEvidence, Earlier
from audio_leakage.evidence.verify import Verified, verify
from audio_leakage.use_cases import evidence_chain
from audio_leakage.use_cases.acknowledging import write_acknowledgement
from audio_leakage.use_cases.evidence_chain import Chain
from support import evidence as support
from support.evidence import (
    DAY,
    KEY_ARN,
    NOW,
    ORIGIN,
    Killed,
    MemoryStore,
    Signer,
    evidence,
    inputs,
    item,
    leg,
    recording,
)
from support.tampering import acknowledgement_of, whole


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


def rival(store: MemoryStore, wins: int) -> Callable[[str], None]:
    """Return another run, which takes the next number before this run can, so many times."""
    left = [wins]

    def take(key: str) -> None:
        if key.startswith(CHAIN) and left[0]:
            left[0] -= 1
            head = Chain(store, Signer(), None).head()
            assert head
            store.objects[key] = replace(head, day="2026-11-20").following(head).to_bytes()

    return take


@pytest.mark.parametrize("wins", [0, 1, 2])
def test_a_run_that_loses_tries_again(wins: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_chain, "_TRIES", 3)
    store = MemoryStore()
    first, _ = append(store, evidence(), key_arn=None)
    store.before_write = rival(store, wins)
    link, _ = write_acknowledgement(Chain(store, Signer(), None), acknowledgement_of(first), NOW)
    assert (link.sequence, link.revision, link.is_acknowledgement) == (2 + wins, 1, True)


def test_an_acknowledgement_that_always_loses_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_chain, "_TRIES", 3)
    store = MemoryStore()
    first, _ = append(store, evidence(), key_arn=None)
    store.before_write = rival(store, 3)
    with pytest.raises(ServiceUnavailable, match="grew faster than this run could append to it"):
        write_acknowledgement(Chain(store, Signer(), None), acknowledgement_of(first), NOW)
    assert list(store.keys(CHAIN)) == [f"chain/{number:010d}.json" for number in range(1, 5)]


def test_a_revision_that_always_loses_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_chain, "_TRIES", 3)
    store = MemoryStore()
    append(store, evidence(), key_arn=None)
    store.before_write = rival(store, 100)
    with pytest.raises(ServiceUnavailable, match="grew faster than this run could append to it"):
        append(store, evidence(day="2026-11-24"), key_arn=None)
    assert {Link.from_bytes(store.read(key)).day for key in store.keys(CHAIN)} == {DAY, "2026-11-20"}


def test_a_revision_that_another_run_has_begun_is_left_to_it() -> None:
    store, theirs = MemoryStore(), f"day={DAY}/revision=001/contacts.jsonl.gz"
    asked: list[tuple[Link, Earlier] | None] = []

    def other_run(_key: str) -> None:
        store.before_write = lambda _key: None
        store.objects[theirs] = b"of another run"

    def prove(known: tuple[Link, Earlier] | None) -> DayEvidence:
        asked.append(known)
        return evidence()

    store.before_write = other_run
    link, is_new = Chain(store, Signer(), KEY_ARN).append(DAY, prove, ORIGIN, NOW)
    assert (link.sequence, link.revision, is_new) == (1, 2, True)
    assert revisions(verify(store)) == [(DAY, 2, "first")]
    assert store.objects[theirs] == b"of another run"
    assert asked == [None]


def test_a_day_is_proved_again_once_another_run_has_corrected_it() -> None:
    store, asked = MemoryStore(), list[int | None]()

    def other_run(key: str) -> None:
        if key.startswith(CHAIN):
            store.before_write = lambda _key: None
            append(store, evidence(inputs([leg(1)], [item(1)], [])))

    def prove(known: tuple[Link, Earlier] | None) -> DayEvidence:
        asked.append(known[1].revision if known else None)
        return evidence()

    store.before_write = other_run
    link, is_new = Chain(store, Signer(), KEY_ARN).append(DAY, prove, ORIGIN, NOW)
    assert asked == [None, 2]
    assert (link.sequence, link.revision, is_new) == (2, 3, True)
    assert len(verify(store).links) == 2


def test_an_acknowledgement_meanwhile_lets_the_revision_be_written() -> None:
    store = MemoryStore()
    first, _ = append(store, evidence(inputs([leg(1)], [item(1)], [])))

    def other_run(key: str) -> None:
        if key.startswith(CHAIN):
            store.before_write = lambda _key: None
            write_acknowledgement(Chain(store, Signer(), KEY_ARN), acknowledgement_of(first), NOW)

    store.before_write = other_run
    link, _ = append(store, evidence())
    assert (link.sequence, link.revision) == (3, 2)
    assert [each.kind for each in verify(store).links] == ["first", "acknowledgement", "first"]


def test_nothing_is_appended_to_a_revision_that_was_changed() -> None:
    store = whole()
    manifest = "day=2026-11-24/revision=001/manifest.json"
    store.objects[manifest] = store.objects[manifest].replace(b"COMPLETE", b"PROVISIONAL")
    for act in (
        lambda chain: support.append(chain, evidence(day="2026-11-24", kind=FINAL)),
        lambda chain: chain.earlier("2026-11-24"),
        lambda chain: chain.latest("policy.json"),
    ):
        with pytest.raises(BrokenEvidence) as broken:
            act(Chain(store, Signer(), KEY_ARN))
        assert broken.value.what == f"{manifest} is not what link 3 says"
        assert broken.value.affects == "day 2026-11-24"


def test_nothing_is_appended_to_a_link_that_cannot_be_read() -> None:
    store = whole()
    store.objects["chain/0000000003.json"] = b"{}\n"
    before = dict(store.objects)
    with pytest.raises(BrokenEvidence) as broken:
        append(store, evidence(day="2026-11-25"))
    assert broken.value.what == "link 3 cannot be read: it is no link"
    assert broken.value.affects == "the chain from link 3 on"
    assert store.objects == before


@pytest.mark.parametrize(
    ("members", "what"),
    [
        ({"signature": "c2ln!"}, "the signature of link 3 cannot be read"),
        ({"signature": ""}, "the signature of link 3 is not valid"),
        ({"revision": 2}, "the signature of link 3 is not valid"),
    ],
)
def test_nothing_is_appended_to_a_signature_that_is_none(members: dict[str, Any], what: str) -> None:
    store = whole()
    head = Chain(store, Signer(), KEY_ARN).head()
    assert head
    store.objects[head.name] = replace(head, **members).to_bytes()
    with pytest.raises(BrokenEvidence, match=what):
        append(store, evidence(day="2026-11-25"))


def test_a_key_file_that_was_changed_ends_the_chain() -> None:
    store = whole()
    head = Chain(store, Signer(), KEY_ARN).head()
    assert head
    store.objects[f"keys/{head.public_key_sha256}.pem"] += b"\n"
    with pytest.raises(BrokenEvidence, match="the signature of link 3 is not valid"):
        append(store, evidence(day="2026-11-25"))


def test_the_links_of_a_day_come_in_their_order() -> None:
    chain = Chain(whole(), Signer(), KEY_ARN)
    assert [link.sequence for link in chain.links_of(DAY)] == [1, 2]
    assert [link.sequence for link in chain.links_of("2026-11-24")] == [3]
    assert chain.links_of("2026-11-22") == []
    assert chain.first_day() == date.fromisoformat(DAY)
    assert Chain(MemoryStore(), Signer(), KEY_ARN).first_day() is None


def test_the_latest_file_of_a_name_is_that_of_the_last_revision_that_has_it() -> None:
    store = whole()
    chain = Chain(store, Signer(), KEY_ARN)
    assert chain.latest("policy.json") == "day=2026-11-24/revision=001/policy.json"
    assert chain.latest("flows.json") is None
    assert Chain(MemoryStore(), Signer(), KEY_ARN).latest("policy.json") is None


def test_the_day_before_is_the_last_first_revision_of_another_day() -> None:
    chain = Chain(whole(), Signer(), KEY_ARN)
    support.append(chain, evidence(kind=FINAL))
    support.append(chain, evidence(day="2026-11-22"))
    links = [link for day in ("2026-11-22", DAY, "2026-11-24") for link in chain.links_of(day)]
    before = {
        link.sequence: told and told.manifest_sha256 for link in links for told in [chain.day_before(link)]
    }
    digests = {link.sequence: link.manifest_sha256 for link in links}
    assert before == {1: None, 2: None, 3: digests[2], 4: digests[3], 5: digests[3]}


def test_the_last_revision_of_a_day_is_no_acknowledgement() -> None:
    store = whole()
    chain = Chain(store, Signer(), KEY_ARN)
    (_, last) = chain.links_of(DAY)
    write_acknowledgement(chain, acknowledgement_of(last), NOW)
    known = chain.earlier(DAY)
    assert known
    assert known[0] == last
