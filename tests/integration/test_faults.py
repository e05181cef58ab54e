"""Whatever breaks on the way: the DAG runs on, and in the end everything is as the truth has it.

Each case breaks something for one run or more, looks for wrong verdicts after each, lets the trouble pass and
counts the runs until all is well. `make faults` plays more of them and writes what it counted to ``docs``.
"""

import json
import os
import platform
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random

import pytest
import time_machine
from airflow.sdk import DAG

from audio_leakage.use_cases import polling
from audio_leakage_tasks import use_case
from conftest import ROOT
from flow_log_subscriber import handler as subscriber
from local_aws.connect.contacts import StaticDirectory
from local_aws.connect.faults import CUT_OFF, NOT_JSON, RESET
from local_aws.dynamodb_local import create_table
from support.aws_faults import KILL, KILL_AFTER, RESET_AFTER, TOO_LATE, UNPROCESSED, AwsFault, FaultyAws
from support.bad_day import (
    MINUTE,
    STEP,
    TRUTH,
    VERDICTS,
    Day,
    events_of,
    in_a_process,
    open_up,
    table_of,
    write_log,
)
from support.fakes import INSTANCE_ID, number
from support.flow_lines import delivery, line
from support.stage import LOG_GROUP, TABLE, Stage

#: So many workers are killed, each somewhere in the requests of a run.
KILLS, REQUESTS = int(os.environ.get("KILLS", "2")), 80
_TIME_OUT = 2


@pytest.fixture(scope="module")
def days(request: pytest.FixtureRequest) -> Iterator[list[Day]]:
    """Keep what was counted, for the file that ``FAULTS_TABLE`` names.

    A suite that failed or broke off writes nothing: its figures would be those of a day that was not played out.
    """
    played: list[Day] = []
    yield played
    is_whole = not request.session.testsfailed and request.session.exitstatus == pytest.ExitCode.OK
    if is_whole and (name := os.environ.get("FAULTS_TABLE")):
        machine = f"{datetime.now(UTC):%d %B %Y}, {platform.system()}, Python {platform.python_version()}"
        Path(name).write_text(table_of(played, machine))


@pytest.fixture
def day(stage: Stage, dag: DAG, days: list[Day], monkeypatch: pytest.MonkeyPatch) -> Iterator[Day]:
    for task in dag.tasks:
        task.retries = 0  # the next run does what a retry would do, and nobody waits for it
    quick = {
        "config_kwargs": {"retries": {"total_max_attempts": 2, "mode": "standard"}, "read_timeout": _TIME_OUT}
    }
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps({"conn_type": "aws", "extra": quick}))
    now = datetime.now(UTC).replace(microsecond=0)
    with FaultyAws(patience=_TIME_OUT) as aws, time_machine.travel(now, tick=True) as clock:
        for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"):
            monkeypatch.setenv(name, aws.endpoint_url)
        monkeypatch.setenv("CONTACT_TABLE", TABLE)
        subscriber._contacts.cache_clear()
        stage.connect.faults.struck.clear()
        open_up(stage, now)
        day = Day(stage, aws, dag, clock, now)
        yield day
        day.keep()
        days.append(day)


def test_one_run_without_faults_tells_the_truth(day: Day) -> None:
    assert day.heal() == 1
    day.see_that_every_leak_was_told(at_most=1)


def of(kind: str, *where: str, share: float = 1.0, after: int = 0) -> AwsFault:
    return AwsFault(kind, frozenset(where), share, after)


#: What is wrong with moto's services for one run.
AWS_IN_TROUBLE = {
    "the table throttles": of("ProvisionedThroughputExceededException", "dynamodb", share=0.3),
    "the table answers 500": of("InternalServerError", "dynamodb", share=0.3),
    "connections to the table break": of(RESET, "dynamodb", share=0.2),
    "the table's answers get lost": of(RESET_AFTER, "dynamodb", share=0.2),
    "the table's answers outlast the time-out": of(TOO_LATE, "dynamodb", share=0.05),
    "the table's answers are cut off": of(CUT_OFF, "dynamodb", share=0.2),
    "batches are half processed": of(UNPROCESSED, "BatchGetItem"),
    "S3 says SlowDown": of("SlowDown", "s3", share=0.7),
    "S3's answers are cut off": of(CUT_OFF, "s3", share=0.5),
    "the flow log throttles": of("ThrottlingException", "logs"),
    "alerts go out and the answers get lost": of(RESET_AFTER, "Publish"),
    "credentials expire on the way": of("ExpiredTokenException", "dynamodb", after=30),
}


@pytest.mark.parametrize("what", AWS_IN_TROUBLE)
def test_no_contact_is_lost_when_aws_has_faults(day: Day, what: str) -> None:
    day.fault, day.aws.faults = what, [AWS_IN_TROUBLE[what]]
    day.run()
    assert day.struck
    assert day.heal() <= 2
    publishes_twice = what == "alerts go out and the answers get lost"  # as botocore tries again
    day.see_that_every_leak_was_told(at_most=3 if publishes_twice else 2)


#: What Connect answers for one run, and how often.
CONNECT_IN_TROUBLE: dict[str, tuple[str, int | None]] = {
    "Connect throttles": ("ThrottlingException", None),
    "Connect answers 500": ("InternalServiceException", None),
    "Connect's answers are cut off": (CUT_OFF, 20),
    "Connect answers what is no JSON": (NOT_JSON, 20),
    "connections to Connect break": (RESET, 20),
}


@pytest.mark.parametrize("what", CONNECT_IN_TROUBLE)
def test_no_contact_is_lost_when_connect_has_faults(day: Day, what: str) -> None:
    day.fault, (code, times) = what, CONNECT_IN_TROUBLE[what]
    day.stage.connect.faults.add("DescribeContact", code, times=times)
    day.run()
    assert day.struck
    assert day.heal() <= 3
    day.see_that_every_leak_was_told(at_most=1)


@pytest.mark.parametrize("seed", range(KILLS))
def test_no_contact_is_lost_when_a_task_is_killed_anywhere(day: Day, tmp_path: Path, seed: int) -> None:
    dice = Random(seed)
    kind, after = dice.choice([KILL, KILL_AFTER]), dice.randrange(REQUESTS)
    day.fault = "the worker is killed anywhere, by SIGKILL"
    day.aws.faults = [of(kind, "dynamodb", "s3", "sns", "logs", after=after)]
    with in_a_process(day, tmp_path):
        pass
    assert day.struck
    day.see_that_no_verdict_is_wrong()
    assert day.heal() <= 2
    day.see_that_every_leak_was_told(at_most=2)


@pytest.mark.parametrize(("kind", "at_most"), [(KILL, 1), (KILL_AFTER, 2)])
def test_an_alert_is_published_when_its_task_is_killed_beside_it(
    day: Day, tmp_path: Path, kind: str, at_most: int
) -> None:
    day.fault = f"the worker is killed {'before' if kind == KILL else 'after'} its alert"
    day.aws.faults = [of(kind, "Publish")]
    with in_a_process(day, tmp_path):
        pass
    assert day.struck
    assert day.heal() == 1
    day.see_that_every_leak_was_told(at_most=at_most)


def test_slow_answers_leave_the_rest_for_the_next_run(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    day.fault = "answers outlast the task"
    day.stage.connect.latency_seconds = 0.4
    with monkeypatch.context() as hurried:
        hurried.setattr(use_case, "_SECONDS_PER_TASK", 1)
        day.run()
    assert day.states_and_verdicts() != TRUTH
    assert day.heal() <= 2
    day.see_that_every_leak_was_told(at_most=1)


@pytest.mark.parametrize("minutes", [-4, 4])
def test_no_contact_is_lost_when_a_clock_is_wrong_by_minutes(day: Day, minutes: int) -> None:
    day.fault = "the worker's clock is off by four minutes"
    day.now += minutes * MINUTE
    assert day.heal() <= 2
    day.see_that_every_leak_was_told(at_most=1)


def test_overlapping_runs_judge_each_contact_once(day: Day, tmp_path: Path) -> None:
    day.fault = "two runs overlap"
    with in_a_process(day, tmp_path, "one"), in_a_process(day, tmp_path, "other"):
        pass
    day.see_that_no_verdict_is_wrong()
    assert day.heal() == 1
    day.see_that_every_leak_was_told(at_most=2)  # one run may find what the other is about to tell


def test_lambda_and_recovery_together_enter_each_contact_once(day: Day) -> None:
    day.fault = "the Lambda and recovery race"
    lines = events_of(TRUTH)
    Random(1).shuffle(lines)
    deliveries = [delivery(*lines[first : first + 3]) for first in range(0, len(lines), 3)]
    racing = threading.Thread(target=lambda: [subscriber.handler(each, None) for each in deliveries * 2])
    racing.start()
    day.run()
    racing.join()
    assert day.heal() <= 2
    day.see_that_every_leak_was_told(at_most=1)


def test_a_backfill_brings_back_contacts_that_a_restored_table_lost(day: Day) -> None:
    """The point in time: half of the contacts had just entered, of the others nobody knew."""
    day.fault = "the table is deleted and restored from before"
    window = {"window_start": (day.now - STEP).isoformat(), "window_end": day.now.isoformat()}
    dynamodb, half = day.stage.aws.client("dynamodb"), list(TRUTH)[::2]
    subscriber.handler(delivery(*events_of(half)), None)
    before = dynamodb.scan(TableName=TABLE)["Items"]
    assert day.run() == "success"
    assert day.states_and_verdicts() == TRUTH
    dynamodb.update_table(TableName=TABLE, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=TABLE)
    assert str(day.dag.test(logical_date=day.now + MINUTE).state) == "failed"
    create_table(dynamodb, ROOT / "include" / "infrastructure" / "table.yaml", TABLE)
    for item in before:
        dynamodb.put_item(TableName=TABLE, Item=item)
    assert day.run() == "success"
    now = day.states_and_verdicts()
    assert {contact_id: now[contact_id] for contact_id in half} == {
        contact_id: TRUTH[contact_id] for contact_id in half
    }
    assert day.run(run_conf=window) == "success"
    assert day.heal() == 1
    day.see_that_every_leak_was_told(at_most=2)


#: Breaks something and returns what mends it.
Break = Callable[[Day, pytest.MonkeyPatch], Callable[[], object]]


def nothing() -> None:
    """Mend what passes by itself."""


def no_log_group(day: Day, _: pytest.MonkeyPatch) -> Callable[[], object]:
    day.stage.aws.client("logs").delete_log_group(logGroupName=LOG_GROUP)
    return partial(day.stage.aws.create_log_group, LOG_GROUP)


def no_search(day: Day, patch: pytest.MonkeyPatch) -> Callable[[], object]:
    patch.setattr(polling, "can_describe_all", lambda *_: False)  # as from the 601st due contact on
    day.stage.connect.faults.add("SearchContacts", "AccessDeniedException")
    return nothing


def one_poisoned_item(day: Day, _: pytest.MonkeyPatch) -> Callable[[], object]:
    dynamodb = day.stage.aws.client("dynamodb")
    dynamodb.put_item(TableName=TABLE, Item=POISON)
    write_log(day.stage, day.now, [line(ContactId=POISON["ContactId"]["S"])], "of the poisoned one")
    return partial(dynamodb.delete_item, TableName=TABLE, Key={"ContactId": POISON["ContactId"]})


def denied(where: str, code: str = "AccessDeniedException") -> Break:
    def fault(day: Day, _: pytest.MonkeyPatch) -> Callable[[], object]:
        day.aws.faults = [of(code, where)]
        return nothing

    return fault


#: An item whose blocks and state somebody stored as what they are not.
POISON = {
    "ContactId": {"S": number(98)},
    "State": {"S": "INITIALISED"},
    "OpenState": {"S": "INITIALISED"},
    "NextCheckAt": {"S": "2023-08-29T10:30:00.000Z"},
    "RecordingBlocks": {"S": "2023-08-29T10:29:58.032Z ALL"},
}
#: What is broken beside the verdicts.
BESIDE_THE_VERDICTS: dict[str, Break] = {
    "the log group is deleted": no_log_group,
    "the flow log is denied": denied("logs"),
    "the flow log hangs": denied("FilterLogEvents", TOO_LATE),
    "SearchContacts is denied while too many contacts are due": no_search,
    "an item does not read back as it was written": one_poisoned_item,
    "the alert topic is denied": denied("Publish", "AuthorizationError"),
}


@pytest.mark.parametrize("what", BESIDE_THE_VERDICTS)
def test_every_verdict_falls_and_the_run_is_red_whatever_else_is_broken(
    day: Day, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    day.fault = what
    subscriber.handler(delivery(*events_of(TRUTH)), None)
    with monkeypatch.context() as patch:
        mend = BESIDE_THE_VERDICTS[what](day, patch)
        assert day.run() == "failed"
        verdicts = [each for each in day.states_and_verdicts().values() if each[1]]
        assert len(verdicts) == VERDICTS
    mend()
    assert day.heal() <= 2
    day.see_that_every_leak_was_told(at_most=1)


def test_no_contact_is_given_up_while_another_instance_is_set(day: Day) -> None:
    day.fault = "another instance's id is set for two runs"
    connect, contacts = day.stage.connect, day.stage.contacts
    day.stage.configure(connect_instance_id=number(99))
    connect.instance_id, connect.directory = number(99), StaticDirectory()
    try:
        day.run()
        day.run()
    finally:
        connect.instance_id, connect.directory = INSTANCE_ID, contacts
    assert [each for each in day.states_and_verdicts().values() if each[1]] == []
    day.stage.configure(connect_instance_id=INSTANCE_ID)
    assert day.heal() <= 2
    day.see_that_every_leak_was_told(at_most=1)
