"""The Airflow Asset that other teams' DAGs follow: the evidence of a day was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow import __version__ as airflow_version
from airflow.sdk import Asset, get_current_context

from audio_leakage_tasks.evidence import summary_of_day

if TYPE_CHECKING:
    from collections.abc import Callable

    from audio_leakage.use_cases.day_context import DayContext
    from audio_leakage_tasks.task import Summary

#: Before this version, ``dag.test`` refuses a task with an outlet.
_SINCE = (3, 2)
#: What an event says, beside the day. These are counts and the head of the chain, and nothing about a call.
_TOLD = (
    "status", "kind", "revision", "unchanged", "required", "proven", "lost", "undecided", "coverage_percent",
    "coverage_at_most", "head",
)  # fmt: skip


def assets_of(dag_id: str) -> list[Asset]:
    """Return the asset that a daily DAG writes: one of the same name. Airflow before 3.2 gets none.

    :param dag_id: the id of the DAG.
    """
    major, minor = map(int, airflow_version.split(".")[:2])
    return [Asset(name=dag_id)] if (major, minor) >= _SINCE else []


def summary_with_event(use_case: Callable[[DayContext], dict[str, Any]], instances: int) -> Summary:
    """Run ``write_evidence`` and let the event of the asset say what came of it.

    :param use_case: ``write_evidence``.
    :param instances: how many Connect instances share the account's quotas.
    :return: see :func:`summary_of_day`.
    """
    summary = summary_of_day(use_case, instances)
    context = get_current_context()
    for asset in assets_of(context["dag_run"].dag_id):
        event = context["outlet_events"][asset]
        event.extra = {"day": summary["window"], **{name: summary[name] for name in _TOLD}}
    return summary
