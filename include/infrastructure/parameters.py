"""What somebody wants to have deployed, and what that means for each stack and for the Variable."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from audio_leakage.instances import dag_ids
from infrastructure import package
from infrastructure.environment import Environment


@dataclass(frozen=True, kw_only=True)
class Request:
    """What somebody wants to have deployed; what is empty is left out."""

    environment: str
    connect_instance_id: str
    recording_bucket: str
    recording_prefix: str = ""
    flow_log_group: str = ""
    email: str = ""
    kms_key_arn: str = ""
    """Of the table; the topic has a key of its own."""
    instance: str = ""
    """Name of a further instance, as in FURTHER_INSTANCES of the DAG file."""

    @property
    def dag_id(self) -> str:
        """The DAG of this instance.

        :raises SettingsError: when the instance's name is not allowed.
        """
        return dag_ids((self.instance,) if self.instance else ())[-1]

    @property
    def name(self) -> str:
        """What the names of all stacks begin with."""
        return "-".join(filter(None, ("audio-leakage", self.instance.replace("_", "-"))))

    @property
    def table(self) -> str:
        """Name of the contact table."""
        return f"{self.name}-contacts"


class Parameters:
    """The parameters of the stacks; empty ones are left to the templates' defaults.

    :param output: gives an output of one of our stacks, by part and key; nothing while it is only planned.
    """

    def __init__(self, request: Request, environment: Environment, output: Callable[[str, str], str]) -> None:
        self._request = request
        self._environment = environment
        self._output = output

    def table(self) -> Mapping[str, str]:
        """Return those of ``table.yaml``."""
        return {"TableName": self._request.table, "KmsKeyArn": self._request.kms_key_arn}

    def monitoring(self) -> Mapping[str, str]:
        """Return those of ``monitoring.yaml``."""
        return {
            "ContactTableName": self._request.table,
            "TopicName": f"{self._request.name}-alerts",
            "EmailAddress": self._request.email,
            "ConnectInstanceId": self._request.connect_instance_id,
            "FlowLogGroupName": self._request.flow_log_group,
        }

    def policy(self) -> Mapping[str, str]:
        """Return those of ``execution_policy.yaml``."""
        return {
            "ExecutionRoleName": self._environment.role,
            "ConnectInstanceId": self._request.connect_instance_id,
            "ContactTableName": self._request.table,
            "TableKmsKeyArn": self._request.kms_key_arn,
            "RecordingBucketName": self._request.recording_bucket,
            "RecordingPrefix": self._request.recording_prefix,
            "FlowLogGroupName": self._request.flow_log_group,
            "AlertTopicArn": self._output("monitoring", "TopicArn"),
            "TopicKmsKeyArn": self._output("monitoring", "TopicKmsKeyArn"),
        }

    def subscriber(self) -> Mapping[str, str]:
        """Return those of ``subscriber.yaml``."""
        return {
            "ContactTableName": self._request.table,
            "TableKmsKeyArn": self._request.kms_key_arn,
            "FlowLogGroupName": self._request.flow_log_group,
            "CodeBucket": self._environment.bucket,
            "CodeKey": self.subscriber_key(),
            "AlarmTopicArn": self._output("monitoring", "TopicArn"),
        }

    def subscriber_key(self) -> str:
        """Return a key that changes with the code: CloudFormation looks at nothing else."""
        code = package.zipped(package.subscriber_files())
        return f"audio-leakage/subscriber-{sha256(code).hexdigest()[:16]}.zip"

    def settings(self) -> dict[str, str]:
        """Return what the Variable has to say; what it says beyond that is the operators'."""
        settings = {
            "connect_instance_id": self._request.connect_instance_id,
            "contact_table": self._request.table,
            "flow_log_group": self._request.flow_log_group,
            "alert_topic_arn": self._output("monitoring", "TopicArn"),
        }
        return {key: value for key, value in settings.items() if value}
