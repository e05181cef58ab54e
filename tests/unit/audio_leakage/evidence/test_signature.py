"""RSA with the standard library, compared with a library that knows it."""

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from audio_leakage.evidence.signature import PublicKey, pem_of
from support.evidence import KEY_ARN, Signer, private_key, public_der

KEY = PublicKey.from_pem(pem_of(public_der()))
MESSAGE = b"audio-leakage-evidence/v1\n"


def test_a_signature_of_the_private_half_is_valid() -> None:
    numbers = private_key().public_key().public_numbers()
    assert (KEY.modulus, KEY.exponent) == (numbers.n, numbers.e)
    assert KEY.verifies(MESSAGE, Signer().sign(KEY_ARN, MESSAGE))


@pytest.mark.parametrize("byte", [0, 1, 100, 255])
def test_one_changed_bit_makes_a_signature_invalid(byte: int) -> None:
    signature = bytearray(Signer().sign(KEY_ARN, MESSAGE))
    signature[byte] ^= 1
    assert not KEY.verifies(MESSAGE, bytes(signature))


@pytest.mark.parametrize("signature", [b"", b"\x00" * 255, b"\x00" * 256, b"\xff" * 256, b"\x00" * 257])
def test_a_signature_of_another_size_or_value_is_invalid(signature: bytes) -> None:
    assert not KEY.verifies(MESSAGE, signature)


def test_a_signature_is_for_one_message_and_one_key() -> None:
    assert not KEY.verifies(MESSAGE + b"x", Signer().sign(KEY_ARN, MESSAGE))
    assert not KEY.verifies(MESSAGE, Signer("theirs").sign(KEY_ARN, MESSAGE))


@pytest.mark.parametrize(
    "pem", [b"", b"hello", pem_of(b""), pem_of(b"\x30\x82"), pem_of(public_der()[:-1]), pem_of(b"\x30" * 300)]
)
def test_whatever_is_no_key_is_refused(pem: bytes) -> None:
    with pytest.raises(ValueError, match="public key"):
        PublicKey.from_pem(pem)


def test_a_key_that_can_be_broken_is_refused() -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()
    with pytest.raises(ValueError, match="no RSA public key of at least 2048 bits"):
        PublicKey.from_pem(weak.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


@pytest.mark.parametrize("cut", [slice(27, None), slice(None, -26)])
def test_half_of_a_pem_file_is_refused(cut: slice) -> None:
    with pytest.raises(ValueError, match="it is no public key in PEM"):
        PublicKey.from_pem(pem_of(public_der())[cut])


#: Where the elements of a key begin: both sequences, the algorithm, the bits and the two numbers.
TAGS = (0, 4, 19, 24, 28, -5)


@pytest.mark.parametrize("place", TAGS)
def test_an_element_of_another_kind_is_refused(place: int) -> None:
    der = bytearray(public_der())
    assert der[place] in (0x30, 0x03, 0x02)
    der[place] = 0x04
    with pytest.raises(ValueError, match="no RSA public key of at least 2048 bits"):
        PublicKey.from_pem(pem_of(bytes(der)))


@pytest.mark.parametrize(("exponent", "is_refused"), [(1, True), (2, True), (3, False)])
def test_an_exponent_that_signs_for_everybody_is_refused(exponent: int, is_refused: bool) -> None:
    pem = pem_of(public_der()[:-5] + b"\x02\x03\x00\x00" + bytes([exponent]))
    if is_refused:
        with pytest.raises(ValueError, match="no RSA public key"):
            PublicKey.from_pem(pem)
    else:
        assert PublicKey.from_pem(pem) == (KEY.modulus, 3)
