"""What the tab of a daily run shows: the summary of each task, and the folder of each day that it wrote."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from airflow.models.dagrun import DagRun
from sqlalchemy.orm import Session

from audio_leakage.settings import Settings
from audio_leakage_ui.consoles import Consoles
from audio_leakage_ui.evidence import daily_run, is_daily, picture_of_run
from audio_leakage_ui.reading import UnknownRun
from support.airflow_database import airflow_database, put_run, put_summary
from support.fakes import INSTANCE_ID, SETTINGS, at

DAILY = "audio_leakage_evidence"
TASKS = (
    "complete_population",
    "list_recordings",
    "reconcile",
    "check_configuration",
    "audit_flows",
    "recheck_earlier_days",
    "write_evidence",
)
PROVING = replace(SETTINGS, evidence_bucket="evidence", evidence_prefix="audit")
FINDING = {
    "entry": "number +27…",
    "result": "NEVER",
    "way": [["Main", ["Play prompt"]], ["Sales", ["Transfer to queue"]]],
}


@pytest.fixture
def session() -> Iterator[Session]:
    with airflow_database() as session:
        yield session


@pytest.fixture
def run(session: Session) -> DagRun:
    return put_run(session, DAILY, "one", at("06:40"))


def shown(session: Session, settings: Settings = PROVING) -> dict[str, Any]:
    return daily_run(session, DAILY, "one", settings, Consoles("af-south-1"))


def folder(day: str, revision: int) -> str:
    path = f"audit/audio-leakage/v1/instance={INSTANCE_ID}/day={day}/revision={revision:03d}/"
    quoted = path.replace("/", "%2F").replace("=", "%3D")
    address = "https://af-south-1.console.aws.amazon.com/s3/buckets/evidence"
    return f"{address}?region=af-south-1&prefix={quoted}"


@pytest.mark.parametrize(
    ("dag_id", "found"),
    [
        ("audio_leakage_evidence", True),
        ("audio_leakage_evidence__emea", True),
        ("audio_leakage_evidence__", False),
        ("monitor_audio_leakage", False),
        ("reconcile_audio_leakage", False),
    ],
)
def test_only_a_daily_dag_proves_days(dag_id: str, found: bool) -> None:
    assert is_daily(dag_id) is found


def test_a_run_shows_what_each_of_its_tasks_returned(session: Session, run: DagRun) -> None:
    for place, name in enumerate(TASKS):
        put_summary(session, run, name, {"revision": place})
    put_summary(session, run, "tell", {"revision": 99})
    put_summary(session, put_run(session, DAILY, "other", at("06:41")), "reconcile", {"revision": 98})
    found = shown(session)
    assert found == {
        "tasks": {name: {"revision": place} for place, name in enumerate(TASKS)},
        "days": {},
    }


def test_a_run_that_is_at_its_beginning_shows_that_nothing_is_there_yet(
    session: Session,
) -> None:
    put_run(session, DAILY, "one", at("06:40"))
    assert shown(session) == {"tasks": dict.fromkeys(TASKS), "days": {}}


def test_a_run_shows_its_day_and_the_earlier_days_that_it_wrote_again(session: Session, run: DagRun) -> None:
    earlier = {"2023-07-30": {"status": "FINAL", "revision": 12}}
    written = {"window": "2023-08-29", "status": "PROVISIONAL", "revision": 1, "queues": {"a": 1}}
    put_summary(session, run, "write_evidence", written | {"earlier_days": earlier})
    assert shown(session)["days"] == {
        "2023-08-29": {"status": "PROVISIONAL", "revision": 1, "folder": folder("2023-08-29", 1)},
        "2023-07-30": {"status": "FINAL", "revision": 12, "folder": folder("2023-07-30", 12)},
    }


def test_a_day_has_no_folder_once_nobody_wants_evidence(session: Session, run: DagRun) -> None:
    put_summary(session, run, "write_evidence", {"window": "2023-08-29", "revision": 1})
    assert shown(session, SETTINGS)["days"] == {"2023-08-29": {"revision": 1, "folder": None}}


def test_each_finding_has_the_picture_of_its_way(session: Session, run: DagRun) -> None:
    other = {"entry": "number +49…", "result": "ALWAYS", "way": []}
    put_summary(session, run, "audit_flows", {"findings": [FINDING, other]})
    drawn = picture_of_run(session, DAILY, "one", 0)
    assert drawn.startswith("<svg ")
    assert 'aria-label="number +27…: NEVER"' in drawn
    for text in ("Play prompt", "Sales", "Transfer to queue"):
        assert f">{text}<" in drawn
    assert 'aria-label="number +49…: ALWAYS"' in picture_of_run(session, DAILY, "one", 1)


@pytest.mark.parametrize("findings", [None, [], [FINDING]])
def test_a_finding_that_a_run_does_not_have_has_no_picture(
    session: Session, run: DagRun, findings: list[object] | None
) -> None:
    put_summary(session, run, "audit_flows", {} if findings is None else {"findings": findings})
    put_summary(
        session, put_run(session, DAILY, "other", at("06:41")), "audit_flows", {"findings": [FINDING] * 5}
    )
    with pytest.raises(UnknownRun, match=r"^This run has no such finding\.$"):
        picture_of_run(session, DAILY, "one", len(findings or []))
