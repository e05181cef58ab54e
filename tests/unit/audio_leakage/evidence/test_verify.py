"""The tamper matrix: whatever is changed, the verifier finds it and names it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from audio_leakage.errors import BrokenEvidence
from audio_leakage.evidence.chain import link_name
from audio_leakage.evidence.files import sha256
from audio_leakage.evidence.signature import pem_of
from audio_leakage.evidence.verify import verify
from audio_leakage.use_cases.evidence_chain import Chain
from support.evidence import KEY_ARN, MemoryStore, Signer, append, evidence, public_der
from support.tampering import TAMPERED, link, sign_anew, whole


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


@pytest.mark.parametrize(
    ("number", "members", "what"),
    [
        (1, {"previous_sha256": "0" * 64}, "link 1 does not follow the link before it"),
        (3, {"previous_sha256": "0" * 64}, "link 3 does not follow the link before it"),
        (3, {"previous_signature": ""}, "link 3 does not follow the link before it"),
        (2, {"instance": "of-somebody-else"}, "link 2 is about another instance"),
        (3, {"algorithm": "RSASSA_PSS_SHA_256"}, "link 3 names an unknown algorithm"),
        (3, {"algorithm": ""}, "link 3 names an unknown algorithm"),
    ],
)
def test_who_has_the_key_cannot_sign_a_link_that_fits_nowhere(
    number: int, members: dict[str, Any], what: str
) -> None:
    store = whole()
    sign_anew(store, number, **members)
    with pytest.raises(BrokenEvidence) as broken:
        verify(store)
    assert broken.value.what == what
    assert broken.value.affects == (f"link {number}, day {link(store, number).day}, and all links after it")


def test_a_link_that_is_signed_anew_as_it_was_is_whole() -> None:
    """So what the tests above find is what they changed, and nothing else."""
    store = whole()
    sign_anew(store, 1)
    assert len(verify(store).links) == 3


@pytest.mark.parametrize("signature", ["c2ln!", "c2l"])
def test_a_signature_that_cannot_be_read_is_named(signature: str) -> None:
    store = whole()
    store.objects[link_name(3)] = replace(link(store, 3), signature=signature).to_bytes()
    with pytest.raises(BrokenEvidence, match="the signature of link 3 cannot be read"):
        verify(store)


@pytest.mark.parametrize("signature", [b"null", b"5", b"[]"])
def test_a_signature_that_is_no_text_makes_no_link(signature: bytes) -> None:
    store = whole()
    written = f'"{link(store, 3).signature}"'.encode()
    store.objects[link_name(3)] = store.objects[link_name(3)].replace(written, signature)
    with pytest.raises(BrokenEvidence, match="link 3 cannot be read: its signature is"):
        verify(store)


def test_a_key_file_that_is_no_key_is_named() -> None:
    store, pem = MemoryStore(), b"this is no key\n"
    append(Chain(store, Signer(), KEY_ARN), evidence())
    store.objects[f"keys/{sha256(pem)}.pem"] = pem
    sign_anew(store, 1, public_key_sha256=sha256(pem))
    with pytest.raises(BrokenEvidence, match="of link 1 cannot be read: it is no public key in PEM"):
        verify(store)


def test_a_chain_without_signatures_is_not_what_a_key_vouches_for() -> None:
    store = MemoryStore()
    append(Chain(store, Signer(), None), evidence())
    verify(store)
    with pytest.raises(BrokenEvidence, match="link 1 is not signed"):
        verify(store, public_key=pem_of(public_der()))


def test_a_chain_may_begin_without_a_key_and_go_on_with_one() -> None:
    store = MemoryStore()
    append(Chain(store, Signer(), None), evidence())
    append(Chain(store, Signer(), KEY_ARN), evidence(day="2026-11-24"))
    assert verify(store).remarks == [
        "remark: there are links without a signature, because no key was set when they were written"
    ]


def test_the_key_beside_the_evidence_is_to_be_compared() -> None:
    digest = sha256(pem_of(public_der()))
    compare = f"remark: compare the key, SHA-256 {digest}, with the one that the deployment printed"
    assert verify(whole()).remarks == [compare]
    assert verify(whole(), public_key=pem_of(public_der())).remarks == []


def test_a_head_before_the_first_link_is_never_found() -> None:
    store = whole()
    with pytest.raises(BrokenEvidence, match="link 0 has another digest than the head you name"):
        verify(store, head=(0, link(store, 3).sha256))


def test_what_is_in_no_link_is_remarked_and_is_no_evidence() -> None:
    store, manifest = whole(), "day=2026-11-23/revision=003/manifest.json"
    store.objects |= {
        "acknowledgements/day=2026-11-23/1.json": b"{}",
        manifest: b"{}",
        "day=2026-11-23/revision=003/contacts.jsonl.gz": b"",
        "work/manifest.json": b"{}",
    }
    assert verify(store, public_key=pem_of(public_der())).remarks == [
        "remark: acknowledgements/day=2026-11-23/1.json is in no link, so it is no evidence",
        f"remark: {manifest} is in no link, so it is no evidence; a later revision replaced it",
    ]


def test_a_folder_without_a_chain_says_so() -> None:
    assert verify(MemoryStore()).remarks == ["remark: there is no chain"]
