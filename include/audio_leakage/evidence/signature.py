"""Verify an RSA signature with the standard library, so that an auditor needs nothing but Python.

Source: RFC 8017, RSASSA-PKCS1-v1_5 with SHA-256 (section 8.2.2), and RFC 5280, SubjectPublicKeyInfo.
"""

import base64
import hashlib
import hmac
from typing import NamedTuple, Self

_SEQUENCE, _INTEGER, _BIT_STRING = 0x30, 0x02, 0x03
#: AlgorithmIdentifier of rsaEncryption, as every RSA key has it.
_RSA = bytes.fromhex("300d06092a864886f70d0101010500")
#: DigestInfo of SHA-256, without the digest.
_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
_SMALLEST_KEY = 2048  # bits
_BEGIN, _END = b"-----BEGIN PUBLIC KEY-----", b"-----END PUBLIC KEY-----"


class PublicKey(NamedTuple):
    """An RSA public key."""

    modulus: int
    exponent: int

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Read a key as ``openssl`` and AWS KMS write it.

        :raises ValueError: when it is no RSA key of at least 2048 bits.
        """
        body = pem.strip()
        if not (body.startswith(_BEGIN) and body.endswith(_END)):
            raise ValueError("it is no public key in PEM")
        try:
            return cls._from_der(base64.b64decode(body[len(_BEGIN) : -len(_END)]))
        except (IndexError, ValueError):
            raise ValueError("it is no RSA public key of at least 2048 bits") from None

    @classmethod
    def _from_der(cls, der: bytes) -> Self:
        info, _ = _element(der, _SEQUENCE)
        if not info.startswith(_RSA):
            raise ValueError
        bits, _ = _element(info[len(_RSA) :], _BIT_STRING)
        key, _ = _element(bits[1:], _SEQUENCE)  # its first byte counts unused bits
        modulus, rest = _element(key, _INTEGER)
        exponent, _ = _element(rest, _INTEGER)
        found = cls(int.from_bytes(modulus), int.from_bytes(exponent))
        if found.modulus.bit_length() < _SMALLEST_KEY or found.exponent < 3:
            raise ValueError
        return found

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Tell whether a signature over a message was made with the private half of this key."""
        length = (self.modulus.bit_length() + 7) // 8
        number = int.from_bytes(signature)
        if len(signature) != length or number >= self.modulus:
            return False
        digest = _SHA256 + hashlib.sha256(message).digest()
        expected = b"\x00\x01" + b"\xff" * (length - len(digest) - 3) + b"\x00" + digest
        return hmac.compare_digest(pow(number, self.exponent, self.modulus).to_bytes(length), expected)


def pem_of(der: bytes) -> bytes:
    """Return a public key, which KMS gives in DER, as a PEM file."""
    text = base64.b64encode(der)
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return b"\n".join([_BEGIN, *lines, _END, b""])


def _element(der: bytes, tag: int) -> tuple[bytes, bytes]:
    """Return the content of the first element, and what follows it."""
    if der[0] != tag:
        raise ValueError
    length, start = der[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(der[2:start])
    if start + length > len(der):
        raise ValueError
    return der[start : start + length], der[start + length :]
