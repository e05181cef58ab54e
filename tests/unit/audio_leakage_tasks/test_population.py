"""The hours that will be counted again, as a Variable that backfilled runs write side by side."""

import json
from collections.abc import Mapping
from typing import Any

import airflow.sdk
import pytest

from audio_leakage.errors import ServiceUnavailable
from audio_leakage_tasks.population import _CountedHours

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
