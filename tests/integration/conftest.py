"""The stand-in for AWS, started once for all integration tests and emptied before each."""

from collections.abc import Iterator

import pytest
from airflow.models import DagBag
from airflow.sdk import DAG
from airflow.utils.db import initdb

from conftest import ROOT
from fakes import BUCKET, INSTANCE_ID, PREFIX
from local_aws.connect_simulator import ConnectSimulator, StaticDirectory
from local_aws.quotas import UNLIMITED
from local_aws.server import LocalAws
from stage import TABLE, Stage


@pytest.fixture(scope="session")
def local_aws() -> Iterator[LocalAws]:
    connect = ConnectSimulator(
        INSTANCE_ID, StaticDirectory(), recording_bucket=BUCKET, recording_prefix=PREFIX, quotas=UNLIMITED
    )
    with LocalAws(connect) as aws:
        yield aws


@pytest.fixture
def stage(local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Stage:
    local_aws.reset()
    local_aws.connect.faults.clear()
    local_aws.connect.calls.clear()
    for name, value in local_aws.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AIRFLOW_VAR_AUDIO_LEAKAGE", "")
    contacts = StaticDirectory()
    local_aws.connect.directory = contacts
    local_aws.deploy(ROOT / "include" / "infrastructure" / "table.yaml", "table", {"TableName": TABLE})
    local_aws.create_bucket(BUCKET)
    stage = Stage(local_aws, contacts)
    stage.configure(connect_instance_id=INSTANCE_ID, contact_table=TABLE)
    return stage


@pytest.fixture(scope="session")
def airflow_database() -> None:
    initdb()


@pytest.fixture
def dag(airflow_database: None) -> DAG:
    """Load the DAG anew for each test: ``dag.test`` keeps the params of one run for the next."""
    del airflow_database
    return DagBag(ROOT / "dags").dags["monitor_audio_leakage"]
