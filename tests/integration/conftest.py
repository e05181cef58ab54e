"""The stand-in for AWS, started once for all integration tests and emptied before each."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from airflow.models import DagBag
from airflow.models.dagrun import DagRun
from airflow.models.variable import Variable
from airflow.sdk import DAG
from airflow.utils.db import initdb
from airflow.utils.session import create_session
from fastapi import FastAPI
from fastapi.testclient import TestClient
from moto.cloudformation.utils import yaml_tag_constructor
from moto.core.serialize import AttributePicker, AttributePickerContext
from sqlalchemy import delete

from conftest import ROOT
from local_aws.commands.airflow import Airflow, new_airflow
from local_aws.connect.contacts import StaticDirectory
from local_aws.connect.flows import InstanceFlows
from local_aws.connect.instance import InstanceConfiguration
from local_aws.connect.quotas import UNLIMITED
from local_aws.connect.simulator import ConnectSimulator
from local_aws.dynamodb_local import create_table, dynamodb_local
from local_aws.server import LocalAws
from support.fakes import BUCKET, INSTANCE_ID, PREFIX
from support.quick_airflow import make_airflow_quick
from support.real_airflow import forget_runs
from support.stage import TABLE, Stage

# moto looks for each of the ten members of a DynamoDB value under six names, and finds most of them under none.
_pick = AttributePicker.__call__


def _pick_at_once(self: AttributePicker, context: AttributePickerContext) -> Any:  # noqa: ANN401  # JSON
    if type(context.obj) is dict and context.shape.name.endswith("AttributeValue"):
        return context.obj.get(context.key)
    return _pick(self, context)


AttributePicker.__call__ = _pick_at_once  # type: ignore[method-assign]

# And it reads templates with PyYAML's loader in Python. The one in C reads the same.
yaml.add_multi_constructor("", yaml_tag_constructor, Loader=yaml.CLoader)
yaml.Loader = yaml.CLoader  # type: ignore[assignment, misc]

TEMPLATE = ROOT / "include" / "infrastructure" / "table.yaml"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--dynamodb-local", action="store_true", help="the table in AWS's own engine, not moto's"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only AWS's own engine or ``-m scheduler`` asks for, and put first what must not come last.

    A worker that has nothing left takes the last tests of another one. So the tests of a real Airflow stay together.
    Those of the web server do, too, and only one worker starts what they need. The former begin, for they wait most.
    """
    items.sort(key=lambda item: (not _needs("airflow_api", item), not _needs("web_server", item)))
    asked = {
        "engine": config.getoption("--dynamodb-local", default=False),
        "scheduler": "scheduler" in config.option.markexpr,
    }
    for marker, is_asked in asked.items():
        if not is_asked:
            items[:] = [item for item in items if not item.get_closest_marker(marker)]


def _needs(fixture: str, item: pytest.Item) -> bool:
    return fixture in getattr(item, "fixturenames", ())


@pytest.fixture(scope="session")
def engine(pytestconfig: pytest.Config) -> Iterator[str | None]:
    """Run AWS's own DynamoDB engine where it is asked for, and give its address."""
    if not pytestconfig.getoption("--dynamodb-local", default=False):
        yield None
        return
    with dynamodb_local(ROOT / "build") as url:
        yield url


@pytest.fixture(scope="session")
def local_aws(engine: str | None) -> Iterator[LocalAws]:
    connect = ConnectSimulator(
        INSTANCE_ID, StaticDirectory(), recording_bucket=BUCKET, recording_prefix=PREFIX, quotas=UNLIMITED
    )
    with LocalAws(connect, dynamodb_url=engine) as aws:
        yield aws


def empty_table(aws: LocalAws) -> None:
    if aws.dynamodb_url is None:
        aws.deploy(TEMPLATE, "table", {"TableName": TABLE})
        return
    dynamodb = aws.client("dynamodb")
    for name in dynamodb.list_tables()["TableNames"]:
        dynamodb.delete_table(TableName=name)
    create_table(dynamodb, TEMPLATE, TABLE)


@pytest.fixture
def stage(local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Stage:
    local_aws.reset()
    local_aws.connect.faults.clear()
    local_aws.connect.calls.clear()
    local_aws.connect.flows = InstanceFlows()
    local_aws.connect.configuration = InstanceConfiguration([local_aws.connect.storage])
    for name, value in local_aws.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AIRFLOW_VAR_AUDIO_LEAKAGE", "")
    contacts = StaticDirectory()
    local_aws.connect.directory = contacts
    empty_table(local_aws)
    local_aws.create_bucket(BUCKET)
    stage = Stage(local_aws, contacts)
    stage.configure(connect_instance_id=INSTANCE_ID, contact_table=TABLE)
    return stage


@pytest.fixture(scope="session")
def airflow_database() -> None:
    make_airflow_quick()
    initdb()


@pytest.fixture(scope="session")
def web_server(airflow_database: None) -> Iterator[FastAPI]:
    """Airflow's web server with our app in it. To build it takes seconds, and it keeps nothing of a test."""
    from airflow.api_fastapi.app import create_app, purge_cached_app

    del airflow_database
    yield create_app(apps="core")
    purge_cached_app()


@pytest.fixture(scope="session")
def airflow_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    """A real Airflow with its API server, which takes half a minute to start when the machine is busy. No DAG runs."""
    airflow = new_airflow(tmp_path_factory.mktemp("airflow"), {})
    with airflow.running("api-server"):
        yield airflow


@pytest.fixture
def airflow(airflow_api: Airflow) -> Iterator[Airflow]:
    """A real Airflow without any run of the monitor."""
    yield airflow_api
    forget_runs(airflow_api)


@pytest.fixture
def browser(web_server: FastAPI, stage: Stage) -> Iterator[TestClient]:
    """A client of Airflow's web server; nobody is logged in."""
    del stage
    with TestClient(web_server, base_url="http://testserver") as client:
        yield client


@pytest.fixture
def viewer(browser: TestClient) -> TestClient:
    """A client of Airflow's web server with somebody logged in who may read DAGs."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username="somebody", role="VIEWER"))
    browser.headers["Authorization"] = f"Bearer {token}"
    return browser


@pytest.fixture
def dag(airflow_database: None) -> DAG:
    """Load a DAG that has never run: ``dag.test`` keeps the params of a run, and Airflow how earlier runs ended."""
    del airflow_database
    with create_session() as session:
        session.execute(delete(DagRun))
        session.execute(delete(Variable))  # how far earlier runs have come
    return DagBag(ROOT / "dags").dags["monitor_audio_leakage"]
