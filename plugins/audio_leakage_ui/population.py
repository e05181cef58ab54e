"""What the hourly runs found, from their XComs in Airflow's database: figures and proofs, counts alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.models.dagrun import DagRun
from airflow.models.xcom import XComModel
from sqlalchemy import select

from audio_leakage.instances import RECONCILE_DAG_ID, is_dag_of_an_instance
from audio_leakage.population.hour import hour_named
from audio_leakage_ui.reading import UnknownRun

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

_TASKS = _TAKING, _ENTERING = ("take_population", "enter_unwatched")


def is_hourly(dag_id: str) -> bool:
    """Tell whether a DAG takes the population of an instance."""
    return is_dag_of_an_instance(dag_id, RECONCILE_DAG_ID)


def check_hourly(dag_id: str) -> None:
    """Refuse a DAG that takes no population.

    :raises UnknownRun: if it does not.
    """
    if not is_hourly(dag_id):
        raise UnknownRun("This DAG takes no population, so there is nothing to show.")


def hourly_run(session: Session, dag_id: str, run_id: str) -> dict[str, Any]:
    """Return what one run found: its ``hours`` with figures, and its ``proofs``."""
    found = dict(summaries(session, dag_id, DagRun.run_id == run_id, _TASKS))
    taken, entered = found.get(_TAKING, {}), found.get(_ENTERING, {})
    return {
        "hour": taken.get("hour"),
        "entered": entered.get("entered"),
        "hours": entered.get("hours", {}),
        "proofs": taken.get("proofs", []),
    }


def population_since(session: Session, dag_id: str, since: datetime) -> dict[str, Any]:
    """Return the figures and the proof of each hour since a time; the newest run about an hour counts."""
    hours: dict[str, dict[str, Any]] = {}
    for task_id, summary in summaries(session, dag_id, DagRun.run_after >= since, _TASKS):
        if task_id == _ENTERING:
            for name, figures in summary.get("hours", {}).items():
                hours.setdefault(name, {}).update(figures)
        for proof in summary.get("proofs", []):
            hours.setdefault(proof["hour"], {})["proof"] = proof
    return {"hours": {name: each for name, each in sorted(hours.items()) if hour_named(name).start >= since}}


def summaries(
    session: Session, dag_id: str, of_runs: ColumnElement[bool], task_ids: Sequence[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield task id and summary of some tasks of some runs, in the order in which they ended."""
    query = (
        select(XComModel)
        .join(DagRun, (DagRun.dag_id == XComModel.dag_id) & (DagRun.run_id == XComModel.run_id))
        .where(XComModel.dag_id == dag_id, XComModel.key == "return_value", of_runs)
        .where(XComModel.task_id.in_(task_ids))
        .order_by(XComModel.timestamp)
    )
    for kept in session.scalars(query):
        value = XComModel.deserialize_value(kept)
        if isinstance(value, dict):
            yield kept.task_id, value
