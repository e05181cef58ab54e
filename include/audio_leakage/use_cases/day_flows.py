"""The use case ``audit_flows``: what the published flows will do with the calls of today.

A flow is read when its hash is another one than when it was read last. Its content is dropped as soon as the
audit has what it needs of it.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from audio_leakage.errors import BrokenEvidence, MissingError, SetupError
from audio_leakage.evidence.classes import ContactClass
from audio_leakage.evidence.files import Json, canonical, document, json_lines, sha256
from audio_leakage.evidence.revision import FileBeside
from audio_leakage.evidence.stored import document_at, rows_at
from audio_leakage.flow_audit.audit import audit
from audio_leakage.flow_audit.flow import read_flow, resource_id
from audio_leakage.flow_audit.kept import Kept, flow_of, kept_of
from audio_leakage.flow_audit.report import (
    Report,
    findings_in,
    mail_lines,
    not_checked,
    report_of,
    said_in,
)
from audio_leakage.times import format_time
from audio_leakage.use_cases.day_context import DayContext
from audio_leakage.use_cases.flow_alerts import WORK, tell_of_leaks

log = logging.getLogger(__name__)

FLOWS = "flows.json"
_KEPT = "kept.jsonl.gz"
#: Findings that go into the run's XCom, for the page. ``flows.json`` has all of them.
_SHOWN = 20
#: Queues, and entries of each, that the mail names.
_TOLD = 3
#: The classes of contacts that no flow asked to record.
_UNASKED = frozenset({ContactClass.NEVER_ASKED, ContactClass.UNEXPLAINED})


def audit_flows(run: DayContext) -> dict[str, Any]:
    """Audit the published flows, keep the report for the evidence, and tell once of entries that leak now.

    :return: how many flows there are and how many were read, how many entries have each result, and the
        ``findings``: the first entries that need somebody's attention.
    :raises ServiceUnavailable: when Connect does not answer. The next try goes on from there.
    """
    as_of = format_time(run.now)
    folder = f"{_folder(run)}{as_of}/"
    read = 0
    try:
        inventory = _inventory(run)
        kept = _still_valid(_last_kept(run), inventory)
        known = {*inventory, *map(resource_id, run.flows.queue_ids(run.settings.connect_instance_id))}
        try:
            for flow_id in inventory.keys() - kept.keys():
                kept[flow_id] = _read(run, inventory[flow_id], known)
                read += 1
        finally:
            rows = sorted(kept.values(), key=lambda each: str(each["id"]))
            run.store.write(f"{folder}{_KEPT}", json_lines(_KEPT, rows).stored)
        numbers = run.flows.phone_numbers(run.settings.connect_instance_id)
        flows = [flow_of(each["flow"]) for each in rows if each["flow"] is not None]
        key = run.chain.latest(FLOWS)
        before = document_at(run.store, key) if key else None
        report = report_of(flows, audit(flows, numbers), before, as_of)
    except SetupError as error:
        log.warning("the flows were not audited: %s", error)
        report = not_checked(str(error), as_of)
    run.store.write(f"{folder}{FLOWS}", canonical(report))
    if not run.is_backfill and not report["not_checked"]:  # runs of a backfill would all tell the same
        tell_of_leaks(run, report, folder)
    return {
        "flows": report["flows"],
        "read": read,
        "results": report["counts"],
        "not_checked": report["not_checked"],
        "findings": findings_in(report)[:_SHOWN],
    }


def flows_beside(run: DayContext) -> list[FileBeside]:
    """Return the file of the flows, for the evidence; nothing if nobody has audited them."""
    report = last_report(run)
    if report is None:
        return []
    return [FileBeside(document(FLOWS, report), sha256(canonical(said_in(report))))]


def unasked_queues(run: DayContext, contacts: str) -> dict[str, dict[str, Any]]:
    """Return the queues whose calls nobody asked to record, with the entries whose flows lead to them.

    :param contacts: the key of the contacts of the day's revision.
    :return: the number of contacts by class, and ``entries``, by the queue's ID; most contacts first.
    """
    counts: dict[str, Counter[str]] = {}
    for row in rows_at(run.store, contacts):
        if row["class"] in _UNASKED and row["queue_id"] is not None:
            counts.setdefault(row["queue_id"], Counter())[row["class"]] += 1
    report = last_report(run)
    led_to = report["queues"] if report else {}
    ranked = sorted(counts.items(), key=lambda each: (-each[1].total(), each[0]))
    return {
        queue: {**dict(sorted(found.items())), "entries": led_to.get(queue.lower(), [])[:_SHOWN]}
        for queue, found in ranked[:_SHOWN]
    }


def queue_lines(queues: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield what the daily mail says of the queues that :func:`unasked_queues` returns."""
    for queue, found in list(queues.items())[:_TOLD]:
        counts = ", ".join(f"{count} {name}" for name, count in found.items() if name != "entries")
        entries = ", ".join(found["entries"][:_TOLD]) or "no flow that sets it by its ID"
        yield f"Queue {queue}: {counts}. Calls come to it from {entries}"
    if len(queues) > _TOLD:
        yield f"and {len(queues) - _TOLD} more queues"


def flow_lines(run: DayContext) -> Iterator[str]:
    """Yield what the daily mail says of the flows."""
    report = last_report(run)
    if report is None:
        yield "Flows: not checked, the task 'audit_flows' says why"
    else:
        yield from mail_lines(report)


def last_report(run: DayContext) -> Report | None:
    """Return the last report of the run's day; None if there is none."""
    key = max((key for key in run.store.keys(_folder(run)) if key.endswith(FLOWS)), default=None)
    return document_at(run.store, key) if key else None


def _folder(run: DayContext) -> str:
    return f"{WORK}day={run.day.isoformat()}/"


def _inventory(run: DayContext) -> dict[str, Json]:
    found = run.flows.inventory(run.settings.connect_instance_id)
    return {resource_id(each["id"]): each for each in found}


def _last_kept(run: DayContext) -> Mapping[str, Kept]:
    keys = (key for key in run.store.keys(WORK) if key.endswith(_KEPT))
    key = max(keys, key=lambda key: key.split("/")[-2], default=None)
    if key is None:
        return {}
    try:
        return {str(row["id"]): row for row in rows_at(run.store, key)}
    except BrokenEvidence as error:
        log.warning("all flows are read again: %s", error)  # what was kept only spares requests
        return {}


def _still_valid(kept: Mapping[str, Kept], inventory: Mapping[str, Json]) -> dict[str, Kept]:
    """Return the flows that are as they were when they were read, with the names that they have now."""
    return {
        flow_id: {**each, "flow": each["flow"] and {**each["flow"], "name": inventory[flow_id]["name"]}}
        for flow_id, each in kept.items()
        if flow_id in inventory and each["sha256"] and each["sha256"] == inventory[flow_id]["sha256"]
    }


def _read(run: DayContext, found: Json, known: set[str]) -> Kept:
    """Read a flow and return what is kept of it; ``flow`` is None where nothing is published."""
    flow_id = resource_id(found["id"])
    kept: Kept = {"id": flow_id, "sha256": found["sha256"], "flow": None}
    try:
        content = run.flows.content(run.settings.connect_instance_id, found["id"], found["type"])
    except MissingError:  # it was deleted a moment ago
        return kept
    if content is None:
        return kept
    flow = read_flow(flow_id, found["name"], found["type"], content)
    return {**kept, "flow": kept_of(flow, known)}
