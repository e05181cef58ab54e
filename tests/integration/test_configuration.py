"""Every object of the configuration over real HTTP: good, and with each mistake that the table of rules names."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audio_leakage.configuration.rules import RULES, ConfigurationObject
from audio_leakage.use_cases import (
    check_configuration,
    complete_population,
    list_recordings,
    reconcile,
    write_evidence,
)
from local_aws.connect.instance import InstanceConfiguration
from support.daily_run import RunOfDay, run_about
from support.fakes import BUCKET, PREFIX
from support.stage import LOG_GROUP, TABLE, Stage

EVIDENCE = "evidence"
#: A day that has settled, whatever the hour.
DAY = datetime.now(UTC).date() - timedelta(days=2)
_O = ConfigurationObject


@pytest.fixture
def good(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Everything as it must be."""
    monkeypatch.setenv("AIRFLOW_VAR_AUDIO_LEAKAGE_POLICY", '{"version": "1", "default": "must"}')
    s3, kms, logs = (stage.aws.client(name) for name in ("s3", "kms", "logs"))
    s3.create_bucket(
        Bucket=EVIDENCE,
        ObjectLockEnabledForBucket=True,
        CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name},
    )
    lock(stage, EVIDENCE, "GOVERNANCE")
    versioning(stage, BUCKET, "Enabled")
    for bucket in (BUCKET, EVIDENCE):
        public_access(stage, bucket)
    key = kms.create_key()["KeyMetadata"]["Arn"]
    place = {
        "BucketName": BUCKET,
        "BucketPrefix": PREFIX,
        "EncryptionConfig": {"EncryptionType": "KMS", "KeyId": key},
    }
    stage.connect.configuration = InstanceConfiguration([place])
    stage.aws.create_log_group(LOG_GROUP)
    logs.put_retention_policy(logGroupName=LOG_GROUP, retentionInDays=30)
    recovery(stage, enabled=True)  # the stand-in's CloudFormation leaves it out
    subscribe(stage)
    heartbeats(stage)
    signing = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    stage.listen()
    stage.configure(evidence_bucket=EVIDENCE, evidence_key_arn=signing, flow_log_group=LOG_GROUP)
    return stage


def lock(stage: Stage, bucket: str, mode: str | None) -> None:
    rule = {"Rule": {"DefaultRetention": {"Mode": mode, "Years": 7}}} if mode else {}
    stage.aws.client("s3").put_object_lock_configuration(
        Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", **rule}
    )


def versioning(stage: Stage, bucket: str, status: str) -> None:
    configuration = {"Status": status}
    stage.aws.client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration=configuration)


def public_access(stage: Stage, bucket: str, **ways: bool) -> None:
    every = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    stage.aws.client("s3").put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=every | ways)


def expire(stage: Stage, bucket: str, **rule: Any) -> None:
    rules = [{"ID": "1", "Status": "Enabled", "Filter": {"Prefix": ""}, **rule}]
    stage.aws.client("s3").put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": rules}
    )


def subscribe(stage: Stage) -> None:
    lambda_, iam = stage.aws.client("lambda"), stage.aws.client("iam")
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17"}))
    function = lambda_.create_function(
        FunctionName="subscriber",
        Runtime="python3.12",
        Role=role["Role"]["Arn"],
        Handler="handler.handler",
        Code={"ZipFile": b"zip"},
    )
    stage.aws.client("logs").put_subscription_filter(
        logGroupName=LOG_GROUP,
        filterName="recording",
        filterPattern='{ ($.ContactFlowModuleType = "*Recording*") }',
        destinationArn=function["FunctionArn"],
    )


def heartbeats(stage: Stage) -> None:
    data = [
        {
            "MetricName": "Leaks",
            "Dimensions": [{"Name": "ContactTable", "Value": TABLE}],
            "Timestamp": RunOfDay(DAY).start + timedelta(minutes=5 * place, seconds=40),
            "Value": 0,
        }
        for place in range(288)
    ]
    stage.aws.client("cloudwatch").put_metric_data(Namespace="AudioLeakage", MetricData=data)


def another_place(stage: Stage) -> dict[str, Any]:
    return {**stage.connect.configuration.storage[0], "BucketName": "elsewhere"}


def table(stage: Stage, **changes: Any) -> None:
    stage.aws.client("dynamodb").update_table(TableName=TABLE, **changes)


def recovery(stage: Stage, *, enabled: bool) -> None:
    stage.aws.client("dynamodb").update_continuous_backups(
        TableName=TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": enabled}
    )


def expire_items(stage: Stage) -> None:
    dynamodb = stage.aws.client("dynamodb")
    for enabled, attribute in ((False, "ExpiresAt"), (True, "Ttl")):
        known = dynamodb.describe_time_to_live(TableName=TABLE)["TimeToLiveDescription"]
        if enabled or known["TimeToLiveStatus"] == "ENABLED":
            dynamodb.update_time_to_live(
                TableName=TABLE,
                TimeToLiveSpecification={"Enabled": enabled, "AttributeName": attribute},
            )


def key_id(arn: str) -> str:
    return arn.rpartition("/")[2]


def key_of_recordings(stage: Stage) -> str:
    return str(stage.connect.configuration.storage[0]["EncryptionConfig"]["KeyId"])


def delete_key(stage: Stage, arn: str) -> None:
    """Begin the seven days after which KMS deletes a key."""
    stage.aws.client("kms").schedule_key_deletion(KeyId=key_id(arn), PendingWindowInDays=7)


Break = Callable[[Stage], object]
#: The object that is wrong, the row of the table that says so, and how it is broken. Of an object, the first row
#: that holds counts, so the last row is broken first.
BREAKS: tuple[tuple[ConfigurationObject, int | None, Break], ...] = (
    (_O.FLOW_LOGGING, 4, lambda stage: stage.connect.configuration.attributes.clear()),
    (
        _O.FLOW_LOG_GROUP,
        5,
        lambda stage: stage.aws.client("logs").put_retention_policy(
            logGroupName=LOG_GROUP, retentionInDays=1
        ),
    ),
    (
        _O.FLOW_LOG_GROUP,
        None,
        lambda stage: stage.aws.client("logs").delete_log_group(logGroupName=LOG_GROUP),
    ),
    (
        _O.FLOW_LOG_SUBSCRIPTION,
        6,
        lambda stage: stage.aws.client("logs").delete_subscription_filter(
            logGroupName=LOG_GROUP, filterName="recording"
        ),
    ),
    (_O.RECORDING_BUCKET_LIFECYCLE, 7, lambda stage: expire(stage, BUCKET, Expiration={"Days": 30})),
    (
        _O.RECORDING_BUCKET_LIFECYCLE,
        7,
        lambda stage: expire(stage, BUCKET, NoncurrentVersionExpiration={"NoncurrentDays": 1}),
    ),
    (_O.EVIDENCE_BUCKET_LIFECYCLE, 7, lambda stage: expire(stage, EVIDENCE, Expiration={"Days": 30})),
    (_O.RECORDING_BUCKET_LOCK, 8, lambda stage: lock(stage, BUCKET, "COMPLIANCE")),
    (_O.EVIDENCE_BUCKET_LOCK, 9, lambda stage: lock(stage, EVIDENCE, None)),
    (_O.RECORDING_BUCKET_VERSIONING, 10, lambda stage: versioning(stage, BUCKET, "Suspended")),
    (
        _O.RECORDING_BUCKET_PUBLIC_ACCESS,
        11,
        lambda stage: stage.aws.client("s3").delete_public_access_block(Bucket=BUCKET),
    ),
    (
        _O.EVIDENCE_BUCKET_PUBLIC_ACCESS,
        11,
        lambda stage: public_access(stage, EVIDENCE, BlockPublicPolicy=False),
    ),
    (
        _O.RECORDING_KEY,
        12,
        lambda stage: stage.aws.client("kms").disable_key(KeyId=key_id(key_of_recordings(stage))),
    ),
    (
        _O.EVIDENCE_KEY,
        12,
        lambda stage: stage.aws.client("kms").disable_key(KeyId=key_id(stage.settings["evidence_key_arn"])),
    ),
    (_O.CONTACT_TABLE, 15, expire_items),
    (_O.CONTACT_TABLE, 14, lambda stage: recovery(stage, enabled=False)),
    (_O.CONTACT_TABLE, 13, lambda stage: table(stage, DeletionProtectionEnabled=False)),
    (
        _O.RECORDING_STORAGE,
        1,
        lambda stage: stage.connect.configuration.storage.append(another_place(stage)),
    ),
    (
        _O.RECORDING_STORAGE,
        2,
        lambda stage: stage.configure(recording_bucket=BUCKET, recording_prefix="elsewhere"),
    ),
    (_O.RECORDING_STORAGE, 0, lambda stage: stage.connect.configuration.storage.clear()),
)


#: A policy with a rule that ends soon.
ENDING = {
    "version": "1",
    "default": "must",
    "rules": [
        {
            "id": "payments",
            "queues": ["54b468a3-86b1-4746-aeb5-c31b62eecaa2"],
            "recording": "may",
            "reason": "a trial",
            "approved_by": "CHG-1",
            "valid_from": str(DAY),
            "valid_until": str(DAY + timedelta(days=9)),
        }
    ],
}


def findings(counts: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {each["object"]: (each["result"], each["reason"]) for each in counts["findings"]}


def test_nothing_is_found_but_what_nobody_may_ask(good: Stage) -> None:
    assert check_configuration(run_about(DAY))["findings"] == []
    good.connect.faults.add("DescribeInstanceAttribute", "AccessDeniedException")
    (found,) = check_configuration(run_about(DAY))["findings"]
    assert (found["object"], found["result"]) == ("flow_logging", "not_checked")
    assert "grant connect:DescribeInstanceAttribute" in found["reason"]
    assert good.heard() == []


def rounds() -> Iterator[list[tuple[ConfigurationObject, int | None, Break]]]:
    """Yield the breaks so that each object is broken once a round: one stage serves them all."""
    left = list(BREAKS)
    while left:
        names = [name for name, *_ in left]
        firsts = [each for place, each in enumerate(left) if names.index(each[0]) == place]
        yield firsts
        left = [each for each in left if each not in firsts]


def test_every_object_that_is_broken_is_found_and_told(good: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    places = list(good.connect.configuration.storage)
    monkeypatch.setenv("AIRFLOW_VAR_AUDIO_LEAKAGE_POLICY", json.dumps(ENDING))
    for broken in rounds():
        good.connect.configuration.storage[:] = places
        for _, _, break_it in broken:
            break_it(good)
        found = findings(check_configuration(run_about(DAY)))
        (mail,) = good.heard()
        for name, row, _ in broken:
            result, reason = found[name]
            assert result == "wrong", name
            assert row is None or reason.startswith(RULES[row].wrong.partition("{")[0])
            assert f"{name}: {reason}" in mail["Message"]
    assert found["policy"] == ("wrong", "rules have ended or end soon: payments")
    good.configure(contact_table="another-table")
    found = findings(check_configuration(run_about(DAY)))
    assert found["monitor"] == ("wrong", "no run of the monitor ended for 1440 minutes")
    assert found["contact_table"][0] == "wrong"
    assert "table 'another-table' does not exist" in found["contact_table"][1]


def test_a_key_that_is_about_to_be_deleted_is_wrong_while_it_can_still_be_saved(good: Stage) -> None:
    delete_key(good, key_of_recordings(good))
    delete_key(good, good.settings["evidence_key_arn"])
    found = findings(check_configuration(run_about(DAY)))
    assert found == dict.fromkeys(("recording_key", "evidence_key"), ("wrong", "the key is PendingDeletion"))
    (mail,) = good.heard()
    assert mail["Message"].count("the key is PendingDeletion") == 2


def test_another_place_or_key_than_in_the_last_evidence_is_found_and_told(good: Stage) -> None:
    good.configure(population_rps=100)
    for use_case in (complete_population, list_recordings, reconcile, check_configuration):
        use_case(run_about(DAY))
    write_evidence(run_about(DAY))
    (place,) = good.connect.configuration.storage
    key = good.aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    for change in (
        {"BucketPrefix": "connect/other/CallRecordings"},
        {"EncryptionConfig": {"EncryptionType": "KMS", "KeyId": key}},
    ):
        good.connect.configuration.storage[:] = [place | change]
        found = findings(check_configuration(run_about(DAY)))
        assert found["recording_storage"] == ("wrong", RULES[3].wrong)
    (mail,) = good.heard()  # the second is the same for its readers
    assert f"recording_storage: {RULES[3].wrong}" in mail["Message"]
