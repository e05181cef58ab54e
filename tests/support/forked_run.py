"""A run of the DAG in a process that may be killed. It is forked from one in which Airflow is warm."""

import multiprocessing
import os
import sys
from collections.abc import Mapping
from datetime import datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from unittest.mock import patch

import time_machine
from airflow import settings
from airflow.models import DagBag

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["support.warm_airflow", __name__])


def start_run(dags: Path, now: datetime, database: Path) -> BaseProcess:
    """Run the monitor once, in a new process.

    :param dags: the folder of the DAG files.
    :param now: end of the data interval, and what the process takes for the present.
    :param database: Airflow's database, for this process alone.
    """
    environment = {**os.environ, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{database}"}
    run = _SERVER.Process(target=_run, args=(dags, now, environment))
    with patch.dict(os.environ, {"PYTHONPATH": os.pathsep.join(sys.path)}):
        run.start()  # the first one also starts the process that all are forked from
    return run


def _run(dags: Path, now: datetime, environment: Mapping[str, str]) -> None:
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    os.environ.clear()
    os.environ.update(environment)
    settings.configure_vars()  # type: ignore[no-untyped-call]
    settings.reconfigure_orm()  # type: ignore[no-untyped-call]
    with time_machine.travel(now, tick=True):
        DagBag(dags).dags["monitor_audio_leakage"].test(logical_date=now)
