"""Which day a run of the daily DAG is about, and when it proves none."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import airflow.sdk
import pytest

from audio_leakage.contacts.recording import RecordingStorage
from audio_leakage.errors import WindowError
from audio_leakage.runs.window import Window
from audio_leakage.use_cases.day_context import DayContext
from audio_leakage_hooks.connect import ConnectHook
from audio_leakage_hooks.published_flows import OPERATIONS
from audio_leakage_tasks import evidence
from audio_leakage_tasks.airflow_errors import AirflowSkipException
from audio_leakage_tasks.evidence import day_context, day_of
from support.fakes import BUCKET, INSTANCE_ID, PREFIX, SETTINGS, at
from support.task_run import kept_rates, task_of_run

SETTLING = replace(SETTINGS, settle_hours=12)
DAY, NEXT = date(2026, 11, 23), datetime(2026, 11, 24, tzinfo=UTC)
SETTLED = NEXT + timedelta(hours=12)
TINY = timedelta(microseconds=1)


def run(start: datetime | None = None, end: datetime | None = None) -> SimpleNamespace:
    return SimpleNamespace(data_interval_start=start, data_interval_end=end)


@pytest.mark.parametrize("named", ["yesterday", "2026-02-30", "2026-11-23T00:00", "23.11.2026", " "])
def test_what_is_no_day_is_refused_with_what_is_allowed(named: str) -> None:
    with pytest.raises(WindowError) as caught:
        day_of(run(), {"day": named}, SETTLING, SETTLED)
    assert str(caught.value) == "day is no day, allowed is a UTC day such as 2026-11-23"


@pytest.mark.parametrize(
    ("about", "params", "ready"),
    [
        (run(), {"day": "2026-11-23"}, SETTLED),
        (run(NEXT, NEXT + timedelta(days=1)), {"day": "2026-11-23"}, SETTLED),
        (run(NEXT - timedelta(days=1), NEXT), {"day": None}, NEXT),
        (run(NEXT - timedelta(days=1), NEXT), {"day": ""}, NEXT),
        (run(NEXT - TINY, NEXT), {}, NEXT),
    ],
)
def test_a_day_can_be_proved_from_a_moment_on(
    about: SimpleNamespace, params: dict[str, Any], ready: datetime
) -> None:
    assert day_of(about, params, SETTLING, ready) == DAY
    with pytest.raises(WindowError, match=f"day {DAY} can be proved from {ready:%Y-%m-%dT%H:%MZ} on"):
        day_of(about, params, SETTLING, ready - TINY)


@pytest.mark.parametrize("about", [run(), run(NEXT, NEXT)])
def test_a_run_without_an_interval_is_about_the_day_before(about: SimpleNamespace) -> None:
    assert day_of(about, {}, SETTLING, NEXT + timedelta(hours=6)) == DAY


def test_without_an_evidence_bucket_the_task_is_skipped_and_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = json.dumps({"connect_instance_id": INSTANCE_ID, "contact_table": "contacts"})
    monkeypatch.setattr(airflow.sdk, "Variable", SimpleNamespace(get=lambda *_, **__: text))
    context: Any = {"dag_run": SimpleNamespace(dag_id="audio_leakage_evidence")}
    with pytest.raises(AirflowSkipException) as caught:
        day_context(context, 1)
    assert str(caught.value) == "no evidence is written: 'evidence_bucket' is not set"


def day_of_run(
    monkeypatch: pytest.MonkeyPatch, run_type: str = "scheduled", day: str = "", **settings: Any
) -> DayContext:
    """Return what a task works with whose run is about a day."""
    context = task_of_run(monkeypatch, "audio_leakage_evidence__emea", evidence_bucket="evidence", **settings)
    context["dag_run"].run_type, context["params"] = run_type, {"day": day}
    context["ti"].try_number, context["ti"].get_dr_count = 2, lambda **_: 2
    return day_context(context, 3)


def test_evidence_names_the_run_that_wrote_it(monkeypatch: pytest.MonkeyPatch) -> None:
    producer = dict(day_of_run(monkeypatch).producer)
    assert producer.pop("airflow")
    assert producer == {"dag_id": "audio_leakage_evidence__emea", "run_id": "scheduled__noon", "try": 2}


@pytest.mark.parametrize(
    ("run_type", "day", "is_backfill", "is_scheduled"),
    [
        ("scheduled", "", False, True),
        ("manual", "", False, True),
        ("manual", "2023-08-28", False, False),
        ("backfill", "", True, False),
    ],
)
def test_only_a_run_of_the_schedule_looks_at_earlier_days(
    monkeypatch: pytest.MonkeyPatch, run_type: str, day: str, is_backfill: bool, is_scheduled: bool
) -> None:
    context = day_of_run(monkeypatch, run_type, day)
    assert (context.is_backfill, context.is_scheduled) == (is_backfill, is_scheduled)


def test_an_hour_that_the_daily_run_counts_says_nothing_about_the_present(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A day that is proved in the morning must not put yesterday's figures into the metrics of now."""
    hour = Window(at("10:00"), at("11:00"))
    counted = day_of_run(monkeypatch).hour_context(hour)
    assert (counted.hour, counted.is_backfill) == (hour, True)


@pytest.mark.parametrize(
    ("settings", "storage"),
    [
        ({"recording_bucket": BUCKET, "recording_prefix": PREFIX}, RecordingStorage(BUCKET, PREFIX)),
        ({}, RecordingStorage("of-connect", "connect/emea")),
    ],
)
def test_recordings_lie_where_the_settings_say_else_where_connect_says(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], storage: RecordingStorage
) -> None:
    asked = []

    def recording_storage(_: ConnectHook, instance_id: str) -> tuple[str, str]:
        asked.append(instance_id)
        return "of-connect", "connect/emea"

    monkeypatch.setattr(ConnectHook, "recording_storage", recording_storage)
    context = day_of_run(monkeypatch, **settings)
    assert [context.storage(), context.storage()] == [storage] * 2
    assert asked == ([] if settings else [INSTANCE_ID])


def test_a_task_of_the_daily_run_leaves_the_hourly_run_half_of_the_searches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rates = kept_rates(monkeypatch)
    monkeypatch.setattr(evidence, "time", SimpleNamespace(monotonic=lambda: 1000.0))
    context = day_of_run(monkeypatch, population_rps=1.2)
    seconds = 238 * 60
    assert rates == {
        "SearchContacts": (1.2 / 2 / 3 / 2, seconds),  # of two runs, of three instances
        **dict.fromkeys(OPERATIONS, (1.5 / 2 / 3, seconds)),
    }
    assert context.hour_context(Window(at("10:00"), at("11:00"))).seconds_left() == seconds
