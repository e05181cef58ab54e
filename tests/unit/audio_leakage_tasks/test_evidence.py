"""Which day a run of the daily DAG is about, and when it proves none."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import airflow.sdk
import pytest

from audio_leakage.errors import WindowError
from audio_leakage_tasks.airflow_errors import AirflowSkipException
from audio_leakage_tasks.evidence import day_context, day_of
from support.fakes import INSTANCE_ID, SETTINGS

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
