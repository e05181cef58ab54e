"""How far the flow log has been read, as a Variable of Airflow that runs write side by side."""

import json
from types import SimpleNamespace
from typing import Any

import airflow.sdk
import pytest

from audio_leakage_tasks.history import RunHistory

NAME = "audio_leakage_progress"


class Variables:
    """Airflow's Variables, and how often each was written."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.written: list[str] = []

    def get(self, name: str, default: str | None) -> str | None:
        return self.texts.get(name, default)

    def set(self, name: str, text: str, description: str) -> None:
        assert description
        self.texts[name] = text
        self.written.append(name)


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> Variables:
    variables = Variables()
    monkeypatch.setattr(airflow.sdk, "Variable", variables)
    return variables


def history(success: object = None) -> RunHistory:
    ti = SimpleNamespace(get_previous_dagrun=lambda state: success if state == "success" else None)
    context: Any = {"ti": ti, "dag_run": SimpleNamespace(dag_id="monitor_audio_leakage")}
    return RunHistory(context)


def read_until(time: str, table: str = "contacts", **more: str) -> dict[str, str]:
    return {"Table": table, "ReadUntil": f"2023-08-29T{time}:00.000Z", **more}


@pytest.mark.parametrize(
    ("kept", "ours", "is_kept"),
    [
        (None, read_until("10:00"), True),
        (read_until("09:55"), read_until("10:00"), True),
        (read_until("10:00"), read_until("10:00", LostFrom="x"), True),
        (read_until("10:05"), read_until("10:00"), False),
        (read_until("10:05"), {"Table": "contacts"}, False),
        ({"Table": "contacts"}, read_until("10:00"), True),
        (read_until("10:05", "others"), read_until("10:00"), True),
        (read_until("10:05", TableId="a"), read_until("10:00", TableId="a"), False),
        (read_until("10:05", TableId="a"), read_until("10:00", TableId="b"), True),
        (read_until("10:05", TableId="a"), read_until("10:00"), False),
        (read_until("10:05"), read_until("10:00", TableId="b"), False),
    ],
)
def test_a_run_that_has_read_less_far_takes_nothing_back(
    variables: Variables, kept: dict[str, str] | None, ours: dict[str, str], is_kept: bool
) -> None:
    """But what was read into another table, or into one that is gone, is to be read again."""
    if kept is not None:
        variables.texts[NAME] = json.dumps(kept)
    history().keep_progress(ours)
    assert history().progress() == (ours if is_kept else kept)
    assert variables.written == ([NAME] if is_kept else [])


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", pytest.param("[" * 100_000, id="too deep")])
def test_what_somebody_else_wrote_counts_as_nothing_and_is_replaced(variables: Variables, text: str) -> None:
    variables.texts[NAME] = text
    assert history().progress() is None
    history().keep_progress(read_until("10:00"))
    assert history().progress() == read_until("10:00")


def test_the_last_success_is_the_one_that_airflow_knows() -> None:
    run = SimpleNamespace(run_id="scheduled__1")
    assert history(run).last_success() is run
    assert history().last_success() is None
