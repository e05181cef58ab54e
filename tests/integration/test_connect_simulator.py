"""The simulated Amazon Connect through boto3: answers, errors, pages and quotas as AWS's own."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, HTTPClientError
from types_boto3_connect.client import ConnectClient
from types_boto3_connect.literals import SearchContactsTimeRangeTypeType

from local_aws.connect.faults import CUT_OFF, NOT_JSON, RESET, STATUS
from local_aws.connect.quotas import TokenBucket
from local_aws.connect.simulator import ConnectSimulator, StaticDirectory
from local_aws.contact_centre.seed_contacts import SEED_CONTACTS
from local_aws.server import LocalAws
from support.fakes import BUCKET, INSTANCE_ID, PREFIX, answer, at, number
from support.stage import Stage


@pytest.fixture
def connect(stage: Stage) -> ConnectClient:
    client: ConnectClient = stage.aws.client("connect")
    return client


@pytest.mark.parametrize("contact_id", list(SEED_CONTACTS))
def test_the_seeds_answers_come_out_as_given(stage: Stage, connect: ConnectClient, contact_id: str) -> None:
    stage.contacts.update(SEED_CONTACTS)
    described = connect.describe_contact(InstanceId=INSTANCE_ID, ContactId=contact_id)
    assert described["Contact"] == SEED_CONTACTS[contact_id]


@pytest.mark.parametrize("code", sorted(STATUS))
def test_errors_are_typed(stage: Stage, connect: ConnectClient, code: str) -> None:
    stage.connect.faults.add("DescribeContact", code)
    with pytest.raises(ClientError) as error:
        connect.describe_contact(InstanceId=INSTANCE_ID, ContactId=number(1))
    assert error.value.response["Error"]["Code"] == code
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == STATUS[code]


@pytest.mark.parametrize(("instance_id", "contact_id"), [(INSTANCE_ID, number(9)), (number(9), number(1))])
def test_what_is_not_there_is_not_found(
    stage: Stage, connect: ConnectClient, instance_id: str, contact_id: str
) -> None:
    stage.contacts[number(1)] = answer(number(1))["Contact"]
    with pytest.raises(connect.exceptions.ResourceNotFoundException):
        connect.describe_contact(InstanceId=instance_id, ContactId=contact_id)


@pytest.mark.parametrize("fault", [CUT_OFF, NOT_JSON])
def test_a_body_that_is_not_whole_raises_nothing_and_lacks_the_contact(
    stage: Stage, connect: ConnectClient, fault: str
) -> None:
    """That is botocore's way, and why every answer is looked at before it is believed."""
    stage.connect.faults.add("DescribeContact", fault)
    assert "Contact" not in connect.describe_contact(InstanceId=INSTANCE_ID, ContactId=number(1))


def test_a_connection_that_closes_unanswered_raises(stage: Stage, connect: ConnectClient) -> None:
    stage.connect.faults.add("DescribeContact", RESET, times=1)
    with pytest.raises(HTTPClientError):
        connect.describe_contact(InstanceId=INSTANCE_ID, ContactId=number(1))


def test_a_fault_strikes_its_contact_so_many_times(stage: Stage, connect: ConnectClient) -> None:
    stage.contacts.update({number(n): answer(number(n))["Contact"] for n in (1, 2)})
    stage.connect.faults.add("DescribeContact", "InternalServiceException", contact_id=number(1), times=1)
    connect.describe_contact(InstanceId=INSTANCE_ID, ContactId=number(2))
    with pytest.raises(connect.exceptions.InternalServiceException):
        connect.describe_contact(InstanceId=INSTANCE_ID, ContactId=number(1))
    connect.describe_contact(InstanceId=INSTANCE_ID, ContactId=number(1))


def test_an_unknown_fault_is_refused(stage: Stage) -> None:
    with pytest.raises(ValueError, match="allowed are"):
        stage.connect.faults.add("DescribeContact", "Earthquake")


class TestSearch:
    @staticmethod
    def search(
        connect: ConnectClient, kind: SearchContactsTimeRangeTypeType, start: str, end: str, **more: Any
    ) -> list[str]:
        pages = connect.get_paginator("search_contacts").paginate(
            InstanceId=INSTANCE_ID,
            TimeRange={"Type": kind, "StartTime": at(start), "EndTime": at(end)},
            **more,
        )
        return [contact["Id"] for page in pages for contact in page["Contacts"]]

    def test_all_pages_are_there_and_in_order(self, stage: Stage, connect: ConnectClient) -> None:
        for n in range(250):
            moment = at("10:00") + timedelta(seconds=n)
            stage.contacts[number(n)] = answer(number(n), InitiationTimestamp=moment)["Contact"]
        found = self.search(connect, "INITIATION_TIMESTAMP", "10:00", "11:00")
        assert found == [number(n) for n in range(250)]
        assert stage.connect.calls["SearchContacts"] == 3

    @pytest.mark.parametrize(
        ("kind", "start", "end", "found"),
        [
            ("INITIATION_TIMESTAMP", "10:29", "10:30", True),
            ("INITIATION_TIMESTAMP", "10:30", "10:31", False),
            ("CONNECTED_TO_AGENT_TIMESTAMP", "10:30", "10:31", True),
            ("DISCONNECT_TIMESTAMP", "10:31", "10:32", True),
            ("DISCONNECT_TIMESTAMP", "10:32", "10:33", False),
            ("ENQUEUE_TIMESTAMP", "10:29", "10:40", False),
        ],
    )
    def test_each_range_looks_at_its_own_timestamp(
        self,
        stage: Stage,
        connect: ConnectClient,
        kind: SearchContactsTimeRangeTypeType,
        start: str,
        end: str,
        found: bool,
    ) -> None:
        stage.contacts[number(1)] = answer(number(1))["Contact"]
        assert bool(self.search(connect, kind, start, end)) == found

    def test_voice_shows_up_once_an_agent_is_connected_or_it_is_over(
        self, stage: Stage, connect: ConnectClient
    ) -> None:
        stage.contacts[number(1)] = answer(number(1), connected=None, DisconnectTimestamp=None)["Contact"]
        stage.contacts[number(2)] = answer(number(2), DisconnectTimestamp=None)["Contact"]
        stage.contacts[number(3)] = answer(number(3), connected=None)["Contact"]
        assert self.search(connect, "INITIATION_TIMESTAMP", "10:00", "11:00") == [number(2), number(3)]

    def test_filters_filter(self, stage: Stage, connect: ConnectClient) -> None:
        stage.contacts[number(1)] = answer(number(1))["Contact"]
        stage.contacts[number(2)] = answer(number(2), Channel="CHAT")["Contact"]
        criteria = {"SearchCriteria": {"Channels": ["CHAT"]}}
        assert self.search(connect, "INITIATION_TIMESTAMP", "10:00", "11:00", **criteria) == [number(2)]

    def test_a_range_of_more_than_eight_weeks_is_refused(self, connect: ConnectClient) -> None:
        with pytest.raises(connect.exceptions.InvalidParameterException):
            self.search(connect, "INITIATION_TIMESTAMP", "2023-01-01T00:00", "2023-06-01T00:00")

    def test_a_result_carries_no_recordings_and_no_after_contact_work(
        self, stage: Stage, connect: ConnectClient
    ) -> None:
        stage.contacts[number(1)] = answer(
            number(1), Recordings=[{"Location": "b/k"}], work_start=at("10:31")
        )["Contact"]
        page = connect.search_contacts(
            InstanceId=INSTANCE_ID,
            TimeRange={"Type": "INITIATION_TIMESTAMP", "StartTime": at("10:00"), "EndTime": at("11:00")},
        )
        (contact,) = page["Contacts"]
        assert "Recordings" not in contact
        assert set(contact["AgentInfo"]) == {"Id", "ConnectedToAgentTimestamp"}
        assert page["TotalCount"] == 1


def test_storage_configs_name_bucket_and_prefix(connect: ConnectClient) -> None:
    (config,) = connect.list_instance_storage_configs(InstanceId=INSTANCE_ID, ResourceType="CALL_RECORDINGS")[
        "StorageConfigs"
    ]
    assert config["S3Config"] == {"BucketName": BUCKET, "BucketPrefix": PREFIX}


def test_beyond_the_burst_connect_answers_429() -> None:
    contacts = StaticDirectory({number(1): answer(number(1))["Contact"]})
    simulator = ConnectSimulator(INSTANCE_ID, contacts, recording_bucket=BUCKET, recording_prefix=PREFIX)
    with LocalAws(simulator) as aws:
        connect = aws.client("connect")
        refused = False
        while not refused:
            try:
                connect.describe_contact(InstanceId=INSTANCE_ID, ContactId=number(1))
            except connect.exceptions.ThrottlingException:
                refused = True
    assert simulator.calls["DescribeContact"] >= 15
    assert simulator.refused["DescribeContact"] == 1


def test_a_bucket_of_tokens_fills_at_its_rate_and_never_beyond_its_burst() -> None:
    now = 0.0
    bucket = TokenBucket(10, 15, clock=lambda: now)
    assert [bucket.take() for _ in range(16)] == [True] * 15 + [False]
    now = 0.1
    assert [bucket.take() for _ in range(2)] == [True, False]
    now = 1000.0
    assert sum(bucket.take() for _ in range(100)) == 15
