"""The options of a deployment, and what they mean for each stack and for the Variable."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from audio_leakage.errors import SettingsError
from audio_leakage.instances import ACKNOWLEDGE_DAG_ID, dag_ids
from infrastructure import package
from infrastructure.environment import Environment

#: Of a path of Airflow's REST API, MWAA's InvokeRestApi takes at most 64 characters. This is our longest one.
_LONGEST_INSTANCE = 64 - len(f"/dagSources/{ACKNOWLEDGE_DAG_ID}__")


@dataclass(frozen=True, kw_only=True)
class DeployOptions:
    """Options of `make deploy`. An empty option leaves its part out."""

    environment: str
    """Name of the MWAA environment."""
    connect_instance_id: str
    """UUID of the Amazon Connect instance."""
    recording_bucket: str
    """Bucket of the call recordings."""
    recording_prefix: str = ""
    """Prefix of the recordings, without a slash at either end."""
    recording_key_arn: str = ""
    """KMS key of the recordings."""
    flow_log_group: str = ""
    """Log group of the flow logs."""
    email: str = ""
    """Address that receives alerts and alarms."""
    kms_key_arn: str = ""
    """Your own key for the table. The topic always has its own."""
    evidence_bucket: str = ""
    """Name of a new bucket for evidence."""
    evidence_lock_mode: str = ""
    """GOVERNANCE or COMPLIANCE; empty: the template's default."""
    evidence_lock_years: str = ""
    """How long evidence is locked; empty: the template's default."""
    instance: str = ""
    """Name of a further instance, as in FURTHER_INSTANCES of the DAG file."""
    iam_path: str = ""
    """Path of the policies and of the Lambda's role, with a slash at both ends."""
    permissions_boundary: str = ""
    """ARN of the permissions boundary of the Lambda's role."""
    tags: str = ""
    """Tags of the stacks, as ``key=value,key=value``. CloudFormation passes them on to the resources."""
    graceful: bool = False
    """Let MWAA wait for running tasks before it replaces the workers."""

    @property
    def dag_id(self) -> str:
        """Id of this instance's DAG.

        :raises SettingsError: if the name of the instance is not allowed, or too long for MWAA.
        """
        dag_id = dag_ids((self.instance,) if self.instance else ())[-1]
        if len(self.instance) > _LONGEST_INSTANCE:
            raise SettingsError(
                f"instance name {self.instance!r}: allowed are at most {_LONGEST_INSTANCE} characters on MWAA"
            )
        return dag_id

    @property
    def name(self) -> str:
        """Prefix of the names of all stacks."""
        return "-".join(filter(None, ("audio-leakage", self.instance.replace("_", "-"))))

    @property
    def stack_tags(self) -> dict[str, str]:
        """The tags by key.

        :raises SettingsError: if they are not of the form ``key=value,key=value``.
        """
        pairs = [pair.partition("=") for pair in self.tags.split(",") if pair]
        if not all(key and separator for key, separator, _ in pairs):
            raise SettingsError(f"tags {self.tags!r}: allowed is key=value,key=value")
        return {key.strip(): value.strip() for key, _, value in pairs}

    @property
    def table(self) -> str:
        """Name of the contact table."""
        return f"{self.name}-contacts"


class Parameters:
    """Work out the parameters of each stack. An empty one is left to the template's default.

    :param options: what to deploy, and where.
    :param environment: the MWAA environment.
    :param output: returns an output of one of our stacks, by part and key. It is an empty text while the
        stack is only planned.
    """

    def __init__(
        self, options: DeployOptions, environment: Environment, output: Callable[[str, str], str]
    ) -> None:
        self._options = options
        self._environment = environment
        self._output = output

    def table(self) -> Mapping[str, str]:
        """Return the parameters of ``table.yaml``."""
        return {"TableName": self._options.table, "KmsKeyArn": self._options.kms_key_arn}

    def monitoring(self) -> Mapping[str, str]:
        """Return the parameters of ``monitoring.yaml``."""
        return {
            "ContactTableName": self._options.table,
            "TopicName": f"{self._options.name}-alerts",
            "EmailAddress": self._options.email,
            "ConnectInstanceId": self._options.connect_instance_id,
            "FlowLogGroupName": self._options.flow_log_group,
        }

    def policy(self) -> Mapping[str, str]:
        """Return the parameters of ``execution_policy.yaml``."""
        return {
            "ExecutionRoleName": self._environment.role,
            "ConnectInstanceId": self._options.connect_instance_id,
            "ContactTableName": self._options.table,
            "TableKmsKeyArn": self._options.kms_key_arn,
            "RecordingBucketName": self._options.recording_bucket,
            "RecordingPrefix": self._options.recording_prefix,
            "FlowLogGroupName": self._options.flow_log_group,
            "AlertTopicArn": self._output("monitoring", "TopicArn"),
            "TopicKmsKeyArn": self._output("monitoring", "TopicKmsKeyArn"),
            "IamPath": self._options.iam_path,
        }

    def subscriber(self) -> Mapping[str, str]:
        """Return the parameters of ``subscriber.yaml``."""
        return {
            "ContactTableName": self._options.table,
            "TableKmsKeyArn": self._options.kms_key_arn,
            "FlowLogGroupName": self._options.flow_log_group,
            "CodeBucket": self._environment.bucket,
            "CodeKey": self.subscriber_key,
            "AlarmTopicArn": self._output("monitoring", "TopicArn"),
            "IamPath": self._options.iam_path,
            "PermissionsBoundaryArn": self._options.permissions_boundary,
        }

    def evidence(self) -> Mapping[str, str]:
        """Return the parameters of ``evidence.yaml``."""
        return {
            "BucketName": self._options.evidence_bucket,
            "LockMode": self._options.evidence_lock_mode,
            "LockYears": self._options.evidence_lock_years,
            "ExecutionRoleName": self._environment.role,
            "ConnectInstanceId": self._options.connect_instance_id,
            "ContactTableName": self._options.table,
            "RecordingBucketName": self._options.recording_bucket,
            "RecordingKmsKeyArn": self._options.recording_key_arn,
            "FlowLogGroupName": self._options.flow_log_group,
            "IamPath": self._options.iam_path,
        }

    @cached_property
    def subscriber_key(self) -> str:
        """Return a key that changes with the code. CloudFormation updates the function only with the key."""
        code = package.zipped(package.subscriber_files())
        return f"audio-leakage/subscriber-{sha256(code).hexdigest()[:16]}.zip"

    def settings(self) -> dict[str, str]:
        """Return the keys that the deployment sets in the Variable. All other keys are the operators'."""
        settings = {
            "connect_instance_id": self._options.connect_instance_id,
            "contact_table": self._options.table,
            "flow_log_group": self._options.flow_log_group,
            "alert_topic_arn": self._output("monitoring", "TopicArn"),
            "evidence_bucket": self._options.evidence_bucket,
        }
        if self._options.evidence_bucket:
            settings["evidence_key_arn"] = self._output("evidence", "KeyArn")
        return {key: value for key, value in settings.items() if value}
