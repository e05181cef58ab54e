"""The DAG through Airflow itself, against the stand-in over HTTP."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from threading import Thread, current_thread, main_thread
from typing import Any

import pytest
import time_machine
from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook
from airflow.sdk import DAG
from werkzeug.serving import make_server

from audio_leakage import use_cases
from audio_leakage.errors import ServiceUnavailable, SetupError
from audio_leakage.runs.context import RunContext
from audio_leakage.runs.window import Window
from audio_leakage.times import format_time
from local_aws.connect.contacts import StaticDirectory
from local_aws.contact_centre.centre import QUICK_WEIGHTS, ContactCentre
from local_aws.contact_centre.seed_contacts import (
    DISCONNECTED_IN_QUEUE,
    ON_CALL_WITH_AGENT,
    SEED_CONTACTS,
    SPOKE_TO_AGENT,
    WAITING_IN_QUEUE,
)
from support.fakes import BUCKET, CONTACT_ID, INSTANCE_ID, PREFIX, answer, key_of, number
from support.stage import LOG_GROUP, TABLE, Stage

MINUTE = timedelta(minutes=1)
Counts = Mapping[str, Mapping[str, Any]]


def run(dag: DAG, **how: Any) -> tuple[str, Counts]:
    """Run the DAG once and return its state and what each task returned."""
    result = dag.test(**how)
    tasks = result.get_task_instances()
    return str(result.state), {task.task_id: task.xcom_pull(task_ids=task.task_id) for task in tasks}


@pytest.mark.table
def test_the_seeds_four_contacts_end_as_the_specification_says(stage: Stage, dag: DAG) -> None:
    stage.contacts.update(SEED_CONTACTS)
    stage.put(*({"ContactId": contact_id, "State": "INITIALISED"} for contact_id in SEED_CONTACTS))
    stage.put_object(f"{PREFIX}/2023/08/29/{SPOKE_TO_AGENT}_20230829T10:30_UTC.wav")
    state, counts = run(dag)
    assert state == "success"
    items = stage.items()
    assert {contact_id: item["State"] for contact_id, item in items.items()} == {
        SPOKE_TO_AGENT: "COMPLETED - AGENT",
        ON_CALL_WITH_AGENT: "IN_PROGRESS - AGENT",
        WAITING_IN_QUEUE: "IN_PROGRESS - QUEUE/IVR",
    }
    assert items[SPOKE_TO_AGENT]["RecordedState"] == "CALL_RECORDED_SUCCESS"
    assert DISCONNECTED_IN_QUEUE not in items
    assert counts["poll_initialised"]["adopted"] == 4
    assert counts["purge_ivr"]["purged"] == 1
    assert counts["check_recordings"]["CALL_RECORDED_SUCCESS"] == 1


@pytest.mark.table
def test_half_an_hour_of_calls_ends_with_the_truth(stage: Stage, dag: DAG) -> None:
    start, failure_after = datetime(2024, 2, 28, 23, 40, tzinfo=UTC), 20 * MINUTE
    centre = ContactCentre(
        seed=7,
        start=start,
        duration=30 * MINUTE,
        number_of_calls=40,
        bucket=BUCKET,
        prefix=PREFIX,
        log_group=LOG_GROUP,
        weights=QUICK_WEIGHTS,
    )
    stage.connect.directory = centre
    stage.aws.create_log_group(LOG_GROUP)
    stage.configure(flow_log_group=LOG_GROUP, failure_after_minutes=failure_after / MINUTE)
    ends = [start + n * 10 * MINUTE for n in range(1, 9)]  # across midnight, into a leap day
    with time_machine.travel(start, tick=True) as clock:
        for end in ends:
            for minute in range(10):
                clock.move_to(end - (9 - minute) * MINUTE)
                centre.play(end - (9 - minute) * MINUTE, stage.aws)
            assert run(dag, logical_date=end)[0] == "success"
    items = stage.items()
    truths = {call.contact_id: call.truth(ends[-1], failure_after) for call in centre.calls}
    told = {
        contact_id: (items[contact_id]["State"], items[contact_id].get("RecordedState"))
        if contact_id in items
        else (None, None)
        for contact_id in truths
    }
    assert told == {contact_id: (truth.state, truth.recorded_state) for contact_id, truth in truths.items()}
    assert set(items) <= set(truths)


@pytest.mark.table
def test_a_second_run_over_the_same_contacts_changes_nothing(stage: Stage, dag: DAG) -> None:
    stage.contacts[CONTACT_ID] = answer()["Contact"]
    stage.put({"ContactId": CONTACT_ID, "State": "INITIALISED"})
    stage.put_object(key_of())
    run(dag)
    first = stage.items()
    state, counts = run(dag)
    assert state == "success"
    assert stage.items() == first
    assert all(task.get("due") == 0 for task in counts.values())


@pytest.mark.table
def test_an_error_of_one_contact_does_not_stop_the_others(stage: Stage, dag: DAG) -> None:
    for position in range(1, 6):
        stage.contacts[number(position)] = answer(number(position))["Contact"]
        stage.put({"ContactId": number(position), "State": "INITIALISED"})
        stage.put_object(key_of(number(position)))
    stage.put(
        {"ContactId": "no contact id", "State": "INITIALISED"}, {"ContactId": number(6), "State": "ENDED"}
    )
    stage.connect.faults.add("DescribeContact", "CutOff", contact_id=number(2))
    stage.connect.faults.add("DescribeContact", "InternalServiceException", contact_id=number(3))
    state, counts = run(dag)
    assert state == "success"
    expected = {
        "adopted": 5,
        "not_adoptable": 2,
        "due": 5,
        "put_off": 1,
        "unavailable": 1,
        "COMPLETED - AGENT": 3,
    }
    assert expected.items() <= counts["poll_initialised"].items()
    assert counts["check_recordings"]["CALL_RECORDED_SUCCESS"] == 3
    assert stage.items()[number(2)]["LastError"].startswith("DescribeContact answered without Contact.Id")


@pytest.mark.parametrize(("aws_conn_id", "times"), [("aws_default", 4), (None, 0)])
def test_each_task_asks_airflow_at_most_once_for_its_connection(
    stage: Stage, dag: DAG, monkeypatch: pytest.MonkeyPatch, aws_conn_id: str | None, times: int
) -> None:
    """One thread asks: Airflow 3.0 answers several at once wrongly or with an ImportError."""

    def get_connection(conn_id: str) -> Any:  # noqa: ANN401  # Airflow 3.0 has its class elsewhere
        asked_by.append(current_thread())
        return look_up(conn_id)

    asked_by: list[Thread] = []
    look_up = AwsGenericHook.get_connection
    monkeypatch.setattr(AwsGenericHook, "get_connection", staticmethod(get_connection))
    stage.aws.create_log_group(LOG_GROUP)
    stage.configure(flow_log_group=LOG_GROUP, aws_conn_id=aws_conn_id)
    for position in range(6):
        stage.contacts[number(position)] = answer(number(position))["Contact"]
        stage.put({"ContactId": number(position), "State": "INITIALISED"})
    state, counts = run(dag)
    assert (state, counts["check_recordings"]["CALL_RECORDED_FAILURE"]) == ("success", 6)
    assert asked_by == [main_thread()] * times


@pytest.mark.parametrize(
    ("settings", "task", "says"),
    [
        (
            {"contact_table": "nowhere"},
            "poll_initialised",
            "table 'nowhere' does not exist: if it was lost, restore it to a point in time",
        ),
        (
            {"connect_instance_id": number(9)},
            "poll_initialised",
            "does not exist: create it, or correct 'connect_",
        ),
        (
            {"recording_bucket": "nowhere-at-all", "recording_prefix": PREFIX},
            "check_recordings",
            "bucket 'nowhere-at-all' does not exist: create it",
        ),
        ({"recheck_days": -1}, "poll_initialised", "'recheck_days' is -1, allowed is a number from 0 to 365"),
    ],
)
def test_a_wrong_setting_fails_the_task_with_one_sentence(
    stage: Stage, dag: DAG, capfd: pytest.CaptureFixture[str], settings: dict[str, Any], task: str, says: str
) -> None:
    stage.contacts[CONTACT_ID] = answer()["Contact"]
    stage.put({"ContactId": CONTACT_ID, "State": "INITIALISED"})
    stage.configure(**settings)
    result = dag.test()
    assert result.state == "failed"
    states = {instance.task_id: str(instance.state) for instance in result.get_task_instances()}
    assert states[task] == "failed"
    printed = capfd.readouterr()
    assert says in printed.out + printed.err
    assert stage.items()[CONTACT_ID].get("RecordedState") is None


def test_a_denied_instance_fails_the_task_and_says_what_to_grant(
    stage: Stage, dag: DAG, capfd: pytest.CaptureFixture[str]
) -> None:
    stage.put({"ContactId": CONTACT_ID, "State": "INITIALISED"})
    stage.connect.faults.add("DescribeContact", "AccessDeniedException")
    assert dag.test().state == "failed"
    printed = capfd.readouterr()
    assert (
        f"connect:DescribeContact on Connect instance '{INSTANCE_ID}' was denied: grant"
        in printed.out + printed.err
    )


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        ("2023-08-29T11:00:00Z", "2023-08-29T10:00:00Z", "ends before it starts"),
        ("2099-01-01T00:00:00Z", "2099-01-01T01:00:00Z", "lies in the future"),
        ("2023-08-01T00:00:00Z", "2023-08-29T00:00:00Z", "is too long: at most 1 day"),
    ],
)
def test_an_invalid_window_fails_the_run_with_the_reason(
    stage: Stage, dag: DAG, capfd: pytest.CaptureFixture[str], start: str, end: str, says: str
) -> None:
    del stage
    assert dag.test(run_conf={"window_start": start, "window_end": end}).state == "failed"
    printed = capfd.readouterr()
    assert says in printed.out + printed.err


@pytest.mark.table
def test_a_run_with_a_named_window_works_on_its_contacts_only(stage: Stage, dag: DAG) -> None:
    for position, initialised in ((1, "2023-08-29T10:02:00.000Z"), (2, "2023-08-29T10:07:00.000Z")):
        contact_id = number(position)
        stage.contacts[contact_id] = answer(contact_id)["Contact"]
        times = {
            "NextCheckAt": initialised,
            "InitialisedAt": initialised,
            "InitialisedHour": initialised[:13],
        }
        stage.put({"ContactId": contact_id, "State": "INITIALISED", "OpenState": "INITIALISED", **times})
    named = {"window_start": "2023-08-29T10:00:00Z", "window_end": "2023-08-29T10:05:00Z"}
    state, counts = run(dag, run_conf=named)
    assert state == "success"
    assert counts["poll_initialised"]["window"] == "2023-08-29T10:00:00.000Z - 2023-08-29T10:05:00.000Z"
    assert stage.items()[number(1)]["State"] == "COMPLETED - AGENT"
    assert stage.items()[number(2)]["State"] == "INITIALISED"


def test_a_failure_reaches_a_subscriber_of_the_topic_once(stage: Stage, dag: DAG) -> None:
    sns, sqs = stage.aws.client("sns"), stage.aws.client("sqs")
    topic_arn = sns.create_topic(Name="alerts")["TopicArn"]
    queue = sqs.create_queue(QueueName="listener")["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    sns.subscribe(
        TopicArn=topic_arn,
        Protocol="sqs",
        Endpoint=queue_arn,
        Attributes={"RawMessageDelivery": "true", "FilterPolicy": '{"event": ["CALL_RECORDED_FAILURE"]}'},
    )
    stage.contacts[CONTACT_ID] = answer()["Contact"]
    stage.put({"ContactId": CONTACT_ID, "State": "INITIALISED"})
    stage.configure(alert_topic_arn=topic_arn)
    assert run(dag)[0] == "success"
    assert run(dag)[0] == "success"
    (message,) = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert CONTACT_ID in message["Body"]
    assert stage.items()[CONTACT_ID]["RecordedState"] == "CALL_RECORDED_FAILURE"
    assert "AlertPending" not in stage.items()[CONTACT_ID]


def test_a_missing_topic_fails_the_task_after_the_verdict(
    stage: Stage, dag: DAG, capfd: pytest.CaptureFixture[str]
) -> None:
    stage.contacts[CONTACT_ID] = answer()["Contact"]
    stage.put({"ContactId": CONTACT_ID, "State": "INITIALISED"})
    stage.configure(alert_topic_arn="arn:aws:sns:af-south-1:123456789012:nowhere")
    assert dag.test().state == "failed"
    printed = capfd.readouterr()
    said = " ".join(
        (printed.out + printed.err).split()
    )  # Airflow 3.0 breaks the line, and colours what is quoted
    for words in (
        "sns:af-south-1:123456789012:nowhere",
        "does not exist: create it, or correct",
        "alert_topic_arn",
    ):
        assert words in said
    assert stage.items()[CONTACT_ID]["RecordedState"] == "CALL_RECORDED_FAILURE"


def test_a_run_throttled_throughout_fails_and_loses_nothing(stage: Stage, dag: DAG) -> None:
    stage.contacts[CONTACT_ID] = answer()["Contact"]
    stage.put({"ContactId": CONTACT_ID, "State": "INITIALISED"})
    stage.put_object(key_of())
    stage.connect.faults.add("DescribeContact", "ThrottlingException")
    assert dag.test().state == "failed"
    throttled = stage.items()[CONTACT_ID]
    assert (throttled["State"], throttled["OpenState"]) == ("INITIALISED", "INITIALISED")
    assert "RecordedState" not in throttled
    stage.connect.faults.clear()
    assert dag.test().state == "success"
    assert stage.items()[CONTACT_ID]["RecordedState"] == "CALL_RECORDED_SUCCESS"


def test_a_denied_bucket_fails_the_task_and_is_no_verdict(
    stage: Stage, dag: DAG, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(_: object, start_response: Callable[..., object]) -> list[bytes]:
        start_response("403 Forbidden", [("Content-Type", "application/xml")])
        return [b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"]

    stage.contacts[CONTACT_ID] = answer()["Contact"]
    stage.put({"ContactId": CONTACT_ID, "State": "INITIALISED"})
    s3 = make_server("127.0.0.1", 0, deny, threaded=True)
    Thread(target=s3.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{s3.server_port}")
    try:
        assert dag.test().state == "failed"
    finally:
        s3.shutdown()
        s3.server_close()
    printed = capfd.readouterr()
    assert f"s3:ListBucket on bucket '{BUCKET}' was denied: grant s3:ListBucket" in printed.out + printed.err
    denied = stage.items()[CONTACT_ID]
    assert (denied["State"], denied["OpenState"]) == ("COMPLETED - AGENT", "COMPLETED - AGENT")
    assert "RecordedState" not in denied


@pytest.mark.table
def test_a_contact_deleted_between_read_and_write_is_not_brought_back(stage: Stage, dag: DAG) -> None:
    class DeletedMeanwhile(StaticDirectory):
        def describe(self, contact_id: str, at: datetime) -> Mapping[str, Any] | None:
            key = {"ContactId": {"S": contact_id}}
            stage.aws.client("dynamodb").delete_item(TableName=TABLE, Key=key)
            return super().describe(contact_id, at)

    stage.connect.directory = DeletedMeanwhile({CONTACT_ID: answer()["Contact"]})
    stage.put({"ContactId": CONTACT_ID, "State": "INITIALISED"})
    state, counts = run(dag)
    assert state == "success"
    assert counts["poll_initialised"]["changed_meanwhile"] == 1
    assert stage.items() == {}


def test_the_flow_log_is_read_on_although_no_run_succeeds(
    stage: Stage, dag: DAG, caplog: pytest.LogCaptureFixture
) -> None:
    """Regression: all that came since the last success was read again by each run, up to a day."""
    stage.aws.create_log_group(LOG_GROUP)
    stage.configure(flow_log_group=LOG_GROUP)
    ten = datetime(2023, 8, 29, 10, tzinfo=UTC)
    states = [dag.test(logical_date=ten).state]
    stage.contacts[CONTACT_ID] = answer()["Contact"]
    stage.put({"ContactId": CONTACT_ID, "State": "COMPLETED - AGENT"})
    stage.configure(recording_bucket="nowhere", recording_prefix=PREFIX)
    states += [dag.test(logical_date=ten + number * 5 * MINUTE).state for number in range(1, 4)]
    assert states == ["success", "failed", "failed", "failed"]
    read = [record.args[:2] for record in caplog.records if record.msg.startswith("flow log read from")]  # type: ignore[index]
    quarters = [Window(ten + (number - 3) * 5 * MINUTE, ten + number * 5 * MINUTE) for number in range(4)]
    assert read == [(format_time(each.start), format_time(each.end)) for each in quarters]


def states(result: Any) -> dict[str, str]:  # noqa: ANN401  # Airflow 3.0 has its class elsewhere
    return {instance.task_id: str(instance.state) for instance in result.get_task_instances()}


def leaked_call(stage: Stage, **settings: object) -> None:
    """Let a call end without a recording, an hour ago and more, in a table that knows it."""
    stage.contacts[CONTACT_ID] = answer()["Contact"]
    for contact_id, state in ((CONTACT_ID, "COMPLETED - AGENT"), (number(7), "COMPLETED - QUEUE/IVR")):
        due = {"OpenState": state, "NextCheckAt": "2023-08-29T10:33:10.343Z"}
        stage.put({"ContactId": contact_id, "State": state} | due)
    stage.configure(**settings)


class TestMutes:
    """A leak that is known is told when its mute has ended."""

    VARIABLE = "AIRFLOW_VAR_AUDIO_LEAKAGE_MUTES"

    def test_a_known_leak_is_told_once_its_mute_has_ended(
        self, stage: Stage, dag: DAG, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        until = format_time(datetime.now(UTC) + timedelta(days=2))
        mute = {"id": "key", "cause": "NO_OBJECT", "until": until, "reason": "CHG-4711"}
        stage.listen()
        leaked_call(stage)
        monkeypatch.setenv(self.VARIABLE, json.dumps([mute]))
        state, counts = run(dag)
        assert state == "success"
        assert counts["check_recordings"]["known"] == 1
        assert stage.items()[CONTACT_ID]["RecordedState"] == "CALL_RECORDED_FAILURE"
        assert stage.heard() == []
        monkeypatch.delenv(self.VARIABLE)
        assert run(dag)[0] == "success"
        ended, leak = stage.heard()
        assert ended["Subject"] == "Audio leakage: mute key has ended, 1 call leaked meanwhile"
        assert "Reason: CHG-4711" in ended["Message"]
        assert CONTACT_ID in leak["Message"]
        assert run(dag)[0] == "success"
        assert stage.heard() == []

    def test_a_wrong_mute_is_told_when_the_verdicts_have_fallen(
        self, stage: Stage, dag: DAG, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stage.listen()
        leaked_call(stage)
        monkeypatch.setenv(self.VARIABLE, json.dumps([{"id": "key", "cause": "NO_OBJECT", "reason": "soon"}]))
        assert run(dag)[0] == "failed"
        leak, failed = stage.heard()
        assert CONTACT_ID in leak["Message"]
        assert failed["Subject"] == "Audio leakage: check_recordings failed"
        assert "Variable 'audio_leakage_mutes': mute 'key': 'until' is None, allowed is" in failed["Message"]


class TestOneFailureStopsOnlyItself:
    def test_a_leak_is_judged_without_the_log_group_and_the_run_fails(self, stage: Stage, dag: DAG) -> None:
        stage.listen()
        leaked_call(stage, flow_log_group="/nowhere")
        result = dag.test()
        assert result.state == "failed"
        assert states(result) == {
            "poll_initialised": "failed",
            "purge_ivr": "failed",
            "poll_in_progress": "success",
            "check_recordings": "failed",
        }
        assert stage.items()[CONTACT_ID]["RecordedState"] == "CALL_RECORDED_FAILURE"
        failed = [each for each in stage.heard() if each["Subject"].endswith("failed")]
        assert [each["Subject"] for each in failed] == ["Audio leakage: poll_initialised failed"]
        assert "log group '/nowhere' does not exist" in failed[0]["Message"]

    def test_counts_of_a_task_are_kept_although_it_passes_a_failure_on(self, stage: Stage, dag: DAG) -> None:
        leaked_call(stage, flow_log_group="/nowhere")
        state, counts = run(dag)
        assert state == "failed"
        assert counts["purge_ivr"]["purged"] == 1
        assert counts["check_recordings"]["CALL_RECORDED_FAILURE"] == 1
        assert counts["poll_initialised"] is None

    def test_a_last_task_says_which_task_failed(
        self, stage: Stage, dag: DAG, capfd: pytest.CaptureFixture[str]
    ) -> None:
        leaked_call(stage, flow_log_group="/nowhere")
        assert dag.test().state == "failed"
        printed = capfd.readouterr()
        assert "poll_initialised failed, its log says why" in printed.out + printed.err

    @pytest.mark.parametrize(
        ("task", "red"),
        [
            ("poll_initialised", {"poll_initialised", "purge_ivr", "check_recordings"}),
            ("poll_in_progress", {"poll_in_progress", "check_recordings"}),
            ("purge_ivr", {"purge_ivr"}),
            ("check_recordings", {"check_recordings"}),
        ],
    )
    def test_a_failed_task_stops_no_other_and_one_alert_is_sent(
        self, stage: Stage, dag: DAG, monkeypatch: pytest.MonkeyPatch, task: str, red: set[str]
    ) -> None:
        def breaks(_: object) -> dict[str, int]:
            raise SetupError("it was denied: grant it")

        stage.listen()
        leaked_call(stage)
        monkeypatch.setattr(f"audio_leakage.use_cases.{task}", breaks)
        result = dag.test()
        assert result.state == "failed"
        assert {task_id for task_id, state in states(result).items() if state == "failed"} == red
        assert [each["Subject"] for each in stage.heard() if each["Subject"].endswith("failed")] == [
            f"Audio leakage: {task} failed"
        ]
        items = stage.items()
        assert (number(7) not in items) == (task != "purge_ivr")
        assert ("RecordedState" in items[CONTACT_ID]) == (task != "check_recordings")

    def test_a_trouble_that_a_retry_heals_leaves_the_run_green(
        self, stage: Stage, dag: DAG, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def breaks_once(context: RunContext) -> dict[str, int]:
            if tries.pop(0):
                raise ServiceUnavailable("throttled")
            return poll_initialised(context)

        tries = [True, False]
        poll_initialised = use_cases.poll_initialised
        stage.listen()
        leaked_call(stage)
        monkeypatch.setattr("audio_leakage.use_cases.poll_initialised", breaks_once)
        dag.get_task("poll_initialised").retry_delay = timedelta(seconds=1)
        assert dag.test().state == "success"
        assert stage.items()[CONTACT_ID]["RecordedState"] == "CALL_RECORDED_FAILURE"
        assert not [each for each in stage.heard() if each["Subject"].endswith("failed")]
