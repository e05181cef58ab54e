"""The configuration of the services that recordings and their proof rest on, read and never changed."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from audio_leakage.errors import MissingError
from audio_leakage_aws.errors import code_of, domain_errors, member
from audio_leakage_aws.pages import complete

#: How S3 says that a bucket has no configuration of a kind.
_NONE = frozenset(
    {
        "NoSuchBucketPolicy",
        "NoSuchLifecycleConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
        "ObjectLockConfigurationNotFoundError",
        "ReplicationConfigurationNotFoundError",
        "ServerSideEncryptionConfigurationNotFoundError",
    }
)
_WAYS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
_FIVE_MINUTES = 300

Facts = Mapping[str, Any]


class Configuration:
    """Read the configuration of AWS. Each method names the one permission that it needs.

    Every method raises the domain's ``SetupError`` and ``ServiceUnavailable``.

    :param client: returns the boto3 client of a service, such as ``s3``.
    """

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._client = client

    def recording_storage(self, instance_id: str) -> Facts:
        """Return every place of call recordings: ``connect:ListInstanceStorageConfigs``.

        :param instance_id: the instance's UUID.
        """
        with _errors("connect:ListInstanceStorageConfigs", instance_id):
            pages = self._client("connect").get_paginator("list_instance_storage_configs")
            asked = pages.paginate(InstanceId=instance_id, ResourceType="CALL_RECORDINGS")
            configs = [
                each for page in complete(asked, "NextToken") for each in member(page, "StorageConfigs")
            ]
        return {"places": [_place(each["S3Config"]) for each in configs if "S3Config" in each]}

    def flow_logging(self, instance_id: str) -> Facts:
        """Return whether the instance writes flow logs: ``connect:DescribeInstanceAttribute``.

        :param instance_id: the instance's UUID.
        """
        with _errors("connect:DescribeInstanceAttribute", instance_id):
            answer = self._client("connect").describe_instance_attribute(
                InstanceId=instance_id, AttributeType="CONTACTFLOW_LOGS"
            )
            return {"is_on": str(member(answer, "Attribute").get("Value")).lower() == "true"}

    def log_group(self, name: str) -> Facts:
        """Return for how many days a log group keeps lines, None for ever: ``logs:DescribeLogGroups``.

        :raises MissingError: when there is no such group.
        """
        with domain_errors("logs:DescribeLogGroups", f"log group '{name}'", "flow_log_group"):
            pages = self._client("logs").get_paginator("describe_log_groups")
            asked = complete(pages.paginate(logGroupNamePrefix=name), "nextToken")
            groups = (each for page in asked for each in member(page, "logGroups"))
            found = next((each for each in groups if each.get("logGroupName") == name), None)
        if found is None:
            raise MissingError(f"log group '{name}' does not exist: create it, or correct 'flow_log_group'")
        return {"retention_days": found.get("retentionInDays")}

    def subscription_filters(self, log_group: str) -> Facts:
        """Return what is delivered from a log group, and to whom: ``logs:DescribeSubscriptionFilters``."""
        with domain_errors("logs:DescribeSubscriptionFilters", f"log group '{log_group}'", "flow_log_group"):
            pages = self._client("logs").get_paginator("describe_subscription_filters")
            asked = complete(pages.paginate(logGroupName=log_group), "nextToken")
            filters = [each for page in asked for each in member(page, "subscriptionFilters")]
        return {
            "filters": [
                {"destination": each["destinationArn"], "pattern": each.get("filterPattern", "")}
                for each in sorted(filters, key=lambda each: str(each["filterName"]))
            ]
        }

    def versioning(self, bucket: str, setting: str) -> Facts:
        """Return whether a bucket keeps versions: ``s3:GetBucketVersioning``.

        :param setting: the key of the Variable that names the bucket.
        """
        with _of_bucket("s3:GetBucketVersioning", bucket, setting):
            answer = self._client("s3").get_bucket_versioning(Bucket=bucket)
            return {"status": answer.get("Status", "off")}

    def object_lock(self, bucket: str, setting: str) -> Facts:
        """Return how a bucket locks new objects: ``s3:GetBucketObjectLockConfiguration``.

        :param setting: the key of the Variable that names the bucket.
        """
        with _of_bucket("s3:GetBucketObjectLockConfiguration", bucket, setting):
            answer = _or_none(lambda: self._client("s3").get_object_lock_configuration(Bucket=bucket))
        rule = answer.get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention", {})
        return {"days": rule.get("Days"), "mode": rule.get("Mode"), "years": rule.get("Years")}

    def lifecycle(self, bucket: str, setting: str) -> list[Mapping[str, Any]]:
        """Return the rules by which a bucket deletes objects: ``s3:GetLifecycleConfiguration``.

        :param setting: the key of the Variable that names the bucket.
        """
        with _of_bucket("s3:GetLifecycleConfiguration", bucket, setting):
            answer = _or_none(lambda: self._client("s3").get_bucket_lifecycle_configuration(Bucket=bucket))
            return list(answer.get("Rules", []))

    def encryption(self, bucket: str, setting: str) -> Facts:
        """Return how a bucket encrypts new objects by default: ``s3:GetEncryptionConfiguration``.

        :param setting: the key of the Variable that names the bucket.
        """
        with _of_bucket("s3:GetEncryptionConfiguration", bucket, setting):
            answer = _or_none(lambda: self._client("s3").get_bucket_encryption(Bucket=bucket))
        rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
        first: Facts = next((each.get("ApplyServerSideEncryptionByDefault", {}) for each in rules), {})
        return {"algorithm": first.get("SSEAlgorithm"), "key": first.get("KMSMasterKeyID")}

    def bucket_policy(self, bucket: str, setting: str) -> Facts:
        """Return the hash of a bucket's policy, None for no policy: ``s3:GetBucketPolicy``.

        :param setting: the key of the Variable that names the bucket.
        """
        with _of_bucket("s3:GetBucketPolicy", bucket, setting):
            answer = _or_none(lambda: self._client("s3").get_bucket_policy(Bucket=bucket))
        return {"sha256": _sha256(answer["Policy"]) if "Policy" in answer else None}

    def public_access(self, bucket: str, setting: str) -> Facts:
        """Return in which ways a bucket blocks public access: ``s3:GetBucketPublicAccessBlock``.

        :param setting: the key of the Variable that names the bucket.
        """
        with _of_bucket("s3:GetBucketPublicAccessBlock", bucket, setting):
            answer = _or_none(lambda: self._client("s3").get_public_access_block(Bucket=bucket))
        blocked = answer.get("PublicAccessBlockConfiguration", {})
        return {way: bool(blocked.get(way)) for way in _WAYS}

    def replication(self, bucket: str, setting: str) -> Facts:
        """Return where a bucket copies new objects to: ``s3:GetReplicationConfiguration``.

        :param setting: the key of the Variable that names the bucket.
        """
        with _of_bucket("s3:GetReplicationConfiguration", bucket, setting):
            answer = _or_none(lambda: self._client("s3").get_bucket_replication(Bucket=bucket))
        rules = answer.get("ReplicationConfiguration", {}).get("Rules", [])
        copied = (each["Destination"]["Bucket"] for each in rules if each.get("Status") == "Enabled")
        return {"destinations": sorted(copied)}

    def key_state(self, key_arn: str, setting: str) -> Facts:
        """Return the state of a KMS key: ``kms:DescribeKey``.

        :param setting: the key of the Variable that names it.
        """
        with domain_errors("kms:DescribeKey", f"key '{key_arn}'", setting):
            answer = self._client("kms").describe_key(KeyId=key_arn)
            return {"key": key_arn, "state": member(answer, "KeyMetadata").get("KeyState")}

    def key_rotation(self, key_arn: str, setting: str) -> Facts:
        """Return whether a KMS key is rotated: ``kms:GetKeyRotationStatus``.

        :param setting: the key of the Variable that names it.
        """
        with domain_errors("kms:GetKeyRotationStatus", f"key '{key_arn}'", setting):
            answer = self._client("kms").get_key_rotation_status(KeyId=key_arn)
            return {"is_rotated": bool(member(answer, "KeyRotationEnabled"))}

    def table(self, name: str) -> Facts:
        """Return how a table is protected.

        It needs ``dynamodb:DescribeTable``, ``dynamodb:DescribeContinuousBackups`` and
        ``dynamodb:DescribeTimeToLive``.
        """
        dynamodb = self._client("dynamodb")
        with _of_table("dynamodb:DescribeTable", name):
            table = member(dynamodb.describe_table(TableName=name), "Table")
        with _of_table("dynamodb:DescribeContinuousBackups", name):
            answer = dynamodb.describe_continuous_backups(TableName=name)
            backups = member(answer, "ContinuousBackupsDescription")
        with _of_table("dynamodb:DescribeTimeToLive", name):
            expiry = member(dynamodb.describe_time_to_live(TableName=name), "TimeToLiveDescription")
        recovery = backups.get("PointInTimeRecoveryDescription", {})
        expires = expiry.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
        return {
            "expires_by": expiry.get("AttributeName") if expires else None,
            "is_protected": bool(table.get("DeletionProtectionEnabled")),
            "is_recoverable": recovery.get("PointInTimeRecoveryStatus") == "ENABLED",
        }

    def ends_of_runs(self, table: str, start: datetime, end: datetime) -> list[datetime]:
        """Return every five minutes in which a run of the monitor ended: ``cloudwatch:GetMetricData``.

        Each run publishes the metric ``Leaks`` when it ends.

        :param table: the contact table, which is the dimension of the metric.
        :param start: aware, a multiple of five minutes.
        :param end: aware; excluded.
        """
        metric = {
            "Namespace": "AudioLeakage",
            "MetricName": "Leaks",
            "Dimensions": [{"Name": "ContactTable", "Value": table}],
        }
        query = {
            "Id": "runs",
            "MetricStat": {"Metric": metric, "Period": _FIVE_MINUTES, "Stat": "SampleCount"},
        }
        with domain_errors("cloudwatch:GetMetricData", "metric 'Leaks'", "contact_table"):
            pages = self._client("cloudwatch").get_paginator("get_metric_data")
            asked = pages.paginate(MetricDataQueries=[query], StartTime=start, EndTime=end)
            results = [
                each for page in complete(asked, "NextToken") for each in member(page, "MetricDataResults")
            ]
        return sorted(
            moment
            for each in results
            for moment, count in zip(each["Timestamps"], each["Values"], strict=True)
            if count
        )


def _place(config: Mapping[str, Any]) -> Facts:
    key = config.get("EncryptionConfig", {}).get("KeyId")
    return {"bucket": config["BucketName"], "key": key, "prefix": config["BucketPrefix"].rstrip("/")}


def _errors(action: str, instance_id: str) -> Any:  # noqa: ANN401  # contextlib's own, private type
    return domain_errors(action, f"Connect instance '{instance_id}'", "connect_instance_id")


def _of_table(action: str, name: str) -> Any:  # noqa: ANN401  # contextlib's own, private type
    return domain_errors(action, f"table '{name}'", "contact_table")


def _of_bucket(action: str, bucket: str, setting: str) -> Any:  # noqa: ANN401  # contextlib's own, private type
    return domain_errors(action, f"bucket '{bucket}'", setting)


def _or_none(ask: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return an answer of S3, empty if the bucket has no configuration of this kind."""
    try:
        return ask()
    except ClientError as error:
        if code_of(error) not in _NONE:
            raise
        return {}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
