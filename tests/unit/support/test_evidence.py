"""The fakes of an evidence bucket and a signing key keep the rules of the real ones."""

from pathlib import Path

import pytest

from support.evidence import FolderStore, MemoryStore, Signer
from support.evidence_contract import EvidenceStoreContract, SigningKeyContract


class TestMemoryStore(EvidenceStoreContract):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()


class TestFolderStore(EvidenceStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> FolderStore:
        return FolderStore(tmp_path)


class TestSigner(SigningKeyContract):
    @pytest.fixture
    def key(self) -> Signer:
        return Signer()

    @pytest.fixture
    def key_arn(self) -> str:
        return "arn:aws:kms:af-south-1:123456789012:key/ours"
