"""What the daily runs proved, from their XComs in Airflow's database: statuses and counts alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.models.dagrun import DagRun

from audio_leakage.evidence.revision import folder_of
from audio_leakage.flow_audit.picture import picture
from audio_leakage.flow_audit.results import AuditResult
from audio_leakage.instances import EVIDENCE_DAG_ID, is_dag_of_an_instance
from audio_leakage_ui.population import summaries
from audio_leakage_ui.reading import UnknownRun

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from audio_leakage.settings import Settings
    from audio_leakage_ui.consoles import Consoles

_TASKS = (
    "complete_population",
    "list_recordings",
    "reconcile",
    "check_configuration",
    "audit_flows",
    "recheck_earlier_days",
    "write_evidence",
)
_WRITING, _AUDITING = "write_evidence", "audit_flows"


def is_daily(dag_id: str) -> bool:
    """Tell whether a DAG proves the days of an instance."""
    return is_dag_of_an_instance(dag_id, EVIDENCE_DAG_ID)


def check_daily(dag_id: str) -> None:
    """Refuse a DAG that proves no days.

    :raises UnknownRun: if it does not.
    """
    if not is_daily(dag_id):
        raise UnknownRun("This DAG writes no evidence, so there is nothing to show.")


def daily_run(
    session: Session, dag_id: str, run_id: str, settings: Settings, consoles: Consoles
) -> dict[str, Any]:
    """Return what one run found: the summary of each task, and the ``days`` with their folders."""
    found = dict(summaries(session, dag_id, DagRun.run_id == run_id, _TASKS))
    days = {day: _with_folder(day, row, settings, consoles) for day, row in _days(found.get(_WRITING, {}))}
    return {"tasks": {name: found.get(name) for name in _TASKS}, "days": days}


def picture_of_run(session: Session, dag_id: str, run_id: str, place: int) -> str:
    """Return the picture of the way that explains a finding about an entry, as SVG.

    :param place: of the finding among those that the run shows.
    :raises UnknownRun: if the run has no such finding.
    """
    found = dict(summaries(session, dag_id, DagRun.run_id == run_id, (_AUDITING,)))
    findings = found.get(_AUDITING, {}).get("findings", [])
    if place >= len(findings):
        raise UnknownRun("This run has no such finding.")
    finding = findings[place]
    return picture(finding["entry"], AuditResult(finding["result"]), finding["way"])


def _days(written: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each day that ``write_evidence`` wrote about, with its figures."""
    if "window" in written:
        yield (
            written["window"],
            {
                name: value
                for name, value in written.items()
                if name not in ("window", "earlier_days", "queues")
            },
        )
    yield from written.get("earlier_days", {}).items()


def _with_folder(day: str, row: dict[str, Any], settings: Settings, consoles: Consoles) -> dict[str, Any]:
    place = f"{settings.evidence_bucket}/{settings.evidence_folder}{folder_of(day, row['revision'])}"
    return {**row, "folder": consoles.place(place) if settings.evidence_bucket else None}
