"""Nothing of a caller gets out of the monitor: not into logs, alerts, the table, metrics or Airflow's database.

Every place in which Amazon Connect or a flow can carry something about a person holds a mark of its own; after
runs that go well and runs that fail, all that came out is searched for the marks.
"""

import base64
import gzip
import traceback
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from airflow import settings as airflow_settings
from airflow.models import DagBag
from airflow.models.xcom import XComModel
from airflow.sdk import DAG
from airflow.utils.session import create_session
from fastapi.testclient import TestClient
from sqlalchemy import select
from werkzeug.wrappers import Response

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.follow import followed
from conftest import ROOT
from flow_log_subscriber import handler as subscriber
from flow_log_subscriber.payload import UnreadablePayload
from support.fakes import answer, at, key_of, number
from support.flow_lines import delivery, line, option
from support.stage import LOG_GROUP, TABLE, Stage

RECORDED, LEAKED, TALKING, ABANDONED, GARBLED, MISTAKEN = map(number, range(6))
NEVER_ASKED = number(9)
_PLACES = """
    customer number, system number, name, description, customer id, tag, segment, disconnect issue, campaign,
    queue name, word, option, participant, parameter, flow, result, no JSON, object, metadata, mistake,
    hierarchy, time, error, error's code, error without a code, time in an answer, state, attempts, settings,
    no UTF-8
"""
#: What must not be found, by the place it is put in: telephone numbers, each with its own last digits.
MARKS = {place.strip(): f"+2782555{number_:04d}" for number_, place in enumerate(_PLACES.split(","))}


def told(contact_id: str, **members: Any) -> dict[str, Any]:
    """Return a contact as DescribeContact tells it, with a person in every member that may tell of one."""
    marks = {
        "CustomerEndpoint": {"Type": "TELEPHONE_NUMBER", "Address": MARKS["customer number"]},
        "SystemEndpoint": {"Type": "TELEPHONE_NUMBER", "Address": MARKS["system number"]},
        "Name": MARKS["name"],
        "Description": MARKS["description"],
        "CustomerId": MARKS["customer id"],
        "Tags": {"caller": MARKS["tag"]},
        "SegmentAttributes": {
            "caller": {"ValueString": MARKS["segment"]},
            "connect:Subtype": {"ValueString": "connect:Telephony"},
        },
        "DisconnectDetails": {"PotentialDisconnectIssue": MARKS["disconnect issue"]},
        "Campaign": {"CampaignId": MARKS["campaign"]},
        "QueueInfo": {"Id": number(77), "EnqueueTimestamp": at("10:30"), "Name": MARKS["queue name"]},
    }
    contact: dict[str, Any] = answer(contact_id, **(marks | members))["Contact"]
    level = {
        "Name": MARKS["hierarchy"],
        "Arn": "arn:aws:connect:af-south-1:123456789012:instance/i/agent-group/a",
    }
    contact["AgentInfo"]["HierarchyGroups"] = {"Level1": level}
    return contact


def lines() -> Iterator[str]:
    for contact_id in (RECORDED, LEAKED, TALKING, ABANDONED, GARBLED, MISTAKEN):
        parameters = option("Enable") | {"Caller": MARKS["parameter"]}
        yield line(ContactId=contact_id, Parameters=parameters, ContactFlowName=MARKS["flow"])
    yield line(ContactId=number(10), Parameters=option(MARKS["option"]))
    yield line(ContactId=number(11), Parameters=option("Enable", MARKS["participant"]))
    yield line(
        ContactId=number(12), Parameters={"Novelty": MARKS["parameter"]}, Results=f"Error {MARKS['result']}"
    )
    yield line(ContactId=number(13), Timestamp=MARKS["time"])
    yield f'{{"ContactFlowModuleType": "SetRecordingBehavior", {MARKS["no JSON"]}'


@pytest.fixture
def calls(stage: Stage) -> Stage:
    stage.contacts |= {
        RECORDED: told(RECORDED),
        LEAKED: told(LEAKED),
        TALKING: told(TALKING, DisconnectTimestamp=None),
        ABANDONED: told(ABANDONED, connected=None),
        GARBLED: told(GARBLED, Channel=MARKS["word"] * 50),
        MISTAKEN: told(MISTAKEN),
    }
    s3 = stage.aws.client("s3")
    key, metadata = key_of(RECORDED), {"caller": MARKS["metadata"]}
    s3.put_object(Bucket="recordings", Key=key, Body=b"\0" * 2_000_000, Metadata=metadata)
    stage.put_object(f"{key_of(LEAKED)}.{MARKS['object']}")
    stage.aws.create_log_group(LOG_GROUP)
    logs = stage.aws.client("logs")
    logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName="flows")
    return stage


def airflows_home() -> bytes:
    """Return all that Airflow keeps: its database, XCom among it, the write-ahead log, the logs of tasks."""
    database = Path(str(airflow_settings.SQL_ALCHEMY_CONN).removeprefix("sqlite:///"))
    return b"".join(file.read_bytes() for file in database.parent.rglob("*") if file.is_file())


def hour_parts() -> list[str]:
    """Return the parts of the population that went from task to task, unpacked."""
    with create_session() as session:
        kept = session.scalars(select(XComModel).where(XComModel.key.startswith("population_part"))).all()
        texts = [XComModel.deserialize_value(each) for each in kept]
    assert texts
    return [zlib.decompress(base64.b64decode(text)).decode() for text in texts]


def found(out: dict[str, bytes]) -> set[tuple[str, str]]:
    """Return which mark is in what came out; some ways of writing it down escape the plus."""
    return {
        (name, place)
        for name, content in out.items()
        for place, mark in MARKS.items()
        if mark[1:].encode() in content
    }


def test_no_personal_data_of_a_caller_gets_out(
    calls: Stage,
    dag: DAG,
    monkeypatch: pytest.MonkeyPatch,
    viewer: TestClient,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def errs(contact: Contact, *rest: Any) -> Contact:
        if contact.contact_id == MISTAKEN:
            raise KeyError(MARKS["mistake"])
        return followed(contact, *rest)

    monkeypatch.setattr("audio_leakage.runs.outcome.followed", errs)
    monkeypatch.setenv("CONTACT_TABLE", TABLE)
    subscriber._contacts.cache_clear()
    calls.listen()
    calls.configure(flow_log_group=LOG_GROUP)
    taken_in = subscriber.handler(delivery(*((each, at("10:30")) for each in lines())), None)
    states = [dag.test(logical_date=at("10:35")).state]
    calls.connect.faults.add("DescribeContact", "AccessDeniedException")
    states.append(dag.test(logical_date=at("10:40")).state)
    monkeypatch.setenv("AIRFLOW_VAR_AUDIO_LEAKAGE_POLICY", '{"default": "must"}')
    calls.configure(population_rps=100)
    calls.contacts[NEVER_ASKED] = told(NEVER_ASKED)
    hourly = DagBag(ROOT / "dags").dags["reconcile_audio_leakage"]
    hour = hourly.test(run_conf={"hour": "2023-08-29T10"})
    pages = [
        viewer.get(f"/audio-leakage/{hourly.dag_id}/{page}").text
        for page in (f"hour?run_id={quote(hour.run_id)}", "population?since=2023-08-29T10")
    ]

    assert hour.state == "success"
    assert taken_in == {"unreadable_lines": 5, "entered": 6}
    assert states == ["success", "failed"]
    items, alerts, printed = calls.items(), calls.heard(), capfd.readouterr()
    assert set(items) == {RECORDED, LEAKED, TALKING, GARBLED, MISTAKEN, NEVER_ASKED}
    assert {each["MessageAttributes"]["event"]["Value"] for each in alerts} == {
        "CALL_RECORDED_FAILURE",
        "CALLS_NOT_WATCHED",
        "TASK_FAILED",
    }
    assert '"population":' in pages[0]
    out = {
        "UI": "\n".join(pages).encode(),
        "standard output": printed.out.encode() + printed.err.encode(),
        "log records": "\n".join(f"{record.__dict__}" for record in caplog.records).encode(),
        "alerts": str(alerts).encode(),
        "table": str(items).encode(),
        "metrics": str(calls.aws.client("cloudwatch").list_metrics()["Metrics"]).encode(),
        "Airflow's home": airflows_home(),
    }
    for name in ("log records", "alerts", "table"):
        assert LEAKED.encode() in out[name], f"{name} is not what it seems to be"
    assert b"CALL_RECORDED_FAILURE" in out["Airflow's home"], "XCom is not in it"
    for part in hour_parts():
        assert NEVER_ASKED in part, "the part is not what it seems to be"
        assert not [place for place, mark in MARKS.items() if mark[1:] in part]
    assert found(out) == set()


def refusal(code: str, message: str) -> Response:
    return Response(
        f'{{"Message": "{message}"}}', 400, {"x-amzn-ErrorType": code}, mimetype="application/json"
    )


#: What Connect answers with instead of a contact, by the contact: with a person in it, one way or another.
ANSWERS = {
    number(21): refusal("OddException", f"the caller is {MARKS['error']}"),
    number(22): refusal(MARKS["error's code"], "odd"),
    number(23): Response(f"<html>{MARKS['error without a code']}", 400),
    number(24): Response(
        f'{{"Contact": {{"InitiationTimestamp": "at {MARKS["time in an answer"]}"}}}}',
        mimetype="application/json",
    ),
}


def lay_items(stage: Stage) -> None:
    """Write contacts that are due: some that Connect refuses for the fourth time, some that are no items."""
    due = {"NextCheckAt": "2023-08-29T10:30:00.000Z", "InitialisedAt": "2023-08-29T10:30:00.000Z"}
    due |= {"OpenState": "INITIALISED", "State": "INITIALISED", "InitialisedHour": "2023-08-29T10"}
    for contact_id in ANSWERS:
        stage.put({"ContactId": contact_id, **due, "Attempts": "3"})
        stage.connect.faults.add("DescribeContact", contact_id, contact_id=contact_id)
    for place, name in enumerate(("state", "attempts", "settings")):
        attribute = {"settings": "RecordingBlocks"}.get(name, name.title())
        stage.put({"ContactId": number(30 + place), **due, attribute: f"caller {MARKS[name]}"})
    for position in range(40, 46):
        stage.put({"ContactId": number(position), **due})
        stage.contacts[number(position)] = told(number(position), DisconnectTimestamp=None)


def test_no_personal_data_gets_out_of_unreadable_input(
    stage: Stage,
    dag: DAG,
    viewer: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("CONTACT_TABLE", TABLE)
    monkeypatch.setattr("local_aws.connect.faults.STATUS", dict.fromkeys(ANSWERS, 400))
    monkeypatch.setattr("local_aws.connect.simulator._fault", ANSWERS.__getitem__)
    stage.listen()
    lay_items(stage)
    states = [dag.test(logical_date=at("10:35")).state]
    lay_items(stage)
    stage.connect.faults.add("ListInstanceStorageConfigs", number(21))  # asked when a contact was refused
    states.append(dag.test(logical_date=at("10:40")).state)
    packed = base64.b64encode(gzip.compress(f'{{"x": "{MARKS["no UTF-8"]}"}}'.encode() + b"\xff"))
    with pytest.raises(UnreadablePayload) as undelivered:
        subscriber.handler({"awslogs": {"data": packed.decode()}}, None)
    pages = [
        viewer.get(f"/audio-leakage/{dag.dag_id}/{page}").text
        for page in ("hours?hour=2023-08-29T10", "health")
    ]

    assert states == ["success", "failed"]
    items, alerts, printed = stage.items(), stage.heard(), capfd.readouterr()
    kinds = {each["MessageAttributes"]["event"]["Value"] for each in alerts}
    assert kinds == {"CONTACT_SET_ASIDE", "TASK_FAILED"}
    assert all("LastError" in items[contact_id] for contact_id in ANSWERS)
    mine = {name: item for name, item in items.items() if name not in map(number, range(30, 33))}
    out = {
        "standard output": printed.out.encode() + printed.err.encode(),
        "log records": "\n".join(f"{record.__dict__}" for record in caplog.records).encode(),
        "the Lambda's log": "".join(traceback.format_exception(undelivered.value)).encode(),
        "alerts": str(alerts).encode(),
        "table": str(mine).encode(),
        "UI": "\n".join(pages).encode(),
        "Airflow's home": airflows_home(),
    }
    for name in ("log records", "alerts", "table", "UI"):
        assert number(21).encode() in out[name], f"{name} is not what it seems to be"
    assert found(out) == set()
