"""The package as it arrives: unpacked where MWAA and Lambda unpack it, with nothing of this project on the path."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from infrastructure import package
from support.fakes import CONTACT_ID, answer, at, key_of
from support.flow_lines import delivery, line
from support.stage import TABLE, Stage

RUN = """
from airflow.models import DagBag
from airflow.utils.db import initdb
initdb()
bag = DagBag()
assert not bag.import_errors, bag.import_errors
assert bag.dags["monitor_audio_leakage"].test().state == "success"
import audio_leakage
print("the domain is", audio_leakage.__file__)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("build")
    package.build(folder)
    return folder


def run(arguments: list[str], folder: Path, **environment: str) -> str:
    """Run Python in a folder without the project on its path."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def test_the_dag_reaches_a_verdict_from_the_unpacked_package(
    stage: Stage, built: Path, tmp_path: Path
) -> None:
    shutil.copytree(built / "mwaa" / "dags", tmp_path / "dags")
    with ZipFile(built / "mwaa" / "plugins.zip") as plugins:
        plugins.extractall(tmp_path / "plugins")
    stage.contacts[CONTACT_ID] = answer()["Contact"]
    stage.put({"ContactId": CONTACT_ID, "State": "INITIALISED"})
    stage.put_object(key_of())
    printed = run(["-c", RUN], tmp_path, **airflow_of(tmp_path))
    assert f"the domain is {tmp_path}/plugins/audio_leakage/" in printed
    assert stage.items()[CONTACT_ID]["RecordedState"] == "CALL_RECORDED_SUCCESS"


def airflow_of(home: Path) -> dict[str, str]:
    """Return what makes a folder the home of an Airflow of its own."""
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(home / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
    }


def test_the_lambda_enters_a_contact_from_its_zip_only(stage: Stage, built: Path, tmp_path: Path) -> None:
    handle = "import sys, json; from flow_log_subscriber.handler import handler; print(handler(json.loads(sys.argv[1]), None))"
    printed = run(
        ["-c", handle, json.dumps(delivery((line(), at("10:30"))))],
        tmp_path,
        PYTHONPATH=str(built / "lambda" / "subscriber.zip"),
        CONTACT_TABLE=TABLE,
    )
    assert "{'entered': 1}" in printed
    assert set(stage.items()) == {CONTACT_ID}


#: boto3 and what it requires; botocore takes certifi's certificates where they are installed.
BOTO3 = {"boto3", "botocore", "certifi", "dateutil", "jmespath", "s3transfer", "six", "urllib3"}


def test_the_lambda_needs_only_boto3_from_outside_its_zip(built: Path, tmp_path: Path) -> None:
    """So there is nothing to pin: what is not in the zip comes with Python or with the runtime's boto3."""
    archive = built / "lambda" / "subscriber.zip"
    with ZipFile(archive) as opened:
        ours = {name.partition("/")[0] for name in opened.namelist()}
    loads = (
        "import sys; before = set(sys.modules); import flow_log_subscriber.handler as handler;"
        "handler._contacts('contacts'); print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    region = {"AWS_DEFAULT_REGION": "af-south-1"}
    loaded = set(run(["-c", loads], tmp_path, PYTHONPATH=str(archive), **region).split())
    assert "audio_leakage" in ours
    assert loaded - ours - BOTO3 - {"__mp_main__"} <= sys.stdlib_module_names
