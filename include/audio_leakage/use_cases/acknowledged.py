"""The acknowledgements that still hold: beside the figures of a day, and on the items of its contacts."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from itertools import islice

from audio_leakage.contacts.contact import Contact
from audio_leakage.errors import BrokenEvidence, InvalidContact
from audio_leakage.evidence.acknowledgement import (
    Acknowledged,
    Acknowledgement,
    after_acknowledgement,
    in_force,
)
from audio_leakage.evidence.chain import Link
from audio_leakage.evidence.files import Json, sha256
from audio_leakage.evidence.ledger import CHANGES
from audio_leakage.evidence.ports import EvidenceStore
from audio_leakage.evidence.reports import SUMMARY, DayStatus
from audio_leakage.evidence.stored import document_at, rows_at
from audio_leakage.ports import ContactTable, Item
from audio_leakage.use_cases.evidence_chain import Chain

log = logging.getLogger(__name__)

_BATCH, _AT_ONCE, _TRIES = 100, 8, 3


def figures_of(chain: Chain, day: str, now: datetime) -> Json:
    """Return how many contacts of a day are acknowledged, and the coverage of the others.

    Without acknowledgements there is nothing to say.
    """
    if not chain.has_acknowledgements(day):
        return {}
    links = chain.links_of(day)
    revisions = [link for link in links if not link.is_acknowledgement]
    acknowledged = acknowledged_of(chain.store, links, now.astimezone(UTC).date())
    summary = document_at(chain.store, revisions[-1].folder + SUMMARY)
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
    found = [_read(store, link) for link in links if link.is_acknowledgement]
    since = min((each.revision for each in found), default=None)
    changed_in: dict[str, int] = {}
    for link in links:
        if not link.is_acknowledgement and since is not None and link.revision > since:
            changed = rows_at(store, link.folder + CHANGES)
            changed_in |= {str(row["contact_id"]): link.revision for row in changed}
    return in_force(found, changed_in, on)


def take_back(contacts: ContactTable, store: EvidenceStore, links: Iterable[Link], revision: Link) -> int:
    """Take the acknowledgement off the items whose class is another one in a new revision.

    :param links: all links about the day.
    :param revision: the link of the new revision.
    :return: how many items had one.
    """
    acknowledged = {
        str(row["contact_id"])
        for link in links
        if link.is_acknowledgement
        for row in _read(store, link).contacts
    }
    changed = (str(row["contact_id"]) for row in rows_at(store, revision.folder + CHANGES))
    open_again = {contact_id: None for contact_id in changed if contact_id in acknowledged}
    return _write(contacts, open_again)


def mark(contacts: ContactTable, acknowledgement: Acknowledgement) -> int:
    """Let the items of the contacts show an acknowledgement; return how many were written."""
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


def _read(store: EvidenceStore, link: Link) -> Acknowledgement:
    stored = store.read(link.manifest_path)
    if sha256(stored) != link.manifest_sha256:
        raise BrokenEvidence(f"{link.manifest_path} is not what link {link.sequence} says", f"day {link.day}")
    try:
        return Acknowledgement.from_bytes(stored)
    except ValueError as error:
        raise BrokenEvidence(f"{link.manifest_path} cannot be read: {error}", f"day {link.day}") from None
