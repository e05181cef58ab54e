"""Amazon Connect's quotas, simulated as token buckets: what a run does within them, and when others use them, too."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from audio_leakage.runs.context import RunContext
from audio_leakage.runs.window import Scope, Window
from audio_leakage.settings import Settings
from audio_leakage.use_cases import poll_in_progress
from audio_leakage_hooks.connect import ConnectHook
from audio_leakage_hooks.contact_table_hook import ContactTableHook
from audio_leakage_hooks.recording_bucket import RecordingBucketHook
from local_aws.connect.quotas import ACCOUNT_QUOTAS
from local_aws.connect.simulator import ConnectSimulator
from support.fakes import (
    BUCKET,
    INSTANCE_ID,
    PREFIX,
    FakeFlowLog,
    FakeHistory,
    FakeMetrics,
    FakeTopic,
    answer,
    contact,
    number,
)
from support.stage import TABLE, Stage

pytestmark = pytest.mark.usefixtures("stage")
MINUTE = timedelta(minutes=1)
NOW = datetime(2026, 11, 23, 10, 40, tzinfo=UTC)
WAITING = {"connected": None, "DisconnectTimestamp": None, "InitiationTimestamp": NOW - 9 * MINUTE}
TALKING = {**WAITING, "connected": NOW - 8 * MINUTE}
ENDED = {**TALKING, "DisconnectTimestamp": NOW - 3 * MINUTE}


def run(seconds: float) -> RunContext:
    """Return a run with the hooks and the shares that the DAG gives it, and so many seconds for each task."""
    settings = Settings(
        connect_instance_id=INSTANCE_ID,
        contact_table=TABLE,
        recording_bucket=BUCKET,
        recording_prefix=PREFIX,
    )
    connect = ConnectHook(aws_conn_id=None)
    connect.limit_rate("DescribeContact", settings.describe_contact_rps)
    connect.limit_rate("SearchContacts", settings.search_contacts_rps)
    started = time.monotonic()
    return RunContext(
        settings=settings,
        scope=Scope(window=Window(NOW - 5 * MINUTE, NOW), history=FakeHistory()),
        now=NOW,
        connect=connect,
        bucket=RecordingBucketHook(aws_conn_id=None),
        contacts=ContactTableHook(aws_conn_id=None).table(TABLE),
        flow_log=FakeFlowLog(),
        alert_topic=FakeTopic(),
        metrics=FakeMetrics(),
        seconds_left=lambda: started + seconds - time.monotonic(),
        at_once=8,
    )


@pytest.fixture
def open_contacts(stage: Stage) -> Callable[..., None]:
    def enter(first: int, count: int, state: str, **members: object) -> None:
        for position in range(first, first + count):
            contact_id = number(position)
            stage.contacts[contact_id] = answer(contact_id, **members)["Contact"]
            item = contact(contact_id=contact_id, next_check_at=NOW - MINUTE).to_item()
            stage.put({**item, "State": state, "OpenState": state})

    return enter


@pytest.fixture
def with_quotas(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[float], ConnectSimulator]]:
    """Play Connect with a share of the account's quotas: the rest is what other applications use."""

    def play(share: float) -> ConnectSimulator:
        quotas = {
            operation: (rate * share, max(burst * share, 1))
            for operation, (rate, burst) in ACCOUNT_QUOTAS.items()
        }
        connect = ConnectSimulator(
            INSTANCE_ID, stage.contacts, recording_bucket=BUCKET, recording_prefix=PREFIX, quotas=quotas
        )
        connect.__enter__()
        monkeypatch.setenv("AWS_ENDPOINT_URL_CONNECT", connect.endpoint_url)
        playing.append(connect)
        return connect

    playing: list[ConnectSimulator] = []
    yield play
    for connect in playing:
        connect.__exit__()


def states(stage: Stage) -> Counter[str]:
    return Counter(item["State"] for item in stage.items().values())


def test_a_run_within_the_quotas_has_no_request_refused(
    stage: Stage, open_contacts: Callable[..., None], with_quotas: Callable[[float], ConnectSimulator]
) -> None:
    connect = with_quotas(1)
    open_contacts(0, 40, "IN_PROGRESS - AGENT", **ENDED)
    open_contacts(40, 40, "IN_PROGRESS - AGENT", **TALKING)
    open_contacts(80, 10, "IN_PROGRESS - QUEUE/IVR", **WAITING)
    counts = poll_in_progress(run(seconds=6))
    assert connect.refused == Counter()
    assert counts["COMPLETED - AGENT"] == 40
    assert connect.calls["SearchContacts"] == 1
    assert connect.calls["DescribeContact"] <= 10
    assert states(stage)["COMPLETED - AGENT"] == 40


def test_a_quota_shared_with_another_application_costs_no_contact(
    stage: Stage, open_contacts: Callable[..., None], with_quotas: Callable[[float], ConnectSimulator]
) -> None:
    connect = with_quotas(0.5)
    open_contacts(0, 60, "IN_PROGRESS - QUEUE/IVR", **ENDED)
    left, runs = 60, 0
    while left and runs < 100:
        counts = poll_in_progress(run(seconds=2))
        assert not counts.get("put_off")
        left, runs = sum(state.startswith("IN_PROGRESS") for state in states(stage).elements()), runs + 1
    assert states(stage) == {"COMPLETED - AGENT": 60}
    assert connect.calls["DescribeContact"] + connect.calls["SearchContacts"] > 0
