"""The tamper matrix: whatever is changed, the verifier finds it and names it."""

from collections.abc import Callable

import pytest

from audio_leakage.errors import BrokenEvidence
from audio_leakage.evidence.chain import link_name
from audio_leakage.evidence.signature import pem_of
from audio_leakage.evidence.verify import verify
from audio_leakage.use_cases.evidence_chain import Chain
from support.evidence import KEY_ARN, MemoryStore, Signer, append, evidence, public_der
from support.tampering import TAMPERED, link, whole


def test_untouched_evidence_is_whole() -> None:
    lines = list(verify(whole(), public_key=pem_of(public_der())).lines())
    assert lines[0].startswith("chain 1-3 whole, head 3 ")
    assert lines[1:] == [
        "day 2026-11-23: revision 1 (first), 16 files, whole",
        "day 2026-11-23: revision 2 (first), 16 files, whole",
        "day 2026-11-24: revision 1 (first), 16 files, whole",
    ]


@pytest.mark.parametrize(("tamper", "what", "affects"), TAMPERED, ids=[row[0].__name__ for row in TAMPERED])
def test_whatever_is_changed_is_found_and_named(
    tamper: Callable[[MemoryStore], None], what: str, affects: str
) -> None:
    store = whole()
    tamper(store)
    with pytest.raises(BrokenEvidence) as broken:
        verify(store)
    assert what in broken.value.what
    assert affects in broken.value.affects


def test_a_chain_that_was_cut_off_is_found_by_its_head() -> None:
    store = whole()
    head = (3, link(store, 3).sha256)
    verify(store, head=head)
    del store.objects[link_name(3)]
    assert any("is in no link" in line for line in verify(store).lines())
    with pytest.raises(BrokenEvidence, match="the chain ends at link 2"):
        verify(store, head=head)


def test_a_chain_written_anew_is_found_by_its_head_and_by_the_key() -> None:
    anew = MemoryStore()
    append(Chain(anew, Signer("theirs"), KEY_ARN), evidence())
    verify(anew)
    with pytest.raises(BrokenEvidence, match="another digest"):
        verify(anew, head=(1, link(whole(), 1).sha256))
    with pytest.raises(BrokenEvidence, match="the one you trust"):
        verify(anew, public_key=pem_of(public_der()))


def test_an_empty_folder_proves_nothing() -> None:
    assert list(verify(MemoryStore()).lines()) == ["no evidence: the chain has no link"]
