"""The daily DAG on Airflow, against the stand-ins: evidence that an auditor's command verifies."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from airflow.models import DagBag
from airflow.models.dagrun import DagRun
from airflow.sdk import DAG
from fastapi.testclient import TestClient

from audio_leakage.evidence.files import rows_of
from audio_leakage.use_cases import (
    complete_population,
    list_recordings,
    recheck_earlier_days,
    reconcile,
    write_evidence,
)
from conftest import ROOT
from evidence_tools.verify import main
from support.daily_run import run_about
from support.fakes import INSTANCE_ID, answer, key_of, number
from support.published_flows import leaking
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
    stage.connect.flows.published[number(1)] = leaking("Sales <1>")
    stage.configure(evidence_bucket=EVIDENCE, evidence_key_arn=key, population_rps=100)
    return stage


def run(daily: DAG, **conf: Any) -> DagRun:
    run: DagRun = daily.test(run_conf={"day": "2023-08-29", **conf})
    return run


def summary(run: DagRun, task_id: str) -> dict[str, Any]:
    (task,) = (task for task in run.get_task_instances() if task.task_id == task_id)
    value: dict[str, Any] = task.xcom_pull(task_ids=task_id, key="return_value")
    return value


def test_a_day_is_proved_told_and_whole(
    proved: Stage, daily: DAG, capsys: pytest.CaptureFixture[str]
) -> None:
    proved.listen()
    first = run(daily)
    assert str(first.state) == "success"
    assert summary(first, "complete_population")["unproven_hours"] == 0
    assert summary(first, "write_evidence")["revision"] == 1
    assert proved.items()[number(3)]["OpenState"] == "COMPLETED - AGENT"
    check_classes(proved, first)
    check_mail(proved, summary(first, "write_evidence")["head"])
    assert summary(run(daily), "write_evidence")["revision"] == 2  # the table has one more contact now
    assert summary(run(daily), "write_evidence")["unchanged"] == 1
    assert not [each for each in proved.heard() if "may leak calls" in each["Subject"]]
    assert main([f"s3://{EVIDENCE}/{FOLDER}"]) == 0
    assert "\nchain 1-2 whole" in capsys.readouterr().out


def check_classes(proved: Stage, proving: DagRun) -> None:
    """Check that each contact is in the class that it has in truth."""
    truth = {number(1): "VERIFIED", number(2): "RECORDED_UNWATCHED", number(3): "UNDECIDED"}
    assert summary(proving, "reconcile")["classes"] == dict.fromkeys(truth.values(), 1)
    key = f"{FOLDER}day=2023-08-29/revision=001/contacts.jsonl.gz"
    stored = proved.aws.client("s3").get_object(Bucket=EVIDENCE, Key=key)["Body"].read()
    assert {row["contact_id"]: row["class"] for row in rows_of(stored, key)} == truth


def check_mail(proved: Stage, head: str) -> None:
    """Check that the readers of the mail are witnesses of the chain."""
    mails = proved.heard()
    (leak,) = [each for each in mails if "the flows of 1 entry may leak calls" in each["Subject"]]
    assert "NEVER (new): Sales <1> (no phone number known)" in leak["Message"]
    (mail,) = [each for each in mails if "evidence of 2023-08-29" in each["Subject"]]
    assert f"The head of the chain is {head}" in mail["Message"]
    assert len(mail["Message"].splitlines()) <= 30


def test_the_run_shows_its_classes_and_the_page_each_day(
    proved: Stage, daily: DAG, viewer: TestClient
) -> None:
    del proved
    address = f"/audio-leakage/{daily.dag_id}"
    proving = run(daily)
    shown = viewer.get(f"{address}/day", params={"run_id": proving.run_id}).json()
    assert shown["tasks"]["reconcile"]["classes"]["VERIFIED"] == 1
    assert (shown["tasks"]["write_evidence"]["link"], shown["tasks"]["write_evidence"]["signed"]) == (1, 1)
    day = viewer.get(f"{address}/days/2023-08-29/figures").json()
    assert (day["status"], day["coverage_percent"], day["coverage_at_most"], day["blind"]) == (
        "PROVISIONAL",
        "66.66",
        "100.00",
        1,
    )
    asked = {"class": "UNDECIDED"}
    (undecided,) = viewer.get(f"{address}/days/2023-08-29/exceptions", params=asked).json()["rows"]
    assert (undecided["contact_id"], undecided["initiation_method"]) == (number(3), "INBOUND")
    assert viewer.get(f"{address}/calendar", params={"days": 35}).json() == {"is_wanted": True, "days": {}}
    assert viewer.get(f"{address}/days/2023-08-30/figures").status_code == 404
    assert "proved.js" in viewer.get(f"{address}/days/2023-08-29").text
    assert "s3/buckets/evidence" in day["folder"]
    assert day["folder"].endswith("day%3D2023-08-29%2Frevision%3D001%2F")
    assert "evidence.js" in viewer.get(f"{address}/run").text
    checked = shown["tasks"]["check_configuration"]
    assert [each["result"] for each in checked["findings"]].count("wrong") == checked["wrong"] > 0
    (leak,) = shown["tasks"]["audit_flows"]["findings"]
    assert (leak["entry"], leak["result"]) == ("Sales <1> (no phone number known)", "NEVER")
    named = {"run_id": proving.run_id, "place": 0}
    drawn = viewer.get(f"{address}/picture", params=named)
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert "Sales &lt;1&gt;" in drawn.text
    assert viewer.get(f"{address}/picture", params={**named, "place": 1}).status_code == 404
    assert viewer.get("/audio-leakage/monitor_audio_leakage/picture", params=named).status_code == 404
    other = viewer.get("/audio-leakage/monitor_audio_leakage/calendar", params={"days": 35})
    assert other.status_code == 404


def test_without_an_evidence_bucket_every_task_is_skipped(proved: Stage, daily: DAG) -> None:
    proved.configure(evidence_bucket=None)
    assert {str(task.state) for task in run(daily).get_task_instances()} == {"skipped"}


def test_a_day_that_has_not_settled_is_refused(proved: Stage, daily: DAG) -> None:
    del proved
    assert str(run(daily, day="2099-01-01").state) == "failed"


def backfilled(day: date) -> dict[str, Any]:
    """Run every task of a day over the real hooks, and return what ``write_evidence`` says."""
    for use_case in (complete_population, list_recordings, reconcile, recheck_earlier_days):
        use_case(run_about(day, "backfill", 4))
    return write_evidence(run_about(day, "backfill", 4))


def test_seven_days_backfilled_twice_four_at_a_time_are_one_chain(
    proved: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    days = [date(2023, 8, 22) + timedelta(days=place) for place in range(7)]
    for place, day in enumerate(days):
        connected = datetime.combine(day, time(10, 30, 11), UTC)
        ended = connected + timedelta(minutes=1)
        queue = {"Id": "54b468a3-86b1-4746-aeb5-c31b62eecaa2"}
        contact_id = number(50 + place)
        called = answer(contact_id, connected=connected, DisconnectTimestamp=ended, QueueInfo=queue)
        proved.contacts[contact_id] = called["Contact"]
        proved.put_object(key_of(contact_id, connected))
        proved.put(
            {
                "ContactId": contact_id,
                "State": "COMPLETED - AGENT",
                "RecordedState": "CALL_RECORDED_SUCCESS",
                "ConnectedToAgentTimestamp": f"{day}T10:30:11.000Z",
            }
        )
    for expected in (7, 0):
        with ThreadPoolExecutor(4) as pool:
            written = list(pool.map(backfilled, days))
        assert sum(not each["unchanged"] for each in written) == expected
        assert {(each["status"], each["proven"]) for each in written} == {("COMPLETE", 1)}
    assert main([f"s3://{EVIDENCE}/{FOLDER}"]) == 0
    assert "\nchain 1-7 whole" in capsys.readouterr().out


def test_an_exception_is_acknowledged_by_a_run_and_shown_beside_the_contact(
    proved: Stage, daily: DAG, viewer: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    del proved
    run(daily)
    acknowledging = DagBag(ROOT / "dags").dags["acknowledge_audio_leakage"]
    said = {"cause": "FLOW_CONFIGURATION", "ticket": "CHG-4711", "contact_ids": number(3)}
    acknowledged: DagRun = acknowledging.test(run_conf=said)
    assert summary(acknowledged, "acknowledge")["days"] == {
        "2023-08-29": {"acknowledged": 1, "coverage_after_acknowledgement": "100.00"}
    }
    row = viewer.get(f"/audio-leakage/monitor_audio_leakage/contacts/{number(3)}").json()
    shown = {name: row["acknowledged"][name] for name in ("class", "cause", "ticket")}
    assert shown == {"class": "UNDECIDED", "cause": "FLOW_CONFIGURATION", "ticket": "CHG-4711"}
    again = summary(run(daily), "write_evidence")  # the contact is entered now, so its class is UNDECIDED
    assert (again["coverage_percent"], again["acknowledged"]) == ("66.66", 1)
    assert main([f"s3://{EVIDENCE}/{FOLDER}"]) == 0
    assert "day 2023-08-29: acknowledgement of revision 1, whole" in capsys.readouterr().out
    refused: DagRun = acknowledging.test(run_conf=said | {"contact_ids": number(1)})
    assert str(refused.state) == "failed"
