"""What a task of the monitor may use: its part of Connect's quotas, and its time."""

from types import SimpleNamespace

import pytest

from audio_leakage.runs.context import RunContext
from audio_leakage.runs.window import Window
from audio_leakage_tasks import use_case
from audio_leakage_tasks.airflow_errors import WrongParams
from audio_leakage_tasks.use_case import summary_of
from support.fakes import at
from support.task_run import kept_rates, task_of_run

DAG_ID = "monitor_audio_leakage"


@pytest.mark.parametrize(
    ("run_type", "running", "instances", "describe", "search", "at_once"),
    [
        ("scheduled", 1, 1, 8, 0.4, 8),
        ("scheduled", 2, 1, 6, 0.3, 6),
        ("manual", 1, 2, 4, 0.2, 4),
        ("backfill", 1, 1, 1, 0.05, 1),
        ("backfill", 11, 3, 8 / 144, 0.4 / 144, 1),
    ],
)
def test_a_task_of_the_monitor_takes_its_part_of_rates_and_of_requests_at_once(
    monkeypatch: pytest.MonkeyPatch,
    run_type: str,
    running: int,
    instances: int,
    describe: float,
    search: float,
    at_once: int,
) -> None:
    context = task_of_run(monkeypatch, DAG_ID)
    context["dag_run"].run_type, context["ti"].get_dr_count = run_type, lambda **_: running
    rates = kept_rates(monkeypatch)
    seen = []

    def count(run: RunContext) -> dict[str, int]:
        seen.append(run.at_once)
        return {}

    summary_of(count, instances)
    assert rates == {"DescribeContact": (describe, 60), "SearchContacts": (search, 60)}
    assert seen == [at_once]


def test_a_task_of_the_monitor_has_seventy_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three follow each other within five minutes."""
    task_of_run(monkeypatch, DAG_ID)
    clock = SimpleNamespace(monotonic=lambda: 1000.0)
    monkeypatch.setattr(use_case, "time", clock)
    left = []

    def count(run: RunContext) -> dict[str, int]:
        left.append(run.seconds_left())
        clock.monotonic = lambda: 1076.0
        left.append(run.seconds_left())
        return {}

    summary_of(count, 1)
    assert left == [75, -1]


def test_the_log_of_a_task_names_its_window_and_what_it_counted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    task_of_run(monkeypatch, DAG_ID)
    window = str(Window(at("11:55"), at("12:00")))
    assert summary_of(lambda _: {"due": 3, "recorded": 2}, 1) == {"window": window, "due": 3, "recorded": 2}
    assert [message for message in caplog.messages if "window" in message or "due" in message] == [
        f"::group::contact by contact, window {window}",
        "3 due, 2 recorded",
    ]


def test_a_window_that_cannot_be_worked_on_is_told_to_whoever_named_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task_of_run(monkeypatch, DAG_ID)["params"] = {"window_start": "2023-08-29T10:00:00Z"}
    with pytest.raises(WrongParams, match=r"^window_start and window_end must be given both or neither$"):
        summary_of(lambda _: {}, 1)
