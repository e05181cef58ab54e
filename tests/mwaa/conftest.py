"""An Airflow set up as MWAA's image sets it up, and an InvokeRestApi with AWS's limits in front of it.

From the image: FabAuthManager, the API server on gunicorn, LocalExecutor, a DAG processor of its own, tasks in new
interpreters, PostgreSQL, and no PYTHONPATH. The roles of FabAuthManager stand for those that IAM gives on MWAA.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from local_aws.commands.airflow import free_port
from local_aws.connect.contacts import StaticDirectory
from local_aws.connect.quotas import UNLIMITED
from local_aws.connect.simulator import ConnectSimulator
from local_aws.server import LocalAws
from support.fakes import BUCKET, INSTANCE_ID, PREFIX
from support.mwaa import with_conditional_writes
from support.real_mwaa import PASSWORD, ROLES, SECRETS, MwaaAirflow, RealMwaa


@pytest.fixture(scope="session")
def aws() -> Iterator[LocalAws]:
    connect = ConnectSimulator(
        INSTANCE_ID, StaticDirectory(), recording_bucket=BUCKET, recording_prefix=PREFIX, quotas=UNLIMITED
    )
    with LocalAws(connect) as aws, aws.applied():
        aws.create_bucket(BUCKET)
        aws.create_bucket("airflow-bucket")
        aws.client("s3").put_bucket_versioning(
            Bucket="airflow-bucket", VersioningConfiguration={"Status": "Enabled"}
        )
        aws.client("iam").create_role(RoleName="airflow-execution", AssumeRolePolicyDocument="{}")
        yield aws


@contextmanager
def postgres() -> Iterator[str]:
    """Run PostgreSQL as its own user, since it refuses to run as root. Give the address of a database."""
    programs = next(Path("/usr/lib/postgresql").glob("*/bin"))
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="audio-leakage-postgres-"))  # pytest keeps its folders to itself
    shutil.chown(folder, "postgres")
    data = str(folder / "data")
    user: list[str | Path] = ["runuser", "-u", "postgres", "--"]
    server = [*user, programs / "pg_ctl", "-D", data, "-s", "-w", "-l", folder / "log"]
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200"
    create = [*user, programs / "initdb", "-D", data, "-A", "trust", "-E", "UTF8"]
    subprocess.run(create, check=True, capture_output=True)
    subprocess.run([*server, "-o", options, "start"], check=True)
    try:
        subprocess.run(
            [*user, programs / "createdb", "-h", "127.0.0.1", "-p", str(port), "airflow"], check=True
        )
        yield f"postgresql+psycopg2://postgres@127.0.0.1:{port}/airflow"
    finally:
        subprocess.run([*server, "-m", "immediate", "stop"], check=True)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def airflow(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MwaaAirflow]:
    """Set Airflow up as MWAA's image does for AUTH_TYPE mwaa-iam and the LocalExecutor."""
    home = tmp_path_factory.mktemp("airflow")
    for folder in ("dags", "plugins"):
        (home / folder).mkdir()
    port = free_port()
    with postgres() as database:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name != "PYTHONPATH" and not name.startswith("AIRFLOW")
        }
        settings = {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__SERVER_TYPE": "gunicorn",
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API__WORKER_REFRESH_BATCH_SIZE": "1",
            "AIRFLOW__API__WORKER_REFRESH_INTERVAL": "43200",
            "AIRFLOW__API_AUTH__JWT_ALGORITHM": "HS256",
            "AIRFLOW__API_AUTH__JWT_SECRET": "0123456789abcdef" * 4,
            "AIRFLOW__CORE__AUTH_MANAGER": (
                "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
            ),
            "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
            "AIRFLOW__CORE__EXECUTE_TASKS_NEW_PYTHON_INTERPRETER": "True",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "5",  # 30 on MWAA
            "AIRFLOW__CORE__MULTI_TEAM": "False",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(home / "plugins"),
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "5",  # 30 on MWAA
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",  # 300 on MWAA
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
            "AIRFLOW__EXECUTION_API__JWT_EXPIRATION_TIME": "86400",
            "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
            "AIRFLOW__SCHEDULER__SCHEDULE_AFTER_TASK_EXECUTION": "False",
            "AIRFLOW__SCHEDULER__STANDALONE_DAG_PROCESSOR": "True",
            "AIRFLOW__TRIGGERER__QUEUES_ENABLED": "False",
            **{f"AIRFLOW__{name.upper().replace('.', '__')}": value for name, value in SECRETS.items()},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        airflow = MwaaAirflow(home, inherited | aws.environment | settings, port)
        airflow.cli("db", "migrate")
        for role in ROLES:
            airflow.cli("users", "create", *person(role))
        airflow.start()
        try:
            yield airflow
        finally:
            airflow.stop()


def person(role: str) -> list[str]:
    """Return the arguments that describe a user of a role."""
    name = role.lower()
    names = ["--username", name, "--firstname", name, "--lastname", name, "--email", f"{name}@example.com"]
    return [*names, "--role", role, "--password", PASSWORD]


@pytest.fixture(scope="session")
def mwaa(aws: LocalAws, airflow: MwaaAirflow) -> RealMwaa:
    """Return an environment that other teams share, after an update of theirs that failed."""
    return RealMwaa(
        "airflow-bucket",
        with_conditional_writes(aws.client("s3")),
        environment={"Status": "UPDATE_FAILED", "AirflowConfigurationOptions": SECRETS},
        airflow=airflow,
    )


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert found, "no Chromium on this machine: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()
