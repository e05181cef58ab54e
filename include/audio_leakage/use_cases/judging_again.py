"""Contacts that the monitor must look at, because population or bucket say something else than the table."""

import logging
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.follow import due_again
from audio_leakage.contacts.states import ExpectedBy
from audio_leakage.errors import InvalidContact
from audio_leakage.evidence.files import EvidenceFile, Json
from audio_leakage.evidence.population_rows import member_of_row
from audio_leakage.ports import Item
from audio_leakage.use_cases.day_context import DayContext

log = logging.getLogger(__name__)

_BATCH, _AT_ONCE = 100, 8


def judge_again(run: DayContext, contact_ids: Collection[str], population: EvidenceFile) -> dict[str, int]:
    """Make contacts due, and enter those that nobody watches.

    :param contact_ids: the contacts.
    :param population: the population that they come from.
    :return: how many contacts were ``made_due``, and how many ``entered``.
    """
    counts: Counter[str] = Counter(made_due=0, entered=0)
    if not contact_ids:
        return dict(counts)
    rows = (row for row in population.each_row() if row["contact_id"] in contact_ids)
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        while batch := list(islice(rows, _BATCH)):
            items = {str(item["ContactId"]): item for item in _items(run, batch)}
            counts.update(filter(None, pool.map(partial(_look_again, run, items), batch)))
    return dict(counts)


def _items(run: DayContext, rows: list[Json]) -> Iterator[Item]:
    return iter(run.contacts.get_many([row["contact_id"] for row in rows]))


def _look_again(run: DayContext, items: Mapping[str, Item], row: Json) -> str | None:
    """Write one contact; return what became of it, or None if it stays as it is."""
    served = member_of_row(row).to_contact(ExpectedBy.POLICY, run.now, run.settings)
    item = items.get(row["contact_id"])
    if item is None:
        return "entered" if run.contacts.create(served.to_item()) else None
    try:
        contact = Contact.from_item(item)
    except InvalidContact as error:
        log.warning("contact %s left alone: %s", row["contact_id"], error)
        return None
    after = due_again(contact, served, run.now)
    if after is None or not run.contacts.update(contact.to_item(), after.to_item()):
        return None
    log.info("contact %s: %s, due again", contact.contact_id, contact.standing)
    return "made_due"
