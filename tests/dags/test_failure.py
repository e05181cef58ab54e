"""When a failure is told, and when it is told later; Airflow and the topic are in memory."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from audio_leakage.errors import AudioLeakageError, ServiceUnavailable, SettingsError, SetupError
from audio_leakage.recipient import Recipient, recipient_from
from audio_leakage_hooks import alert_topic
from audio_leakage_tasks import failure
from audio_leakage_tasks.airflow_errors import (
    AirflowFailException,
    AirflowTaskTerminated,
    EarlierTaskFailed,
    WrongParams,
)
from support.fakes import ALERTING, CONTACT_ID, FakeTopic, at

TASKS = ("poll_initialised", "purge_ivr", "poll_in_progress", "check_recordings")
DENIED = AirflowFailException("connect:DescribeContact was denied: grant it")
FIVE = timedelta(minutes=5)


@dataclass
class Airflow:
    """Runs five minutes apart, and what their tasks keep."""

    topic: FakeTopic = field(default_factory=FakeTopic)
    runs: list[SimpleNamespace] = field(default_factory=list)
    xcoms: dict[tuple[str, str], object] = field(default_factory=dict)

    def start(self, fire: datetime) -> SimpleNamespace:
        """Start the next run."""
        times = dict.fromkeys(("data_interval_start", "data_interval_end", "logical_date", "run_after"), fire)
        run = SimpleNamespace(
            dag_id="monitor_audio_leakage",
            run_id=f"scheduled {fire:%H:%M}",
            run_type="scheduled",
            conf={},
            state="running",
            **times,
        )
        self.runs.append(run)
        return run

    def context(self, task_id: str, error: object = None, try_number: int = 3) -> Any:  # noqa: ANN401  # a Context
        """Return the context of a task of the last run."""
        run = self.runs[-1]

        def push(key: str, value: object) -> None:
            assert error is not None, "Airflow's DAG processor takes no XComs"
            assert key == failure.MARK
            self.xcoms[run.run_id, task_id] = value

        def pull(task_ids: str, key: str, run_id: str) -> object:
            assert key == failure.MARK
            return self.xcoms.get((run_id, task_ids))

        ti = SimpleNamespace(
            task_id=task_id,
            try_number=try_number,
            max_tries=2,
            get_previous_dagrun=lambda: self.runs[-2] if len(self.runs) > 1 else None,
            xcom_push=push,
            xcom_pull=pull,
        )
        dag = SimpleNamespace(task_ids=TASKS)
        return {"ti": ti, "dag": dag, "dag_run": run} | ({"exception": error} if error else {})

    def fail(self, task_id: str, error: object = None, try_number: int = 3) -> None:
        """Let a task of the last run fail; Airflow logs what its callback raises."""
        try:
            failure.tell_of_failure(self.context(task_id, error, try_number))
        except (ServiceUnavailable, SetupError):
            assert self.topic.error
        self.runs[-1].state = "failed"

    def recover(self) -> None:
        """Let the last run end well."""
        context = self.context("check_recordings")
        failure.tell_of_recovery(context, ALERTING, self.topic)
        self.runs[-1].state = "success"

    def heard(self) -> list[str]:
        """Return the messages since the last time."""
        messages = [message for _, message, _ in self.topic.published]
        self.topic.published.clear()
        return messages


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> Airflow:
    airflow = Airflow()
    monkeypatch.setattr(failure, "settings_of", lambda _: ALERTING)
    monkeypatch.setattr(alert_topic, "AlertTopicHook", lambda **_: airflow.topic)
    airflow.start(at("10:35"))
    return airflow


@pytest.mark.parametrize("try_number", [1, 2])
def test_case_c08_nothing_is_told_while_tries_are_left(airflow: Airflow, try_number: int) -> None:
    """Airflow before 3.3 calls back for a worker that vanished, although tries are left."""
    airflow.fail("check_recordings", None, try_number)
    assert airflow.heard() == []


@pytest.mark.parametrize(
    ("error", "try_number", "told"),
    [
        (None, 3, True),
        (None, 2, False),
        (ServiceUnavailable("throttled"), 3, True),
        (ServiceUnavailable("throttled"), 1, False),
        (LookupError("+27"), 3, True),
        (DENIED, 1, True),
        (AirflowTaskTerminated("sigterm"), 1, True),
        (EarlierTaskFailed("poll_initialised failed, its log says why"), 1, False),
        (EarlierTaskFailed("poll_initialised failed, its log says why"), 3, False),
    ],
)
def test_a_failure_is_told_once_no_try_is_left(
    airflow: Airflow, error: object, try_number: int, told: bool
) -> None:
    airflow.fail("check_recordings", error, try_number)
    assert len(airflow.heard()) == told


def test_failed_runs_in_a_row_are_alerted_at_most_once_an_hour(airflow: Airflow) -> None:
    told = []
    for number in range(8):
        if number:
            airflow.start(at("10:35") + number * FIVE)
        airflow.fail("poll_initialised", DENIED)
        told.append(len(airflow.heard()))
    assert told == [1, 0, 0, 0, 0, 1, 0, 0]


def test_a_new_cause_within_the_hour_is_told(airflow: Airflow) -> None:
    other = AirflowFailException("bucket 'recordings' does not exist")
    told = []
    for number, error in enumerate((DENIED, other, DENIED, other, DENIED)):
        if number:
            airflow.start(at("10:35") + number * FIVE)
        airflow.fail("poll_initialised", error)
        told.append(len(airflow.heard()))
    assert told == [1, 1, 0, 0, 0]


def test_the_end_of_a_failure_is_told_once(airflow: Airflow) -> None:
    airflow.fail("poll_initialised", DENIED)
    airflow.fail("check_recordings", EarlierTaskFailed("poll_initialised failed, its log says why"))
    airflow.heard()
    airflow.start(at("10:40"))
    airflow.recover()
    (message,) = airflow.heard()
    assert "works again" in message
    assert str(DENIED) in message
    assert "its log says why" not in message
    airflow.start(at("10:45"))
    airflow.recover()
    assert airflow.heard() == []


WRONG = WrongParams("the window ends before it starts")


def test_wrong_params_of_a_triggered_run_wake_nobody(airflow: Airflow) -> None:
    airflow.fail("poll_initialised", WRONG)
    airflow.start(at("10:40"))
    failure.tell_of_run_before(airflow.context("poll_initialised"), ALERTING, airflow.topic)
    airflow.recover()
    assert airflow.heard() == []


def test_wrong_params_between_two_runs_hide_no_failure(airflow: Airflow) -> None:
    airflow.fail("poll_initialised", DENIED)
    airflow.start(at("10:37"))
    airflow.fail("poll_initialised", WRONG)
    airflow.start(at("10:40"))
    airflow.fail("poll_initialised", DENIED)
    assert len(airflow.heard()) == 1
    airflow.start(at("10:45"))
    airflow.recover()
    assert len(airflow.heard()) == 1


def test_a_task_that_waits_for_another_does_not_hide_its_untold_failure(airflow: Airflow) -> None:
    airflow.topic.error = ServiceUnavailable("throttled")
    airflow.fail("poll_initialised", DENIED)
    airflow.topic.error = None
    airflow.fail("check_recordings", EarlierTaskFailed("poll_initialised failed, its log says why"))
    airflow.start(at("10:40"))
    failure.tell_of_run_before(airflow.context("poll_initialised"), ALERTING, airflow.topic)
    (message,) = airflow.heard()
    assert str(DENIED) in message


def test_the_log_of_a_failed_task_ends_with_its_sentence_outside_of_a_folded_group(
    airflow: Airflow, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    airflow.fail("poll_initialised", DENIED)
    assert caplog.messages[-2:] == ["::endgroup::", str(DENIED)]


def test_one_trouble_that_four_tasks_meet_is_told_once(airflow: Airflow) -> None:
    for due, task_id in enumerate(TASKS):
        airflow.fail(task_id, ServiceUnavailable(f"none of {due} due contacts could be looked at: throttled"))
    assert len(airflow.heard()) == 1


def test_two_troubles_of_one_run_are_both_told(airflow: Airflow) -> None:
    airflow.fail("poll_initialised", AirflowFailException("log group 'x' does not exist"))
    airflow.fail("check_recordings", AirflowFailException("bucket 'y' does not exist"))
    first, second = airflow.heard()
    assert "log group 'x'" in first
    assert "bucket 'y'" in second


@pytest.mark.parametrize("error", [SetupError("sns:Publish was denied"), ServiceUnavailable("throttled")])
def test_an_alert_that_failed_is_sent_by_the_next_run(airflow: Airflow, error: AudioLeakageError) -> None:
    airflow.topic.error = error
    airflow.fail("poll_initialised", DENIED)
    airflow.topic.error = None
    airflow.start(at("10:40"))
    failure.tell_of_run_before(airflow.context("poll_initialised"), ALERTING, airflow.topic)
    (message,) = airflow.heard()
    assert "Run scheduled 10:35 of monitor_audio_leakage failed, and its alert was not sent" in message
    assert f"poll_initialised: {DENIED}" in message


def test_an_alert_that_failed_is_sent_by_the_next_failure(airflow: Airflow) -> None:
    airflow.topic.error = ServiceUnavailable("throttled")
    for fire in ("10:40", "10:45"):
        airflow.fail("poll_initialised", DENIED)
        airflow.start(at(fire))
    airflow.topic.error = None
    airflow.fail("poll_initialised", DENIED)
    assert len(airflow.heard()) == 1


def test_a_run_that_cannot_tell_of_the_run_before_fails_itself(airflow: Airflow) -> None:
    airflow.topic.error = SetupError("sns:Publish was denied")
    airflow.fail("poll_initialised", DENIED)
    airflow.start(at("10:40"))
    with pytest.raises(SetupError):
        failure.tell_of_run_before(airflow.context("poll_initialised"), ALERTING, airflow.topic)


def test_a_failed_run_of_which_nobody_spoke_is_told_by_the_next_run(airflow: Airflow) -> None:
    """Airflow gave up a run after its time, or lost a callback: no task left a mark."""
    airflow.runs[-1].state = "failed"
    airflow.start(at("10:40"))
    failure.tell_of_run_before(airflow.context("poll_initialised"), ALERTING, airflow.topic)
    (message,) = airflow.heard()
    assert "no task left a reason" in message


@pytest.mark.parametrize("state", ["success", "running"])
def test_a_run_that_did_not_fail_is_nothing_to_tell(airflow: Airflow, state: str) -> None:
    airflow.runs[-1].state = state
    airflow.start(at("10:40"))
    failure.tell_of_run_before(airflow.context("poll_initialised"), ALERTING, airflow.topic)
    assert airflow.heard() == []


def test_an_alert_that_was_sent_is_not_sent_by_the_next_run(airflow: Airflow) -> None:
    airflow.fail("poll_initialised", DENIED)
    airflow.start(at("10:40"))
    airflow.fail("poll_initialised", DENIED)  # not told again, and nothing is owed
    airflow.start(at("10:45"))
    failure.tell_of_run_before(airflow.context("poll_initialised"), ALERTING, airflow.topic)
    assert len(airflow.heard()) == 1


@pytest.mark.parametrize(("length", "shown"), [(999, 999), (1000, 1000), (1001, 1000), (100_000, 1000)])
def test_a_reason_without_end_is_cut(airflow: Airflow, length: int, shown: int) -> None:
    airflow.fail("poll_initialised", AirflowFailException("x" * length))
    (message,) = airflow.heard()
    assert message.count("x" * shown) == 1
    assert "x" * (shown + 1) not in message


@pytest.mark.parametrize(
    ("run_type", "conf", "told"),
    [
        ("scheduled", {}, True),
        ("manual", {}, True),
        ("manual", None, True),
        ("manual", {"window_start": None, "contact_ids": "", "hour": None}, True),
        ("manual", {"window_start": "2023-08-29T10:00:00Z"}, False),
        ("manual", {"contact_ids": CONTACT_ID}, False),
        ("manual", {"hour": "2023-08-29T10"}, False),
        ("backfill", {}, False),
        ("backfill", None, False),
    ],
)
def test_only_a_run_that_does_the_whole_work_ends_a_failure(
    airflow: Airflow, run_type: str, conf: dict[str, str | None] | None, told: bool
) -> None:
    airflow.fail("poll_initialised", DENIED)
    airflow.heard()
    run = airflow.start(at("10:40"))
    run.run_type, run.conf = run_type, conf
    airflow.recover()
    assert len(airflow.heard()) == told


def test_a_failed_run_without_a_topic_alerts_nobody(airflow: Airflow) -> None:
    airflow.runs[-1].state = "failed"
    airflow.start(at("10:40"))
    silent = replace(ALERTING, alert_topic_arn=None)
    failure.tell_of_run_before(airflow.context("poll_initialised"), silent, airflow.topic)
    assert airflow.heard() == []


@pytest.mark.parametrize("recipient", [recipient_from(ALERTING), None])
def test_invalid_settings_are_told_to_the_topic_that_they_name(
    airflow: Airflow, monkeypatch: pytest.MonkeyPatch, recipient: Recipient | None
) -> None:
    def unusable(_: object) -> None:
        raise SettingsError("not set")

    monkeypatch.setattr(failure, "settings_of", unusable)
    monkeypatch.setattr(failure, "recipient_of", lambda _: recipient)
    airflow.fail("poll_initialised", AirflowFailException("'x' is unknown"))
    assert [("'x' is unknown" in message) for message in airflow.heard()] == [True] * bool(recipient)
