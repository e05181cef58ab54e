import hashlib

import boto3
import pytest
from botocore.stub import Stubber

from audio_leakage.errors import MissingError, RefusedError, SetupError
from audio_leakage_aws.configuration import Configuration


@pytest.mark.parametrize("groups", [[], [{"logGroupName": "/aws/connect/acme-test", "retentionInDays": 30}]])
def test_a_log_group_whose_name_only_begins_alike_is_missing(groups: list[dict[str, object]]) -> None:
    logs = boto3.client("logs")
    configuration = Configuration(lambda _service: logs)
    with Stubber(logs) as stubber:
        stubber.add_response("describe_log_groups", {"logGroups": groups})
        with pytest.raises(MissingError, match="'/aws/connect/acme' does not exist"):
            configuration.log_group("/aws/connect/acme")


#: Each kind of a bucket's configuration: the method, S3's operation and error for none, and what none means.
KINDS = [
    ("bucket_policy", "get_bucket_policy", "NoSuchBucketPolicy", {"sha256": None}),
    ("lifecycle", "get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration", []),
    (
        "public_access",
        "get_public_access_block",
        "NoSuchPublicAccessBlockConfiguration",
        {
            "BlockPublicAcls": False,
            "IgnorePublicAcls": False,
            "BlockPublicPolicy": False,
            "RestrictPublicBuckets": False,
        },
    ),
    (
        "object_lock",
        "get_object_lock_configuration",
        "ObjectLockConfigurationNotFoundError",
        {"days": None, "mode": None, "years": None},
    ),
    (
        "replication",
        "get_bucket_replication",
        "ReplicationConfigurationNotFoundError",
        {"destinations": []},
    ),
    (
        "encryption",
        "get_bucket_encryption",
        "ServerSideEncryptionConfigurationNotFoundError",
        {"algorithm": None, "key": None},
    ),
]


@pytest.mark.parametrize(("method", "operation", "code", "none"), KINDS)
def test_a_bucket_without_a_configuration_of_a_kind_has_none(
    method: str, operation: str, code: str, none: object
) -> None:
    s3 = boto3.client("s3")
    with Stubber(s3) as stubber:
        stubber.add_client_error(operation, code, http_status_code=404)
        assert getattr(Configuration(lambda _service: s3), method)("recordings", "recording_bucket") == none


@pytest.mark.parametrize(("method", "operation"), [kind[:2] for kind in KINDS])
@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("AccessDenied", 403, SetupError),
        ("NoSuchBucket", 404, MissingError),
        ("InvalidRequest", 400, RefusedError),
    ],
)
def test_a_configuration_that_could_not_be_read_is_not_taken_for_none(
    method: str, operation: str, code: str, status: int, error: type[Exception]
) -> None:
    s3 = boto3.client("s3")
    with Stubber(s3) as stubber:
        stubber.add_client_error(operation, code, http_status_code=status)
        with pytest.raises(error, match="bucket 'recordings'") as caught:
            getattr(Configuration(lambda _service: s3), method)("recordings", "recording_bucket")
    assert type(caught.value) is error


def test_a_bucket_policy_is_known_by_its_hash_alone() -> None:
    s3, policy = boto3.client("s3"), '{"Version": "2012-10-17", "Statement": []}'
    with Stubber(s3) as stubber:
        stubber.add_response("get_bucket_policy", {"Policy": policy})
        found = Configuration(lambda _service: s3).bucket_policy("recordings", "recording_bucket")
    assert found == {"sha256": hashlib.sha256(policy.encode()).hexdigest()}
