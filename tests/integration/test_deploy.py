"""`make deploy` against the stand-in: all of AWS but the MWAA environment itself, which is played in memory."""

import json
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.amazon.aws.secrets.secrets_manager import SecretsManagerBackend
from botocore.exceptions import ClientError

from audio_leakage.errors import SettingsError
from infrastructure import package
from infrastructure.bucket import ChangedMeanwhile
from infrastructure.deploy import deploy, plan
from infrastructure.deployment import Deployment, Part
from infrastructure.environment import Environment, EnvironmentNotReady, RestRefused
from infrastructure.options_file import write_options
from infrastructure.parameters import DeployOptions
from infrastructure.plugins_zip import unzipped
from infrastructure.smoke import SmokeCheck, SmokeCheckFailed
from infrastructure.stacks import StackError, Stacks
from support.fakes import BUCKET, INSTANCE_ID, PREFIX
from support.mwaa import (
    DAG_FILE,
    FakeMwaa,
    broken,
    run_plan,
    throttled,
    timed_out,
    with_conditional_writes,
)
from support.stage import LOG_GROUP, Stage

DAG_ID, HOURLY_DAG_ID = "monitor_audio_leakage", "reconcile_audio_leakage"
DAILY_DAG_ID = "audio_leakage_evidence"
ACKNOWLEDGE_DAG_ID = "acknowledge_audio_leakage"
DAG_IDS = (DAG_ID, HOURLY_DAG_ID, DAILY_DAG_ID, ACKNOWLEDGE_DAG_ID)
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
    stage.aws.create_log_group("airflow-airflow-Task")
    s3 = with_conditional_writes(stage.aws.client("s3"))
    return FakeMwaa(
        "airflow-bucket",
        s3,
        dags={name: {"is_paused": True} for name in DAG_IDS},
    )


Deploy = Callable[..., tuple[int, list[str]]]


def deployment_of(
    stage: Stage, mwaa: FakeMwaa, options: DeployOptions, tell: Callable[[str], object]
) -> Deployment:
    def client(service: str, **_: str) -> Any:  # noqa: ANN401  # one of boto3's many clients
        return mwaa.client() if service == "mwaa" else stage.aws.client(service)

    return Deployment(options, client, tell, pause=mwaa.pause)


@pytest.fixture
def deployed(stage: Stage, mwaa: FakeMwaa) -> Deploy:
    """Return a function that deploys and gives the exit code and the printed lines."""

    def run(
        agreed: bool = True,
        options: DeployOptions = OPTIONS,
        parts: Collection[Part] = tuple(Part),
        meanwhile: Callable[[], object] = lambda: None,
    ) -> tuple[int, list[str]]:
        lines: list[str] = []

        def answer() -> bool:
            meanwhile()
            return agreed

        return deploy(deployment_of(stage, mwaa, options, lines.append), parts, answer, lines.append), lines

    return run


def variable(mwaa: FakeMwaa) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads(mwaa.variables["audio_leakage"])
    return settings


def put_plugins(stage: Stage, mwaa: FakeMwaa, files: dict[str, bytes], *, version: bool = True) -> str:
    """Put another team's plugins.zip into the environment, and return its version."""
    put = stage.aws.client("s3").put_object(
        Bucket="airflow-bucket", Key="shared/plugins.zip", Body=package.zipped(files)
    )
    mwaa.environment |= {"PluginsS3Path": "shared/plugins.zip"}
    if version:
        mwaa.environment |= {"PluginsS3ObjectVersion": put["VersionId"]}
    return str(put["VersionId"])


def plugins(stage: Stage, mwaa: FakeMwaa) -> dict[str, bytes]:
    """Return the files of the plugins.zip that the environment uses."""
    answer = stage.aws.client("s3").get_object(
        Bucket="airflow-bucket",
        Key=mwaa.environment["PluginsS3Path"],
        VersionId=mwaa.environment["PluginsS3ObjectVersion"],
    )
    return dict(unzipped(answer["Body"].read()))


def keys(stage: Stage) -> set[str]:
    answer = stage.aws.client("s3").list_objects_v2(Bucket="airflow-bucket")
    return {each["Key"] for each in answer.get("Contents", [])}


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
    (run,) = mwaa.runs
    assert (run["dag_id"], run["state"]) == (DAG_ID, "success")
    assert f"{run['dag_run_id']}: success" in lines
    assert "  check_recordings: success in 4 s" in lines
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


def test_evidence_is_written_where_somebody_asks_for_it(
    stage: Stage, mwaa: FakeMwaa, deployed: Deploy
) -> None:
    deployed()
    assert (mwaa.dags[DAILY_DAG_ID], "evidence_bucket" in variable(mwaa)) == ({"is_paused": True}, False)
    options = replace(OPTIONS, evidence_bucket="acme-evidence", evidence_lock_years="10")
    code, lines = deployed(options=options)
    assert (code, mwaa.dags[DAILY_DAG_ID]) == (0, {"is_paused": False})
    assert mwaa.dags[ACKNOWLEDGE_DAG_ID] == {"is_paused": False}
    (stack,) = stage.aws.client("cloudformation").describe_stacks(StackName="audio-leakage-evidence")[
        "Stacks"
    ]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    assert variable(mwaa)["evidence_bucket"] == outputs["BucketName"] == "acme-evidence"
    assert variable(mwaa)["evidence_key_arn"] == outputs["KeyArn"]
    given = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    assert (given["LockYears"], given["LockMode"]) == ("10", "GOVERNANCE")
    assert any("set evidence_key_arn to the key of the new stack" in line for line in lines)
    attached = stage.aws.client("iam").list_attached_role_policies(RoleName="airflow-execution")
    assert len(attached["AttachedPolicies"]) == 2


def test_the_environment_gets_the_uploaded_package(stage: Stage, mwaa: FakeMwaa, deployed: Deploy) -> None:
    deployed()
    assert plugins(stage, mwaa) == dict(package.plugin_files())
    dag = stage.aws.client("s3").get_object(Bucket="airflow-bucket", Key=f"dags/{DAG_FILE}")["Body"].read()
    assert dag == package.dag_files()[DAG_FILE]


def test_requirements_are_nobodys_business_but_theirs(stage: Stage, mwaa: FakeMwaa, deployed: Deploy) -> None:
    deployed()
    (update,) = mwaa.updates
    assert set(update) == {"PluginsS3Path", "PluginsS3ObjectVersion"}
    assert not [key for key in keys(stage) if "requirements" in key]


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
            f"DAG {DAG_ID}:\n    switch on\n    switch {HOURLY_DAG_ID} on\n    trigger a run and wait for its end"
        )
    ]
    assert all(line.endswith(": nothing to change") for line in plan), plan
    assert (code, len(mwaa.updates), len(mwaa.runs)) == (0, 1, 2)
    uploaded = stage.aws.client("s3").list_object_versions(Bucket="airflow-bucket")["Versions"]
    assert {each["Key"] for each in uploaded} == {each["Key"] for each in objects}


@pytest.mark.parametrize("version", [True, False])
def test_a_deployment_keeps_what_other_teams_have(
    stage: Stage, mwaa: FakeMwaa, deployed: Deploy, version: bool
) -> None:
    theirs = {"billing/__init__.py": b"", "audio_leakage/removed.py": b"", ".airflowignore": b"billing/\n"}
    put_plugins(stage, mwaa, theirs, version=version)
    deployed()
    files = plugins(stage, mwaa)
    assert set(files) == set(package.plugin_files()) | {"billing/__init__.py"}
    assert {b"billing/", b"audio_leakage/", b"audio_leakage_hooks/"} <= set(
        files[".airflowignore"].splitlines()
    )


def test_a_plugins_zip_that_is_not_in_use_is_not_replaced(stage: Stage, deployed: Deploy) -> None:
    """Another environment may share the bucket."""
    theirs = package.zipped({"billing.py": b""})
    stage.aws.client("s3").put_object(Bucket="airflow-bucket", Key="plugins.zip", Body=theirs)
    deployed()
    kept = stage.aws.client("s3").get_object(Bucket="airflow-bucket", Key="plugins.zip")
    assert kept["Body"].read() == theirs


def test_an_upload_of_another_team_during_the_question_is_not_lost(
    stage: Stage, mwaa: FakeMwaa, deployed: Deploy
) -> None:
    put_plugins(stage, mwaa, {"billing.py": b"1"})
    deployed(meanwhile=lambda: put_plugins(stage, mwaa, {"billing.py": b"2", "rates.py": b"3"}))
    files = plugins(stage, mwaa)
    assert (files["billing.py"], files["rates.py"]) == (b"2", b"3")


def test_an_upload_of_another_team_during_ours_ends_the_deployment(
    stage: Stage, mwaa: FakeMwaa, deployed: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_plugins(stage, mwaa, {"billing.py": b"1"})

    def late(self: Deployment, merge: Any) -> Any:  # noqa: ANN401  # what it replaces
        put_plugins(stage, mwaa, {"billing.py": b"2"}, version=False)
        return upload(self, merge)

    upload = Deployment._upload
    monkeypatch.setattr(Deployment, "_upload", late)
    with pytest.raises(ChangedMeanwhile, match=r"changed s3://airflow-bucket/shared/plugins.zip meanwhile"):
        deployed(parts=[Part.PLUGINS])
    assert mwaa.updates == []
    newest = stage.aws.client("s3").get_object(Bucket="airflow-bucket", Key="shared/plugins.zip")
    assert unzipped(newest["Body"].read()) == {"billing.py": b"2"}


def test_an_upload_that_is_not_in_use_yet_is_left_out_and_told(
    stage: Stage, mwaa: FakeMwaa, deployed: Deploy
) -> None:
    put_plugins(stage, mwaa, {"billing.py": b"1"})
    put_plugins(stage, mwaa, {"billing.py": b"half-done"}, version=False)
    _, lines = deployed()
    assert any("leave out an upload of somebody else" in line for line in lines)
    assert plugins(stage, mwaa)["billing.py"] == b"1"


def test_plugins_that_are_gone_end_the_deployment(stage: Stage, mwaa: FakeMwaa, deployed: Deploy) -> None:
    mwaa.environment |= {"PluginsS3Path": "shared/plugins.zip"}
    with pytest.raises(EnvironmentNotReady, match=r"shared/plugins\.zip, which is gone"):
        deployed()
    assert stacks(stage) == set()


def test_a_deployment_keeps_what_operators_set_in_the_variable(mwaa: FakeMwaa, deployed: Deploy) -> None:
    mwaa.variables["audio_leakage"] = json.dumps({"recheck_days": 14, "contact_table": "old"})
    _, lines = deployed()
    assert variable(mwaa)["recheck_days"] == 14
    assert variable(mwaa)["contact_table"] == "audio-leakage-contacts"
    assert any("set contact_table to audio-leakage-contacts" in line for line in lines)


@pytest.mark.parametrize(
    ("kwargs", "secret"),
    [
        ('{"variables_prefix": "airflow/variables"}', "airflow/variables/audio_leakage"),
        ("{}", "airflow/variables/audio_leakage"),
        ('{"variables_prefix": "airflow/variables/"}', "airflow/variables/audio_leakage"),
        ('{"variables_prefix": ""}', "audio_leakage"),
        ('{"variables_prefix": "mwaa", "sep": "-"}', "mwaa-audio_leakage"),
        ('{"variables_lookup_pattern": "^AUDIO"}', "airflow/variables/audio_leakage"),
        ('{"variables_lookup_pattern": "^m"}', None),
        ('{"variables_prefix": null}', None),
    ],
)
def test_the_variable_goes_where_airflow_looks_first(
    stage: Stage,
    mwaa: FakeMwaa,
    deployed: Deploy,
    kwargs: str,
    secret: str | None,
) -> None:
    """Airflow's own backend reads it, from the same arguments."""
    mwaa.environment["AirflowConfigurationOptions"] = SECRETS | {"secrets.backend_kwargs": kwargs}
    deployed(parts=[Part.STACKS, Part.VARIABLE])
    deployed(parts=[Part.VARIABLE])
    secrets = stage.aws.client("secretsmanager")
    assert [each["Name"] for each in secrets.list_secrets()["SecretList"]] == ([secret] if secret else [])
    backend = SecretsManagerBackend(**json.loads(kwargs))
    backend.__dict__["client"] = secrets
    found = backend.get_variable("audio_leakage") or mwaa.variables.get("audio_leakage")
    assert found is not None
    assert json.loads(found)["contact_table"] == "audio-leakage-contacts"
    assert bool(mwaa.variables) == (secret is None)


@pytest.mark.parametrize(
    ("kwargs", "says"),
    [
        ("{'variables_prefix': 'x'}", "backend_kwargs of environment airflow is not JSON"),
        ('["x"]', "is not a JSON object"),
        ('{"role_arn": "arn:aws:iam::210987654321:role/secrets"}', "names role_arn"),
    ],
)
def test_backend_kwargs_that_lead_nowhere_end_the_deployment_before_any_change(
    stage: Stage, mwaa: FakeMwaa, deployed: Deploy, kwargs: str, says: str
) -> None:
    mwaa.environment["AirflowConfigurationOptions"] = SECRETS | {"secrets.backend_kwargs": kwargs}
    with pytest.raises(SettingsError, match=says):
        deployed()
    assert stacks(stage) == set()


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
    assert [run["dag_id"] for run in mwaa.runs] == [DAG_ID, "monitor_audio_leakage__us_east"]


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


def test_an_environment_whose_last_update_failed_takes_a_deployment(mwaa: FakeMwaa, deployed: Deploy) -> None:
    mwaa.environment |= {
        "Status": "UPDATE_FAILED",
        "LastUpdate": {"Status": "FAILED", "CreatedAt": datetime(2026, 1, 1, tzinfo=UTC)},
    }
    assert deployed()[0] == 0


def test_a_failed_update_ends_the_deployment_before_the_dag_is_there(
    stage: Stage, mwaa: FakeMwaa, deployed: Deploy
) -> None:
    mwaa.update_ends = "FAILED"
    with pytest.raises(EnvironmentNotReady, match="was not updated"):
        deployed()
    assert not [key for key in keys(stage) if key.startswith("dags/")]
    mwaa.update_ends = "SUCCESS"
    assert deployed()[0] == 0


def test_a_graceful_deployment_waits_for_running_tasks(mwaa: FakeMwaa, deployed: Deploy) -> None:
    _, lines = deployed(options=replace(OPTIONS, graceful=True))
    (update,) = mwaa.updates
    assert update["WorkerReplacementStrategy"] == "GRACEFUL"
    assert any("up to 12 hours and waits for running tasks of all teams" in line for line in lines)


def test_an_instance_whose_name_is_too_long_for_mwaa_is_refused(deployed: Deploy) -> None:
    with pytest.raises(SettingsError, match="allowed are at most 25 characters on MWAA"):
        deployed(options=replace(OPTIONS, instance="a" * 26))


def test_an_instance_with_the_longest_name_is_deployed(mwaa: FakeMwaa, deployed: Deploy) -> None:
    mwaa.dags |= {f"{name}__{'a' * 25}": {"is_paused": True} for name in DAG_IDS}
    options = replace(OPTIONS, instance="a" * 25, flow_log_group="", evidence_bucket="acme-evidence")
    assert deployed(options=options)[0] == 0


def test_a_deployment_is_planned_with_an_exit_code(stage: Stage, mwaa: FakeMwaa, deployed: Deploy) -> None:
    lines: list[str] = []
    planned = partial(plan, parts=tuple(Part), tell=lines.append)
    assert planned(deployment_of(stage, mwaa, OPTIONS, lines.append)) == 2
    assert (stacks(stage), mwaa.variables, mwaa.updates, keys(stage)) == (set(), {}, [], set())
    deployed()
    lines.clear()
    assert planned(deployment_of(stage, mwaa, OPTIONS, lines.append)) == 0
    assert all("nothing to change" in line for line in lines)
    assert len(mwaa.runs) == 1


def test_two_plans_of_an_environment_up_to_date_have_nothing_to_change(
    stage: Stage, mwaa: FakeMwaa, deployed: Deploy, tmp_path: Path
) -> None:
    """The command itself, in a process of its own."""
    deployed()
    config = tmp_path / "airflow.toml"
    write_options(config, OPTIONS)
    for _ in range(2):
        assert run_plan(mwaa, stage.aws.environment, config) == (0, "nothing to change")
    assert len(mwaa.runs) == 1


@pytest.mark.parametrize("part", Part)
def test_a_part_is_deployed_alone(stage: Stage, mwaa: FakeMwaa, deployed: Deploy, part: Part) -> None:
    deployed(parts=[other for other in Part if other is not part and other is not Part.CHECK])
    changed = {
        Part.STACKS: lambda: bool(stacks(stage)),
        Part.VARIABLE: lambda: bool(mwaa.variables),
        Part.PLUGINS: lambda: bool(mwaa.updates),
        Part.DAGS: lambda: f"dags/{DAG_FILE}" in keys(stage),
        Part.CHECK: lambda: bool(mwaa.runs),
    }
    assert not changed[part]()
    deployed(parts=[part])
    assert changed[part]()


@pytest.mark.parametrize("trouble", [throttled, timed_out, broken])
def test_airflow_that_does_not_answer_for_a_while_is_asked_again(
    mwaa: FakeMwaa, deployed: Deploy, trouble: Callable[[], None]
) -> None:
    mwaa.troubles = [trouble] * 5
    assert deployed()[0] == 0


def test_airflow_that_never_answers_ends_the_deployment(mwaa: FakeMwaa, deployed: Deploy) -> None:
    mwaa.troubles = [throttled] * 100
    with pytest.raises(EnvironmentNotReady, match="no answer to GET /variables/audio_leakage in 9 tries"):
        deployed()


def test_requests_whose_answers_are_lost_are_carried_out_once(mwaa: FakeMwaa, deployed: Deploy) -> None:
    mwaa.losses = 1
    deployed(parts=[Part.STACKS, Part.VARIABLE, Part.PLUGINS, Part.DAGS])
    assert mwaa.losses == 0
    mwaa.losses = 4
    assert deployed(parts=[Part.CHECK])[0] == 0
    assert len(mwaa.runs) == 1


def test_a_refusal_of_airflow_is_told(deployed: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeMwaa, "_get_variables", lambda *_: (403, "Forbidden"))
    with pytest.raises(
        RestRefused, match=r"answers GET /variables/audio_leakage with 403: .'detail': 'Forbidden'"
    ):
        deployed()


def killed() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("owner", "method"),
    [
        (Stacks, "_planned"),
        (Environment, "update"),
        (Deployment, "_first_run"),
        (SmokeCheck, "_tasks"),
    ],
)
def test_a_killed_deployment_can_be_run_again(
    stage: Stage,
    mwaa: FakeMwaa,
    deployed: Deploy,
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    method: str,
) -> None:
    drop = Stacks._drop_change_set
    if owner is Stacks:  # a preview, of which a kill leaves the change set
        deployed()
        monkeypatch.setattr(Stacks, "_drop_change_set", lambda *_: None)
    with monkeypatch.context() as patch:
        patch.setattr(owner, method, lambda *_, **__: killed())
        with pytest.raises(KeyboardInterrupt):
            deployed()
    monkeypatch.setattr(Stacks, "_drop_change_set", drop)
    assert deployed()[0] == 0
    assert len(mwaa.updates) == 1
    versions = stage.aws.client("s3").list_object_versions(Bucket="airflow-bucket")["Versions"]
    assert len([each for each in versions if each["Key"].endswith("plugins.zip")]) == 1


def test_a_stack_in_a_transition_is_awaited(stage: Stage, mwaa: FakeMwaa, deployed: Deploy) -> None:
    deployed()
    status = ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"]

    class Slow:
        def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # boto3's methods
            return getattr(stage.aws.client("cloudformation"), name)

        def describe_stacks(self, **which: str) -> dict[str, Any]:
            answer: dict[str, Any] = stage.aws.client("cloudformation").describe_stacks(**which)
            if status:
                answer["Stacks"][0]["StackStatus"] = status.pop(0)
            return answer

    assert Stacks(Slow(), mwaa.pause).outputs("audio-leakage-table")
    assert mwaa.passed >= timedelta(seconds=30)


def test_a_stack_that_nobody_can_update_ends_the_deployment() -> None:
    class Broken:
        def describe_stacks(self, **_: str) -> dict[str, Any]:
            return {"Stacks": [{"StackStatus": "ROLLBACK_FAILED"}]}

    with pytest.raises(StackError, match="stack a is ROLLBACK_FAILED: repair or delete it"):
        Stacks(Broken()).outputs("a")


def test_a_dropped_option_stands_in_the_plan(deployed: Deploy) -> None:
    deployed(options=replace(OPTIONS, email="on-call@example.com"))
    _, lines = deployed(agreed=False)
    (monitoring,) = [line for line in lines if line.startswith("stack audio-leakage-monitoring")]
    assert "    drop EmailAddress, which was on-call@example.com" in monitoring.splitlines()


def test_paths_a_boundary_and_tags_reach_iam(stage: Stage, deployed: Deploy) -> None:
    edge = "arn:aws:iam::123456789012:policy/edge"
    deployed(options=replace(OPTIONS, iam_path="/monitoring/", permissions_boundary=edge, tags="team=voice"))
    iam = stage.aws.client("iam")
    (role,) = [each for each in iam.list_roles()["Roles"] if each["RoleName"] != "airflow-execution"]
    assert role["Path"] == "/monitoring/"
    bounded = iam.get_role(RoleName=role["RoleName"])["Role"]["PermissionsBoundary"]
    assert bounded["PermissionsBoundaryArn"] == edge
    assert {each["Path"] for each in iam.list_policies(Scope="Local")["Policies"]} == {"/monitoring/"}
    for stack in stage.aws.client("cloudformation").describe_stacks()["Stacks"]:
        assert stack["StackName"] == "table" or stack["Tags"] == [{"Key": "team", "Value": "voice"}]


def test_tags_that_are_no_pairs_are_refused(deployed: Deploy) -> None:
    with pytest.raises(SettingsError, match="allowed is key=value,key=value"):
        deployed(options=replace(OPTIONS, tags="voice"))


class TestCheck:
    def test_the_new_file_runs_and_not_the_one_before(
        self, stage: Stage, mwaa: FakeMwaa, deployed: Deploy
    ) -> None:
        """Airflow parses the file before again and again, until MWAA has copied the new one."""
        new = package.dag_files()[DAG_FILE]
        for name, text in package.dag_files().items():
            stage.aws.client("s3").put_object(
                Bucket="airflow-bucket", Key=f"dags/{name}", Body=b"# earlier\n" + text
            )
        assert {mwaa.source(name) for name in DAG_IDS} == {None}
        mwaa.pause(600)
        assert mwaa.source(DAG_ID) == "# earlier\n" + new.decode()
        deployed()
        (run,) = mwaa.runs
        assert run["source"] == new.decode()

    def test_a_file_that_stayed_is_parsed_with_the_new_plugins(
        self, mwaa: FakeMwaa, deployed: Deploy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        deployed()
        monkeypatch.setattr(package, "plugin_files", lambda: {"audio_leakage/new.py": b"1"})
        deployed()
        update = mwaa.environment["LastUpdate"]["CreatedAt"]
        assert datetime.fromisoformat(mwaa.runs[-1]["parsed"]) > update

    def test_an_import_error_of_the_file_before_is_not_ours(self, mwaa: FakeMwaa, deployed: Deploy) -> None:
        """Airflow finds it again and again, until MWAA has copied the new file."""
        copied_at = mwaa.now + timedelta(minutes=4)
        mwaa.import_errors = [import_error("old") | {"until": copied_at}]
        assert deployed()[0] == 0
        assert mwaa.now >= copied_at

    def test_our_import_error_is_found_among_many(self, mwaa: FakeMwaa, deployed: Deploy) -> None:
        theirs = [import_error("x", f"/usr/local/airflow/dags/{number}.py") for number in range(250)]
        mwaa.import_errors = [*theirs, import_error("Traceback\nModuleNotFoundError: x")]
        with pytest.raises(SmokeCheckFailed, match="does not load: ModuleNotFoundError: x"):
            deployed()

    def test_a_dag_that_never_comes_is_given_up(self, mwaa: FakeMwaa, deployed: Deploy) -> None:
        mwaa.dags = {}
        with pytest.raises(SmokeCheckFailed, match="after waiting 15 minutes for Airflow to parse"):
            deployed()

    def test_a_failed_task_is_told_with_the_last_line_of_its_log(
        self, stage: Stage, mwaa: FakeMwaa, deployed: Deploy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mwaa.run_ends = "failed"
        monkeypatch.setattr("infrastructure.deployment.secrets.token_hex", lambda _: "1a2b3c4d")
        write_log(stage, "poll_initialised", '{"event": "of another task"}')
        write_log(
            stage,
            "check_recordings",
            '{"event": "12 checked"}',
            '{"event": "Task failed with exception", "error_detail": '
            '[{"exc_type": "AirflowFailException", "exc_value": "bucket \'b\' does not exist: correct it"}]}',
            '{"event": "::endgroup::"}',
        )
        with pytest.raises(SmokeCheckFailed) as failed:
            deployed()
        says = "check_recordings failed: AirflowFailException: bucket 'b' does not exist: correct it"
        assert str(failed.value) == says

    def test_a_log_in_plain_text_is_told_too(
        self, stage: Stage, mwaa: FakeMwaa, deployed: Deploy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mwaa.run_ends = "failed"
        monkeypatch.setattr("infrastructure.deployment.secrets.token_hex", lambda _: "1a2b3c4d")
        write_log(stage, "check_recordings", "first", "AirflowFailException: grant s3:ListBucket")
        with pytest.raises(SmokeCheckFailed, match="grant s3:ListBucket"):
            deployed()

    @pytest.mark.parametrize("group", ["", "arn:aws:logs:af-south-1:123456789012:log-group:no-such-group"])
    def test_a_log_that_cannot_be_read_is_said_to_be_in_airflow(
        self, mwaa: FakeMwaa, deployed: Deploy, group: str
    ) -> None:
        mwaa.run_ends = "failed"
        logs = {"Enabled": bool(group), "CloudWatchLogGroupArn": group}
        mwaa.environment["LoggingConfiguration"] = {"TaskLogs": logs}
        with pytest.raises(SmokeCheckFailed, match="check_recordings failed: the last line of its log"):
            deployed()


def import_error(text: str, file: str = f"/usr/local/airflow/dags/{DAG_FILE}") -> dict[str, Any]:
    return {"filename": file, "stack_trace": text}


def write_log(stage: Stage, task: str, *messages: str) -> None:
    logs = stage.aws.client("logs")
    stream = f"dag_id={DAG_ID}/run_id=deploy-1a2b3c4d/task_id={task}/attempt=1.log"
    logs.create_log_stream(logGroupName="airflow-airflow-Task", logStreamName=stream)
    now = int(datetime.now(UTC).timestamp() * 1000)
    events = [{"timestamp": now + place, "message": message} for place, message in enumerate(messages)]
    logs.put_log_events(logGroupName="airflow-airflow-Task", logStreamName=stream, logEvents=events)


class TestFakeMwaa:
    """The environment of these tests refuses what AWS refuses."""

    @pytest.mark.parametrize(
        ("operation", "request_", "says"),
        [
            ("invoke_rest_api", {"Path": f"/{'a' * 64}", "Method": "GET"}, "at most 64"),
            ("invoke_rest_api", {"Path": "/dags", "Method": "HEAD"}, "must be one of"),
            ("get_environment", {"Name": "0"}, "must satisfy"),
            ("update_environment", {"PluginsS3Path": "plugins.zip"}, "PluginsS3ObjectVersion is required"),
            ("update_environment", {"WorkerReplacementStrategy": "SLOW"}, "must be one of"),
            ("update_environment", {"Schedulers": 6}, "at most 5"),
        ],
    )
    def test_requests_out_of_bounds_are_refused(
        self, mwaa: FakeMwaa, operation: str, request_: dict[str, Any], says: str
    ) -> None:
        with pytest.raises(ClientError, match=says):
            getattr(mwaa.client(), operation)(**{"Name": "airflow"} | request_)
