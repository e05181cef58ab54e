"""The rules of where evidence lies and of what signs it, as tests that the fakes and the hooks both pass."""

import pytest
from botocore.exceptions import ParamValidationError

from audio_leakage.errors import MissingError
from audio_leakage.evidence.ports import EvidenceStore, SigningKey
from audio_leakage.evidence.signature import PublicKey, pem_of

#: KMS signs so many bytes as they are.
MOST_BYTES = 4096
CONTENT = b"one"


class EvidenceStoreContract:
    """Subclass it with the fixture ``store``, which is empty."""

    def test_an_object_is_read_as_it_was_written(self, store: EvidenceStore) -> None:
        assert store.write("day=2026-11-23/a.gz", bytes(range(256)))
        assert store.read("day=2026-11-23/a.gz") == bytes(range(256))

    @pytest.mark.parametrize("again", [CONTENT, b"another", b""], ids=["the same", "another", "nothing"])
    def test_a_key_that_is_taken_keeps_its_object(self, store: EvidenceStore, again: bytes) -> None:
        assert store.write("a", CONTENT)
        assert not store.write("a", again)
        assert store.read("a") == CONTENT

    def test_an_empty_object_takes_its_key_too(self, store: EvidenceStore) -> None:
        assert store.write("a", b"")
        assert not store.write("a", b"")
        assert store.read("a") == b""

    def test_an_object_that_is_not_there_is_missing(self, store: EvidenceStore) -> None:
        store.write("a/1", CONTENT)
        for key in ("a", "a/", "a/2", "b"):
            with pytest.raises(MissingError):
                store.read(key)

    def test_keys_come_in_their_order_and_only_those_that_begin_alike(self, store: EvidenceStore) -> None:
        for key in ("chain/2", "chain/10", "chain-of-another/1", "day=1/a", "a/chain/3"):
            store.write(key, CONTENT)
        assert list(store.keys("chain/")) == ["chain/10", "chain/2"]
        assert list(store.keys("chain")) == ["chain-of-another/1", "chain/10", "chain/2"]
        assert list(store.keys("nothing/")) == []
        assert len(list(store.keys(""))) == 5


class SigningKeyContract:
    """Subclass it with the fixtures ``key`` and ``key_arn``."""

    @pytest.mark.parametrize("length", [1, 1000, MOST_BYTES])
    def test_a_signature_is_verified_with_the_public_half_of_its_key(
        self, key: SigningKey, key_arn: str, length: int
    ) -> None:
        message = b"a" * length
        public, signature = PublicKey.from_pem(pem_of(key.public_key(key_arn))), key.sign(key_arn, message)
        assert public.verifies(message, signature)
        assert not public.verifies(message + b"b", signature)

    def test_a_longer_message_is_not_signed(self, key: SigningKey, key_arn: str) -> None:
        with pytest.raises((AssertionError, ParamValidationError)):
            key.sign(key_arn, b"a" * (MOST_BYTES + 1))
