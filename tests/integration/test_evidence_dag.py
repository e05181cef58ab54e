"""The daily DAG on Airflow, against the stand-ins: evidence that an auditor's command verifies."""

import json
from typing import Any

import pytest
from airflow.models import DagBag
from airflow.models.dagrun import DagRun
from airflow.sdk import DAG

from audio_leakage.evidence.files import rows_of
from conftest import ROOT
from evidence_tools.verify import main
from support.fakes import INSTANCE_ID, answer, key_of, number
from support.stage import Stage

EVIDENCE = "evidence"
FOLDER = f"audio-leakage/v1/instance={INSTANCE_ID}/"
MUST = {"version": "1", "default": "must"}


@pytest.fixture
def daily(dag: DAG) -> DAG:
    del dag  # it empties Airflow's database
    return DagBag(ROOT / "dags").dags["audio_leakage_evidence"]


@pytest.fixture
def proved(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Three calls of one day: recorded and judged, recorded and unwatched, and neither."""
    queue = {"Id": "54b468a3-86b1-4746-aeb5-c31b62eecaa2"}
    stage.contacts |= {number(each): answer(number(each), QueueInfo=queue)["Contact"] for each in (1, 2, 3)}
    for each in (1, 2):
        stage.put_object(key_of(number(each)))
    s3, kms = stage.aws.client("s3"), stage.aws.client("kms")
    s3.create_bucket(
        Bucket=EVIDENCE,
        ObjectLockEnabledForBucket=True,
        CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name},
    )
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Years": 7}}
    s3.put_object_lock_configuration(
        Bucket=EVIDENCE, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    key = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    monkeypatch.setenv("AIRFLOW_VAR_AUDIO_LEAKAGE_POLICY", json.dumps(MUST))
    stage.put(
        {
            "ContactId": number(1),
            "State": "COMPLETED - AGENT",
            "RecordedState": "CALL_RECORDED_SUCCESS",
            "ConnectedToAgentTimestamp": "2023-08-29T10:30:11.038Z",
        }
    )
    stage.configure(evidence_bucket=EVIDENCE, evidence_key_arn=key, population_rps=100)
    return stage


def run(daily: DAG, **conf: Any) -> DagRun:
    run: DagRun = daily.test(run_conf={"day": "2023-08-29", **conf})
    return run


def summary(run: DagRun, task_id: str) -> dict[str, Any]:
    (task,) = (task for task in run.get_task_instances() if task.task_id == task_id)
    value: dict[str, Any] = task.xcom_pull(task_ids=task_id, key="return_value")
    return value


def test_a_day_is_proved_and_the_evidence_is_whole(
    proved: Stage, daily: DAG, capsys: pytest.CaptureFixture[str]
) -> None:
    first = run(daily)
    assert str(first.state) == "success"
    assert summary(first, "complete_population")["unproven_hours"] == 0
    classes = {"VERIFIED": 1, "RECORDED_UNWATCHED": 1, "UNDECIDED": 1}
    assert summary(first, "reconcile")["classes"] == classes
    assert summary(first, "write_evidence")["revision"] == 1
    assert proved.items()[number(3)]["OpenState"] == "COMPLETED - AGENT"
    assert summary(run(daily), "write_evidence")["revision"] == 2  # the table has one more contact now
    assert summary(run(daily), "write_evidence")["unchanged"] == 1
    assert main([f"s3://{EVIDENCE}/{FOLDER}"]) == 0
    assert "\nchain 1-2 whole" in capsys.readouterr().out


def test_each_contact_is_in_the_class_that_it_has_in_truth(proved: Stage, daily: DAG) -> None:
    run(daily)
    key = f"{FOLDER}day=2023-08-29/revision=001/contacts.jsonl.gz"
    stored = proved.aws.client("s3").get_object(Bucket=EVIDENCE, Key=key)["Body"].read()
    assert {row["contact_id"]: row["class"] for row in rows_of(stored)} == {
        number(1): "VERIFIED",
        number(2): "RECORDED_UNWATCHED",
        number(3): "UNDECIDED",
    }


def test_the_readers_of_the_mail_are_witnesses_of_the_chain(proved: Stage, daily: DAG) -> None:
    proved.listen()
    head = summary(run(daily), "write_evidence")["head"]
    (mail,) = [each for each in proved.heard() if "evidence of 2023-08-29" in each["Subject"]]
    assert f"The head of the chain is {head}" in mail["Message"]
    assert len(mail["Message"].splitlines()) <= 30


def test_without_an_evidence_bucket_every_task_is_skipped(proved: Stage, daily: DAG) -> None:
    proved.configure(evidence_bucket=None)
    assert {str(task.state) for task in run(daily).get_task_instances()} == {"skipped"}


def test_a_day_that_has_not_settled_is_refused(proved: Stage, daily: DAG) -> None:
    del proved
    assert str(run(daily, day="2099-01-01").state) == "failed"
