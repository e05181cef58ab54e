"""Verify everything that was ever written for an instance, and name the first thing that is broken.

Nothing but the evidence itself is needed. A public key and a head of the chain that you got another way, from
the deployment and from a daily mail, make the answer stronger. Without them, somebody who could rewrite the
whole bucket could also rewrite the key, or cut off the end of the chain.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from audio_leakage.errors import BrokenEvidence
from audio_leakage.evidence.acknowledgement import ACKNOWLEDGEMENTS
from audio_leakage.evidence.chain import CHAIN, RSA_SHA256, UNSIGNED, Link, link_name, sequence_of
from audio_leakage.evidence.files import sha256
from audio_leakage.evidence.manifest import MANIFEST
from audio_leakage.evidence.ports import EvidenceStore
from audio_leakage.evidence.signature import PublicKey
from audio_leakage.evidence.verify_link import check_acknowledgement, check_revision, read_whole


@dataclass(slots=True)
class Verified:
    """What was found whole."""

    links: list[Link] = field(default_factory=list)
    files: dict[str, int] = field(default_factory=dict)
    """Number of files, by the path of the manifest."""
    remarks: list[str] = field(default_factory=list)
    """What you should know although nothing is broken."""

    def lines(self) -> Iterator[str]:
        """Yield the report, line by line."""
        if not self.links:
            yield "no evidence: the chain has no link"
            return
        head = self.links[-1]
        yield f"chain 1-{head.sequence} whole, head {head.sequence} {head.sha256}"
        for link in self.links:
            yield f"day {link.day}: {self._words_of(link)}, whole"
        yield from self.remarks

    def _words_of(self, link: Link) -> str:
        if link.is_acknowledgement:
            return f"acknowledgement of revision {link.revision}"
        return f"revision {link.revision} ({link.kind}), {self.files[link.manifest_path]} files"


def verify(
    store: EvidenceStore, *, public_key: bytes | None = None, head: tuple[int, str] | None = None
) -> Verified:
    """Verify the chain, each signature, each manifest and each file.

    :param store: the evidence of one instance.
    :param public_key: the key you trust, in PEM. None takes the key that lies beside the evidence.
    :param head: sequence and digest of a link, as a mail told them.
    :raises BrokenEvidence: names the first broken thing.
    """
    verified = Verified()
    names = set(store.keys(""))
    for link in _chain(store, names):
        _check_follows(link, verified.links)
        _check_signature(link, store, verified.links, public_key)
        if link.is_acknowledgement:
            verified.files[link.manifest_path] = check_acknowledgement(link, store, verified.links)
        else:
            verified.files[link.manifest_path] = check_revision(link, store, names, verified.links)
        verified.links.append(link)
    _check_head(verified.links, head)
    verified.remarks.extend(_remarks(verified, names, public_key))
    return verified


def _chain(store: EvidenceStore, names: Iterable[str]) -> Iterator[Link]:
    numbers = {number for name in names if (number := sequence_of(name)) is not None}
    for number in range(1, max(numbers, default=0) + 1):
        affects = f"links {number} to {max(numbers)} and their days"
        if number not in numbers:
            raise BrokenEvidence(f"link {number} is missing", affects)
        try:
            link = Link.from_bytes(store.read(link_name(number)))
        except ValueError as error:
            raise BrokenEvidence(f"link {number} cannot be read: {error}", affects) from None
        if link.sequence != number:
            raise BrokenEvidence(f"link {number} says that it is link {link.sequence}", affects)
        yield link


def _check_follows(link: Link, before: list[Link]) -> None:
    affects = f"link {link.sequence}, day {link.day}, and all links after it"
    previous = before[-1] if before else None
    expected = (previous.sha256, previous.signature) if previous else ("", "")
    if (link.previous_sha256, link.previous_signature) != expected:
        raise BrokenEvidence(f"link {link.sequence} does not follow the link before it", affects)
    if previous and link.instance != previous.instance:
        raise BrokenEvidence(f"link {link.sequence} is about another instance", affects)


def _check_signature(link: Link, store: EvidenceStore, before: list[Link], public_key: bytes | None) -> None:
    affects = f"link {link.sequence}, day {link.day}, and all links after it"
    if link.algorithm == UNSIGNED:
        if public_key is not None or any(each.algorithm != UNSIGNED for each in before):
            raise BrokenEvidence(f"link {link.sequence} is not signed", affects)
        return
    if link.algorithm != RSA_SHA256:
        raise BrokenEvidence(f"link {link.sequence} names an unknown algorithm", affects)
    if any(each.public_key_sha256 not in ("", link.public_key_sha256) for each in before):
        raise BrokenEvidence(f"link {link.sequence} is signed by another key than the links before", affects)
    pem = (
        public_key
        if public_key is not None
        else read_whole(store, f"keys/{link.public_key_sha256}.pem", affects)
    )
    if sha256(pem) != link.public_key_sha256:
        raise BrokenEvidence(f"link {link.sequence} is signed by another key than the one you trust", affects)
    try:
        is_valid = PublicKey.from_pem(pem).verifies(link.signed_text, link.signature_bytes)
    except ValueError as error:
        raise BrokenEvidence(
            f"the signature of link {link.sequence} cannot be read: {error}", affects
        ) from None
    if not is_valid:
        raise BrokenEvidence(f"the signature of link {link.sequence} is not valid", affects)


def _check_head(links: list[Link], head: tuple[int, str] | None) -> None:
    if head is None:
        return
    sequence, digest = head
    if sequence > len(links):
        raise BrokenEvidence(
            f"the chain ends at link {len(links)}, the head you name is {sequence}",
            f"links {len(links) + 1} to {sequence} and their days",
        )
    if sequence < 1 or links[sequence - 1].sha256 != digest:
        raise BrokenEvidence(f"link {sequence} has another digest than the head you name", "the whole chain")


def _remarks(verified: Verified, names: set[str], public_key: bytes | None) -> Iterator[str]:
    if any(link.algorithm == UNSIGNED for link in verified.links):
        yield "remark: there are links without a signature, because no key was set when they were written"
    elif public_key is None and verified.links:
        digest = verified.links[-1].public_key_sha256
        yield f"remark: compare the key, SHA-256 {digest}, with the one that the deployment printed"
    known = {link.manifest_path for link in verified.links}
    for name in sorted(names - known):
        if name.startswith("day=") and name.endswith(f"/{MANIFEST}"):
            yield f"remark: {name} is in no link, so it is no evidence; a later revision replaced it"
        if name.startswith(ACKNOWLEDGEMENTS):
            yield f"remark: {name} is in no link, so it is no evidence"
    if not any(name.startswith(CHAIN) for name in names):
        yield "remark: there is no chain"
