"""What another team's DAG reads in the event of a proved day."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import Asset

from audio_leakage_tasks import asset
from audio_leakage_tasks.asset import summary_with_event
from support.task_run import task_of_run

COUNTS = {
    "status": "PROVISIONAL",
    "kind": "first",
    "revision": 1,
    "unchanged": False,
    "required": 5,
    "proven": 2,
    "lost": 2,
    "undecided": 1,
    "coverage_percent": "40.00",
    "coverage_at_most": "60.00",
    "head": "0123",
}
DAG_ID = "audio_leakage_evidence__emea"


@dataclass
class OutletEvents:
    """The events of a task's assets, by their names."""

    kept: dict[str, SimpleNamespace] = field(default_factory=dict)

    def __getitem__(self, written: Asset) -> SimpleNamespace:
        return self.kept.setdefault(written.name, SimpleNamespace())


def events_of(
    monkeypatch: pytest.MonkeyPatch, version: str, counts: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the summary of a task that counts so, and what its assets' events say."""
    context = task_of_run(monkeypatch, DAG_ID, evidence_bucket="evidence")
    context["params"] = {"day": "2023-08-29"}
    context["outlet_events"] = outlet_events = OutletEvents()
    monkeypatch.setattr(asset, "airflow_version", version)
    monkeypatch.setattr(asset, "get_current_context", lambda: context)
    summary = summary_with_event(lambda _: counts, 1)
    return summary, {name: event.extra for name, event in outlet_events.kept.items()}


def test_the_event_of_a_day_tells_its_counts_and_the_head_of_the_chain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counts = COUNTS | {"queues": {"a queue": 1}, "earlier_days": {}}
    summary, events = events_of(monkeypatch, "3.2.0", counts)
    assert summary == {"window": "2023-08-29", **counts}
    assert events == {DAG_ID: {"day": "2023-08-29", **COUNTS}}


def test_an_airflow_without_outlets_in_tests_gets_the_summary_and_no_event(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    summary, events = events_of(monkeypatch, "3.1.8", COUNTS)
    assert (summary["revision"], events) == (1, {})
