"""What evidence needs from outside: where it lies, and what signs it.

The hooks satisfy these protocols by shape, with the errors that :mod:`audio_leakage.ports` names.
"""

from collections.abc import Iterable
from typing import Protocol


class EvidenceStore(Protocol):
    """Where the evidence of an instance lies. Keys are below the folder of the instance."""

    def keys(self, prefix: str) -> Iterable[str]:
        """Yield the keys that begin with a prefix, in their order."""
        ...

    def read(self, key: str) -> bytes:
        """Return an object.

        :raises MissingError: when there is none.
        """
        ...

    def write(self, key: str, content: bytes) -> bool:
        """Write a new object; False when its key is taken, and that object stays as it is."""
        ...


class SigningKey(Protocol):
    """The RSA key that the chain of evidence is signed with."""

    def sign(self, key_arn: str, message: bytes) -> bytes:
        """Return the signature over a message of at most 4096 bytes: RSASSA_PKCS1_V1_5_SHA_256."""
        ...

    def public_key(self, key_arn: str) -> bytes:
        """Return the public half, a SubjectPublicKeyInfo in DER."""
        ...
