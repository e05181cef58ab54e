"""What the contact table says of the contacts of a day."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from heapq import merge
from itertools import groupby, islice
from typing import Any

from audio_leakage.contacts.contact import Contact
from audio_leakage.errors import InvalidContact
from audio_leakage.evidence.files import Json
from audio_leakage.evidence.revision import ITEMS
from audio_leakage.evidence.sources import FROM_REVISION
from audio_leakage.evidence.stored import rows_at
from audio_leakage.times import format_time
from audio_leakage.use_cases.day_context import DAY, DayContext

_BATCH = 100


def items_of(run: DayContext, ids: Iterable[str]) -> Iterator[Json]:
    """Yield the table's items of contacts, in the order of their ids.

    :param ids: in their order.
    """
    remaining = iter(ids)
    while batch := list(islice(remaining, _BATCH)):
        yield from sorted(map(_allowed, run.contacts.get_many(batch)), key=_id)


def items_of_day(run: DayContext, ids: Iterable[str], outside: Iterable[Json]) -> Iterator[Json]:
    """Yield the items of the day, each contact's once, in the order of their ids.

    An item that has left the table is taken from the revision before. So a recording that is deleted later
    is still missed.

    :param ids: of the population, in their order.
    :param outside: items that :func:`items_outside` returned.
    """
    rows = merge(items_of(run, ids), outside, _items_before(run), key=_id)
    for _, same in groupby(rows, key=_id):
        yield next(same)


def items_outside(run: DayContext, population: Collection[str]) -> list[Json]:
    """Return the items that speak of an agent on that day and are not in the population, in their order.

    An item whose id somebody wrote in capitals is among them: nobody finds it by the population's id.
    """
    start = run.start - DAY  # a block may have run a day before the agent joined
    hours = [format_time(start + timedelta(hours=hour))[:13] for hour in range(48)]
    found = run.contacts.initialised(hours, format_time(start), format_time(run.end))
    return sorted(
        (
            _allowed(item)
            for item in found
            if str(item.get("ConnectedToAgentTimestamp", "")).startswith(run.day.isoformat())
            and (_id(item) not in population or _id(item) != item["ContactId"])
        ),
        key=_id,
    )


def _items_before(run: DayContext) -> Iterator[Json]:
    known = run.chain.earlier(run.day.isoformat())
    if known is None:
        return
    link = known[0]
    for item in rows_at(run.store, link.folder + ITEMS):
        yield {FROM_REVISION: link.revision, **item, "ContactId": item["ContactId"]}  # it must have one


def _allowed(item: Mapping[str, Any]) -> Json:
    """Return what we keep of an item: its own attributes, or its id alone where it makes no sense."""
    try:
        return Contact.from_item(item).to_item()
    except InvalidContact:
        return {"ContactId": str(item["ContactId"])}


def _id(item: Json) -> str:
    return str(item["ContactId"]).lower()
