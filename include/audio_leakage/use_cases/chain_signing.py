"""Links of the chain of evidence, signed and checked."""

import base64
from dataclasses import replace

from audio_leakage.errors import BrokenEvidence, SetupError
from audio_leakage.evidence.chain import RSA_SHA256, Link
from audio_leakage.evidence.files import sha256
from audio_leakage.evidence.ports import EvidenceStore, SigningKey
from audio_leakage.evidence.signature import PublicKey, pem_of


def check_signature(store: EvidenceStore, link: Link, affects: str) -> None:
    """Check the signature of a link with the public key that is kept beside the chain.

    :param affects: what cannot be relied on if it is not valid.
    :raises BrokenEvidence: when it is not valid, or the key is another one.
    """
    pem = store.read(f"keys/{link.public_key_sha256}.pem")
    is_ours = sha256(pem) == link.public_key_sha256
    try:
        is_valid = is_ours and PublicKey.from_pem(pem).verifies(link.signed_text, link.signature_bytes)
    except ValueError as error:
        raise BrokenEvidence(
            f"the signature of link {link.sequence} cannot be read: {error}", affects
        ) from None
    if not is_valid:
        raise BrokenEvidence(f"the signature of link {link.sequence} is not valid", affects)


def signed(link: Link, head: Link | None, store: EvidenceStore, key: SigningKey, key_arn: str | None) -> Link:
    """Return a link with its signature, and keep the public key.

    :param head: the link before; None for the first one.
    :param key_arn: the key in KMS; None for a chain that is not signed.
    :raises SetupError: when the chain is signed by another key, or is signed and no key is set.
    """
    known = head.public_key_sha256 if head else ""
    if key_arn is None:
        if known:
            raise SetupError(
                "the chain of evidence is signed: set 'evidence_key_arn' to the key that signs it"
            )
        return link
    pem = pem_of(key.public_key(key_arn))
    digest = sha256(pem)
    if known not in ("", digest):
        raise SetupError("the chain of evidence is signed by another key: correct 'evidence_key_arn'")
    store.write(f"keys/{digest}.pem", pem)
    link = replace(link, algorithm=RSA_SHA256, key_arn=key_arn, public_key_sha256=digest)
    signature = key.sign(key_arn, link.signed_text)
    return replace(link, signature=base64.b64encode(signature).decode())
