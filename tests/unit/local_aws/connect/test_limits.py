"""What the simulated Amazon Connect refuses because it is too long, too many or too large."""

from typing import Any

import pytest

from local_aws.connect.limits import check_limits
from support.fakes import CONTACT_ID, INSTANCE_ID

TIME_RANGE = {"Type": "INITIATION_TIMESTAMP", "StartTime": 1693303200, "EndTime": 1693306800}


def query(**members: Any) -> dict[str, Any]:
    return {"InstanceId": INSTANCE_ID, "TimeRange": TIME_RANGE, **members}


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("DescribeContact", {"InstanceId": INSTANCE_ID, "ContactId": CONTACT_ID}),
        ("SearchContacts", query()),
        ("SearchContacts", query(MaxResults=100, NextToken="100")),
        ("SearchContacts", query(SearchCriteria={"Channels": ["VOICE"], "QueueIds": ["q"] * 100})),
    ],
)
def test_a_request_within_its_limits_passes(operation: str, members: dict[str, Any]) -> None:
    check_limits(operation, members)


@pytest.mark.parametrize(
    ("operation", "members", "message"),
    [
        (
            "DescribeContact",
            {"InstanceId": INSTANCE_ID, "ContactId": "c" * 257},
            "DescribeContact.ContactId is 257, allowed is 1 to 256",
        ),
        ("DescribeContact", {"InstanceId": INSTANCE_ID}, "DescribeContact.ContactId is missing"),
        (
            "SearchContacts",
            query(TimeRange={**TIME_RANGE, "Type": "NOW"}),
            ".*TimeRange.Type is no such word, .*",
        ),
        (
            "SearchContacts",
            query(Sort={"FieldName": "CHANNEL"}),
            "SearchContacts.Sort.Order is missing",
        ),
        (
            "GetMetricDataV2",
            {"ResourceArn": "arn", "StartTime": 1, "EndTime": 2, "Filters": [], "Metrics": []},
            "GetMetricDataV2.Filters is 0, allowed is 1 to 5",
        ),
        (
            "DescribeContact",
            {"InstanceId": "i" * 101, "ContactId": CONTACT_ID},
            "DescribeContact.InstanceId is 101, allowed is 1 to 100",
        ),
        ("SearchContacts", query(MaxResults=101), "SearchContacts.MaxResults is 101, allowed is 1 to 100"),
        ("SearchContacts", query(MaxResults=0), "SearchContacts.MaxResults is 0, allowed is 1 to 100"),
        ("SearchContacts", query(NextToken=""), "SearchContacts.NextToken is 0, allowed is 1 to 100000"),
        (
            "SearchContacts",
            query(SearchCriteria={"QueueIds": ["q"] * 101}),
            "SearchContacts.SearchCriteria.QueueIds is 101, allowed is 0 to 100",
        ),
        (
            "SearchContacts",
            query(SearchCriteria={"AgentIds": ["a", "a" * 257]}),
            "SearchContacts.SearchCriteria.AgentIds.1 is 257, allowed is 1 to 256",
        ),
    ],
)
def test_a_member_beyond_its_limits_is_refused_by_name(
    operation: str, members: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        check_limits(operation, members)
