"""GetMetricDataV2 of the simulated Amazon Connect through boto3: what it counts, and what it refuses."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from botocore.exceptions import ClientError
from types_boto3_connect.client import ConnectClient
from types_boto3_connect.type_defs import GetMetricDataV2ResponseTypeDef

from local_aws.connect.contacts import SEED_QUEUE, Queue
from local_aws.connect.delays import NO_DELAY, Delay
from local_aws.connect.queue_listing import instance_arn, queue_arn
from support.fakes import INSTANCE_ID, answer, at, number
from support.stage import Stage

HANDLED = "CONTACTS_HANDLED_BY_CONNECTED_TO_AGENT"
BACK_OFFICE, AN_AGENTS = Queue(number(501), "Back office"), Queue(number(502), "", "AGENT")
NOW = "15:00"
SUBTYPE = "contact/segmentAttributes/connect:Subtype"


@pytest.fixture
def connect(stage: Stage) -> Iterator[ConnectClient]:
    stage.contacts.queues = (SEED_QUEUE, BACK_OFFICE, AN_AGENTS)
    stage.connect.metrics_delay = NO_DELAY
    client: ConnectClient = stage.aws.client("connect")
    with time_machine.travel(at(NOW), tick=True):
        yield client
    stage.connect.metrics_delay = NO_DELAY


def take_call(
    stage: Stage, place: int, connected: datetime, queue: Queue | None = SEED_QUEUE, **more: Any
) -> None:
    members = {"QueueInfo": {"Id": queue.queue_id}} if queue else {}
    stage.contacts[number(place)] = answer(number(place), connected=connected, **members, **more)["Contact"]


def query(**changes: Any) -> dict[str, Any]:
    """Return a request about the hour from ten o'clock on; None leaves a member out."""
    members = {
        "ResourceArn": instance_arn(INSTANCE_ID),
        "StartTime": at("10:00"),
        "EndTime": at("11:00"),
        "Filters": [{"FilterKey": "QUEUE", "FilterValues": [SEED_QUEUE.queue_id, BACK_OFFICE.queue_id]}],
        "Metrics": [{"Name": HANDLED}],
        **changes,
    }
    return {name: value for name, value in members.items() if value is not None}


def values(said: GetMetricDataV2ResponseTypeDef) -> list[float]:
    return [each["Value"] for result in said["MetricResults"] for each in result["Collections"]]


def test_a_count_takes_contacts_from_its_start_up_to_its_end(stage: Stage, connect: ConnectClient) -> None:
    for place, moment in enumerate(("09:59:59.999", "10:00", "10:30", "10:59:59.999", "11:00")):
        take_call(stage, place, at(moment))
    said = connect.get_metric_data_v2(**query())
    assert values(said) == [3.0]
    (result,) = said["MetricResults"]
    assert result["Dimensions"] == {}
    assert result["MetricInterval"] == {
        "Interval": "TOTAL",
        "StartTime": at("10:00"),
        "EndTime": at("11:00"),
    }
    assert result["Collections"][0]["Metric"] == {"Name": HANDLED}


def test_nothing_to_count_gives_no_result_and_not_a_zero(stage: Stage, connect: ConnectClient) -> None:
    stage.contacts[number(1)] = answer(number(1), connected=None)["Contact"]
    assert connect.get_metric_data_v2(**query())["MetricResults"] == []


def test_contacts_of_agents_queues_are_not_counted(stage: Stage, connect: ConnectClient) -> None:
    take_call(stage, 1, at("10:30"), AN_AGENTS)
    take_call(stage, 2, at("10:30"))
    agent = [{"FilterKey": "AGENT", "FilterValues": [answer()["Contact"]["AgentInfo"]["Id"]]}]
    assert values(connect.get_metric_data_v2(**query(Filters=agent))) == [1.0]


def test_a_filter_takes_queues_by_id_or_arn(stage: Stage, connect: ConnectClient) -> None:
    take_call(stage, 1, at("10:30"))
    take_call(stage, 2, at("10:30"), BACK_OFFICE)
    for value in (BACK_OFFICE.queue_id, queue_arn(INSTANCE_ID, BACK_OFFICE)):
        filters = [{"FilterKey": "QUEUE", "FilterValues": [value]}]
        assert values(connect.get_metric_data_v2(**query(Filters=filters))) == [1.0]


def test_filters_by_channel_and_subtype_apply(stage: Stage, connect: ConnectClient) -> None:
    telephony = {"connect:Subtype": {"ValueString": "connect:Telephony"}}
    take_call(stage, 1, at("10:30"), SegmentAttributes=telephony)
    take_call(stage, 2, at("10:30"))
    take_call(stage, 3, at("10:30"), Channel="CHAT")
    for key, value, count in (("CHANNEL", "VOICE", 2.0), (SUBTYPE, "connect:Telephony", 1.0)):
        filters = [*query()["Filters"], {"FilterKey": key, "FilterValues": [value]}]
        assert values(connect.get_metric_data_v2(**query(Filters=filters))) == [count]


def test_a_metric_filter_takes_or_leaves_initiation_methods(stage: Stage, connect: ConnectClient) -> None:
    for place, method in enumerate(("INBOUND", "INBOUND", "CALLBACK")):
        take_call(stage, place, at("10:30"), InitiationMethod=method)
    by_method = {"MetricFilterKey": "INITIATION_METHOD", "MetricFilterValues": ["INBOUND"]}
    metrics = [
        {"Name": HANDLED, "MetricFilters": [by_method]},
        {"Name": HANDLED, "MetricFilters": [{**by_method, "Negate": True}]},
    ]
    assert values(connect.get_metric_data_v2(**query(Metrics=metrics))) == [2.0, 1.0]


def test_groupings_give_a_result_for_each_group_that_has_contacts(
    stage: Stage, connect: ConnectClient
) -> None:
    take_call(stage, 1, at("10:30"), BACK_OFFICE)
    take_call(stage, 2, at("10:30"), BACK_OFFICE)
    said = connect.get_metric_data_v2(**query(Groupings=["QUEUE", "CHANNEL"]))
    (result,) = said["MetricResults"]
    assert result["Dimensions"] == {
        "QUEUE": BACK_OFFICE.queue_id,
        "QUEUE_ARN": queue_arn(INSTANCE_ID, BACK_OFFICE),
        "CHANNEL": "VOICE",
    }
    assert values(said) == [2.0]


def test_an_interval_gives_a_result_for_each_hour_that_has_contacts(
    stage: Stage, connect: ConnectClient
) -> None:
    for place, moment in enumerate(("10:00", "12:10", "12:59:59")):
        take_call(stage, place, at(moment))
    hourly = {"IntervalPeriod": "HOUR", "TimeZone": "UTC"}
    said = connect.get_metric_data_v2(**query(EndTime=at("14:00"), Interval=hourly))
    starts = [result["MetricInterval"]["StartTime"] for result in said["MetricResults"]]
    assert (starts, values(said)) == ([at("10:00"), at("12:00")], [1.0, 2.0])


def test_results_come_in_pages(stage: Stage, connect: ConnectClient) -> None:
    take_call(stage, 1, at("10:30"))
    take_call(stage, 2, at("10:30"), BACK_OFFICE)
    first = connect.get_metric_data_v2(**query(Groupings=["QUEUE"], MaxResults=1))
    second = connect.get_metric_data_v2(
        **query(Groupings=["QUEUE"], MaxResults=1, NextToken=first["NextToken"])
    )
    assert "NextToken" not in second
    assert values(first) + values(second) == [1.0, 1.0]
    with pytest.raises(connect.exceptions.InvalidParameterException):
        connect.get_metric_data_v2(**query(NextToken=first["NextToken"]))


def test_a_metric_lags_behind_and_catches_up(stage: Stage, connect: ConnectClient) -> None:
    for place in range(100):
        take_call(stage, place, at("10:30"))
    stage.connect.metrics_delay = Delay(timedelta(minutes=5), late=timedelta(hours=6), late_share=0.1)
    (early,) = values(connect.get_metric_data_v2(**query()))
    assert 80 <= early < 100
    with time_machine.travel(at("16:30"), tick=True):
        assert values(connect.get_metric_data_v2(**query())) == [100.0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"StartTime": at("11:00")}, "StartTime must be before EndTime"),
        ({"EndTime": at("15:01")}, "EndTime must not be later than now"),
        ({"StartTime": at("2023-05-31T00:00"), "EndTime": at("2023-06-01T00:00")}, "last 3 months"),
        (
            {"StartTime": at("2023-07-25T10:00"), "EndTime": at("2023-08-29T10:00")},
            "TOTAL allows less than 35",
        ),
        (
            {
                "StartTime": at("2023-08-26T10:00"),
                "EndTime": at("10:00"),
                "Interval": {"IntervalPeriod": "HOUR"},
            },
            "HOUR allows less than 3 days",
        ),
        ({"StartTime": at("10:05"), "Interval": {"IntervalPeriod": "HOUR"}}, "whole intervals of HOUR"),
        ({"EndTime": at("10:20"), "Interval": {"IntervalPeriod": "FIFTEEN_MIN"}}, "whole intervals"),
        ({"Interval": {"IntervalPeriod": "HOUR", "TimeZone": "Europe/Berlin"}}, "only UTC is played"),
        ({"Interval": {"IntervalPeriod": "MINUTE"}}, "Interval.IntervalPeriod is no such word"),
        ({"Filters": [{"FilterKey": "CHANNEL", "FilterValues": ["VOICE"]}]}, "at least one of QUEUE"),
        (
            {"Filters": [{"FilterKey": "QUEUE", "FilterValues": [number(9)] * 101}]},
            "is 101, allowed is 1 to 100",
        ),
        ({"Filters": [{"FilterKey": "QUEUE", "FilterValues": [AN_AGENTS.queue_id]}]}, "agent queues"),
        ({"Filters": [{"FilterKey": "ROUTING_PROFILE", "FilterValues": [number(9)]}]}, "Filters: only"),
        (
            {
                "Filters": [
                    {"FilterKey": "QUEUE", "FilterValues": [SEED_QUEUE.queue_id] * 60},
                    {"FilterKey": "AGENT", "FilterValues": [number(9)] * 41},
                ]
            },
            "101 values, allowed are 100",
        ),
        ({"Filters": query()["Filters"] * 2}, "each FilterKey may be given once"),
        ({"Groupings": ["QUEUE", "QUEUE"]}, "Groupings: only"),
        ({"Groupings": ["ROUTING_PROFILE"]}, "Groupings: only"),
        ({"Metrics": [{"Name": "CONTACTS_HANDLED"}]}, "Metrics: only"),
        (
            {
                "Metrics": [
                    {
                        "Name": HANDLED,
                        "MetricFilters": [
                            {
                                "MetricFilterKey": "DISCONNECT_REASON",
                                "MetricFilterValues": ["AGENT_DISCONNECT"],
                            }
                        ],
                    }
                ]
            },
            "knows INITIATION_METHOD only",
        ),
        ({"MaxResults": 101}, "MaxResults is 101, allowed is 1 to 100"),
        ({"NextToken": "foreign"}, "NextToken is invalid"),
    ],
)
def test_a_request_beyond_the_rules_is_refused(
    connect: ConnectClient, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError) as error:
        connect.get_metric_data_v2(**query(**changes))
    assert error.value.response["Error"]["Code"] == "InvalidParameterException"
    assert message in error.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    "changes",
    [
        {"ResourceArn": instance_arn(number(9))},
        {"ResourceArn": INSTANCE_ID},
        {"Filters": [{"FilterKey": "QUEUE", "FilterValues": [number(9)]}]},
    ],
)
def test_a_foreign_instance_or_queue_is_not_found(connect: ConnectClient, changes: dict[str, Any]) -> None:
    with pytest.raises(connect.exceptions.ResourceNotFoundException):
        connect.get_metric_data_v2(**query(**changes))


def test_metrics_can_be_denied(stage: Stage, connect: ConnectClient) -> None:
    stage.connect.faults.add("GetMetricDataV2", "AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        connect.get_metric_data_v2(**query())
