"""The use case ``acknowledge``, and what stands of a day's acknowledgements.

An acknowledgement is written beside the evidence of a day: an object and its link. The revisions of the day
do not read it, so it cannot change a verdict, a class or a measured figure.
"""

import json
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from itertools import islice
from typing import Any

from audio_leakage.contacts.contact import Contact
from audio_leakage.errors import BrokenEvidence, InvalidContact, WindowError
from audio_leakage.evidence.acknowledgement import (
    ACKNOWLEDGEMENT,
    Acknowledged,
    Acknowledgement,
    after_acknowledgement,
    standing,
)
from audio_leakage.evidence.chain import Link
from audio_leakage.evidence.files import Json, rows_of, sha256
from audio_leakage.evidence.form import AcknowledgementRequest
from audio_leakage.evidence.ledger import CHANGES
from audio_leakage.evidence.reports import EXCEPTIONS, SUMMARY, DayStatus, exceptions_of
from audio_leakage.ports import AlertTopic, ContactTable, EvidenceStore, Item
from audio_leakage.settings import Settings
from audio_leakage.times import format_time
from audio_leakage.use_cases.evidence_chain import Chain

log = logging.getLogger(__name__)

_BATCH, _AT_ONCE, _TRIES, _MOST_SHOWN = 100, 8, 3, 5


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
    written = [run.chain.acknowledge(draft, run.now) for draft in drafts]
    for link, acknowledgement in written:
        log.info("day %s: %d acknowledged, link %d", link.day, len(acknowledgement.contacts), link.sequence)
    marked = sum(_mark(run.contacts, each) for _, each in written)
    return {
        "acknowledged": sum(len(each.contacts) for _, each in written),
        "marked": marked,
        "links": [link.sequence for link, _ in written],
        "days": {link.day: figures_of(run.chain, link.day, run.now) for link, _ in written},
    }


def figures_of(chain: Chain, day: str, now: datetime) -> Json:
    """Return how many contacts of a day are acknowledged, and the coverage of the others.

    Without acknowledgements there is nothing to say.
    """
    if not chain.has_acknowledgements(day):
        return {}
    links = chain.links_of(day)
    revisions = [link for link in links if link.kind != ACKNOWLEDGEMENT]
    acknowledged = acknowledged_of(chain.store, links, now.astimezone(UTC).date())
    summary = json.loads(chain.store.read(revisions[-1].folder + SUMMARY))
    return acknowledged_figures(summary, acknowledged)


def acknowledged_figures(summary: Json, acknowledged: Mapping[str, Acknowledged]) -> Json:
    """Return the figures beside the measured ones.

    :param summary: the last revision's ``summary.json``.
    :param acknowledged: what stands.
    """
    is_proven = summary["status"] != DayStatus.INCOMPLETE
    return after_acknowledgement(summary["total"], acknowledged.values(), is_proven=is_proven)


def acknowledged_of(store: EvidenceStore, links: Iterable[Link], on: date) -> dict[str, Acknowledged]:
    """Return the contacts of a day whose acknowledgement stands.

    :param store: the evidence of the instance.
    :param links: all links about the day, in their order.
    :param on: the UTC day on which we ask.
    :raises BrokenEvidence: when an acknowledgement is not what its link says.
    """
    links = list(links)
    found = [_read(store, link) for link in links if link.kind == ACKNOWLEDGEMENT]
    since = min((each.revision for each in found), default=None)
    changed_in: dict[str, int] = {}
    for link in links:
        if link.kind != ACKNOWLEDGEMENT and since is not None and link.revision > since:
            changed = rows_of(store.read(link.folder + CHANGES))
            changed_in |= {str(row["contact_id"]): link.revision for row in changed}
    return standing(found, changed_in, on)


def take_back(contacts: ContactTable, store: EvidenceStore, links: Iterable[Link], revision: Link) -> int:
    """Take the acknowledgement off the items whose class is another one in a new revision.

    :param links: all links about the day.
    :param revision: the link of the new revision.
    :return: how many items had one.
    """
    acknowledged = {
        str(row["contact_id"])
        for link in links
        if link.kind == ACKNOWLEDGEMENT
        for row in _read(store, link).contacts
    }
    changed = (str(row["contact_id"]) for row in rows_of(store.read(revision.folder + CHANGES)))
    open_again = {contact_id: None for contact_id in changed if contact_id in acknowledged}
    return _write(contacts, open_again)


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


def _mark(contacts: ContactTable, acknowledgement: Acknowledgement) -> int:
    """Let the items of the contacts show it; return how many there are."""
    words = {str(row["contact_id"]): acknowledgement.words_for(row) for row in acknowledgement.contacts}
    return _write(contacts, words)


def _write(contacts: ContactTable, words: Mapping[str, str | None]) -> int:
    ids = iter(words)
    written: Counter[bool] = Counter()
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        while batch := list(islice(ids, _BATCH)):
            written.update(pool.map(partial(_write_one, contacts, words), contacts.get_many(batch)))
    return written[True]


def _write_one(contacts: ContactTable, words: Mapping[str, str | None], item: Item) -> bool:
    contact_id = str(item["ContactId"])
    for _ in range(_TRIES):  # the monitor may write the item at the same time
        try:
            contact = Contact.from_item(item)
        except InvalidContact as error:
            log.warning("contact %s is left alone: %s", contact_id, error)
            return False
        after = replace(contact, acknowledged=words[contact_id.lower()])
        if after == contact:
            return False
        if contacts.update(contact.to_item(), after.to_item()):
            return True
        item = next(iter(contacts.get_many([contact_id])), item)
    log.warning("contact %s does not show its acknowledgement: it changed while it was written", contact_id)
    return False


def _items(contacts: ContactTable, ids: Iterable[str]) -> Iterator[Item]:
    remaining = iter(ids)
    while batch := list(islice(remaining, _BATCH)):
        yield from contacts.get_many(batch)


def _read(store: EvidenceStore, link: Link) -> Acknowledgement:
    stored = store.read(link.manifest_path)
    if sha256(stored) != link.manifest_sha256:
        raise BrokenEvidence(f"{link.manifest_path} is not what link {link.sequence} says", f"day {link.day}")
    try:
        return Acknowledgement.from_bytes(stored)
    except ValueError as error:
        raise BrokenEvidence(f"{link.manifest_path} cannot be read: {error}", f"day {link.day}") from None


def _some(contact_ids: list[str]) -> str:
    more = len(contact_ids) - _MOST_SHOWN
    return ", ".join(contact_ids[:_MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")
