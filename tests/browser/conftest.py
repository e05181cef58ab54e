"""An hour of calls that the monitor has handled, a proved day, Airflow's web server as on MWAA, and a real browser."""

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from airflow.configuration import AIRFLOW_HOME
from airflow.models import DagBag
from airflow.models.xcom import XComModel
from airflow.sdk import DAG
from airflow.utils.session import create_session
from playwright.sync_api import Browser, BrowserContext, Page, Request, StorageState, expect, sync_playwright

from audio_leakage.use_cases import enter_unwatched, take_population
from conftest import ROOT
from local_aws.commands.airflow import EVIDENCE_DAG_ID, RECONCILE_DAG_ID, Airflow, new_airflow
from local_aws.commands.playback import SETTINGS, WINDOW, play_past, windows_ago
from local_aws.connect.quotas import UNLIMITED
from local_aws.connect.simulator import ConnectSimulator
from local_aws.contact_centre.centre import QUICK_WEIGHTS
from local_aws.contact_centre.company import BUCKET, PREFIX, contact_centre, set_up
from local_aws.contact_centre.seed_contacts import INSTANCE_ID
from local_aws.npm_package import npm_package
from local_aws.server import LocalAws
from support.big_table import BigTable
from support.configuration import EVIDENCE
from support.day import DailyWorld
from support.played import DAG as MONITOR
from support.played import Login, Played
from support.population import FakeParts
from support.published_flows import leaking
from support.quick_airflow import make_airflow_quick

#: An hour of calls, and time after it for every verdict.
WINDOWS = 20
#: An hour of the proved day in which calls are watched and excluded.
HOUR = "12"
#: Users with their roles. FabAuthManager, which MWAA uses, shows the menu and the tab of a plugin to Op.
ROLES = {"viewer": "Viewer", "op": "Op"}
PASSWORD = "a-password"
AXE = "axe-core@4.14.1"
#: The only machine that Chromium reaches.
HERE = "127.0.0.1"
NOWHERE_ELSE = f"--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE {HERE}"
expect.set_options(timeout=60_000)


@pytest.fixture(scope="session")
def played() -> Iterator[Played]:
    start = windows_ago(WINDOWS)
    centre = replace(contact_centre(start, timedelta(hours=1), calls_per_hour=80), weights=QUICK_WEIGHTS)
    connect = ConnectSimulator(
        INSTANCE_ID, centre, recording_bucket=BUCKET, recording_prefix=PREFIX, quotas=UNLIMITED
    )
    with LocalAws(connect) as aws, aws.applied(), BigTable() as big_table:
        os.environ["AIRFLOW_VAR_AUDIO_LEAKAGE"] = json.dumps(SETTINGS)
        set_up(aws)
        airflow = airflow_with_logins(big_table)
        make_airflow_quick()
        dags = DagBag(ROOT / "dags").dags
        play_past(dags[MONITOR], centre, aws, WINDOWS)
        day = datetime.now(UTC).date() - timedelta(days=2)
        world = a_proved_day(day, aws)
        daily_run = a_run_that_said(dags[EVIDENCE_DAG_ID], f"{day}", world.summaries)
        hourly_run = a_run_that_said(dags[RECONCILE_DAG_ID], f"{day}T{HOUR}", of_an_hour(world, day))
        with airflow.running("api-server", ready="/monitor/health"):
            end = start + WINDOWS * WINDOW
            yield Played(airflow, aws, centre, end, big_table, day, world, daily_run, hourly_run)


def airflow_with_logins(big_table: BigTable) -> Airflow:
    """Return an Airflow with a user of each role, evidence to show, and a second instance with a large table."""
    home = Path(AIRFLOW_HOME)
    connection = {"conn_type": "aws", "extra": {"endpoint_url": big_table.url, "region_name": "af-south-1"}}
    return new_airflow(
        home,
        {
            "AIRFLOW_CONN_BIG": json.dumps(connection),
            "AIRFLOW_VAR_AUDIO_LEAKAGE": json.dumps({**SETTINGS, "evidence_bucket": EVIDENCE}),
            "AIRFLOW_VAR_AUDIO_LEAKAGE__BIG": json.dumps({**SETTINGS, "aws_conn_id": "big"}),
        },
        *(new_user(name, role) for name, role in ROLES.items()),
        AIRFLOW__CORE__AUTH_MANAGER="airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION="False",  # as in use; without a scheduler none runs
    )


def new_user(name: str, role: str) -> list[str]:
    """Return the command that creates a user."""
    person = ["--firstname", name, "--lastname", name, "--email", f"{name}@example.com"]
    return ["users", "create", "--username", name, "--role", role, "--password", PASSWORD, *person]


def a_proved_day(day: date, aws: LocalAws) -> DailyWorld:
    """Put the evidence of a day into the bucket: a contact of each class, and a flow that leaks."""
    world = DailyWorld()
    world.flows.flows["11111111-0000-4000-8000-00000000000c"] = leaking("Sales")
    world.play(day)
    world.prove(day)
    aws.create_bucket(EVIDENCE)
    for key, content in world.store.objects.items():
        folder = f"audio-leakage/v1/instance={INSTANCE_ID}/"
        aws.client("s3").put_object(Bucket=EVIDENCE, Key=folder + key, Body=content)
    return world


def of_an_hour(world: DailyWorld, day: date) -> dict[str, Any]:
    """Return what each task of an hourly run says about an hour of a day."""
    run = world.hourly.run(
        f"{day}T{HOUR}", datetime.now(UTC), world.policy, settings=world.settings, parts=FakeParts()
    )
    return {use_case.__name__: use_case(run) for use_case in (take_population, enter_unwatched)}


def a_run_that_said(dag: DAG, window: str, summaries: Mapping[str, Mapping[str, Any]]) -> str:
    """Let Airflow know a run whose tasks have said something, without running them; return its id."""
    run_id: str = dag.test(mark_success_pattern=".*").run_id
    with create_session() as session:
        for task_id, summary in summaries.items():
            said = {"window": window, **summary}
            XComModel.set(
                "return_value", said, dag_id=dag.dag_id, task_id=task_id, run_id=run_id, session=session
            )
    return run_id


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.fail("no Chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", NOWHERE_ELSE])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def logins(chromium: Browser, played: Played, requested: list[str]) -> Iterator[dict[str, Login]]:
    """Yield a login of each user. All tests share it, because Chromium compiles Airflow's app once in a context."""
    with ExitStack() as contexts:
        yield {
            name: log_in(contexts.enter_context(browsing(chromium, played, requested)), name)
            for name in ROLES
        }


def log_in(context: BrowserContext, name: str) -> Login:
    """Send the form of the login page. A page that is closed while it opens Airflow's app can hang for ever."""
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', context.request.get("/auth/login/").text())
    assert token
    answer = context.request.post(
        "/auth/login/", form={"csrf_token": token[1], "username": name, "password": PASSWORD}
    )
    assert "/login" not in answer.url
    return Login(context, context.storage_state())


@contextmanager
def browsing(
    chromium: Browser, played: Played, requested: list[str], login: StorageState | None = None
) -> Iterator[BrowserContext]:
    """Yield a browser context that records requests to other machines. Chromium refuses them."""

    def record(request: Request) -> None:
        if urlsplit(request.url.removeprefix("blob:")).hostname != HERE:
            requested.append(request.url)

    context = chromium.new_context(
        viewport={"width": 1440, "height": 900},
        timezone_id="Africa/Johannesburg",
        base_url=played.airflow.url,
        storage_state=login,
        service_workers="block",  # their requests would not be seen
    )
    context.set_default_timeout(60_000)
    context.on("request", record)
    yield context
    context.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """Return the script that looks for what keeps people out of a page."""
    if shutil.which("npm") is None:
        pytest.skip(f"there is no npm on this machine, and {AXE} comes from it")
    return (npm_package(AXE, ROOT / "build" / "npm") / "axe.min.js").read_text()


@pytest.fixture(scope="session")
def requested() -> list[str]:
    """Return the requested addresses of other machines."""
    return []


@pytest.fixture(autouse=True)
def elsewhere(requested: list[str]) -> Iterator[list[str]]:
    """Yield the requested addresses of other machines. There must be none in the end."""
    yield requested
    found = requested.copy()
    requested.clear()
    assert found == []


@pytest.fixture
def anonymous(chromium: Browser, played: Played, requested: list[str]) -> Iterator[BrowserContext]:
    """Yield a browser context without a login."""
    with browsing(chromium, played, requested) as context:
        yield context


@pytest.fixture
def page(logins: dict[str, Login]) -> Iterator[Page]:
    """Yield an empty page with a login as Op."""
    yield from a_page(logins["op"])


@pytest.fixture
def viewer(logins: dict[str, Login]) -> Iterator[Page]:
    """Yield an empty page with a login as Viewer."""
    yield from a_page(logins["viewer"])


def a_page(login: Login) -> Iterator[Page]:
    """Yield a page, and leave nothing to the next test but what Chromium has fetched and compiled."""
    yield login.context.new_page()
    for page in login.context.pages:
        page.close()
    login.context.set_storage_state(login.state)


@pytest.fixture
def page_of_its_own(
    chromium: Browser, played: Played, logins: dict[str, Login], requested: list[str]
) -> Iterator[Page]:
    """Yield an empty page with a login as Op. Its context ends with the test, so nothing of it runs on."""
    with browsing(chromium, played, requested, logins["op"].state) as context:
        yield context.new_page()
