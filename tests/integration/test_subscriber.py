"""The subscription Lambda against the table, beside recovery, and its stack."""

import random
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from airflow.sdk import DAG
from botocore.stub import Stubber

from audio_leakage.errors import ServiceUnavailable
from audio_leakage.flow_log.line import BLOCK_FAMILY
from conftest import ROOT
from flow_log_subscriber import handler as subscriber
from local_aws.contact_centre.centre import ContactCentre, LogEvent
from support.fakes import BUCKET, CONTACT_ID, PREFIX, at
from support.flow_lines import control_message, delivery, line
from support.stage import LOG_GROUP, TABLE, Stage

pytestmark = pytest.mark.table


@pytest.fixture(autouse=True)
def _subscribed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    del stage
    monkeypatch.setenv("CONTACT_TABLE", TABLE)
    subscriber._contacts.cache_clear()


def test_a_delivery_enters_its_contacts() -> None:
    counts = subscriber.handler(delivery((line(), at("10:30"))), None)
    assert counts == {"entered": 1}


def test_the_log_has_the_fields_that_the_metric_filter_reads(caplog: pytest.LogCaptureFixture) -> None:
    subscriber.handler(delivery((line(ContactId="nobody"), at("10:30"))), None)
    (told,) = [vars(record) for record in caplog.records if record.message == "delivery ingested"]
    template = (ROOT / "include" / "infrastructure" / "subscriber.yaml").read_text()
    read = set(re.findall(r"\$\.([a-z_]+)", template))
    assert read == {"unreadable_lines", "contact_table"}
    assert {name: told[name] for name in read} == {"unreadable_lines": 1, "contact_table": TABLE}


def test_a_control_message_is_ignored(stage: Stage) -> None:
    assert subscriber.handler(control_message(), None) == {}
    assert stage.items() == {}


def test_a_refused_write_raises_and_the_next_delivery_completes_it(stage: Stage) -> None:
    """A throttled table: every write of the first delivery is refused, none of the second."""
    contacts = subscriber._contacts(TABLE)
    other = "00000000-0000-4000-8000-000000000002"
    two = delivery((line(), at("10:30")), (line(ContactId=other), at("10:30")))
    with Stubber(contacts.conn.meta.client) as throttled:
        throttled.add_response("batch_get_item", {"Responses": {}, "UnprocessedKeys": {}})
        for _ in range(2):
            throttled.add_client_error(
                "put_item", "ProvisionedThroughputExceededException", http_status_code=400
            )
        with pytest.raises(
            ServiceUnavailable, match="dynamodb:PutItem on table 'contacts' is unavailable for now"
        ):
            subscriber.handler(two, None)
    assert stage.items() == {}
    assert subscriber.handler(two, None) == {"entered": 2}
    assert len(stage.items()) == 2


def test_keys_left_unprocessed_are_asked_for_again(stage: Stage) -> None:
    del stage
    contacts = subscriber._contacts(TABLE)

    def key() -> dict[str, dict[str, str]]:
        return {"ContactId": {"S": CONTACT_ID}}

    left = {"Responses": {}, "UnprocessedKeys": {TABLE: {"Keys": [key()]}}}
    with Stubber(contacts.conn.meta.client) as partly:
        partly.add_response("batch_get_item", left)
        partly.add_response("batch_get_item", {"Responses": {TABLE: [key()]}, "UnprocessedKeys": {}})
        assert list(contacts.get_many([CONTACT_ID])) == [{"ContactId": CONTACT_ID}]


def test_a_line_that_cannot_be_written_stops_no_other(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    contacts = subscriber._contacts(TABLE)
    create = contacts.create

    def throttled(item: dict[str, str]) -> bool:
        if item["ContactId"] == CONTACT_ID:
            raise ServiceUnavailable("throttled")
        return create(item)

    monkeypatch.setattr(contacts, "create", throttled)
    other = "00000000-0000-4000-8000-000000000002"
    with pytest.raises(ServiceUnavailable):
        subscriber.handler(delivery((line(), at("10:30")), (line(ContactId=other), at("10:30"))), None)
    assert set(stage.items()) == {other}


def an_hour_of_lines(stage: Stage, log_group: str | None) -> tuple[ContactCentre, list[LogEvent]]:
    start = datetime.now(UTC) - timedelta(hours=2)
    centre = ContactCentre(
        seed=11,
        start=start,
        duration=timedelta(hours=1),
        number_of_calls=60,
        bucket=BUCKET,
        prefix=PREFIX,
        log_group=log_group,
    )
    return centre, centre.play(start + timedelta(hours=2), stage.aws)


def deliver(events: list[LogEvent], seed: int) -> None:
    """Deliver lines in batches, shuffled, each twice, with a malformed line and a control message in between."""
    dice = random.Random(seed)
    lines = [(event.message, event.at) for event in [*events, *events]] + [("{ malformed", at("10:30"))]
    dice.shuffle(lines)
    for first in range(0, len(lines), 20):
        subscriber.handler(delivery(*lines[first : first + 20]), None)
        subscriber.handler(control_message(), None)


def test_repeated_and_recovered_lines_give_the_same_table(stage: Stage, dag: DAG) -> None:
    stage.aws.create_log_group(LOG_GROUP)
    centre, events = an_hour_of_lines(stage, LOG_GROUP)
    subscriber.handler(delivery(*((event.message, event.at) for event in events)), None)
    once = stage.items()
    assert set(once) == {call.contact_id for call in centre.calls if call.entered}

    deliver(events, seed=1)
    assert stage.items() == once

    client = stage.aws.client("dynamodb")
    for contact_id in once:
        client.delete_item(TableName=TABLE, Key={"ContactId": {"S": contact_id}})
    with ThreadPoolExecutor(2) as side_by_side:
        list(side_by_side.map(lambda seed: deliver(events, seed), (2, 3)))
        recover(dag, stage, centre)
    assert {key: entered(item) for key, item in stage.items().items()} == {
        key: entered(item) for key, item in once.items() if key in stage.items()
    }
    purged = set(once) - set(stage.items())
    assert purged <= {call.contact_id for call in centre.calls if call.connected_to_agent is None}


def recover(dag: DAG, stage: Stage, centre: ContactCentre) -> None:
    """Run the DAG over the hour, which recovers it from the flow log while the Lambda is at it."""
    stage.connect.directory = centre
    stage.configure(flow_log_group=LOG_GROUP)
    conf = {
        "window_start": centre.start.isoformat(),
        "window_end": (centre.start + timedelta(hours=1, minutes=30)).isoformat(),
    }
    assert dag.test(run_conf=conf).state == "success"


def entered(item: dict[str, str]) -> dict[str, str]:
    """Return what intake alone decides about a contact."""
    names = ("ContactId", "InitialisedAt", "InitialisedHour", "RecordingPolicy", "RecordingBlocks")
    return {name: item[name] for name in names if name in item}


def test_the_stack_of_the_subscription_deploys(stage: Stage) -> None:
    stage.aws.create_log_group("/aws/connect/acme")
    stage.aws.client("s3").put_object(Bucket=BUCKET, Key="subscriber.zip", Body=b"zip")
    outputs = stage.aws.deploy(
        ROOT / "include" / "infrastructure" / "subscriber.yaml",
        "leakage",
        {
            "ContactTableName": TABLE,
            "FlowLogGroupName": "/aws/connect/acme",
            "CodeBucket": BUCKET,
            "CodeKey": "subscriber.zip",
        },
    )
    function = stage.aws.client("lambda").get_function(FunctionName=outputs["FunctionName"])["Configuration"]
    assert function["Handler"] == "flow_log_subscriber.handler.handler"
    assert function["Environment"]["Variables"] == {"CONTACT_TABLE": TABLE}
    assert outputs["DeadLetterQueueUrl"]


def test_filter_and_recovery_let_the_same_blocks_through() -> None:
    template = (ROOT / "include" / "infrastructure" / "subscriber.yaml").read_text()
    assert f"""'{{ ($.ContactFlowModuleType = "*{BLOCK_FAMILY}*") }}'""" in template
