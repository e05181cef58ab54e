"""A task that fails for good is told to the alert topic, through Airflow's own callback."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.models.dagrun import DagRun
from airflow.sdk import DAG
from airflow.utils.session import create_session
from sqlalchemy import delete

from fakes import CONTACT_ID, INSTANCE_ID
from stage import Stage


@dataclass
class Listener:
    """A queue behind the alert topic."""

    stage: Stage
    queue: str

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Take what has come since the last time."""
        sqs = self.stage.aws.client("sqs")
        found = sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        for each in found:
            sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=each["ReceiptHandle"])
        return [json.loads(each["Body"]) for each in found]


@pytest.fixture
def listener(stage: Stage, airflow_database: None) -> Listener:
    """Return who listens to the topic of a DAG that has never run."""
    del airflow_database
    with create_session() as session:
        session.execute(delete(DagRun))
    sns, sqs = stage.aws.client("sns"), stage.aws.client("sqs")
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    queue = sqs.create_queue(QueueName="listener")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    stage.configure(alert_topic_arn=topic)
    stage.put({"ContactId": CONTACT_ID, "State": "INITIALISED"})
    return Listener(stage, queue)


DENIED = f"connect:DescribeContact on Connect instance '{INSTANCE_ID}' was denied: grant"
HALF_PAST = datetime(2023, 8, 29, 10, 30, tzinfo=UTC)


def test_the_topic_hears_which_task_failed_and_what_to_do(stage: Stage, dag: DAG, listener: Listener) -> None:
    stage.connect.faults.add("DescribeContact", "AccessDeniedException")
    assert dag.test(logical_date=HALF_PAST).state == "failed"
    (told,) = listener.messages
    assert told["Subject"] == "Audio leakage monitor: poll_initialised failed"
    assert DENIED in told["Message"]
    attributes = {name: each["Value"] for name, each in told["MessageAttributes"].items()}
    assert attributes == {"event": "TASK_FAILED", "connect_instance_id": INSTANCE_ID}


def test_of_failed_runs_in_a_row_the_first_is_told_and_then_one_an_hour(
    stage: Stage, dag: DAG, listener: Listener
) -> None:
    stage.connect.faults.add("DescribeContact", "AccessDeniedException")
    told = {}
    for minutes in (0, 5, 30, 35):
        assert dag.test(logical_date=HALF_PAST + timedelta(minutes=minutes)).state == "failed"
        told[minutes] = len(listener.messages)
    assert told == {0: 1, 5: 0, 30: 1, 35: 0}
    stage.connect.faults.clear()
    assert dag.test(logical_date=HALF_PAST + timedelta(minutes=40)).state == "success"
    stage.put({"ContactId": CONTACT_ID, "State": "INITIALISED"})
    stage.connect.faults.add("DescribeContact", "AccessDeniedException")
    assert dag.test(logical_date=HALF_PAST + timedelta(minutes=45)).state == "failed"
    assert len(listener.messages) == 1


def test_an_error_that_is_not_ours_is_told_by_its_kind_alone(
    dag: DAG, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_: object) -> dict[str, int]:
        raise LookupError("+27 82 555 0100")

    monkeypatch.setattr("audio_leakage.use_cases.poll_initialised", breaks)
    dag.get_task("poll_initialised").retries = 0
    assert dag.test(logical_date=HALF_PAST).state == "failed"
    (told,) = listener.messages
    assert "LookupError; its log says more" in told["Message"]
    assert "555" not in json.dumps(told)


def test_without_a_topic_nobody_is_told_and_nothing_breaks(
    stage: Stage, dag: DAG, listener: Listener, capfd: pytest.CaptureFixture[str]
) -> None:
    stage.configure(alert_topic_arn=None, recheck_days=-1)
    assert dag.test(logical_date=HALF_PAST).state == "failed"
    assert listener.messages == []
    printed = capfd.readouterr()
    assert "Failed to run task callback" not in printed.out + printed.err
