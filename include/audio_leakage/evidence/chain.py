"""The chain of links: one link for each revision, numbered, each signed over the one before it.

A link holds the text that is signed and the signature over it. ``openssl dgst`` alone can verify the two.
Source: the digest files of AWS CloudTrail's log integrity, and in-toto's Statement for the manifest.
"""

import base64
import json
from dataclasses import dataclass, replace
from typing import Any, Self

from audio_leakage.evidence.files import canonical, sha256
from audio_leakage.evidence.manifest import MANIFEST
from audio_leakage.times import shown

#: The first line of the signed text, and the version of all that follows.
VERSION = "audio-leakage-evidence/v1"
#: What a link of an evidence bucket without a key says.
UNSIGNED = "none"
RSA_SHA256 = "RSASSA_PKCS1_V1_5_SHA_256"
CHAIN = "chain/"
#: The kind of a link that is about an acknowledgement.
ACKNOWLEDGEMENT = "acknowledgement"

_DIGITS = 10
_MEMBERS = {
    "sequence": int,
    "instance": str,
    "day": str,
    "revision": int,
    "kind": str,
    "written_at": str,
    "manifest_path": str,
    "manifest_sha256": str,
    "previous_sha256": str,
    "previous_signature": str,
    "algorithm": str,
    "key_arn": str,
    "public_key_sha256": str,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link. Every member but the signature is part of the signed text."""

    sequence: int = 1
    """1 for the first link; each further one is one more."""
    instance: str
    day: str
    revision: int
    kind: str
    written_at: str
    manifest_path: str
    """Below the folder of the instance."""
    manifest_sha256: str
    previous_sha256: str = ""
    """Of the stored bytes of the link before; empty in the first link."""
    previous_signature: str = ""
    algorithm: str = UNSIGNED
    key_arn: str = ""
    public_key_sha256: str = ""
    """Of the PEM file below ``keys/``."""
    signature: str = ""
    """In base64; empty where the chain is not signed."""

    @property
    def name(self) -> str:
        """The key of the link, below the folder of the instance."""
        return link_name(self.sequence)

    @property
    def is_acknowledgement(self) -> bool:
        """Whether the link is about an acknowledgement, and not about a revision."""
        return self.kind == ACKNOWLEDGEMENT

    @property
    def folder(self) -> str:
        """The folder of its revision, below the folder of the instance."""
        return self.manifest_path.removesuffix(MANIFEST)

    @property
    def signed_text(self) -> bytes:
        """The text that is signed: one member a line, in a fixed order."""
        lines = (VERSION, *(f"{name}: {getattr(self, name)}" for name in _MEMBERS))
        return "".join(f"{line}\n" for line in lines).encode()

    @property
    def signature_bytes(self) -> bytes:
        """The signature itself.

        :raises ValueError: when it is not base64.
        """
        return base64.b64decode(self.signature, validate=True)

    def to_bytes(self) -> bytes:
        """Return the link as it is stored."""
        return canonical({"signature": self.signature, "signed": self.signed_text.decode()})

    @property
    def sha256(self) -> str:
        """Hex digest of the link as it is stored: the head of the chain, if it is the last one."""
        return sha256(self.to_bytes())

    def following(self, previous: "Link | None") -> "Link":
        """Return the link as the next one of the chain, not signed yet.

        :param previous: the last link of the chain; None for an empty chain.
        """
        return replace(
            self,
            sequence=previous.sequence + 1 if previous else 1,
            previous_sha256=previous.sha256 if previous else "",
            previous_signature=previous.signature if previous else "",
            signature="",
        )

    @classmethod
    def from_bytes(cls, stored: bytes) -> Self:
        """Read a stored link.

        :raises ValueError: when it is anything else than what :meth:`to_bytes` writes.
        """
        link = cls._read(stored)
        if link.to_bytes() != stored:
            raise ValueError("its text is not what its members say")
        return link

    @classmethod
    def _read(cls, stored: bytes) -> Self:
        try:
            parts = json.loads(stored)
            version, *lines = parts["signed"].splitlines()
            members = dict(line.split(": ", 1) for line in lines)
            values: dict[str, Any] = {name: kind(members[name]) for name, kind in _MEMBERS.items()}
            signature = parts["signature"]
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
            raise ValueError("it is no link") from None
        if version != VERSION:
            raise ValueError(f"its version is {shown(version)}, allowed is {VERSION}")
        if not isinstance(signature, str):
            raise ValueError(f"its signature is {shown(signature)}, allowed is base64")  # noqa: TRY004
        return cls(**values, signature=signature)


def link_name(sequence: int) -> str:
    """Return the key of a link, below the folder of the instance."""
    return f"{CHAIN}{sequence:0{_DIGITS}d}.json"


def sequence_of(name: str) -> int | None:
    """Return the number of a link from its key; None for the key of anything else."""
    digits = name.removeprefix(CHAIN).removesuffix(".json")
    return int(digits) if len(digits) == _DIGITS and digits.isdecimal() and digits.isascii() else None
