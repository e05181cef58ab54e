"""The simulated Amazon Connect through boto3: answers, errors, pages and quotas as AWS's own."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from botocore.exceptions import ClientError, HTTPClientError
from types_boto3_connect.client import ConnectClient
from types_boto3_connect.literals import SearchContactsTimeRangeTypeType

from local_aws.connect.contacts import StaticDirectory
from local_aws.connect.delays import NO_DELAY, Delay
from local_aws.connect.faults import CUT_OFF, NOT_JSON, RESET, STATUS
from local_aws.connect.quotas import ACCOUNT_QUOTAS, TokenBucket
from local_aws.connect.simulator import ConnectSimulator
from local_aws.contact_centre.seed_contacts import SEED_CONTACTS
from local_aws.server import LocalAws
from support.fakes import BUCKET, INSTANCE_ID, PREFIX, answer, at, number
from support.stage import Stage


@pytest.fixture
def connect(stage: Stage) -> ConnectClient:
    client: ConnectClient = stage.aws.client("connect")
    return client


@pytest.mark.parametrize("contact_id", list(SEED_CONTACTS))
def test_the_seed_contacts_are_described_as_given(
    stage: Stage, connect: ConnectClient, contact_id: str
) -> None:
    stage.contacts.update(SEED_CONTACTS)
    described = connect.describe_contact(InstanceId=INSTANCE_ID, ContactId=contact_id)
    assert described["Contact"] == SEED_CONTACTS[contact_id]


@pytest.mark.parametrize("code", sorted(STATUS))
def test_a_simulated_error_has_its_code_and_status(stage: Stage, connect: ConnectClient, code: str) -> None:
    stage.connect.faults.add("DescribeContact", code)
    with pytest.raises(ClientError) as error:
        connect.describe_contact(InstanceId=INSTANCE_ID, ContactId=number(1))
    assert error.value.response["Error"]["Code"] == code
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == STATUS[code]


@pytest.mark.parametrize(("instance_id", "contact_id"), [(INSTANCE_ID, number(9)), (number(9), number(1))])
def test_an_unknown_contact_or_instance_is_not_found(
    stage: Stage, connect: ConnectClient, instance_id: str, contact_id: str
) -> None:
    stage.contacts[number(1)] = answer(number(1))["Contact"]
    with pytest.raises(connect.exceptions.ResourceNotFoundException):
        connect.describe_contact(InstanceId=instance_id, ContactId=contact_id)


@pytest.mark.parametrize("fault", [CUT_OFF, NOT_JSON])
def test_an_incomplete_answer_raises_nothing_and_lacks_the_contact(
    stage: Stage, connect: ConnectClient, fault: str
) -> None:
    """That is botocore's way, and why every answer is looked at before it is believed."""
    stage.connect.faults.add("DescribeContact", fault)
    assert "Contact" not in connect.describe_contact(InstanceId=INSTANCE_ID, ContactId=number(1))


def test_a_connection_closed_without_an_answer_raises(stage: Stage, connect: ConnectClient) -> None:
    stage.connect.faults.add("DescribeContact", RESET, times=1)
    with pytest.raises(HTTPClientError):
        connect.describe_contact(InstanceId=INSTANCE_ID, ContactId=number(1))


def test_a_fault_strikes_its_contact_as_often_as_set(stage: Stage, connect: ConnectClient) -> None:
    stage.contacts.update({number(n): answer(number(n))["Contact"] for n in (1, 2)})
    stage.connect.faults.add("DescribeContact", "InternalServiceException", contact_id=number(1), times=1)
    connect.describe_contact(InstanceId=INSTANCE_ID, ContactId=number(2))
    with pytest.raises(connect.exceptions.InternalServiceException):
        connect.describe_contact(InstanceId=INSTANCE_ID, ContactId=number(1))
    connect.describe_contact(InstanceId=INSTANCE_ID, ContactId=number(1))


def test_an_unknown_fault_is_refused(stage: Stage) -> None:
    with pytest.raises(ValueError, match="allowed are"):
        stage.connect.faults.add("DescribeContact", "Earthquake")


def hour(**changes: Any) -> dict[str, Any]:
    """Return a search for the contacts that an agent took from ten to eleven."""
    time_range = {"Type": "CONNECTED_TO_AGENT_TIMESTAMP", "StartTime": at("10:00"), "EndTime": at("11:00")}
    return {"InstanceId": INSTANCE_ID, "TimeRange": time_range, **changes}


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

    def test_a_search_gives_all_pages_in_order(self, stage: Stage, connect: ConnectClient) -> None:
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
    def test_each_time_range_type_searches_its_own_timestamp(
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

    def test_a_search_shows_a_call_that_reached_an_agent_or_ended(
        self, stage: Stage, connect: ConnectClient
    ) -> None:
        stage.contacts[number(1)] = answer(number(1), connected=None, DisconnectTimestamp=None)["Contact"]
        stage.contacts[number(2)] = answer(number(2), DisconnectTimestamp=None)["Contact"]
        stage.contacts[number(3)] = answer(number(3), connected=None)["Contact"]
        assert self.search(connect, "INITIATION_TIMESTAMP", "10:00", "11:00") == [number(2), number(3)]

    def test_a_search_applies_its_filters(self, stage: Stage, connect: ConnectClient) -> None:
        stage.contacts[number(1)] = answer(number(1))["Contact"]
        stage.contacts[number(2)] = answer(number(2), Channel="CHAT")["Contact"]
        criteria = {"SearchCriteria": {"Channels": ["CHAT"]}}
        assert self.search(connect, "INITIATION_TIMESTAMP", "10:00", "11:00", **criteria) == [number(2)]

    def test_a_search_over_more_than_eight_weeks_is_refused(self, connect: ConnectClient) -> None:
        with pytest.raises(connect.exceptions.InvalidParameterException):
            self.search(connect, "INITIATION_TIMESTAMP", "2023-01-01T00:00", "2023-06-01T00:00")

    def test_a_search_result_has_no_recordings_or_after_contact_work(
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

    def test_a_search_result_carries_what_may_tell_of_a_person(
        self, stage: Stage, connect: ConnectClient
    ) -> None:
        members = {
            "Name": "+27825550001",
            "Tags": {"caller": "+27825550002"},
            "SegmentAttributes": {"caller": {"ValueString": "+27825550003"}},
            "InitialContactId": number(7),
            "PreviousContactId": number(8),
        }
        others = {"CustomerEndpoint": {"Type": "TELEPHONE_NUMBER", "Address": "+27825550004"}}
        queue = {"Id": number(9), "EnqueueTimestamp": at("10:30")}
        told = answer(number(1), QueueInfo={**queue, "Name": "Service"}, **members, **others)["Contact"]
        stage.contacts[number(1)] = told
        (contact,) = connect.search_contacts(**hour())["Contacts"]
        assert {name: contact.get(name) for name in members} == members
        assert contact["QueueInfo"] == queue
        assert "CustomerEndpoint" not in contact

    def test_a_late_contact_lets_the_total_grow(self, stage: Stage, connect: ConnectClient) -> None:
        for n in range(100):
            stage.contacts[number(n)] = answer(number(n))["Contact"]
        stage.connect.indexing_delay = Delay(timedelta(minutes=10), late=timedelta(hours=3), late_share=0.1)
        try:
            totals = []
            for now in ("10:40", "10:45", "13:40"):
                with time_machine.travel(at(now), tick=True):
                    totals.append(connect.search_contacts(**hour())["TotalCount"])
        finally:
            stage.connect.indexing_delay = NO_DELAY
        assert totals[0] == 0
        assert 80 <= totals[1] < 100
        assert totals[2] == 100

    def test_the_total_may_stop_at_a_number(
        self, stage: Stage, connect: ConnectClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stage.connect, "counted_up_to", 3)
        for n in range(5):
            stage.contacts[number(n)] = answer(number(n))["Contact"]
        page = connect.search_contacts(**hour())
        assert (page["TotalCount"], len(page["Contacts"])) == (3, 5)

    def test_a_search_shows_at_most_ten_thousand_contacts(self, stage: Stage, connect: ConnectClient) -> None:
        for n in range(10_001):
            stage.contacts[number(n)] = answer(number(n))["Contact"]
        page = connect.search_contacts(**hour())
        assert page["TotalCount"] == 10_001
        for _ in range(99):
            page = connect.search_contacts(**hour(NextToken=page["NextToken"]))
        assert len(page["Contacts"]) == 100
        with pytest.raises(connect.exceptions.InvalidParameterException, match="at most 10000"):
            connect.search_contacts(**hour(NextToken=page["NextToken"]))

    @pytest.mark.parametrize(
        "changes",
        [
            {"MaxResults": 101},
            {"NextToken": "foreign"},
            {"TimeRange": {"Type": "EXPIRY_TIMESTAMP", "StartTime": at("10:00"), "EndTime": at("11:00")}},
            {"TimeRange": {"Type": "INITIATION_TIMESTAMP", "StartTime": at("11:00"), "EndTime": at("10:00")}},
            {"SearchCriteria": {"Channels": ["FAX"]}},
            {"SearchCriteria": {"QueueIds": [number(n) for n in range(101)]}},
            {"SearchCriteria": {"Name": {"SearchText": ["x"], "MatchType": "MATCH_ALL"}}},
            {"Sort": {"FieldName": "INITIATION_METHOD", "Order": "ASCENDING"}},
        ],
    )
    def test_a_search_beyond_the_rules_is_refused(
        self, connect: ConnectClient, changes: dict[str, Any]
    ) -> None:
        with pytest.raises(connect.exceptions.InvalidParameterException):
            connect.search_contacts(**hour(**changes))

    def test_a_token_of_another_search_is_refused(self, stage: Stage, connect: ConnectClient) -> None:
        stage.contacts |= {number(n): answer(number(n))["Contact"] for n in range(2)}
        token = connect.search_contacts(**hour(MaxResults=1))["NextToken"]
        assert len(connect.search_contacts(**hour(MaxResults=1, NextToken=token))["Contacts"]) == 1
        other = hour(NextToken=token, SearchCriteria={"Channels": ["VOICE"]})
        with pytest.raises(connect.exceptions.InvalidParameterException):
            connect.search_contacts(**other)

    def test_a_search_can_be_denied(self, stage: Stage, connect: ConnectClient) -> None:
        stage.connect.faults.add("SearchContacts", "AccessDeniedException")
        with pytest.raises(ClientError, match="AccessDeniedException"):
            connect.search_contacts(**hour())


def test_the_storage_config_names_bucket_and_prefix(connect: ConnectClient) -> None:
    (config,) = connect.list_instance_storage_configs(InstanceId=INSTANCE_ID, ResourceType="CALL_RECORDINGS")[
        "StorageConfigs"
    ]
    assert config["S3Config"] == {"BucketName": BUCKET, "BucketPrefix": PREFIX}


def test_requests_beyond_the_burst_are_answered_with_429() -> None:
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


@pytest.mark.parametrize(
    ("operation", "quota"),
    [
        ("DescribeContact", (10, 15)),
        ("SearchContacts", (0.5, 1)),
        ("GetMetricDataV2", (10, 10)),
        ("ListQueues", (2, 5)),
        ("SearchQueues", (2, 5)),
    ],
)
def test_an_operation_has_the_quota_of_the_account(operation: str, quota: tuple[float, float]) -> None:
    assert ACCOUNT_QUOTAS[operation] == quota


def test_a_token_bucket_fills_at_its_rate_up_to_its_burst() -> None:
    now = 0.0
    bucket = TokenBucket(10, 15, clock=lambda: now)
    assert [bucket.take() for _ in range(16)] == [True] * 15 + [False]
    now = 0.1
    assert [bucket.take() for _ in range(2)] == [True, False]
    now = 1000.0
    assert sum(bucket.take() for _ in range(100)) == 15
