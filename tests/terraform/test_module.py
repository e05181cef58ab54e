"""The Terraform module, as Terraform and its AWS provider see it: valid, and applied to the stand-in for AWS."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from infrastructure import package
from infrastructure.deploy import plan
from infrastructure.deployment import Deployment, Part
from infrastructure.parameters import DeployOptions
from local_aws.connect.contacts import StaticDirectory
from local_aws.connect.simulator import ConnectSimulator
from local_aws.server import LocalAws
from support.fakes import BUCKET, INSTANCE_ID, PREFIX
from support.mwaa import FakeMwaa

MODULE = ROOT / "include" / "infrastructure" / "terraform"
#: A folder of providers, for machines that cannot reach Terraform's registry.
PROVIDERS = os.environ.get("PROVIDERS", "")
OPTIONS = DeployOptions(
    environment="airflow",
    connect_instance_id=INSTANCE_ID,
    recording_bucket=BUCKET,
    recording_prefix=PREFIX,
    flow_log_group="/aws/connect/acme",
    email="on-call@example.com",
    evidence_bucket="acme-evidence",
    iam_path="/",
)


def configuration(folder: Path) -> str:
    """Return what a team writes that uses the module."""
    return f"""
provider "aws" {{
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  s3_use_path_style           = true
}}

module "audio_leakage" {{
  source = "{os.path.relpath(MODULE, folder)}"

  connect_instance_id = "{OPTIONS.connect_instance_id}"
  execution_role_name = "airflow-execution"
  recording_bucket    = "{OPTIONS.recording_bucket}"
  recording_prefix    = "{OPTIONS.recording_prefix}"
  flow_log_group      = "{OPTIONS.flow_log_group}"
  code_bucket         = "airflow-bucket"
  subscriber_zip      = "subscriber.zip"
  email               = "{OPTIONS.email}"
  evidence_bucket     = "{OPTIONS.evidence_bucket}"
}}

output "variable" {{
  value = module.audio_leakage.variable
}}
"""


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    connect = ConnectSimulator(
        INSTANCE_ID, StaticDirectory(), recording_bucket=BUCKET, recording_prefix=PREFIX
    )
    with LocalAws(connect) as aws, aws.applied():
        aws.create_bucket("airflow-bucket")
        aws.create_log_group(OPTIONS.flow_log_group)
        aws.client("iam").create_role(RoleName="airflow-execution", AssumeRolePolicyDocument="{}")
        yield aws


@pytest.fixture(scope="module")
def folder(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a team that uses the module, with the provider in it."""
    del aws
    folder = tmp_path_factory.mktemp("terraform")
    (folder / "main.tf").write_text(configuration(folder))
    (folder / "subscriber.zip").write_bytes(package.zipped(package.subscriber_files()))
    terraform(folder, "init", *([f"-plugin-dir={PROVIDERS}"] if PROVIDERS else []))
    return folder


@pytest.fixture(scope="module")
def applied(folder: Path) -> dict[str, Any]:
    """Apply the module, and return its outputs."""
    terraform(folder, "apply", "-auto-approve")
    outputs: dict[str, Any] = json.loads(terraform(folder, "output", "-json"))
    return outputs


def terraform(folder: Path, command: str, *options: str) -> str:
    """Run Terraform to a good end, and return its output."""
    done = subprocess.run(
        ["terraform", command, "-no-color", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_module_is_valid(folder: Path) -> None:
    assert "The configuration is valid" in terraform(folder, "validate")


def test_a_second_plan_of_terraform_changes_nothing(folder: Path, applied: dict[str, Any]) -> None:
    """Terraform's exit code is 2 if there is something to change."""
    assert applied
    terraform(folder, "plan", "-detailed-exitcode")


def test_make_deploy_finds_nothing_to_change_after_terraform(aws: LocalAws, applied: dict[str, Any]) -> None:
    """There is one source of truth: both give the stacks the same names, templates and parameters."""
    assert applied
    mwaa = FakeMwaa("airflow-bucket", aws.client("s3"))
    mwaa.variables["audio_leakage"] = applied["variable"]["value"]

    def client(service: str, **_: str) -> Any:  # noqa: ANN401  # one of boto3's many clients
        return mwaa.client() if service == "mwaa" else aws.client(service)

    lines: list[str] = []
    deployment = Deployment(OPTIONS, client, lines.append, mwaa.pause)
    assert plan(deployment, (Part.STACKS, Part.VARIABLE), lines.append) == 0, lines
