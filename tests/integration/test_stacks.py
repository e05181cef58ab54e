"""The CloudFormation templates: all of them deploy, and the evidence outlives them.

The stand-in knows neither alarms nor subscriptions and passes over them; what they say is read from the
templates.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import decode

from conftest import ROOT
from support.docs import parts_of
from support.fakes import BUCKET, CONTACT_ID, INSTANCE_ID
from support.stage import LOG_GROUP, TABLE, Stage

TEMPLATES = ROOT / "include" / "infrastructure"
#: What each template cannot do without.
PARAMETERS: Mapping[str, Mapping[str, str]] = {
    "table.yaml": {"TableName": "another-table"},
    "monitoring.yaml": {"ContactTableName": TABLE, "EmailAddress": "on-call@example.com"},
    "execution_policy.yaml": {
        "ConnectInstanceId": INSTANCE_ID,
        "ContactTableName": TABLE,
        "RecordingBucketName": BUCKET,
    },
    "evidence.yaml": {
        "BucketName": "another-bucket",
        "ConnectInstanceId": INSTANCE_ID,
        "ContactTableName": "another-table",
        "RecordingBucketName": BUCKET,
    },
    "queries.yaml": {"BucketName": "another-bucket", "InstanceIds": INSTANCE_ID},
    "deployer_policy.yaml": {
        "EnvironmentName": "airflow",
        "EnvironmentBucketName": BUCKET,
        "ExecutionRoleArn": "arn:aws:iam::123456789012:role/airflow",
    },
    "subscriber.yaml": {
        "ContactTableName": TABLE,
        "FlowLogGroupName": LOG_GROUP,
        "CodeBucket": BUCKET,
        "CodeKey": "subscriber.zip",
    },
}


def template(name: str) -> dict[str, Any]:
    read, mistakes = decode(str(TEMPLATES / name))
    assert not mistakes
    assert isinstance(read, dict)
    return read


def resources(name: str, kind: str) -> dict[str, dict[str, Any]]:
    found = {key: each for key, each in template(name)["Resources"].items() if each["Type"] == kind}
    assert found, f"no {kind} in {name}"
    return found


def test_the_table_of_this_test_names_every_template() -> None:
    assert set(PARAMETERS) == {path.name for path in TEMPLATES.glob("*.yaml")}


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_template_deploys(stage: Stage, name: str) -> None:
    stage.aws.create_log_group(LOG_GROUP)
    stage.aws.client("s3").put_object(Bucket=BUCKET, Key="subscriber.zip", Body=b"zip")
    outputs = stage.aws.deploy(TEMPLATES / name, "leakage", PARAMETERS[name])
    assert set(outputs) == set(template(name)["Outputs"])
    assert all(outputs.values())


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_says_what_it_is_and_what_is_allowed(name: str) -> None:
    for key, parameter in template(name)["Parameters"].items():
        assert parameter["Description"], key
        assert {"AllowedPattern", "MinValue", "MinLength"} & set(parameter), key


def test_the_topic_is_encrypted_with_a_key_of_its_own(stage: Stage) -> None:
    outputs = stage.aws.deploy(TEMPLATES / "monitoring.yaml", "leakage", PARAMETERS["monitoring.yaml"])
    attributes = stage.aws.client("sns").get_topic_attributes(TopicArn=outputs["TopicArn"])["Attributes"]
    assert attributes["KmsMasterKeyId"] == outputs["TopicKmsKeyArn"]


def test_a_policy_can_be_attached_to_the_environments_role(stage: Stage) -> None:
    iam = stage.aws.client("iam")
    iam.create_role(RoleName="airflow", AssumeRolePolicyDocument="{}")
    parameters = {**PARAMETERS["execution_policy.yaml"], "ExecutionRoleName": "airflow"}
    outputs = stage.aws.deploy(TEMPLATES / "execution_policy.yaml", "leakage", parameters)
    (attached,) = iam.list_attached_role_policies(RoleName="airflow")["AttachedPolicies"]
    assert attached["PolicyArn"] == outputs["PolicyArn"]


def test_evidence_is_locked_for_years_and_signed_with_rsa() -> None:
    """The stand-in's CloudFormation leaves out the lock and the kind of key, so this reads the template."""
    (bucket,) = resources("evidence.yaml", "AWS::S3::Bucket").values()
    lock = bucket["Properties"]["ObjectLockConfiguration"]
    assert lock["ObjectLockEnabled"] == "Enabled"
    assert lock["Rule"]["DefaultRetention"] == {"Mode": {"Ref": "LockMode"}, "Years": {"Ref": "LockYears"}}
    assert template("evidence.yaml")["Parameters"]["LockYears"]["Default"] == 7
    assert bucket["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
    assert all(bucket["Properties"]["PublicAccessBlockConfiguration"].values())
    (key,) = resources("evidence.yaml", "AWS::KMS::Key").values()
    assert (key["Properties"]["KeySpec"], key["Properties"]["KeyUsage"]) == ("RSA_2048", "SIGN_VERIFY")


def test_the_table_and_its_items_outlive_their_stack(stage: Stage) -> None:
    stage.put({"ContactId": CONTACT_ID, "State": "INITIALISED"})
    stage.aws.client("cloudformation").delete_stack(StackName="table")
    assert set(stage.items()) == {CONTACT_ID}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("table.yaml", "AWS::DynamoDB::Table"),
        ("subscriber.yaml", "AWS::SQS::Queue"),
        ("evidence.yaml", "AWS::S3::Bucket"),
        ("evidence.yaml", "AWS::S3::BucketPolicy"),
        ("evidence.yaml", "AWS::KMS::Key"),
    ],
)
def test_resources_with_evidence_are_retained_when_their_stack_goes(name: str, kind: str) -> None:
    for each in resources(name, kind).values():
        assert (each["DeletionPolicy"], each["UpdateReplacePolicy"]) == ("Retain", "Retain")


@pytest.mark.parametrize(
    ("alarm", "metric", "when_missing"),
    [
        ("SilentAlarm", ("AudioLeakage", "Runs"), "breaching"),
        ("OldestDueAlarm", ("AudioLeakage", "OldestDueMinutes"), "notBreaching"),
        ("LeaksAlarm", ("AudioLeakage", "LeaksNotTold"), "notBreaching"),
        ("UnfinishedAlarm", ("AudioLeakage", "OldestDueMinutes"), "breaching"),
        ("UnavailableAlarm", ("AudioLeakage", "Unavailable"), "notBreaching"),
        ("UnreadableLinesAlarm", ("AudioLeakage", "UnreadableLines"), "notBreaching"),
    ],
)
def test_each_alarm_watches_its_metric_and_tells_the_topic(
    alarm: str, metric: tuple[str, str], when_missing: str
) -> None:
    says = resources("monitoring.yaml", "AWS::CloudWatch::Alarm")[alarm]["Properties"]
    assert (says["Namespace"], says["MetricName"]) == metric
    assert says["TreatMissingData"] == when_missing
    assert says["AlarmActions"] == [{"Ref": "Topic"}]
    assert {"Ref": "ContactTableName"} in [dimension["Value"] for dimension in says["Dimensions"]]


def test_calls_without_log_lines_raise_an_alarm_if_both_are_named() -> None:
    says = resources("monitoring.yaml", "AWS::CloudWatch::Alarm")["NoLinesAlarm"]
    assert template("monitoring.yaml")["Conditions"][says["Condition"]] == {
        "Fn::And": [
            {"Fn::Not": [{"Fn::Equals": [{"Ref": name}, ""]}]}
            for name in ("ConnectInstanceId", "FlowLogGroupName")
        ]
    }
    alarm = says["Properties"]
    asked = {each["Id"]: each["MetricStat"]["Metric"] for each in alarm["Metrics"] if "MetricStat" in each}
    assert {name: (metric["Namespace"], metric["MetricName"]) for name, metric in asked.items()} == {
        "calls": ("AWS/Connect", "CallsPerInterval"),
        "lines": ("AWS/Logs", "IncomingLogEvents"),
    }
    (shown,) = [each["Expression"] for each in alarm["Metrics"] if each.get("ReturnData", True)]
    assert shown == "IF(FILL(calls, 0) > 0 AND FILL(lines, 0) < 1, 1, 0)"
    assert alarm["AlarmActions"] == [{"Ref": "Topic"}]


ALARMS = [
    (path.name, name, each["Properties"]["AlarmDescription"])
    for path in sorted(TEMPLATES.glob("*.yaml"))
    for name, each in decode(str(path))[0]["Resources"].items()
    if each["Type"] == "AWS::CloudWatch::Alarm"
]


@pytest.mark.parametrize(
    ("path", "alarm", "says"), ALARMS, ids=[f"{path}-{name}" for path, name, _ in ALARMS]
)
def test_each_alarm_leads_to_its_part_of_the_runbook(path: str, alarm: str, says: str) -> None:
    part = parts_of(ROOT / "docs" / "operations.md").get(alarm)
    assert part, f"nobody is told what to do about {alarm} of {path}"
    assert says.endswith(f"What to do: docs/operations.md#{alarm.lower()}")


def test_the_deployment_guide_counts_the_alarms() -> None:
    numbers = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen"]
    guide = " ".join((ROOT / "docs" / "deploy.md").read_text().split())
    assert f"there are {numbers[len(ALARMS) - 10]} alarms" in guide


def test_unreadable_lines_in_the_lambdas_log_raise_an_alarm() -> None:
    (counted,) = resources("subscriber.yaml", "AWS::Logs::MetricFilter").values()
    (metric,) = counted["Properties"]["MetricTransformations"]
    alarm = resources("subscriber.yaml", "AWS::CloudWatch::Alarm")["UnreadableLinesAlarm"]["Properties"]
    assert counted["Properties"]["LogGroupName"] == {"Ref": "FunctionLog"}
    assert (metric["MetricNamespace"], metric["MetricName"]) == (alarm["Namespace"], alarm["MetricName"])
    assert [each["Key"] for each in metric["Dimensions"]] == [each["Name"] for each in alarm["Dimensions"]]


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.yaml")), ids=lambda path: path.name)
def test_no_action_is_granted_by_wildcard(path: Path) -> None:
    """But the account's own hold on its keys, without which nobody could manage them, and what is denied."""
    granted = [line.strip() for line in path.read_text().splitlines() if "*" in line and "Action:" in line]
    denied = {"Action: s3:*"} if path.name == "evidence.yaml" else set()
    assert set(granted) <= {"Action: kms:*", "Action: [kms:Decrypt, kms:GenerateDataKey*]"} | denied
