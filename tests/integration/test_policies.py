"""The permissions the stacks grant, held against what the code asks of AWS, in both directions.

Every request that the DAG and the Lambda send is recorded while they go through all they can do, and judged by
the policies as CloudFormation creates them: action, resource and condition.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from airflow.models import DagBag
from airflow.sdk import DAG
from botocore.client import BaseClient

from audio_leakage.contacts.states import ContactState
from audio_leakage.instances import reconcile_dag_of
from audio_leakage.use_cases import check_configuration
from conftest import ROOT
from flow_log_subscriber import handler as subscriber
from infrastructure.deploy import deploy
from infrastructure.deployment import Deployment, Part
from infrastructure.parameters import DeployOptions
from infrastructure.smoke import SmokeCheckFailed
from local_aws.commands.airflow import DAG_ID
from local_aws.server import REGION
from support.daily_run import run_about
from support.fakes import BUCKET, CONTACT_ID, INSTANCE_ID, PREFIX, answer, contact, key_of, number
from support.flow_lines import delivery, line, option
from support.mwaa import FakeMwaa
from support.published_flows import END, flow, leaking
from support.stage import LOG_GROUP, TABLE, Stage

ACCOUNT = "123456789012"
EVIDENCE = "acme-evidence"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-4000-8000-000000000000"

#: Operations whose IAM action has another name than they have.
ACTIONS = {
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "dynamodb:TransactWriteItems": "dynamodb:DeleteItem",
    "mwaa:GetEnvironment": "airflow:GetEnvironment",
    "mwaa:InvokeRestApi": "airflow:InvokeRestApi",
    "mwaa:UpdateEnvironment": "airflow:UpdateEnvironment",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
}
#: Granted, and called by a service on behalf of the role, never by the code.
BY_OTHERS = {
    "kms:Decrypt": "DynamoDB, SNS and SQS",
    "kms:DescribeKey": "DynamoDB",
    "kms:GenerateDataKey": "DynamoDB, SNS and SQS",
    "logs:CreateLogStream": "Lambda",
    "logs:PutLogEvents": "Lambda",
    "sqs:SendMessage": "Lambda",
}


#: Sent by the stand-ins of these tests themselves.
BY_THE_STAND_IN = {"s3:ListBucket"}


@dataclass(frozen=True)
class Call:
    """One request as IAM sees it."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Policy:
    """The statements of one policy."""

    statements: list[dict[str, Any]]

    @property
    def actions(self) -> set[str]:
        return {action for statement in self.statements for action in listed(statement["Action"])}

    def allows(self, call: Call) -> bool:
        return any(
            call.action in listed(statement["Action"])
            and any(fnmatchcase(call.resource, resource) for resource in listed(statement["Resource"]))
            and all(
                fnmatchcase(call.context.get(key, ""), pattern)
                for conditions in statement.get("Condition", {}).values()
                for key, pattern in conditions.items()
            )
            for statement in self.statements
        )

    def without(self, action: str) -> "Policy":
        kept = [[name for name in listed(each["Action"]) if name != action] for each in self.statements]
        return Policy([each | {"Action": names} for each, names in zip(self.statements, kept, strict=True)])


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


@contextmanager
def recorded(beside: object = None) -> Iterator[set[Call]]:
    """Give the calls that any boto3 client of this process makes while the block lasts.

    :param beside: the client of a stand-in, whose calls are nobody's.
    """
    calls: set[Call] = set()
    send = BaseClient._make_api_call  # type: ignore[attr-defined]

    def record(client: BaseClient, operation: str, request: dict[str, Any]) -> object:
        if client is beside:
            return send(client, operation, request)
        service = client.meta.service_model.service_name
        name = f"{service}:{operation}"
        name = "s3:GetObjectVersion" if name == "s3:GetObject" and request.get("VersionId") else name
        context = {"s3:prefix": request.get("Prefix"), "cloudwatch:namespace": request.get("Namespace")}
        known = {key: value for key, value in context.items() if value is not None}
        calls.update(
            Call(ACTIONS.get(name, name), resource, known)
            for resource in resources(service, operation, request)
        )
        answer: object = send(client, operation, request)
        return answer

    with patch.object(BaseClient, "_make_api_call", record):
        yield calls


def resources(service: str, operation: str, request: dict[str, Any]) -> list[str]:
    """Return the ARNs a request is about."""
    arn = f"arn:aws:{service}:{REGION}:{ACCOUNT}"
    match service:
        case "dynamodb":
            deletes = [part["Delete"]["TableName"] for part in request.get("TransactItems", [])]
            tables = request.get("RequestItems") or deletes or [request["TableName"]]
            index = f"/index/{request['IndexName']}" if "IndexName" in request else ""
            return [f"{arn}:table/{table}{index}" for table in tables]
        case "connect":
            within = {
                "DescribeContact": ("contact", "ContactId"),
                "DescribeContactFlow": ("contact-flow", "ContactFlowId"),
                "DescribeContactFlowModule": ("flow-module", "ContactFlowModuleId"),
            }
            folder, member = within.get(operation, ("", ""))
            thing = f"/{folder}/{request[member]}" if folder else ""
            return [request.get("ResourceArn") or f"{arn}:instance/{request['InstanceId']}{thing}"]
        case "s3":
            return [f"arn:aws:s3:::{request['Bucket']}" + (f"/{request['Key']}" if "Key" in request else "")]
        case "logs":
            return [f"{arn}:log-group:{request.get('logGroupName', '')}:log-stream:"]
        case "sns":
            return [request["TargetArn"]]
    return [resource_of(service, operation, request)]


def resource_of(service: str, operation: str, request: dict[str, Any]) -> str:
    """Return the ARN of a request that is about one thing."""
    arn = f"arn:aws:{service}:{REGION}:{ACCOUNT}"
    match service:
        case "cloudwatch":
            return "*"
        case "cloudformation":
            name = request.get("StackName", "*")
            return name if name == "*" or name.startswith("arn:") else f"{arn}:stack/{name}/1"
        case "kms":
            return str(request["KeyId"])
        case "mwaa":
            kind, role = ("role", "/Op") if operation == "InvokeRestApi" else ("environment", "")
            return f"arn:aws:airflow:{REGION}:{ACCOUNT}:{kind}/{request['Name']}{role}"
        case "secretsmanager":
            return f"{arn}:secret:{request.get('SecretId') or request['Name']}-AbCdEf"
    raise AssertionError(f"{service}:{operation} is new here: say which resources it is about")


def deployed_policy(stage: Stage, template: str, parameters: Mapping[str, str]) -> Policy:
    """Deploy a stack and return its managed policy as IAM has it."""
    name = template.partition(".")[0].replace("_", "-")
    stage.aws.deploy(ROOT / "include" / "infrastructure" / template, name, parameters)
    iam = stage.aws.client("iam")
    (policy,) = [
        each for each in iam.list_policies(Scope="Local")["Policies"] if each["PolicyName"].startswith(name)
    ]
    version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
    return Policy(version["PolicyVersion"]["Document"]["Statement"])


@pytest.fixture
def execution_policy(stage: Stage) -> Policy:
    parameters = {
        "ConnectInstanceId": INSTANCE_ID,
        "ContactTableName": TABLE,
        "TableKmsKeyArn": KEY,
        "RecordingBucketName": BUCKET,
        "RecordingPrefix": PREFIX,
        "FlowLogGroupName": LOG_GROUP,
        "AlertTopicArn": TOPIC,
        "TopicKmsKeyArn": KEY,
    }
    return deployed_policy(stage, "execution_policy.yaml", parameters)


@pytest.fixture
def evidence_policy(stage: Stage) -> Policy:
    """Return the policy of the evidence stack, about a key that signs: the stand-in's CloudFormation makes none."""
    kms = stage.aws.client("kms")
    recording_key = kms.create_key()["KeyMetadata"]["Arn"]
    stage.connect.configuration.storage[:] = [
        {
            **stage.connect.storage,
            "EncryptionConfig": {"EncryptionType": "KMS", "KeyId": recording_key},
        }
    ]
    parameters = {
        "BucketName": EVIDENCE,
        "ConnectInstanceId": INSTANCE_ID,
        "ContactTableName": TABLE,
        "RecordingBucketName": BUCKET,
        "RecordingKmsKeyArn": recording_key,
        "FlowLogGroupName": LOG_GROUP,
    }
    policy = deployed_policy(stage, "evidence.yaml", parameters)
    (sign,) = (statement for statement in policy.statements if statement["Sid"] == "SignLinks")
    key = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    sign["Resource"] = key["KeyMetadata"]["Arn"]
    return policy


@pytest.fixture
def subscriber_policy(stage: Stage) -> Policy:
    stage.aws.create_log_group(LOG_GROUP)
    stage.aws.client("s3").put_object(Bucket=BUCKET, Key="subscriber.zip", Body=b"zip")
    parameters = {
        "ContactTableName": TABLE,
        "TableKmsKeyArn": KEY,
        "DataKmsKeyArn": KEY,
        "FlowLogGroupName": LOG_GROUP,
        "CodeBucket": BUCKET,
        "CodeKey": "subscriber.zip",
    }
    return deployed_policy(stage, "subscriber.yaml", parameters)


def all_the_dags_do(stage: Stage, dag: DAG) -> set[Call]:
    """Let the DAG find, follow, purge, judge and tell: of a call recorded, one leaked, one lost in the queue."""
    stage.aws.client("sns").create_topic(Name="alerts")
    stage.aws.create_log_group(LOG_GROUP)
    stage.aws.client("logs").create_log_stream(logGroupName=LOG_GROUP, logStreamName="flows")
    stage.configure(flow_log_group=LOG_GROUP, alert_topic_arn=TOPIC, population_rps=100)
    left = {number(n): answer(number(n), connected=None)["Contact"] for n in (2, 4)}
    stage.contacts.update({CONTACT_ID: answer()["Contact"], **left})
    stage.put(*({"ContactId": contact_id, "State": "INITIALISED"} for contact_id in (CONTACT_ID, *left)))
    stage.contacts[number(3)] = answer(number(3))["Contact"]
    stage.put_object(key_of(number(3)))
    now = datetime.now(UTC)
    write_flow_log(stage, now - timedelta(minutes=2), line(ContactId=number(3)))
    with recorded() as calls:
        assert dag.test().state == "success"
        more_than_can_be_described(stage, now)
        assert dag.test().state == "success"
        write_flow_log(
            stage, now - timedelta(minutes=1), line(ContactId=number(3), Parameters=option("Disable"))
        )
        window = {"window_start": (now - timedelta(minutes=5)).isoformat(), "window_end": now.isoformat()}
        assert dag.test(run_conf=window).state == "success"
        counted = DagBag(ROOT / "dags").dags["reconcile_audio_leakage"]
        hour = (now - timedelta(hours=8)).isoformat()[:13]  # long enough ago to be counted again
        assert counted.test(run_conf={"hour": hour}).state == "success"
    assert stage.items()[CONTACT_ID]["FailureCause"]
    assert number(2) not in stage.items()
    return {
        call for call in calls if not call.action.startswith("logs:") or call.action == "logs:FilterLogEvents"
    }


def all_the_daily_dag_does(stage: Stage, signing_key: str) -> set[Call]:
    """Let the daily DAG prove a day twice: a recording, a leak, and a recording of a contact nobody watches."""
    stage.aws.client("sns").create_topic(Name="alerts")
    stage.configure(
        alert_topic_arn=TOPIC,
        population_rps=100,
        evidence_bucket=EVIDENCE,
        evidence_key_arn=signing_key,
        flow_log_group=LOG_GROUP,
    )
    stage.aws.create_log_group(LOG_GROUP)
    stage.connect.flows.published |= {number(1): leaking("Sales"), number(2): flow("Module", "MODULE", END)}
    queue = {"Id": "54b468a3-86b1-4746-aeb5-c31b62eecaa2"}
    stage.contacts |= {number(each): answer(number(each), QueueInfo=queue)["Contact"] for each in (1, 2, 3)}
    stage.put_object(key_of(number(3)))
    stage.put_object(key_of(number(9)))
    judged = {"State": "COMPLETED - AGENT", "ConnectedToAgentTimestamp": "2023-08-29T10:30:11.038Z"}
    stage.put(
        {"ContactId": number(1), "RecordedState": "CALL_RECORDED_FAILURE", **judged},
        {"ContactId": number(3), "RecordedState": "CALL_RECORDED_FAILURE", **judged},
    )
    daily = DagBag(ROOT / "dags").dags["audio_leakage_evidence"]
    with recorded() as calls:
        for _ in range(2):
            assert daily.test(run_conf={"day": "2023-08-29"}).state == "success"
        check_configuration(run_about(datetime.now(UTC).date() - timedelta(days=2)))  # with metrics kept
    return {
        call
        for call in calls
        if not call.action.startswith("logs:") or call.action.startswith("logs:Describe")
    }


def more_than_can_be_described(stage: Stage, now: datetime) -> None:
    """Enter calls that go on, more than there is time to describe."""
    stage.configure(describe_contact_rps=0.1)
    for contact_id in map(number, range(100, 110)):
        open_contact = contact(ContactState.IN_PROGRESS_AGENT, contact_id=contact_id, next_check_at=now)
        stage.put(open_contact.to_item())
        stage.contacts[contact_id] = answer(contact_id, DisconnectTimestamp=None)["Contact"]


def write_flow_log(stage: Stage, at: datetime, message: str) -> None:
    event = {"timestamp": int(at.timestamp() * 1000), "message": message}
    stage.aws.client("logs").put_log_events(logGroupName=LOG_GROUP, logStreamName="flows", logEvents=[event])


def all_the_lambda_does(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> set[Call]:
    """Let the Lambda enter a contact, and change what it knows of it."""
    del stage
    monkeypatch.setenv("CONTACT_TABLE", TABLE)
    subscriber._contacts.cache_clear()
    now = datetime.now(UTC)
    with recorded() as calls:
        subscriber.handler(delivery((line(), now)), None)
        subscriber.handler(delivery((line(Parameters=option("Disable")), now + timedelta(seconds=5))), None)
    return calls


@pytest.fixture
def deployer_policy(stage: Stage) -> Policy:
    parameters = {
        "EnvironmentName": "airflow",
        "EnvironmentBucketName": "airflow-bucket",
        "ExecutionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/service-role/airflow-execution",
    }
    return deployed_policy(stage, "deployer_policy.yaml", parameters)


def all_a_deployment_does(stage: Stage) -> set[Call]:
    """Deploy into a new environment, again with a change, and into one with secrets until a task fails."""
    stage.aws.create_bucket("airflow-bucket")
    versions = {"Status": "Enabled"}
    stage.aws.client("s3").put_bucket_versioning(Bucket="airflow-bucket", VersioningConfiguration=versions)
    stage.aws.client("iam").create_role(RoleName="airflow-execution", AssumeRolePolicyDocument="{}")
    for group in (LOG_GROUP, "airflow-airflow-Task"):
        stage.aws.create_log_group(group)
    s3 = stage.aws.client("s3")
    mwaa = FakeMwaa(
        "airflow-bucket",
        s3,
        dags={name: {"is_paused": True} for name in (DAG_ID, reconcile_dag_of(DAG_ID))},
    )
    backend = "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"
    options = DeployOptions(
        environment="airflow",
        connect_instance_id=INSTANCE_ID,
        recording_bucket=BUCKET,
        recording_prefix=PREFIX,
        flow_log_group=LOG_GROUP,
    )

    def client(service: str, **_: str) -> Any:  # noqa: ANN401  # one of boto3's many clients
        return mwaa.client() if service == "mwaa" else boto3.client(service)  # type: ignore[call-overload]

    def deployed(email: str = "", flow_log_group: str = LOG_GROUP) -> None:
        changed = replace(options, email=email, flow_log_group=flow_log_group)
        deployment = Deployment(changed, client, lambda _: None, mwaa.pause)
        deploy(deployment, tuple(Part), lambda: True, lambda _: None)

    with recorded(beside=s3) as calls:
        deployed()
        mwaa.environment["AirflowConfigurationOptions"] = {"secrets.backend": backend}
        deployed(email="on-call@example.com")
        deployed(email="on-call@example.com", flow_log_group="/aws/connect/acme-2")
        mwaa.run_ends = "failed"
        with pytest.raises(SmokeCheckFailed):
            deployed()
    return {call for call in calls if call.action not in BY_THE_STAND_IN}


def test_whoever_deploys_is_granted_exactly_what_a_deployment_calls(
    stage: Stage, deployer_policy: Policy
) -> None:
    """What CloudFormation does with these rights is not seen here."""
    calls = all_a_deployment_does(stage)
    direct = Policy([each for each in deployer_policy.statements if "Condition" not in each])
    assert [call for call in calls if not direct.allows(call)] == []
    assert direct.actions - {call.action for call in calls} == {
        "cloudformation:DescribeStackEvents",
        "s3:ListBucket",
    }


@pytest.mark.parametrize(
    "call",
    [
        Call("iam:CreatePolicy", f"arn:aws:iam::{ACCOUNT}:policy/audio-leakage-policy-1"),
        Call("dynamodb:DeleteTable", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/audio-leakage-contacts"),
        Call(
            "iam:AttachRolePolicy",
            f"arn:aws:iam::{ACCOUNT}:role/service-role/airflow-execution",
            {"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"},
        ),
        Call(
            "iam:AttachRolePolicy",
            f"arn:aws:iam::{ACCOUNT}:role/payroll",
            {"aws:CalledVia": "cloudformation.amazonaws.com"},
        ),
        Call("airflow:InvokeRestApi", f"arn:aws:airflow:{REGION}:{ACCOUNT}:role/airflow/Admin"),
        Call("s3:PutObject", f"arn:aws:s3:::{BUCKET}/1.wav"),
    ],
    ids=lambda call: call.action,
)
def test_whoever_deploys_is_not_granted_more(deployer_policy: Policy, call: Call) -> None:
    assert not deployer_policy.allows(call)


def test_the_dags_are_granted_exactly_what_they_use(stage: Stage, dag: DAG, execution_policy: Policy) -> None:
    calls = all_the_dags_do(stage, dag)
    assert [call for call in calls if not execution_policy.allows(call)] == []
    assert execution_policy.actions - {call.action for call in calls} - set(BY_OTHERS) == set()
    for action in {call.action for call in calls}:  # a permission that went missing would be seen
        assert not all(execution_policy.without(action).allows(call) for call in calls)


def test_the_daily_dag_is_granted_exactly_what_it_uses_beside_the_others(
    stage: Stage, dag: DAG, execution_policy: Policy, evidence_policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    del dag  # it empties Airflow's database
    monkeypatch.setenv("AIRFLOW_VAR_AUDIO_LEAKAGE_POLICY", '{"version": "1", "default": "must"}')
    (key,) = [each["Resource"] for each in evidence_policy.statements if each["Sid"] == "SignLinks"]
    calls = all_the_daily_dag_does(stage, key)
    both = Policy([*execution_policy.statements, *evidence_policy.statements])
    assert [call for call in calls if not both.allows(call)] == []
    alone = {call for call in calls if not execution_policy.allows(call)}
    assert evidence_policy.actions == {call.action for call in alone}


def test_the_lambda_is_granted_exactly_what_it_uses(
    stage: Stage, subscriber_policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = all_the_lambda_does(stage, monkeypatch)
    assert [call for call in calls if not subscriber_policy.allows(call)] == []
    assert subscriber_policy.actions - {call.action for call in calls} - set(BY_OTHERS) == set()


@pytest.mark.parametrize(
    "call",
    [
        Call("dynamodb:Query", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/another/index/open-contacts"),
        Call("dynamodb:DeleteTable", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{TABLE}"),
        Call("connect:DescribeContact", f"arn:aws:connect:{REGION}:{ACCOUNT}:instance/{number(1)}/contact/1"),
        Call("s3:GetObject", f"arn:aws:s3:::{BUCKET}/{PREFIX}/1.wav"),
        Call("s3:ListBucket", f"arn:aws:s3:::{BUCKET}", {"s3:prefix": "payroll/2026"}),
        Call("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "AWS/DynamoDB"}),
    ],
    ids=lambda call: call.action,
)
def test_the_dag_is_not_granted_other_tables_buckets_or_actions(execution_policy: Policy, call: Call) -> None:
    assert not execution_policy.allows(call)


@pytest.mark.parametrize(
    "call",
    [
        Call("s3:DeleteObject", f"arn:aws:s3:::{EVIDENCE}/chain/0000000001.json"),
        Call("s3:PutObjectRetention", f"arn:aws:s3:::{EVIDENCE}/chain/0000000001.json"),
        Call("s3:BypassGovernanceRetention", f"arn:aws:s3:::{EVIDENCE}/chain/0000000001.json"),
        Call("s3:PutObject", f"arn:aws:s3:::{BUCKET}/{PREFIX}/1.wav"),
        Call("s3:GetObject", f"arn:aws:s3:::{BUCKET}/{PREFIX}/1.wav"),
        Call("kms:ScheduleKeyDeletion", KEY),
    ],
    ids=lambda call: call.action,
)
def test_whoever_writes_evidence_can_neither_delete_it_nor_open_a_recording(
    execution_policy: Policy, evidence_policy: Policy, call: Call
) -> None:
    assert not execution_policy.allows(call)
    assert not evidence_policy.allows(call)


@pytest.mark.parametrize("fixture", ["execution_policy", "evidence_policy", "subscriber_policy"])
def test_no_policy_statement_covers_more_than_it_must(request: pytest.FixtureRequest, fixture: str) -> None:
    policy: Policy = request.getfixturevalue(fixture)
    assert not [action for action in policy.actions if "*" in action]
    everywhere = [each for each in policy.statements if "*" in listed(each["Resource"])]
    assert all(
        listed(each["Action"]) == ["cloudwatch:GetMetricData"]  # IAM can restrict it in no way
        or (listed(each["Action"]) == ["cloudwatch:PutMetricData"] and each["Condition"])
        for each in everywhere
    )
