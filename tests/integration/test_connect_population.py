"""The contact centre's population through the simulated Amazon Connect: searched, counted, and shown late."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from types_boto3_connect.client import ConnectClient

from local_aws.connect.delays import NO_DELAY, Delay
from local_aws.connect.queue_listing import instance_arn
from local_aws.contact_centre.centre import BLIND_WEIGHTS, WEIGHTS, ContactCentre
from local_aws.contact_centre.described import PERSON
from local_aws.contact_centre.queues import AN_AGENTS
from support.fakes import BUCKET, INSTANCE_ID, PREFIX, at
from support.stage import LOG_GROUP, Stage

HOUR = timedelta(hours=1)
START, END = at("21:00"), at("2023-08-30T03:00")


def centre_of(stage: Stage, **changes: Any) -> ContactCentre:
    centre = ContactCentre(
        seed=5,
        start=START,
        duration=3 * HOUR,
        number_of_calls=300,
        bucket=BUCKET,
        prefix=PREFIX,
        log_group=LOG_GROUP,
        weights={**WEIGHTS, **BLIND_WEIGHTS},
        **changes,
    )
    stage.connect.directory = centre
    return centre


@pytest.fixture
def connect(stage: Stage) -> Iterator[ConnectClient]:
    client: ConnectClient = stage.aws.client("connect")
    with time_machine.travel(END, tick=True):
        yield client
    stage.connect.indexing_delay = NO_DELAY


def searched(connect: ConnectClient, start: datetime) -> list[Any]:
    pages = connect.get_paginator("search_contacts").paginate(
        InstanceId=INSTANCE_ID,
        TimeRange={"Type": "CONNECTED_TO_AGENT_TIMESTAMP", "StartTime": start, "EndTime": start + HOUR},
        SearchCriteria={"Channels": ["VOICE"]},
    )
    return [contact for page in pages for contact in page["Contacts"]]


def counted(connect: ConnectClient, start: datetime) -> dict[str, float]:
    """Return the metric's count by queue, of all queues that are not an agent's."""
    queues = connect.list_queues(InstanceId=INSTANCE_ID, QueueTypes=["STANDARD"])["QueueSummaryList"]
    said = connect.get_metric_data_v2(
        ResourceArn=instance_arn(INSTANCE_ID),
        StartTime=start,
        EndTime=start + HOUR,
        Filters=[
            {"FilterKey": "QUEUE", "FilterValues": [queue["Id"] for queue in queues]},
            {"FilterKey": "CHANNEL", "FilterValues": ["VOICE"]},
        ],
        Groupings=["QUEUE"],
        Metrics=[{"Name": "CONTACTS_HANDLED_BY_CONNECTED_TO_AGENT"}],
    )
    return {each["Dimensions"]["QUEUE"]: each["Collections"][0]["Value"] for each in said["MetricResults"]}


def test_search_and_metric_agree_with_the_centre_hour_by_hour(stage: Stage, connect: ConnectClient) -> None:
    centre, start, legs_of_the_night = centre_of(stage), START, 0
    while start + HOUR <= END:
        population = centre.population(start, start + HOUR)
        found = searched(connect, start)
        assert sorted(contact["Id"] for contact in found) == sorted(call.contact_id for call in population)
        standard = [
            call.queue_id
            for call in population
            if call.enqueued and call.queue_id not in (None, AN_AGENTS.queue_id)
        ]
        assert counted(connect, start) == Counter(standard)
        legs_of_the_night += sum(call.method == "CALLBACK" for call in population)
        start += HOUR
    assert legs_of_the_night >= 3


def test_a_search_of_the_centre_names_legs_and_test_cases(stage: Stage, connect: ConnectClient) -> None:
    centre = centre_of(stage)
    found = {
        contact["Id"]: contact for hour in range(6) for contact in searched(connect, START + hour * HOUR)
    }
    for call in centre.population(START, END):
        contact = found[call.contact_id]
        assert contact.get("PreviousContactId") == call.previous_contact_id
        assert contact.get("InitialContactId") == call.initial_contact_id
        assert ("connect:ValidationTestType" in contact["SegmentAttributes"]) is call.is_test
        assert PERSON in contact["Name"]


def test_a_contact_that_the_index_shows_late_turns_up_later(stage: Stage, connect: ConnectClient) -> None:
    centre = centre_of(stage)
    stage.connect.indexing_delay = Delay(timedelta(minutes=1), late=timedelta(hours=6), late_share=0.05)
    all_of_them = {call.contact_id for call in centre.population(START, START + HOUR)}
    early = {contact["Id"] for contact in searched(connect, START)}
    late = {each for each in all_of_them if stage.connect.indexing_delay.is_late(each)}
    assert late
    assert early == all_of_them - late
    with time_machine.travel(END + 6 * HOUR, tick=True):
        assert {contact["Id"] for contact in searched(connect, START)} == all_of_them


def test_a_centre_that_withholds_its_log_still_records(stage: Stage, connect: ConnectClient) -> None:
    del connect
    stage.aws.create_log_group(LOG_GROUP)
    centre = centre_of(stage, withholds_log=True)
    assert centre.play(END, stage.aws) == []
    logs = stage.aws.client("logs")
    assert logs.filter_log_events(logGroupName=LOG_GROUP)["events"] == []
    assert stage.aws.client("s3").list_objects_v2(Bucket=BUCKET)["KeyCount"] > 100
