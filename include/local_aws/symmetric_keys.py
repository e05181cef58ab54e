"""Symmetric keys as KMS has them: without a private key. moto makes an RSA key for each of them.

That takes longer than all else that moto does for a table with encryption.
"""

from typing import NoReturn

from moto.core.exceptions import JsonRESTError
from moto.kms import models
from moto.kms.utils import AbstractPrivateKey, KeySpec, generate_private_key


class _NoPrivateKey(AbstractPrivateKey):
    def public_key(self) -> NoReturn:
        raise JsonRESTError("UnsupportedOperationException", "a symmetric key has no public key")

    def sign(self, *_: object, **__: object) -> NoReturn:
        self.public_key()

    verify = sign


def make_no_private_key() -> None:
    """Let moto make private keys for asymmetric keys alone, for the rest of this process."""
    models.generate_private_key = _private_key  # type: ignore[attr-defined]


def _private_key(key_spec: str) -> AbstractPrivateKey:
    return _NoPrivateKey() if key_spec == KeySpec.SYMMETRIC_DEFAULT else generate_private_key(key_spec)
