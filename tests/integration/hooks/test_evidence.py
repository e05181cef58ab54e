"""Evidence over real HTTP: a bucket with a lock, a key in KMS, and the tools of an auditor over both."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from audio_leakage.errors import SetupError
from audio_leakage.use_cases.evidence_chain import Chain
from audio_leakage_hooks.evidence_bucket import EvidenceBucketHook, EvidenceFolder
from audio_leakage_hooks.signing_key import SigningKeyHook
from evidence_tools.verify import main
from support.evidence import append, evidence
from support.evidence_contract import EvidenceStoreContract, SigningKeyContract
from support.stage import Stage

EVIDENCE, PREFIX = "evidence", "audio-leakage/v1/instance=1/"


@pytest.fixture
def key_arn(stage: Stage) -> str:
    """Create bucket and key as evidence.yaml does. moto's CloudFormation leaves out the lock and the kind of key."""
    s3 = stage.aws.client("s3")
    s3.create_bucket(
        Bucket=EVIDENCE,
        ObjectLockEnabledForBucket=True,
        CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name},
    )
    s3.put_object_lock_configuration(
        Bucket=EVIDENCE,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Years": 7}},
        },
    )
    key = stage.aws.client("kms").create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    return str(key["KeyMetadata"]["Arn"])


@pytest.fixture
def folder(key_arn: str) -> EvidenceFolder:
    del key_arn
    return EvidenceBucketHook(aws_conn_id=None).folder(EVIDENCE, PREFIX)


def chain(folder: EvidenceFolder, key_arn: str) -> Chain:
    return Chain(folder, SigningKeyHook(aws_conn_id=None), key_arn)


class TestEvidenceFolder(EvidenceStoreContract):
    @pytest.fixture
    def store(self, folder: EvidenceFolder) -> EvidenceFolder:
        return folder


class TestSigningKey(SigningKeyContract):
    @pytest.fixture
    def key(self, key_arn: str) -> SigningKeyHook:
        del key_arn
        return SigningKeyHook(aws_conn_id=None)


def test_one_of_many_writers_wins(folder: EvidenceFolder) -> None:
    with ThreadPoolExecutor(8) as pool:
        for key in map(str, range(20)):
            wrote = list(pool.map(lambda number, key=key: folder.write(key, str(number).encode()), range(8)))
            assert sum(wrote) == 1
            assert folder.read(key) == str(wrote.index(True)).encode()


def test_a_bucket_that_is_not_there_is_named(stage: Stage) -> None:
    del stage
    with pytest.raises(SetupError, match="evidence_bucket"):
        EvidenceBucketHook(aws_conn_id=None).folder("nowhere", "").write("a", b"")


def test_written_evidence_is_locked(folder: EvidenceFolder, stage: Stage) -> None:
    folder.write("a", b"one")
    s3 = stage.aws.client("s3")
    head = s3.head_object(Bucket=EVIDENCE, Key=f"{PREFIX}a")
    assert head["ObjectLockMode"] == "GOVERNANCE"
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=EVIDENCE, Key=f"{PREFIX}a", VersionId=head["VersionId"])


def test_a_key_that_is_not_there_is_named(key_arn: str) -> None:
    with pytest.raises(SetupError, match="evidence_key_arn"):
        SigningKeyHook(aws_conn_id=None).sign(key_arn[:-1], b"a")


def test_seven_days_backfilled_twice_are_one_chain(
    folder: EvidenceFolder, key_arn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    days = [evidence(day=f"2026-11-{number:02d}", kind="final") for number in range(1, 8)]
    for expected in (7, 0):
        with ThreadPoolExecutor(4) as pool:
            wrote = list(pool.map(lambda each: append(chain(folder, key_arn), each)[1], days))
        assert sum(wrote) == expected
    assert main([f"s3://{EVIDENCE}/{PREFIX}"]) == 0
    assert "\nchain 1-7 whole" in capsys.readouterr().out


def test_a_bucket_without_a_lock_is_found(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.aws.create_bucket(EVIDENCE)
    store = EvidenceBucketHook(aws_conn_id=None).folder(EVIDENCE, PREFIX)
    append(Chain(store, SigningKeyHook(aws_conn_id=None), None), evidence())
    assert main([f"s3://{EVIDENCE}/{PREFIX}"]) == 1
    assert "locks no objects" in capsys.readouterr().out
