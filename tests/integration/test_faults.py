"""Whatever breaks on the way: the DAG runs on, and in the end everything is as the truth has it.

Each case breaks something for one run or more, looks for wrong verdicts after each, lets the trouble pass and
counts the runs until all is well. ``FAULTS_TABLE=docs/faults.md`` writes what was counted into that file.
"""

import json
import multiprocessing
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import time_machine
from airflow import settings as airflow_settings
from airflow.sdk import DAG

from audio_leakage_tasks import use_case
from conftest import ROOT
from fakes import INSTANCE_ID, answer, at, key_of, number
from flow_lines import delivery, line, option
from flow_log_subscriber import handler as subscriber
from local_aws.connect_simulator import StaticDirectory
from local_aws.faulty_aws import (
    CUT_OFF,
    KILL,
    KILL_AFTER,
    RESET,
    RESET_AFTER,
    UNPROCESSED,
    FaultyAws,
    Trouble,
)
from stage import LOG_GROUP, TABLE, Stage

MINUTE, STEP = timedelta(minutes=1), timedelta(minutes=5)
Told = tuple[str | None, str | None]
RECORDED, LEAKED = (
    ("COMPLETED - AGENT", "CALL_RECORDED_SUCCESS"),
    ("COMPLETED - AGENT", "CALL_RECORDED_FAILURE"),
)
#: What becomes of four contacts of each kind, in the specification's words; purged contacts are gone.
KINDS: dict[str, tuple[dict[str, Any], Told]] = {
    "recorded": ({}, RECORDED),
    "leaked": ({}, LEAKED),
    "abandoned": ({"connected": None}, (None, None)),
    "talking": ({"DisconnectTimestamp": None}, ("IN_PROGRESS - AGENT", None)),
    "waiting": ({"DisconnectTimestamp": None, "connected": None}, ("IN_PROGRESS - QUEUE/IVR", None)),
    "chat": ({"Channel": "CHAT"}, ("COMPLETED - AGENT", None)),
    "switched off": ({}, ("COMPLETED - AGENT", None)),
}
TRUTH = {
    number(place * 10 + each): told for place, (_, told) in enumerate(KINDS.values()) for each in range(4)
}
#: Runs until all is well once the trouble has passed; nothing may take longer.
MOST_RUNS = 12


@dataclass
class Day:
    """A contact centre on a bad day, and the monitor over it."""

    stage: Stage
    aws: FaultyAws
    dag: DAG
    clock: Any
    queue_url: str
    now: datetime
    run_states: list[str] = field(default_factory=list)

    def run(self, **how: Any) -> str:
        """Let five minutes go by and the DAG run; see that no verdict is wrong."""
        self.now += STEP
        self.clock.move_to(self.now)
        self.run_states.append(str(self.dag.test(logical_date=self.now, **how).state))
        self.see_that_no_verdict_is_wrong()
        return self.run_states[-1]

    def told(self) -> dict[str, Told]:
        """Return state and verdict of every contact of the truth."""
        items = self.stage.items()
        return {
            contact_id: (items[contact_id]["State"], items[contact_id].get("RecordedState"))
            if contact_id in items
            else (None, None)
            for contact_id in TRUTH
        }

    def see_that_no_verdict_is_wrong(self) -> None:
        wrong = {
            contact_id: verdict
            for contact_id, (_, verdict) in self.told().items()
            if verdict not in (None, TRUTH[contact_id][1])
        }
        assert wrong == {}

    def let_it_pass(self) -> None:
        self.aws.troubles.clear()
        self.stage.connect.faults.clear()
        self.stage.connect.latency_seconds = 0

    def heal(self) -> int:
        """Let the trouble pass and return how many runs it took until all was as the truth has it."""
        self.let_it_pass()
        for runs in range(MOST_RUNS):
            if runs and self.run() == "success" and self.told() == TRUTH:
                return runs
        raise AssertionError(f"not healed after {MOST_RUNS} runs: {self.told()} is not {TRUTH}")

    def alerts(self) -> list[str]:
        """Return the texts of all alerts since the last call."""
        sqs, texts = self.stage.aws.client("sqs"), []
        while found := sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                texts.append(message["Body"])
                sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return texts


@pytest.fixture
def day(stage: Stage, dag: DAG, monkeypatch: pytest.MonkeyPatch) -> Iterator[Day]:
    for task in dag.tasks:
        task.retry_delay = timedelta(0)
    quick = {"config_kwargs": {"retries": {"total_max_attempts": 2, "mode": "standard"}, "read_timeout": 2}}
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps({"conn_type": "aws", "extra": quick}))
    now = datetime.now(UTC).replace(microsecond=0)
    with FaultyAws() as aws, time_machine.travel(now, tick=True) as clock:
        for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"):
            monkeypatch.setenv(name, aws.endpoint_url)
        monkeypatch.setenv("CONTACT_TABLE", TABLE)
        subscriber._contacts.cache_clear()
        yield Day(stage, aws, dag, clock, open_up(stage, now), now)


def open_up(stage: Stage, now: datetime) -> str:
    """Set the stage and return the queue that alerts arrive in."""
    stage.aws.create_log_group(LOG_GROUP)
    sns, sqs = stage.aws.client("sns"), stage.aws.client("sqs")
    topic_arn = sns.create_topic(Name="alerts")["TopicArn"]
    queue = sqs.create_queue(QueueName="listener")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    stage.configure(alert_topic_arn=topic_arn, flow_log_group=LOG_GROUP)
    for place, (kind, (members, _)) in enumerate(KINDS.items()):
        for each in range(4):
            contact_id = number(place * 10 + each)
            stage.contacts[contact_id] = answer(contact_id, **members)["Contact"]
            if kind == "recorded":
                stage.lay(key_of(contact_id))
    write_log(stage, now, [message for contact_id in TRUTH for message in lines_of(contact_id)])
    return str(queue)


def lines_of(contact_id: str) -> list[str]:
    on = line(ContactId=contact_id, Timestamp="2023-08-29T10:29:58.032Z")
    off = line(ContactId=contact_id, Timestamp="2023-08-29T10:30:05.000Z", Parameters=option("Disable"))
    is_off = int(contact_id[-12:]) // 10 == list(KINDS).index("switched off")
    return [on, off] if is_off else [on]


def write_log(stage: Stage, now: datetime, messages: list[str]) -> None:
    logs = stage.aws.client("logs")
    logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName="flows")
    at_ms = int((now - MINUTE).timestamp() * 1000)
    events = [{"timestamp": at_ms, "message": message} for message in messages]
    logs.put_log_events(logGroupName=LOG_GROUP, logStreamName="flows", logEvents=events)


@contextmanager
def as_a_process(day: Day, tmp_path: Path, name: str) -> Iterator[None]:
    """Run the DAG in a process of its own, with a copy of Airflow's database that dies with it."""

    def run(logical_date: datetime) -> None:
        os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"sqlite:///{database}"
        airflow_settings.dispose_orm(do_log=False)
        airflow_settings.configure_vars()  # type: ignore[no-untyped-call]
        airflow_settings.configure_orm()  # type: ignore[no-untyped-call]
        day.dag.test(logical_date=logical_date)

    database = tmp_path / f"{name}.db"
    original = str(airflow_settings.SQL_ALCHEMY_CONN).removeprefix("sqlite:///")
    with closing(sqlite3.connect(original)) as source, closing(sqlite3.connect(database)) as copy:
        source.backup(copy)  # a copied file would lack what is still in the write-ahead log
    process = multiprocessing.get_context("fork").Process(target=run, args=(day.now + STEP,))
    process.start()
    day.aws.pid = process.pid or 0
    yield
    process.join(timeout=120)
    assert process.exitcode is not None


def test_without_trouble_one_run_tells_the_truth(day: Day) -> None:
    assert day.heal() == 1
    assert len(day.alerts()) == 1


def of(kind: str, *where: str, share: float = 1.0, after: int = 0) -> Trouble:
    return Trouble(kind, frozenset(where), share, after)


#: What is wrong with moto's services for one run.
AWS_IN_TROUBLE = {
    "the table throttles": of("ProvisionedThroughputExceededException", "dynamodb", share=0.3),
    "the table answers 500": of("InternalServerError", "dynamodb", share=0.3),
    "connections to the table break": of(RESET, "dynamodb", share=0.2),
    "the table's answers get lost": of(RESET_AFTER, "dynamodb", share=0.2),
    "the table's answers are cut off": of(CUT_OFF, "dynamodb", share=0.2),
    "batches are half processed": of(UNPROCESSED, "BatchGetItem"),
    "S3 says SlowDown": of("SlowDown", "s3", share=0.7),
    "S3's answers are cut off": of(CUT_OFF, "s3", share=0.5),
    "the flow log throttles": of("ThrottlingException", "logs"),
    "alerts go out and the answers get lost": of(RESET_AFTER, "Publish"),
    "credentials expire on the way": of("ExpiredTokenException", "dynamodb", after=30),
}


@pytest.mark.parametrize("what", AWS_IN_TROUBLE)
def test_when_aws_is_in_trouble_nothing_is_lost(day: Day, what: str) -> None:
    day.aws.troubles = [AWS_IN_TROUBLE[what]]
    day.run()
    assert day.aws.injected
    assert day.heal() <= 2
    assert_every_leak_was_told(day, at_most=5 if "alerts" in what else 2)


#: What Connect answers for one run, and how often.
CONNECT_IN_TROUBLE: dict[str, tuple[str, int | None]] = {
    "Connect throttles": ("ThrottlingException", None),
    "Connect answers 500": ("InternalServiceException", None),
    "Connect's answers are cut off": ("CutOff", 20),
    "Connect answers what is no JSON": ("NotJson", 20),
    "connections to Connect break": ("Reset", 20),
}


@pytest.mark.parametrize("what", CONNECT_IN_TROUBLE)
def test_when_connect_is_in_trouble_nothing_is_lost(day: Day, what: str) -> None:
    code, times = CONNECT_IN_TROUBLE[what]
    day.stage.connect.faults.add("DescribeContact", code, times=times)
    day.run()
    assert day.heal() <= 3
    assert_every_leak_was_told(day, at_most=1)


@pytest.mark.parametrize("seed", range(4))
def test_when_a_task_is_killed_anywhere_nothing_is_lost(day: Day, tmp_path: Path, seed: int) -> None:
    dice = Random(seed)
    kind, after = dice.choice([KILL, KILL_AFTER]), dice.randrange(80)
    day.aws.troubles = [of(kind, "dynamodb", "s3", "sns", "logs", after=after)]
    with as_a_process(day, tmp_path, "killed"):
        pass
    assert day.aws.injected
    day.see_that_no_verdict_is_wrong()
    assert day.heal() <= 2
    assert_every_leak_was_told(day, at_most=2)


@pytest.mark.parametrize(("kind", "at_most"), [(KILL, 1), (KILL_AFTER, 2)])
def test_when_a_task_is_killed_beside_its_alert_it_is_told_all_the_same(
    day: Day, tmp_path: Path, kind: str, at_most: int
) -> None:
    day.aws.troubles = [of(kind, "Publish")]
    with as_a_process(day, tmp_path, "killed"):
        pass
    assert day.aws.injected
    assert day.heal() == 1
    assert_every_leak_was_told(day, at_most=at_most)


def test_when_answers_outlast_the_task_the_rest_is_left_for_the_next_run(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(use_case, "_SECONDS_PER_TASK", 1)
    day.stage.connect.latency_seconds = 0.4
    day.run()
    assert day.told() != TRUTH
    monkeypatch.setattr(use_case, "_SECONDS_PER_TASK", 75)
    assert day.heal() <= 2


@pytest.mark.parametrize("minutes", [-4, 4])
def test_when_the_workers_clock_is_wrong_by_minutes_nothing_is_lost(day: Day, minutes: int) -> None:
    day.now += minutes * MINUTE
    assert day.heal() <= 2
    assert_every_leak_was_told(day, at_most=1)


def test_when_two_runs_overlap_each_contact_is_judged_once(day: Day, tmp_path: Path) -> None:
    with as_a_process(day, tmp_path, "one"), as_a_process(day, tmp_path, "other"):
        pass
    day.see_that_no_verdict_is_wrong()
    assert day.heal() == 1
    assert_every_leak_was_told(day, at_most=1)


def test_when_the_lambda_and_recovery_race_each_contact_enters_once(day: Day) -> None:
    lines = [(message, at("10:30")) for contact_id in TRUTH for message in lines_of(contact_id)]
    Random(1).shuffle(lines)
    deliveries = [delivery(*lines[first : first + 3]) for first in range(0, len(lines), 3)]
    racing = threading.Thread(target=lambda: [subscriber.handler(each, None) for each in deliveries * 2])
    racing.start()
    day.run()
    racing.join()
    assert day.heal() <= 2
    assert_every_leak_was_told(day, at_most=1)


def test_when_the_table_is_restored_from_before_a_backfill_brings_back_what_it_lost(day: Day) -> None:
    window = {"window_start": (day.now - STEP).isoformat(), "window_end": day.now.isoformat()}
    assert day.run() == "success"
    day.stage.aws.client("dynamodb").delete_table(TableName=TABLE)
    assert day.dag.test(logical_date=day.now + MINUTE).state == "failed"
    day.stage.aws.client("cloudformation").delete_stack(StackName="table")
    day.stage.aws.deploy(ROOT / "include" / "infrastructure" / "table.yaml", "restored", {"TableName": TABLE})
    assert day.run() == "success"
    assert day.stage.items() == {}
    assert day.run(run_conf=window) == "success"
    assert day.told() == TRUTH
    assert_every_leak_was_told(day, at_most=2)


def test_when_the_log_group_is_deleted_what_the_lambda_delivers_is_judged_once_it_is_back(day: Day) -> None:
    lines = [(message, at("10:30")) for contact_id in TRUTH for message in lines_of(contact_id)]
    subscriber.handler(delivery(*lines), None)
    day.stage.aws.client("logs").delete_log_group(logGroupName=LOG_GROUP)
    assert day.run() == "failed"
    day.stage.aws.create_log_group(LOG_GROUP)
    assert day.heal() <= 2
    assert_every_leak_was_told(day, at_most=1)


def test_when_another_instance_is_set_for_a_while_no_contact_is_given_up(day: Day) -> None:
    connect, contacts = day.stage.connect, day.stage.contacts
    day.stage.configure(connect_instance_id=number(99))
    connect.instance_id, connect.directory = number(99), StaticDirectory()
    try:
        day.run()
        day.run()
    finally:
        connect.instance_id, connect.directory = INSTANCE_ID, contacts
    assert [told for told in day.told().values() if told[1]] == []
    day.stage.configure(connect_instance_id=INSTANCE_ID)
    assert day.heal() <= 2
    assert_every_leak_was_told(day, at_most=1)


def assert_every_leak_was_told(day: Day, at_most: int) -> None:
    texts = day.alerts()
    told = {
        contact_id: sum(contact_id in text for text in texts)
        for contact_id, (_, verdict) in TRUTH.items()
        if verdict == "CALL_RECORDED_FAILURE"
    }
    assert {contact_id: times for contact_id, times in told.items() if not 1 <= times <= at_most} == {}
