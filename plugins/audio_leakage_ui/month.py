"""The days of a month at a glance, and one day with its exceptions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from audio_leakage.evidence.classes import NO_FLOW_TOLD
from audio_leakage.use_cases.acknowledged import acknowledged_figures
from audio_leakage_ui.calls import MOST_ROWS
from audio_leakage_ui.reading import UnknownRun
from audio_leakage_ui.revisions import EvidencePlace, ProvedDay, proved_days

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from audio_leakage.evidence.acknowledgement import Acknowledged
    from audio_leakage_ui.consoles import Consoles

_AT_ONCE = 16
_FIGURES = ("required", "proven", "lost", "undecided", "coverage_percent", "coverage_at_most")
#: The members of an exception that the browser shows.
_SHOWN = (
    "contact_id", "call_id", "class", "detail", "severity", "counts_as", "queue_id", "initiation_method",
    "connected_at", "failure_cause", "policy_rule",
)  # fmt: skip


def month_of(place: EvidencePlace | None, since: date, today: date, consoles: Consoles) -> dict[str, Any]:
    """Return the figures of each day since a day that is proved.

    :param place: where the evidence lies; None where no evidence is wanted.
    :param since: the first UTC day.
    :param today: the UTC day on which we ask.
    :param consoles: links into the S3 console.
    """
    if place is None:
        return {"is_wanted": False, "days": {}}
    days = proved_days(place, since)
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        rows = pool.map(lambda day: row_of_day(day, today, consoles), days)
        return {"is_wanted": True, "days": dict(zip((day.day for day in days), rows, strict=True))}


def row_of_day(day: ProvedDay, today: date, consoles: Consoles) -> dict[str, Any]:
    """Return the figures of one day, as measured, and beside them those after acknowledgement."""
    measured, last = day.measured, day.last
    is_acknowledged = any(link.is_acknowledgement for link in day.links)
    return {
        "status": measured["status"],
        "kind": measured["kind"],
        "population": measured["population"],
        **{name: measured["total"][name] for name in _FIGURES},
        "blind": sum(measured["classes"].get(name, 0) for name in NO_FLOW_TOLD),
        "revision": last.revision,
        "link": last.sequence,
        "signed": bool(last.signature),
        "folder": consoles.place(f"{day.place.bucket}/{day.place.folder}{day.folder}"),
        **(acknowledged_figures(measured, day.acknowledged(today)) if is_acknowledged else {}),
    }


def proved_day(place: EvidencePlace | None, named: date, today: date, consoles: Consoles) -> dict[str, Any]:
    """Return one day: its figures, its classes, and those of each queue and each initiation method.

    :raises UnknownRun: when the day has no evidence.
    """
    day = _day(place, named)
    summary = day.summary()
    return {
        **row_of_day(day, today, consoles),
        "reasons": summary["reasons"],
        "classes": {name: count for name, count in summary["classes"].items() if count},
        "by": {group: summary["by"][group] for group in ("queue_id", "initiation_method")},
    }


def exceptions_of_day(
    place: EvidencePlace | None, named: date, today: date, wanted: Mapping[str, str | None]
) -> dict[str, Any]:
    """Return the exceptions of a day, each with its acknowledgement, and how many were left out.

    :param wanted: the value that a member must have; None wants all.
    :raises UnknownRun: when the day has no evidence.
    """
    day = _day(place, named)
    asked = {name: value for name, value in wanted.items() if value}
    found = [row for row in day.exceptions() if asked.items() <= row.items()]
    known = day.acknowledged(today)
    return {
        "rows": list(_rows(found[:MOST_ROWS], known)),
        "left_out": len(found[MOST_ROWS:]),
    }


def rows_of_exceptions(place: EvidencePlace | None, named: date, today: date) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a list of all exceptions of a day, its heads first.

    :raises UnknownRun: when the day has no evidence.
    """
    day = _day(place, named)
    known = day.acknowledged(today)
    yield (*map(_words, _SHOWN), "acknowledged as", "ticket")
    for row in day.exceptions():
        said = known[row["contact_id"]].acknowledgement if row["contact_id"] in known else None
        yield (*(row[name] for name in _SHOWN), said.cause if said else "", (said and said.ticket) or "")


def _words(name: str) -> str:
    return name.replace("_", " ")


def _rows(found: list[Mapping[str, str]], known: Mapping[str, Acknowledged]) -> Iterator[dict[str, Any]]:
    for row in found:
        shown: dict[str, Any] = {name: row[name] for name in _SHOWN if row[name]}
        if row["contact_id"] in known:
            said = known[row["contact_id"]].acknowledgement
            shown["acknowledged"] = {"at": said.acknowledged_at, "cause": said.cause, "ticket": said.ticket}
        yield shown


def _day(place: EvidencePlace | None, named: date) -> ProvedDay:
    days = proved_days(place, named) if place else []
    found = next((day for day in days if day.day == named.isoformat()), None)
    if found is None:
        raise UnknownRun(f"There is no evidence of {named}. Trigger audio_leakage_evidence with this day.")
    return found
