"""`make deploy` into an Airflow as MWAA's image sets it up, and what people of each role see of it there."""

import json
import os
import stat
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from conftest import ROOT
from infrastructure import package
from infrastructure.deploy import deploy
from infrastructure.deployment import Deployment, Part
from infrastructure.options_file import write_options
from infrastructure.parameters import DeployOptions
from local_aws.server import LocalAws
from support.fakes import BUCKET, INSTANCE_ID, PREFIX
from support.mwaa import DAG_FILE, run_plan
from support.real_mwaa import DAG_ID, PASSWORD, ROLES, MwaaAirflow, RealMwaa

PICTURES = ROOT / os.environ.get("PICTURES", "build/pictures")
OPTIONS = DeployOptions(
    environment="airflow",
    connect_instance_id=INSTANCE_ID,
    recording_bucket=BUCKET,
    recording_prefix=PREFIX,
)
expect.set_options(timeout=60_000)


def plugins_of_another_team() -> bytes:
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name, mode, content in (
            ("hive/bin/hive", 0o100755, b"#!/bin/sh\n" * 2_000),
            ("hive/hive", 0o120777, b"bin/hive"),
            ("billing_plugin.py", 0o100644, b"RATES = {}\n" * 500),
        ):
            entry = ZipInfo(name, (2024, 2, 29, 12, 0, 0))
            entry.create_system, entry.external_attr, entry.compress_type = 3, mode << 16, ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()


THEIRS = plugins_of_another_team()


def entries(archive: bytes) -> dict[str, tuple[str, int, int, bytes]]:
    with ZipFile(BytesIO(archive)) as opened:
        return {
            each.filename: (
                stat.filemode(each.external_attr >> 16),
                each.compress_type,
                each.compress_size,
                opened.read(each),
            )
            for each in opened.infolist()
        }


def deployment(aws: LocalAws, mwaa: RealMwaa, lines: list[str]) -> Deployment:
    def client(service: str, **_: str) -> Any:  # noqa: ANN401  # one of boto3's many clients
        return mwaa.client() if service == "mwaa" else aws.client(service)

    return Deployment(OPTIONS, client, lines.append, mwaa.pause)


@pytest.fixture(scope="session")
def deployed(aws: LocalAws, mwaa: RealMwaa) -> list[str]:
    """Deploy into the environment, and return the printed lines."""
    aws.client("s3").put_object(Bucket="airflow-bucket", Key="plugins.zip", Body=THEIRS)
    mwaa.environment["PluginsS3Path"] = "plugins.zip"  # and no version, as Terraform leaves it
    lines: list[str] = []
    assert deploy(deployment(aws, mwaa, lines), tuple(Part), lambda: True, lines.append) == 0
    return lines


def run_id(lines: list[str]) -> str:
    (line,) = [line for line in lines if line.startswith("deploy-")]
    return line.partition(":")[0]


def test_the_first_run_succeeds(airflow: MwaaAirflow, deployed: list[str]) -> None:
    assert f"{run_id(deployed)}: success" in deployed
    status, run = airflow.call("Viewer", "GET", f"/api/v2/dags/{DAG_ID}/dagRuns/{run_id(deployed)}")
    assert (status, run["state"], run["run_type"]) == (200, "success", "manual")


def test_the_variable_is_where_airflow_looks(
    airflow: MwaaAirflow, aws: LocalAws, deployed: list[str]
) -> None:
    assert deployed
    _, found = airflow.call("Op", "GET", "/api/v2/variables/audio_leakage")
    assert json.loads(found["value"])["contact_table"] == "audio-leakage-contacts"
    assert aws.client("secretsmanager").list_secrets()["SecretList"] == []


def test_what_another_team_has_in_plugins_zip_stays_as_it_is(
    aws: LocalAws, mwaa: RealMwaa, deployed: list[str]
) -> None:
    assert deployed
    answer = aws.client("s3").get_object(Bucket="airflow-bucket", Key=mwaa.environment["PluginsS3Path"])
    after = entries(answer["Body"].read())
    assert {name: after[name] for name in entries(THEIRS)} == entries(THEIRS)
    assert set(after) == set(entries(THEIRS)) | set(package.plugin_files())
    assert [set(update) for update in mwaa.updates] == [{"PluginsS3Path", "PluginsS3ObjectVersion"}]


def test_two_plans_of_an_environment_up_to_date_have_nothing_to_change(
    aws: LocalAws, mwaa: RealMwaa, deployed: list[str], tmp_path: Path
) -> None:
    """The command itself, in a process of its own."""
    assert deployed
    config = tmp_path / "airflow.toml"
    write_options(config, OPTIONS)
    for _ in range(2):
        assert run_plan(mwaa, aws.environment, config) == (0, "nothing to change")


def test_the_dag_runs_without_import_errors(airflow: MwaaAirflow, deployed: list[str]) -> None:
    assert deployed
    assert airflow.call("Op", "GET", "/api/v2/importErrors")[1]["import_errors"] == []
    assert airflow.call("Op", "GET", "/api/v2/plugins/importErrors")[1]["import_errors"] == []


def test_a_second_deployment_runs_the_new_file(
    aws: LocalAws, airflow: MwaaAirflow, mwaa: RealMwaa, deployed: list[str]
) -> None:
    """Airflow knows the earlier version of the file, and would run it at once."""
    assert deployed
    earlier = package.dag_files()[DAG_FILE].replace(b'"compliance"', b'"an-earlier-version"')
    aws.client("s3").put_object(Bucket="airflow-bucket", Key=f"dags/{DAG_FILE}", Body=earlier)
    wait_for(mwaa, lambda: "an-earlier-version" in tags(airflow))
    lines: list[str] = []
    parts = (Part.DAGS, Part.CHECK)
    assert deploy(deployment(aws, mwaa, lines), parts, lambda: True, lines.append) == 0
    assert "an-earlier-version" not in tags(airflow)
    _, run = airflow.call("Viewer", "GET", f"/api/v2/dags/{DAG_ID}/dagRuns/{run_id(lines)}")
    _, known = airflow.call("Viewer", "GET", f"/api/v2/dags/{DAG_ID}/dagVersions?order_by=-version_number")
    newest = known["dag_versions"][0]["version_number"]
    assert [version["version_number"] for version in run["dag_versions"]] == [newest]


def tags(airflow: MwaaAirflow) -> list[str]:
    return [tag["name"] for tag in airflow.call("Viewer", "GET", f"/api/v2/dags/{DAG_ID}")[1]["tags"]]


def wait_for(mwaa: RealMwaa, holds: Callable[[], bool]) -> None:
    for _ in range(150):
        if holds():
            return
        mwaa.pause(2)
    raise AssertionError("it did not come in five minutes")


@pytest.fixture(params=ROLES)
def role(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(chromium: Browser, airflow: MwaaAirflow, deployed: list[str], role: str) -> Iterator[Page]:
    """Yield a page with a login of one role."""
    assert deployed
    context = chromium.new_context(viewport={"width": 1180, "height": 640}, base_url=airflow.url)
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto("/auth/login/")
    page.locator("[name=username]").fill(role.lower())
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[type=submit]").click()
    page.wait_for_url(lambda address: "/login" not in address)
    yield page
    context.close()


def photograph(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")


def test_the_docs_of_the_dag_lead_to_the_page(page: Page, role: str) -> None:
    page.goto(f"/dags/{DAG_ID}")
    page.get_by_role("button", name="Dag Docs").click()
    link = page.get_by_role("link", name="Call recordings").last
    expect(link).to_be_visible()
    photograph(page, f"role-{role.lower()}")
    with page.context.expect_page() as opened:
        link.click(modifiers=["ControlOrMeta"])
    shown = opened.value
    expect(shown.locator("body[data-complete]")).to_be_attached()
    assert urlsplit(shown.url).path == f"/audio-leakage/{DAG_ID}/"


def test_check_recordings_links_to_the_calls_of_its_run(page: Page, deployed: list[str]) -> None:
    page.goto(f"/dags/{DAG_ID}/runs/{quote(run_id(deployed))}/tasks/check_recordings/details")
    link = page.get_by_role("link", name="Calls of this run")
    expect(link).to_be_visible()
    address = urlsplit(link.get_attribute("href") or "")
    page.goto(f"{address.path}?{address.query}")
    expect(page.locator("body[data-complete]")).to_be_attached()
    expect(page.locator("#tasks .card")).to_have_count(4)


def test_the_menu_is_for_those_who_may_read_plugins(page: Page, airflow: MwaaAirflow, role: str) -> None:
    page.goto(f"/dags/{DAG_ID}")
    expect(page.get_by_text("poll_initialised").first).to_be_visible()
    may = airflow.call(role, "GET", "/api/v2/plugins")[0] == 200
    assert may == (role == "Op")
    expect(page.get_by_role("link", name="Call recordings")).to_have_count(1 if may else 0)
