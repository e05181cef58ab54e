"""The stand-in as a process of its own, with the table in another DynamoDB."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.config import Config

from conftest import ROOT
from local_aws.commands import serve
from local_aws.commands.airflow import free_port
from local_aws.contact_centre.company import BUCKET, LOG_GROUP, TABLE, set_up
from local_aws.contact_centre.seed_contacts import INSTANCE_ID
from local_aws.server import LocalAws


@pytest.fixture
def served(local_aws: LocalAws) -> Iterator[str]:
    """Start it and wait for its first line; the DynamoDB is that of the tests' own stand-in."""
    local_aws.reset()
    environment = os.environ | {
        "PYTHONPATH": str(ROOT / "include"),
        "AWS_ENDPOINT_URL_DYNAMODB": local_aws.endpoint_url,
    }
    ports = ["--port", str(free_port()), "--connect-port", str(free_port())]
    with subprocess.Popen(
        [sys.executable, "-m", "local_aws.commands.serve", *ports],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        yield next(line for line in process.stderr if line.startswith("AWS listens at"))
        process.kill()


def test_serve_plays_aws_and_connect_and_creates_the_table(served: str, local_aws: LocalAws) -> None:
    aws, connect = (word.rstrip(",\n") for word in served.split() if word.startswith("http"))
    config = Config(retries={"total_max_attempts": 1})
    session = boto3.Session("testing", "testing", region_name="af-south-1")
    buckets = session.client("s3", endpoint_url=aws, config=config).list_buckets()["Buckets"]
    assert [bucket["Name"] for bucket in buckets] == [BUCKET]
    answer = session.client("connect", endpoint_url=connect, config=config).list_instance_storage_configs(
        InstanceId=INSTANCE_ID, ResourceType="CALL_RECORDINGS"
    )
    assert answer["StorageConfigs"][0]["S3Config"]["BucketName"] == BUCKET
    table = local_aws.client("dynamodb").describe_table(TableName=TABLE)["Table"]
    indexes = {index["IndexName"] for index in table["GlobalSecondaryIndexes"]}
    assert indexes == {"open-contacts", "contacts-by-hour"}


def test_the_contact_centre_plays_on_in_real_time(local_aws: LocalAws) -> None:
    """The half hour that has passed is there at the first look; it goes on until somebody stops it."""

    class Stopped(Exception):
        """Ends the play."""

    looks: list[int] = []

    def pause() -> None:
        events = local_aws.client("logs").filter_log_events(logGroupName=LOG_GROUP)["events"]
        looks.append(len(events))
        if len(looks) == 2:
            raise Stopped

    local_aws.reset()
    set_up(local_aws)
    centre = serve.week_of_calls(datetime.now(UTC) - timedelta(minutes=30))
    with pytest.raises(Stopped):
        serve.play(centre, local_aws, pause)
    began = {call for call in centre.calls if call.initiated < datetime.now(UTC)}
    assert began
    assert looks[0] > len(began)
