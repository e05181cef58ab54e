"""`make deploy` against the stand-in: all of AWS but the MWAA environment itself, which is played in memory."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audio_leakage.errors import SettingsError
from infrastructure import package
from infrastructure.deploy import deploy
from infrastructure.deployment import Deployment
from infrastructure.environment import EnvironmentNotReady
from infrastructure.parameters import DeployOptions
from infrastructure.smoke import SmokeCheckFailed
from support.fakes import BUCKET, INSTANCE_ID, PREFIX
from support.mwaa import FakeMwaa
from support.stage import LOG_GROUP, Stage

DAG_ID, HOURLY_DAG_ID = "monitor_audio_leakage", "reconcile_audio_leakage"
SECRETS = {
    "secrets.backend": "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend",
    "secrets.backend_kwargs": '{"variables_prefix": "airflow/variables"}',
}
OPTIONS = DeployOptions(
    environment="airflow",
    connect_instance_id=INSTANCE_ID,
    recording_bucket=BUCKET,
    recording_prefix=PREFIX,
    flow_log_group=LOG_GROUP,
)


@pytest.fixture
def mwaa(stage: Stage) -> FakeMwaa:
    """Return an environment with a versioned bucket and a role, as MWAA demands them."""
    stage.aws.create_bucket("airflow-bucket")
    stage.aws.client("s3").put_bucket_versioning(
        Bucket="airflow-bucket", VersioningConfiguration={"Status": "Enabled"}
    )
    stage.aws.client("iam").create_role(RoleName="airflow-execution", AssumeRolePolicyDocument="{}")
    stage.aws.create_log_group(LOG_GROUP)
    return FakeMwaa("airflow-bucket", dags={name: {"is_paused": True} for name in (DAG_ID, HOURLY_DAG_ID)})


Deploy = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def deployed(stage: Stage, mwaa: FakeMwaa) -> Deploy:
    """Return a function that deploys and gives the exit code and the printed lines."""

    def run(agreed: bool = True, options: DeployOptions = OPTIONS) -> tuple[int, list[str]]:
        lines: list[str] = []

        def client(service: str) -> Any:  # noqa: ANN401  # one of boto3's many clients
            return mwaa.client() if service == "mwaa" else stage.aws.client(service)

        deployment = Deployment(options, client, lines.append, pause=lambda _: None)
        return deploy(deployment, lambda: agreed, lines.append), lines

    return run


def variable(mwaa: FakeMwaa) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads(mwaa.variables["audio_leakage"])
    return settings


def stacks(stage: Stage) -> set[str]:
    found = stage.aws.client("cloudformation").describe_stacks()["Stacks"]
    return {stack["StackName"] for stack in found if stack["StackName"] != "table"}


def test_a_deployment_takes_an_empty_environment_to_a_first_run(
    stage: Stage, mwaa: FakeMwaa, deployed: Deploy
) -> None:
    code, lines = deployed()
    assert (code, lines[-1]) == (0, "done")
    assert stacks(stage) == {
        f"audio-leakage-{part}" for part in ("table", "monitoring", "policy", "subscriber")
    }
    assert mwaa.dags[DAG_ID] == {"is_paused": False}
    assert mwaa.runs == [DAG_ID]
    assert "manual__1: success" in lines
    assert variable(mwaa) == {
        "connect_instance_id": INSTANCE_ID,
        "contact_table": "audio-leakage-contacts",
        "flow_log_group": LOG_GROUP,
        "alert_topic_arn": "arn:aws:sns:af-south-1:123456789012:audio-leakage-alerts",
    }
    (monitoring,) = stage.aws.client("cloudformation").describe_stacks(StackName="audio-leakage-monitoring")[
        "Stacks"
    ]
    given = {each["ParameterKey"]: each["ParameterValue"] for each in monitoring["Parameters"]}
    assert (given["ConnectInstanceId"], given["FlowLogGroupName"]) == (INSTANCE_ID, LOG_GROUP)
    attached = stage.aws.client("iam").list_attached_role_policies(RoleName="airflow-execution")
    assert len(attached["AttachedPolicies"]) == 1


def test_the_environment_gets_the_uploaded_versions_of_the_package(
    stage: Stage, mwaa: FakeMwaa, deployed: Deploy
) -> None:
    deployed()
    s3 = stage.aws.client("s3")
    for name, content in (
        ("Plugins", package.zipped(package.plugin_files())),
        ("Requirements", package.requirements()),
    ):
        version = {
            "Key": mwaa.environment[f"{name}S3Path"],
            "VersionId": mwaa.environment[f"{name}S3ObjectVersion"],
        }
        assert s3.get_object(Bucket="airflow-bucket", **version)["Body"].read() == content
    dag = s3.get_object(Bucket="airflow-bucket", Key="dags/monitor_audio_leakage.py")["Body"].read()
    assert dag == package.dag_files()["monitor_audio_leakage.py"]


def test_a_deployment_without_consent_changes_nothing(stage: Stage, mwaa: FakeMwaa, deployed: Deploy) -> None:
    code, lines = deployed(agreed=False)
    assert (code, lines[-1]) == (2, "nothing was changed")
    assert any(
        line.startswith("stack audio-leakage-table:\n    create AWS::DynamoDB::Table") for line in lines
    )
    assert (stacks(stage), mwaa.variables, mwaa.updates, mwaa.runs) == (set(), {}, [], [])
    assert "Contents" not in stage.aws.client("s3").list_objects_v2(Bucket="airflow-bucket")


def test_a_repeated_deployment_changes_nothing_and_checks_again(
    stage: Stage, mwaa: FakeMwaa, deployed: Deploy
) -> None:
    deployed()
    objects = stage.aws.client("s3").list_object_versions(Bucket="airflow-bucket")["Versions"]
    code, lines = deployed()
    plan = lines[
        : lines.index(
            f"DAG {DAG_ID}:\n    switch on\n    trigger a run and wait for its end\n    switch {HOURLY_DAG_ID} on"
        )
    ]
    assert all(line.endswith(": nothing to change") for line in plan), plan
    assert (code, len(mwaa.updates), len(mwaa.runs)) == (0, 1, 2)
    uploaded = stage.aws.client("s3").list_object_versions(Bucket="airflow-bucket")["Versions"]
    assert {each["Key"] for each in uploaded} == {each["Key"] for each in objects}


def test_a_deployment_keeps_what_other_teams_have(stage: Stage, mwaa: FakeMwaa, deployed: Deploy) -> None:
    theirs = {"billing/__init__.py": b"", "audio_leakage/removed.py": b"", ".airflowignore": b"billing/\n"}
    body = package.zipped(theirs)
    put = stage.aws.client("s3").put_object(Bucket="airflow-bucket", Key="shared/plugins.zip", Body=body)
    mwaa.environment |= {
        "PluginsS3Path": "shared/plugins.zip",
        "PluginsS3ObjectVersion": put["VersionId"],
        "RequirementsS3Path": "shared/requirements.txt",
        "RequirementsS3ObjectVersion": "1",
    }
    deployed()
    (update,) = mwaa.updates
    assert set(update) == {"PluginsS3Path", "PluginsS3ObjectVersion"}
    answer = stage.aws.client("s3").get_object(Bucket="airflow-bucket", Key="shared/plugins.zip")
    files = package.unzipped(answer["Body"].read())
    assert set(files) == set(package.plugin_files()) | {"billing/__init__.py"}
    assert {b"billing/", b"audio_leakage/", b"audio_leakage_hooks/"} <= set(
        files[".airflowignore"].splitlines()
    )


def test_a_deployment_keeps_what_operators_set_in_the_variable(mwaa: FakeMwaa, deployed: Deploy) -> None:
    mwaa.variables["audio_leakage"] = json.dumps({"recheck_days": 14, "contact_table": "old"})
    _, lines = deployed()
    assert variable(mwaa)["recheck_days"] == 14
    assert variable(mwaa)["contact_table"] == "audio-leakage-contacts"
    assert any("set contact_table to audio-leakage-contacts" in line for line in lines)


def test_the_variable_is_a_secret_if_the_environment_reads_secrets(
    stage: Stage, mwaa: FakeMwaa, deployed: Deploy
) -> None:
    mwaa.environment["AirflowConfigurationOptions"] = SECRETS
    deployed()
    deployed()
    secret = stage.aws.client("secretsmanager").get_secret_value(SecretId="airflow/variables/audio_leakage")
    assert json.loads(secret["SecretString"])["contact_table"] == "audio-leakage-contacts"
    assert mwaa.variables == {}


def test_new_lambda_code_and_a_changed_parameter_update_their_stacks(
    stage: Stage, deployed: Deploy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed()
    before = stage.aws.client("lambda").get_function(FunctionName="audio-leakage-subscriber-subscriber")
    (tmp_path / "new.py").touch()
    monkeypatch.setattr(package, "_SUBSCRIBER", package._SUBSCRIBER | {"extra": tmp_path})
    _, lines = deployed(options=replace(OPTIONS, email="on-call@example.com"))
    changed = {line.partition(":")[0] for line in lines if line.startswith("stack") and "nothing" not in line}
    assert {"stack audio-leakage-monitoring", "stack audio-leakage-subscriber"} <= changed
    after = stage.aws.client("lambda").get_function(FunctionName="audio-leakage-subscriber-subscriber")
    assert before["Configuration"]["CodeSha256"] != after["Configuration"]["CodeSha256"]


def test_a_further_instance_has_names_of_its_own(stage: Stage, mwaa: FakeMwaa, deployed: Deploy) -> None:
    deployed()
    for name in ("monitor_audio_leakage__us_east", "reconcile_audio_leakage__us_east"):
        mwaa.dags[name] = {"is_paused": True}
    deployed(options=replace(OPTIONS, instance="us_east", flow_log_group=""))
    assert "audio-leakage-us-east-table" in stacks(stage)
    assert (
        json.loads(mwaa.variables["audio_leakage__us_east"])["contact_table"]
        == "audio-leakage-us-east-contacts"
    )
    assert mwaa.runs == [DAG_ID, "monitor_audio_leakage__us_east"]


def test_a_table_that_outlived_its_stack_is_used_as_it_is(stage: Stage, deployed: Deploy) -> None:
    deployed()
    stage.aws.client("cloudformation").delete_stack(StackName="audio-leakage-table")
    code, lines = deployed()
    assert code == 0
    assert "table audio-leakage-contacts, which belongs to no stack: nothing to change" in lines
    assert "audio-leakage-table" not in stacks(stage)


@pytest.mark.parametrize("text", ["{'single': 1}", "[]", '{"surplus": 1}'])
def test_an_unreadable_variable_ends_the_deployment_before_any_change(
    stage: Stage, mwaa: FakeMwaa, deployed: Deploy, text: str
) -> None:
    mwaa.variables["audio_leakage"] = text
    with pytest.raises(SettingsError, match="Airflow Variable audio_leakage"):
        deployed()
    assert stacks(stage) == set()


def test_an_environment_that_is_being_updated_is_left_alone(mwaa: FakeMwaa, deployed: Deploy) -> None:
    mwaa.environment["Status"] = "UPDATING"
    with pytest.raises(EnvironmentNotReady, match="environment airflow is UPDATING"):
        deployed()


def test_a_failed_update_ends_the_deployment_before_the_dag_is_there(
    stage: Stage, mwaa: FakeMwaa, deployed: Deploy
) -> None:
    mwaa.update_ends = "FAILED"
    with pytest.raises(EnvironmentNotReady, match="was not updated"):
        deployed()
    keys = {
        each["Key"] for each in stage.aws.client("s3").list_objects_v2(Bucket="airflow-bucket")["Contents"]
    }
    assert not [key for key in keys if key.startswith("dags/")]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"run_ends": "failed"}, "check_recordings failed: the last line of its log"),
        ({"import_error": "Traceback\nModuleNotFoundError: x"}, "does not load: ModuleNotFoundError: x"),
        ({"dags": {}}, "gave up after waiting 15 minutes for monitor_audio_leakage to be loaded"),
    ],
)
def test_a_first_run_that_fails_is_reported(
    mwaa: FakeMwaa, deployed: Deploy, changes: dict[str, Any], says: str
) -> None:
    for name, value in changes.items():
        setattr(mwaa, name, value)
    with pytest.raises(SmokeCheckFailed, match=says):
        deployed()
