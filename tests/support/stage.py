"""The AWS of an integration test: a contact table, a recording bucket, and Connect's contacts."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from local_aws.connect.contacts import StaticDirectory
from local_aws.connect.simulator import ConnectSimulator
from local_aws.server import LocalAws
from support.fakes import BUCKET

TABLE = "contacts"
LOG_GROUP = "/aws/connect/acme"


@dataclass
class Stage:
    """AWS with a contact table, a recording bucket and Connect's contacts."""

    aws: LocalAws
    contacts: StaticDirectory
    settings: dict[str, Any] = field(default_factory=dict)
    queue_url: str = ""

    @property
    def connect(self) -> ConnectSimulator:
        return self.aws.connect

    def put(self, *items: Mapping[str, Any]) -> None:
        """Write items as another program would, with strings; None is written as NULL."""
        for item in items:
            values = {name: {"NULL": True} if value is None else {"S": value} for name, value in item.items()}
            self.aws.client("dynamodb").put_item(TableName=TABLE, Item=values)

    def items(self) -> dict[str, dict[str, str]]:
        """Return all items of the table by contact id, with numbers and lists as strings."""
        pages = self.aws.client("dynamodb").get_paginator("scan").paginate(TableName=TABLE)
        return {
            item["ContactId"]["S"]: {name: _text(value) for name, value in item.items()}
            for page in pages
            for item in page["Items"]
        }

    def put_object(self, key: str, body: bytes = b"\0" * 100_000, bucket: str = BUCKET) -> None:
        """Put an object into a bucket, past HTTP: some tests need thousands of them."""
        get_backend("s3")[DEFAULT_ACCOUNT_ID]["aws"].put_object(bucket, key, body)

    def listen(self) -> None:
        """Create an alert topic and keep its messages for :meth:`heard`."""
        sns, sqs = self.aws.client("sns"), self.aws.client("sqs")
        topic_arn = sns.create_topic(Name="alerts")["TopicArn"]
        self.queue_url = str(sqs.create_queue(QueueName="listener")["QueueUrl"])
        asked = sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=["QueueArn"])
        sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=asked["Attributes"]["QueueArn"])
        self.configure(alert_topic_arn=topic_arn)

    def heard(self) -> list[dict[str, Any]]:
        """Return the messages published since the last call, as SNS delivers them to a queue."""
        sqs, messages = self.aws.client("sqs"), []
        while found := sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages"):
            for each in found:
                messages.append(json.loads(each["Body"]))
                sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=each["ReceiptHandle"])
        return messages

    def configure(self, **changes: Any) -> None:
        """Set the Airflow Variable."""
        self.settings |= changes
        os.environ["AIRFLOW_VAR_AUDIO_LEAKAGE"] = json.dumps(self.settings)


def _text(value: Mapping[str, Any]) -> str:
    ((kind, content),) = value.items()
    return " ".join(map(_text, content)) if kind == "L" else str(content)
