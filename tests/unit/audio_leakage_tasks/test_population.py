"""What a task of the hourly DAG works with, and the hours that it will count again."""

import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import airflow.sdk
import pytest

from audio_leakage.errors import ServiceUnavailable
from audio_leakage.population.context import HourContext
from audio_leakage.runs.window import Window
from audio_leakage_tasks import population
from audio_leakage_tasks.population import _CountedHours, summary_of_hour
from support.fakes import at
from support.task_run import kept_rates, task_of_run

NAME = "audio_leakage_population"
TRIES = 5


class Variables:
    """Airflow's Variables. After each of the next writes, another run overwrites what was written."""

    def __init__(self, text: str | None = None, overwritten: int = 0) -> None:
        self.text, self.overwritten, self.writes = text, overwritten, 0

    def get(self, name: str, default: str | None) -> str | None:
        assert name == NAME
        return default if self.text is None else self.text

    def set(self, name: str, text: str, description: str) -> None:
        assert (name, bool(description)) == (NAME, True)
        self.text = text
        self.writes += 1
        if self.overwritten:
            self.overwritten -= 1
            self.text = json.dumps({"theirs": self.writes})


def counted_hours(monkeypatch: pytest.MonkeyPatch, variables: Variables) -> _CountedHours:
    monkeypatch.setattr(airflow.sdk, "Variable", variables)
    return _CountedHours("reconcile_audio_leakage")


def with_ours(values: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**values, "ours": 1}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (None, {}),
        ("", {}),
        ("{", {}),
        pytest.param("[" * 100_000, {}, id="too deep"),
        ("[]", {}),
        ("3", {}),
        ("null", {}),
        ('{"2023-08-29T10": 5}', {"2023-08-29T10": 5}),
    ],
)
def test_what_somebody_else_wrote_counts_as_nothing(
    monkeypatch: pytest.MonkeyPatch, text: str | None, values: dict[str, int]
) -> None:
    assert counted_hours(monkeypatch, Variables(text)).read() == values


def test_a_change_is_written_beside_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = Variables('{"theirs": 1}')
    counted_hours(monkeypatch, variables).change(with_ours)
    assert (json.loads(variables.text or ""), variables.writes) == ({"theirs": 1, "ours": 1}, 1)


def test_a_change_that_is_there_already_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = Variables('{"ours": 1}')
    counted_hours(monkeypatch, variables).change(with_ours)
    assert variables.writes == 0


def test_a_change_that_others_overwrite_four_times_is_there_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    variables = Variables(overwritten=TRIES - 1)
    counted_hours(monkeypatch, variables).change(with_ours)
    assert json.loads(variables.text or "") == {"theirs": TRIES - 1, "ours": 1}


def test_a_change_that_is_always_overwritten_is_an_error_and_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An hour that nobody remembers is never counted again."""
    variables = Variables(overwritten=TRIES + 1)
    with pytest.raises(ServiceUnavailable) as caught:
        counted_hours(monkeypatch, variables).change(with_ours)
    assert str(caught.value) == f"Variable '{NAME}' changed {TRIES} times while it was written"
    assert variables.writes == TRIES


@pytest.mark.parametrize(
    ("run_type", "try_number", "is_backfill", "is_retry"),
    [("scheduled", 1, False, False), ("scheduled", 2, False, True), ("backfill", 1, True, False)],
)
def test_a_task_of_the_hourly_run_has_its_hour_its_time_and_its_part_of_the_searches(
    monkeypatch: pytest.MonkeyPatch, run_type: str, try_number: int, is_backfill: bool, is_retry: bool
) -> None:
    context = task_of_run(monkeypatch, "reconcile_audio_leakage__emea", population_rps=1.2)
    context["dag_run"].run_type, context["ti"].try_number = run_type, try_number
    context["ti"].get_dr_count = lambda **_: 2
    rates = kept_rates(monkeypatch)
    monkeypatch.setattr(population, "time", SimpleNamespace(monotonic=lambda: 1000.0))
    left = []

    def count(run: HourContext) -> dict[str, Any]:
        left.append(run.seconds_left())
        assert (run.is_backfill, run.is_retry) == (is_backfill, is_retry)
        assert (run.dag_id, run.sender.variable) == ("reconcile_audio_leakage__emea", "audio_leakage__emea")
        return {"hours": {}}

    hour = Window(at("12:00"), at("13:00"))
    assert summary_of_hour(count, 3) == {"window": str(hour), "hours": {}}
    assert rates == {"SearchContacts": (1.2 / 2 / 3, 48 * 60)}
    assert left == [48 * 60]
