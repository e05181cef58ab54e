"""What Connect answers that the stand-in never does."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from audio_leakage.errors import ServiceUnavailable, SetupError
from audio_leakage_hooks.configuration import configuration_with_connection_of
from audio_leakage_hooks.connect import ConnectHook
from support.fakes import INSTANCE_ID, at

INSTANCE = f"arn:aws:connect:af-south-1:123456789012:instance/{INSTANCE_ID}"
START, END = at("10:00"), at("11:00")
MOST_PAGES = 100


@pytest.fixture
def hook() -> ConnectHook:
    return ConnectHook(aws_conn_id=None, region_name="af-south-1")


@pytest.fixture
def stub(hook: ConnectHook) -> Iterator[Stubber]:
    with Stubber(hook.conn) as stub:
        yield stub


def queues(count: int) -> dict[str, str]:
    return {f"q{place:03d}": f"{INSTANCE}/queue/q{place:03d}" for place in range(count)}


def handled(*values: float | None, token: str | None = None) -> dict[str, Any]:
    """Return a page of GetMetricDataV2, a result for each value; None is a result without any."""
    results = [{"Collections": [] if value is None else [{"Value": value}]} for value in values]
    return {"MetricResults": results} | ({"NextToken": token} if token else {})


def asked(queue_ids: list[str], token: str | None = None) -> dict[str, Any]:
    return {
        "ResourceArn": INSTANCE,
        "StartTime": START,
        "EndTime": END,
        "Filters": [
            {"FilterKey": "QUEUE", "FilterValues": queue_ids},
            {"FilterKey": "CHANNEL", "FilterValues": ["VOICE"]},
        ],
        "Metrics": [{"Name": "CONTACTS_HANDLED_BY_CONNECTED_TO_AGENT"}],
    } | ({"NextToken": token} if token else {})


def test_a_metric_is_summed_over_its_pages_and_results(hook: ConnectHook, stub: Stubber) -> None:
    stub.add_response("get_metric_data_v2", handled(3, None, 4, token="a"), asked(["q000"]))
    stub.add_response("get_metric_data_v2", handled(token="b"), asked(["q000"], "a"))
    stub.add_response("get_metric_data_v2", handled(5), asked(["q000"], "b"))
    assert hook.contacts_handled(queues(1), START, END) == 12
    stub.assert_no_pending_responses()


@pytest.mark.parametrize("count", [100, 101, 200, 201])
def test_a_hundred_queues_are_asked_about_at_once(hook: ConnectHook, stub: Stubber, count: int) -> None:
    ids = sorted(queues(count))
    for first in range(0, count, 100):
        stub.add_response("get_metric_data_v2", handled(7), asked(ids[first : first + 100]))
    assert hook.contacts_handled(queues(count), START, END) == 7 * -(-count // 100)
    stub.assert_no_pending_responses()


def test_a_metric_may_have_a_hundred_pages(hook: ConnectHook, stub: Stubber) -> None:
    for page in range(MOST_PAGES):
        last = page == MOST_PAGES - 1
        stub.add_response("get_metric_data_v2", handled(1, token=None if last else str(page)))
    assert hook.contacts_handled(queues(1), START, END) == MOST_PAGES


def test_a_metric_without_an_end_is_no_count(hook: ConnectHook, stub: Stubber) -> None:
    for page in range(MOST_PAGES):
        stub.add_response("get_metric_data_v2", handled(1, token=str(page)))
    with pytest.raises(ServiceUnavailable, match="a metric has more than 100 pages"):
        hook.contacts_handled(queues(1), START, END)


def test_a_page_without_its_results_is_no_count(hook: ConnectHook, stub: Stubber) -> None:
    """botocore gives such a page for an answer that was cut off."""
    stub.add_response("get_metric_data_v2", handled(1, token="a"))
    stub.add_response("get_metric_data_v2", {})
    with pytest.raises(ServiceUnavailable, match="MetricResults"):
        hook.contacts_handled(queues(1), START, END)


STREAM: dict[str, Any] = {
    "AssociationId": "a",
    "StorageType": "KINESIS_STREAM",
    "KinesisStreamConfig": {"StreamArn": "arn:aws:kinesis:af-south-1:123456789012:stream/s"},
}


def in_s3(bucket: str, prefix: str) -> dict[str, Any]:
    storage = {"BucketName": bucket, "BucketPrefix": prefix}
    return {"AssociationId": bucket, "StorageType": "S3", "S3Config": storage}


@pytest.mark.parametrize("configs", [[], [STREAM]])
def test_an_instance_that_keeps_no_recordings_in_s3_is_to_be_set_up(
    hook: ConnectHook, stub: Stubber, configs: list[dict[str, Any]]
) -> None:
    stub.add_response("list_instance_storage_configs", {"StorageConfigs": configs})
    with pytest.raises(SetupError) as caught:
        hook.recording_storage(INSTANCE_ID)
    assert str(caught.value) == (
        f"Connect instance '{INSTANCE_ID}' has no S3 storage for call recordings: "
        "add it to the instance, or set 'recording_bucket' and 'recording_prefix'"
    )


@pytest.mark.parametrize("prefix", ["connect/acme/CallRecordings", "connect/acme/CallRecordings/"])
def test_recordings_lie_in_the_first_s3_storage_on_any_page(
    hook: ConnectHook, stub: Stubber, prefix: str
) -> None:
    stub.add_response("list_instance_storage_configs", {"StorageConfigs": [STREAM], "NextToken": "a"})
    found = [in_s3("recordings", prefix), in_s3("others", "x")]
    stub.add_response("list_instance_storage_configs", {"StorageConfigs": found})
    assert hook.recording_storage(INSTANCE_ID) == ("recordings", "connect/acme/CallRecordings")


def test_an_instance_without_any_storage_is_there_all_the_same(hook: ConnectHook, stub: Stubber) -> None:
    stub.add_response("list_instance_storage_configs", {"StorageConfigs": []})
    hook.check_instance(INSTANCE_ID)
    stub.assert_no_pending_responses()


def test_an_instance_that_is_not_there_is_named(hook: ConnectHook, stub: Stubber) -> None:
    stub.add_client_error("list_instance_storage_configs", "ResourceNotFoundException", http_status_code=404)
    with pytest.raises(SetupError, match=f"'{INSTANCE_ID}' does not exist"):
        hook.check_instance(INSTANCE_ID)


def test_no_page_is_asked_for_once_every_queue_is_known(hook: ConnectHook, stub: Stubber) -> None:
    page = {"QueueSummaryList": [{"Id": "Q-1"}, {"Id": "q-2"}], "NextToken": "more"}
    stub.add_response("list_queues", page)
    assert hook.unknown_queues(INSTANCE_ID, ["q-1", "q-2"]) == set()


def test_the_configuration_is_read_with_the_client_of_the_hook(hook: ConnectHook, stub: Stubber) -> None:
    """It has the rates that were set and the connection that was resolved."""
    stub.add_response("describe_instance_attribute", {"Attribute": {"Value": "true"}})
    assert configuration_with_connection_of(hook).flow_logging(INSTANCE_ID)["is_on"] is True
