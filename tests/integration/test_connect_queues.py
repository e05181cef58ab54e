"""ListQueues and SearchQueues of the simulated Amazon Connect through boto3."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from types_boto3_connect.client import ConnectClient
from types_boto3_connect.type_defs import QueueSearchCriteriaTypeDef

from audio_leakage_hooks.connect import ConnectHook
from local_aws.connect.contacts import Queue
from local_aws.connect.queue_listing import queue_arn
from support.fakes import INSTANCE_ID, number
from support.stage import Stage

STANDARD = tuple(Queue(number(place), f"Service {place:03}") for place in range(120))
AGENTS = tuple(Queue(number(place), "", "AGENT") for place in range(500, 510))


@pytest.fixture
def connect(stage: Stage) -> ConnectClient:
    stage.contacts.queues = (*STANDARD, *AGENTS)
    client: ConnectClient = stage.aws.client("connect")
    return client


def test_queues_are_listed_page_by_page(stage: Stage, connect: ConnectClient) -> None:
    pages = connect.get_paginator("list_queues").paginate(InstanceId=INSTANCE_ID)
    listed = [queue["Id"] for page in pages for queue in page["QueueSummaryList"]]
    assert listed == [queue.queue_id for queue in (*STANDARD, *AGENTS)]
    assert stage.connect.calls["ListQueues"] == 2


def test_a_listing_by_type_leaves_the_agents_queues_out(connect: ConnectClient) -> None:
    listed = connect.list_queues(InstanceId=INSTANCE_ID, QueueTypes=["STANDARD"], MaxResults=1000)
    assert len(listed["QueueSummaryList"]) == 120
    assert "NextToken" not in listed
    first = listed["QueueSummaryList"][0]
    assert (first["Name"], first["QueueType"]) == ("Service 000", "STANDARD")
    assert first["Arn"] == queue_arn(INSTANCE_ID, STANDARD[0])


def test_an_agents_queue_has_no_name(connect: ConnectClient) -> None:
    listed = connect.list_queues(InstanceId=INSTANCE_ID, QueueTypes=["AGENT"])
    assert not [queue for queue in listed["QueueSummaryList"] if "Name" in queue]
    assert all("/queue/agent/" in queue["Arn"] for queue in listed["QueueSummaryList"])


def test_a_queue_is_known_whatever_its_type(stage: Stage, connect: ConnectClient) -> None:
    del connect
    hook, slip = ConnectHook(aws_conn_id=None), number(900)
    assert hook.unknown_queues(INSTANCE_ID, {STANDARD[0].queue_id}) == set()
    assert hook.unknown_queues(INSTANCE_ID, {STANDARD[0].queue_id, AGENTS[-1].queue_id, slip}) == {slip}
    assert stage.connect.calls["ListQueues"] == 2


def test_a_search_gives_standard_queues_page_by_page(connect: ConnectClient) -> None:
    first = connect.search_queues(InstanceId=INSTANCE_ID)
    second = connect.search_queues(InstanceId=INSTANCE_ID, NextToken=first["NextToken"])
    found = [queue["QueueId"] for queue in (*first["Queues"], *second["Queues"])]
    assert found == [queue.queue_id for queue in STANDARD]
    assert first["ApproximateTotalCount"] == 120
    assert "NextToken" not in second


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ({"StringCondition": {"FieldName": "name", "Value": "ice 01", "ComparisonType": "CONTAINS"}}, 10),
        (
            {"StringCondition": {"FieldName": "name", "Value": "service 1", "ComparisonType": "STARTS_WITH"}},
            20,
        ),
        ({"StringCondition": {"FieldName": "resourceID", "Value": number(7), "ComparisonType": "EXACT"}}, 1),
        ({"QueueTypeCondition": "STANDARD"}, 120),
        (
            {
                "OrConditions": [
                    {"StringCondition": {"FieldName": "name", "Value": f"Service 00{place}"}}
                    for place in "12"
                ]
            },
            2,
        ),
        (
            {
                "AndConditions": [
                    {"StringCondition": {"FieldName": "name", "Value": f"Service 00{place}"}}
                    for place in "12"
                ]
            },
            0,
        ),
    ],
)
def test_a_search_applies_its_criteria(
    connect: ConnectClient, criteria: QueueSearchCriteriaTypeDef, found: int
) -> None:
    said = connect.search_queues(InstanceId=INSTANCE_ID, SearchCriteria=criteria)
    assert said["ApproximateTotalCount"] == found


@pytest.mark.parametrize(
    ("operation", "changes"),
    [
        ("list_queues", {"MaxResults": 1001}),
        ("list_queues", {"QueueTypes": ["STANDARD", "AGENT", "STANDARD"]}),
        ("list_queues", {"QueueTypes": ["PRIVATE"]}),
        ("list_queues", {"NextToken": "foreign"}),
        ("search_queues", {"MaxResults": 501}),
        ("search_queues", {"NextToken": "foreign"}),
        ("search_queues", {"SearchFilter": {"TagFilter": {"TagCondition": {"TagKey": "team"}}}}),
        ("search_queues", {"SearchCriteria": {"QueueTypeCondition": "AGENT"}}),
        ("search_queues", {"SearchCriteria": {"StringCondition": {"FieldName": "colour", "Value": "red"}}}),
        ("search_queues", {"SearchCriteria": {"StringCondition": {"FieldName": "name", "Value": "x"}}}),
    ],
)
def test_a_request_beyond_the_rules_is_refused(
    connect: ConnectClient, operation: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(connect.exceptions.InvalidParameterException):
        getattr(connect, operation)(InstanceId=INSTANCE_ID, **changes)


@pytest.mark.parametrize(
    ("method", "operation"), [("list_queues", "ListQueues"), ("search_queues", "SearchQueues")]
)
def test_queues_can_be_denied_and_a_foreign_instance_is_not_found(
    stage: Stage, connect: ConnectClient, method: str, operation: str
) -> None:
    with pytest.raises(connect.exceptions.ResourceNotFoundException):
        getattr(connect, method)(InstanceId=number(9))
    stage.connect.faults.add(operation, "AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        getattr(connect, method)(InstanceId=INSTANCE_ID)
