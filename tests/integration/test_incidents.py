"""Incidents, played: what the person on call hears first, how soon, and what its links lead to.

docs/reliability.md has the same table.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from airflow.sdk import DAG

from conftest import ROOT
from support.docs import parts_of, rows_of
from support.fakes import number
from support.stage import Stage

AIRFLOW, RUNBOOK = "https://airflow.acme.example", "https://wiki.acme.example/audio-leakage"
QUEUE = "54b468a3-86b1-4746-aeb5-c31b62eecaa2"
VARIABLE = "AIRFLOW_VAR_AUDIO_LEAKAGE"
STORM = 60
#: The storm that a reader was given had 11,300 characters.
LONGEST_MAIL = 4_000
THE_MINUTE = {"window_start": "2023-08-29T10:30:00.000Z", "window_end": "2023-08-29T10:31:59.000Z"}
CALLS_LEAK = f"{STORM} calls of one queue leak within a minute"


@dataclass(frozen=True)
class Incident:
    """What happens, and what the first mail about it says."""

    happens: str
    strike: Callable[[Stage, pytest.MonkeyPatch], None]
    subject: str
    says: tuple[str, ...]


def storm(stage: Stage) -> None:
    begun = "2023-08-29T10:30:{:02d}.000Z"
    stage.put(
        *(
            {
                "ContactId": number(place),
                "State": "COMPLETED - AGENT",
                "Channel": "VOICE",
                "InitiationMethod": "INBOUND",
                "QueueId": QUEUE,
                "ConnectedToAgentTimestamp": begun.format(place % 60),
                "DisconnectTimestamp": "2023-08-29T10:34:00.000Z",
                "InitialisedAt": begun.format(place % 60),
                "InitialisedHour": "2023-08-29T10",
                "OpenState": "COMPLETED - AGENT",
                "NextCheckAt": "2023-08-29T11:34:00.000Z",
            }
            for place in range(1, STORM + 1)
        )
    )


def text(change: Callable[[str], str]) -> Callable[[Stage, pytest.MonkeyPatch], None]:
    """Return what changes the text of the Variable."""

    def strike(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(VARIABLE, change(json.dumps(stage.settings)))

    return strike


INCIDENTS = [
    Incident(
        CALLS_LEAK,
        lambda stage, _: storm(stage),
        f"{STORM} calls not recorded",
        (
            f"In common: queue {QUEUE}, cause NO_OBJECT, begun 2023-08-29 10:30 UTC",
            f"Check again: airflow dags trigger monitor_audio_leakage --conf '{json.dumps(THE_MINUTE)}'",
            "... and 50 more",
        ),
    ),
    Incident(
        "the log group of the flow logs is deleted",
        lambda stage, _: stage.configure(flow_log_group="/gone"),
        "poll_initialised failed",
        ("log group '/gone' does not exist", "Until then we do not know the new calls"),
    ),
    Incident(
        "the contact table is deleted",
        lambda stage, _: stage.configure(contact_table="gone"),
        "poll_initialised failed",
        ("table 'gone' does not exist", "restore it to a point in time"),
    ),
    Incident(
        "a comma is missing in the Variable",
        text(lambda settings: settings.replace(", ", " ", 1)),
        "poll_initialised failed",
        ("Variable 'audio_leakage' is not JSON",),
    ),
    Incident(
        "a key of the Variable has a typo",
        text(lambda settings: settings.replace('"contact_table"', '"contcat_table"')),
        "poll_initialised failed",
        ("'contcat_table' is unknown (did you mean 'contact_table'?)",),
    ),
    Incident(
        "the Variable names a bucket and no prefix",
        text(lambda settings: json.dumps({**json.loads(settings), "recording_bucket": "only-one"})),
        "poll_initialised failed",
        ("'recording_bucket' and 'recording_prefix' go together", "only 'recording_bucket' is set"),
    ),
    Incident(
        "the role may no longer ask Connect",
        lambda stage, _: stage.connect.faults.add("DescribeContact", "AccessDeniedException"),
        "poll_initialised failed",
        ("connect:DescribeContact on Connect instance", "was denied: grant", "Variable 'audio_leakage'"),
    ),
    Incident(
        "a mute has no end",
        lambda _, monkeypatch: monkeypatch.setenv(
            f"{VARIABLE}_MUTES", json.dumps([{"id": "key", "queue_id": QUEUE, "reason": "CHG-4711"}])
        ),
        "check_recordings failed",
        ("Variable 'audio_leakage_mutes': mute 'key': 'until' is None, allowed is a time",),
    ),
]


@pytest.mark.parametrize("incident", INCIDENTS, ids=[incident.happens for incident in INCIDENTS])
def test_the_first_run_tells_of_an_incident_and_its_mail_leads_to_the_fix(
    stage: Stage, dag: DAG, monkeypatch: pytest.MonkeyPatch, incident: Incident
) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", f"{AIRFLOW}/")
    stage.listen()
    stage.configure(runbook_url=RUNBOOK)
    stage.put({"ContactId": number(99), "State": "INITIALISED"})
    incident.strike(stage, monkeypatch)
    dag.test()
    mail = next(each for each in stage.heard() if each["Subject"].endswith(incident.subject))
    for said in incident.says:
        assert said in mail["Message"]
    assert len(mail["Message"]) < LONGEST_MAIL
    event = mail["MessageAttributes"]["event"]["Value"].lower()
    page = f"{AIRFLOW}/audio-leakage/monitor_audio_leakage/"
    assert f"What to do: {RUNBOOK}#{event}" in mail["Message"]
    assert f"Look: {page}" in mail["Message"]
    leads = re.findall(r"https://airflow.acme.example/\S+", mail["Message"])
    if incident.happens == CALLS_LEAK:
        assert f"{page}contact/{number(1)}" in leads
    else:
        assert any(re.search(r"/dags/monitor_audio_leakage/runs/.+/tasks/\w+$", lead) for lead in leads)


def test_the_page_of_incidents_has_each_of_them_with_its_mail() -> None:
    rows = rows_of(parts_of(ROOT / "docs" / "reliability.md")["Incidents, played"])
    shown = {happens: subject.strip("*") for happens, _, subject, *_ in rows}
    for incident in INCIDENTS:
        assert shown[incident.happens] == incident.subject


def test_a_repaired_incident_ends_with_one_mail(stage: Stage, dag: DAG) -> None:
    stage.listen()
    stage.put({"ContactId": number(99), "State": "INITIALISED"})
    stage.connect.faults.add("DescribeContact", "AccessDeniedException")
    half_past = datetime(2023, 8, 29, 10, 30, tzinfo=UTC)
    for minutes in (5, 10):
        assert dag.test(logical_date=half_past + timedelta(minutes=minutes)).state == "failed"
    assert len(stage.heard()) == 1
    stage.connect.faults.clear()
    for minutes in (15, 20):
        assert dag.test(logical_date=half_past + timedelta(minutes=minutes)).state == "success"
    assert [each["Subject"] for each in stage.heard()] == ["Audio leakage: works again"]
