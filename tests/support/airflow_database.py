"""Airflow's database in memory, with the tables that the UI reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from airflow.models.base import Base
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.tasklog import LogTemplate
from airflow.models.xcom import XComModel
from airflow.utils.state import DagRunState
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

_TABLES: Any = [model.__table__ for model in (DagModel, DagRun, LogTemplate, XComModel)]


@contextmanager
def airflow_database() -> Iterator[Session]:
    """Give a session of an empty database. Other threads may use it, too."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine, tables=_TABLES)
    with Session(engine) as session:
        yield session


def put_dag(session: Session, dag_id: str, *, is_paused: bool) -> None:
    """Let Airflow know a DAG."""
    model: Any = DagModel  # without types
    session.add(model(dag_id=dag_id, bundle_name="dags-folder", is_paused=is_paused))


def put_run(
    session: Session, dag_id: str, run_id: str, run_after: datetime, conf: dict[str, str] | None = None
) -> DagRun:
    """Let Airflow know a run that succeeded."""
    run = DagRun(dag_id=dag_id, run_id=run_id, run_type="manual", conf=conf or {}, state=DagRunState.SUCCESS)
    run.run_after = run_after
    session.add(run)
    session.flush()
    return run


def put_summary(
    session: Session, run: DagRun, task_id: str, value: object, key: str = "return_value"
) -> None:
    """Let a task of a run return something; later than what was returned before."""
    XComModel.set(key, value, dag_id=run.dag_id, task_id=task_id, run_id=run.run_id, session=session)
