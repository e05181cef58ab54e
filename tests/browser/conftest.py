"""An hour of calls that the monitor has handled, Airflow's web server, and a real browser."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from airflow.configuration import AIRFLOW_HOME
from airflow.models import DagBag
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

from conftest import ROOT
from local_aws.commands.airflow import Airflow, new_airflow
from local_aws.commands.playback import SETTINGS, WINDOW, play_past, windows_ago
from local_aws.connect.quotas import UNLIMITED
from local_aws.connect.simulator import ConnectSimulator
from local_aws.contact_centre.centre import QUICK_WEIGHTS, ContactCentre
from local_aws.contact_centre.company import BUCKET, PREFIX, contact_centre, set_up
from local_aws.contact_centre.seed_contacts import INSTANCE_ID
from local_aws.server import LocalAws
from support.big_table import BigTable

#: An hour of calls, and time after it for every verdict.
WINDOWS = 20
USERS = {"viewer": "a-password"}
expect.set_options(timeout=60_000)


@dataclass(frozen=True)
class Played:
    """The calls that were played, and the Airflow that shows them."""

    airflow: Airflow
    aws: LocalAws
    centre: ContactCentre
    end: datetime
    big_table: BigTable


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
        airflow = airflow_with_a_login(big_table)
        play_past(DagBag(ROOT / "dags").dags["monitor_audio_leakage"], centre, aws, WINDOWS)
        with airflow.running("api-server", ready="/monitor/health"):
            yield Played(airflow, aws, centre, start + WINDOWS * WINDOW, big_table)


def airflow_with_a_login(big_table: BigTable) -> Airflow:
    """Return an Airflow with a read-only user, and a second instance with a large table."""
    home = Path(AIRFLOW_HOME)
    passwords = home / "passwords.json"
    passwords.write_text(json.dumps(USERS))
    connection = {"conn_type": "aws", "extra": {"endpoint_url": big_table.url, "region_name": "af-south-1"}}
    return new_airflow(
        home,
        {
            "AIRFLOW_CONN_BIG": json.dumps(connection),
            "AIRFLOW_VAR_AUDIO_LEAKAGE__BIG": json.dumps({**SETTINGS, "aws_conn_id": "big"}),
        },
        AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION="False",  # as in use; without a scheduler none runs
        AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS="False",
        AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE=str(passwords),
        AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS=",".join(f"{user}:viewer" for user in USERS),
    )


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.fail("no Chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def elsewhere() -> list[str]:
    """Return a list of the requested addresses of other machines. It must be empty in the end."""
    return []


@pytest.fixture
def anonymous(chromium: Browser, played: Played, elsewhere: list[str]) -> Iterator[BrowserContext]:
    """Yield a browser context that refuses and records requests to other machines."""

    def keep_here(route: Route) -> None:
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            route.continue_()
            return
        elsewhere.append(route.request.url)
        route.abort()

    context = chromium.new_context(
        viewport={"width": 1440, "height": 900},
        timezone_id="Africa/Johannesburg",
        base_url=played.airflow.url,
    )
    context.set_default_timeout(60_000)
    context.route("**/*", keep_here)
    yield context
    context.close()
    assert elsewhere == []


@pytest.fixture
def page(anonymous: BrowserContext) -> Page:
    """Return a page with a login as a read-only user."""
    page = anonymous.new_page()
    page.goto("/")
    page.get_by_label("Username").fill("viewer")
    page.get_by_label("Password").fill(USERS["viewer"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    return page
