"""The use case ``acknowledge``: somebody has found out what became of exceptions.

An acknowledgement is written beside the evidence of a day: an object and its link. The revisions of the day
do not read it, so it cannot change a verdict, a class or a measured figure.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

from audio_leakage.errors import BrokenEvidence, WindowError
from audio_leakage.evidence.acknowledgement import (
    Acknowledgement,
)
from audio_leakage.evidence.chain import Link
from audio_leakage.evidence.files import Json, sha256
from audio_leakage.evidence.form import AcknowledgementRequest
from audio_leakage.evidence.ports import EvidenceStore
from audio_leakage.evidence.reports import EXCEPTIONS, exceptions_of
from audio_leakage.ports import AlertTopic, ContactTable, Item
from audio_leakage.settings import Settings
from audio_leakage.times import format_time
from audio_leakage.use_cases.acknowledged import figures_of, mark
from audio_leakage.use_cases.evidence_chain import Chain

log = logging.getLogger(__name__)

_BATCH, _MOST_SHOWN = 100, 5


@dataclass(frozen=True, kw_only=True)
class AcknowledgementContext:
    """What the task of a triggered run works with."""

    settings: Settings
    request: AcknowledgementRequest
    now: datetime
    contacts: ContactTable
    store: EvidenceStore
    chain: Chain
    alert_topic: AlertTopic
    run_id: str
    user: str | None
    """Airflow's name of the user who triggered the run; None where Airflow does not tell."""


def acknowledge(run: AcknowledgementContext) -> dict[str, Any]:
    """Acknowledge exceptions of one or more days: all that were named, or none.

    :return: how many contacts were ``acknowledged``, and the figures of each day after that.
    :raises WindowError: when a contact is no exception of its day. Nothing is written then.
    """
    drafts = [_draft(run, day, ids) for day, ids in sorted(_days_of(run).items())]
    written = [write_acknowledgement(run.chain, draft, run.now) for draft in drafts]
    for link, acknowledgement in written:
        log.info("day %s: %d acknowledged, link %d", link.day, len(acknowledgement.contacts), link.sequence)
    marked = sum(mark(run.contacts, each) for _, each in written)
    return {
        "acknowledged": sum(len(each.contacts) for _, each in written),
        "marked": marked,
        "links": [link.sequence for link, _ in written],
        "days": {link.day: figures_of(run.chain, link.day, run.now) for link, _ in written},
    }


def write_acknowledgement(
    chain: Chain, acknowledgement: Acknowledgement, now: datetime
) -> tuple[Link, Acknowledgement]:
    """Write an acknowledgement with its link; return both as they stand.

    The same acknowledgement may be written again: the object of the first try stands, and has one link.

    :raises BrokenEvidence: when the chain, or the object that is there, is not whole.
    """
    chain.store.write(acknowledgement.path, acknowledgement.to_bytes())
    stored = chain.store.read(acknowledgement.path)
    try:
        written = Acknowledgement.from_bytes(stored)
    except ValueError as error:
        raise BrokenEvidence(f"{acknowledgement.path} cannot be read: {error}", "itself") from None
    return chain.append_acknowledgement(written, stored, now), written


def _days_of(run: AcknowledgementContext) -> Mapping[date, set[str] | None]:
    """Return the contacts by the UTC day on which the agent joined; None for those of a class."""
    request = run.request
    if not request.contact_ids:
        return {request.day: None} if request.day else {}
    if request.day:
        return {request.day: set(request.contact_ids)}
    items = {str(item["ContactId"]).lower(): item for item in _items(run.contacts, request.contact_ids)}
    days: defaultdict[date, set[str]] = defaultdict(set)
    unknown = []
    for contact_id in request.contact_ids:
        joined_at = str(items.get(contact_id, {}).get("ConnectedToAgentTimestamp", ""))
        try:
            day = date.fromisoformat(joined_at[:10])
        except ValueError:
            unknown.append(contact_id)
        else:
            days[day].add(contact_id)
    if unknown:
        raise WindowError(f"name the day of {_some(unknown)}: the contact table does not tell it")
    return dict(days)


def _draft(run: AcknowledgementContext, day: date, contact_ids: set[str] | None) -> Acknowledgement:
    known = run.chain.earlier(day.isoformat())
    if known is None:
        raise WindowError(f"day {day} has no evidence yet, so there is nothing to acknowledge")
    link, request = known[0], run.request
    exceptions = exceptions_of(run.store.read(link.folder + EXCEPTIONS))
    found = {row["contact_id"]: row for row in exceptions if _is_named(row, request, contact_ids)}
    missing = sorted((contact_ids or set()) - set(found))
    if missing or not found:
        what = _some(missing) if missing else f"class {request.contact_class}"
        raise WindowError(f"{what}: no such exception in revision {link.revision} of day {day}")
    return Acknowledgement(
        id=sha256(f"{run.run_id} {day}".encode())[:32],
        instance=link.instance,
        day=link.day,
        revision=link.revision,
        manifest_sha256=link.manifest_sha256,
        cause=str(request.cause),
        ticket=request.ticket,
        valid_until=request.valid_until.isoformat() if request.valid_until else None,
        acknowledged_at=format_time(run.now),
        acknowledged_by=run.user,
        run_id=run.run_id,
        contacts=tuple(
            {name: row[name] for name in ("class", "contact_id", "counts_as")}
            for _, row in sorted(found.items())
        ),
    )


def _is_named(row: Json, request: AcknowledgementRequest, contact_ids: set[str] | None) -> bool:
    if contact_ids is not None:
        return row["contact_id"] in contact_ids
    is_of_queue = request.queue_id is None or row["queue_id"].lower() == request.queue_id
    return is_of_queue and bool(row["class"] == request.contact_class)


def _items(contacts: ContactTable, ids: Iterable[str]) -> Iterator[Item]:
    remaining = iter(ids)
    while batch := list(islice(remaining, _BATCH)):
        yield from contacts.get_many(batch)


def _some(contact_ids: list[str]) -> str:
    more = len(contact_ids) - _MOST_SHOWN
    return ", ".join(contact_ids[:_MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")
