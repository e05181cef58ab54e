"""The asset of the daily DAG: another team's DAG follows it, and reads the counts."""

from pathlib import Path
from typing import Any

import pytest
from airflow import __version__ as airflow_version
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.jobs.job import Job
from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
from airflow.models import DagBag
from airflow.models.asset import AssetEvent
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.sdk import DAG
from airflow.utils.session import create_session
from sqlalchemy import select
from sqlalchemy.orm import Session

from integration.test_evidence_dag import daily, proved, run, summary
from support.stage import Stage

__all__ = ["daily", "proved"]  # fixtures
pytestmark = pytest.mark.skipif(airflow_version.startswith("3.0."), reason="Airflow 3.0 gets no asset")

CONSUMER = """
from airflow.sdk import DAG, Asset, task

with DAG("somebody_elses_report", schedule=[Asset("audio_leakage_evidence")]):

    @task
    def report():
        ...

    report()
"""


def events() -> list[dict[str, Any]]:
    with create_session() as session:
        return [event.extra for event in session.scalars(select(AssetEvent).order_by(AssetEvent.id))]


def model_of_consumer(session: Session) -> DagModel:
    return session.scalars(select(DagModel).where(DagModel.dag_id == "somebody_elses_report")).one()


def test_a_dag_of_another_team_is_triggered_by_the_asset(proved: Stage, daily: DAG, tmp_path: Path) -> None:
    from airflow.dag_processing.dagbag import sync_bag_to_db  # Airflow 3.0 has no such module

    del proved
    (tmp_path / "report.py").write_text(CONSUMER)
    DagBundlesManager().sync_bundles_to_db()  # type: ignore[no-untyped-call]
    sync_bag_to_db(DagBag(tmp_path), "dags-folder", None)
    with create_session() as session:
        model_of_consumer(session).is_paused = False
    before = len(events())
    written = summary(run(daily), "write_evidence")
    (extra,) = events()[before:]
    assert (extra["day"], extra["lost"], extra["coverage_percent"]) == ("2023-08-29", 0, "66.66")
    assert extra["head"] == written["head"]
    with create_session() as session:
        _, triggered = DagModel.dags_needing_dagruns(session)
        assert "somebody_elses_report" in triggered
        scheduler = SchedulerJobRunner(job=Job())  # type: ignore[no-untyped-call]
        scheduler._create_dag_runs_asset_triggered(dag_models=[model_of_consumer(session)], session=session)
        runs = session.scalars(select(DagRun).where(DagRun.dag_id == "somebody_elses_report")).all()
        assert [each.run_id.partition("__")[0] for each in runs] == ["asset_triggered"]
        assert [event.extra["day"] for each in runs for event in each.consumed_asset_events] == ["2023-08-29"]
