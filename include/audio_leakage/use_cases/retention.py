"""Items that may leave the contact table, because the final evidence of their day has kept them."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, timedelta
from itertools import islice

from audio_leakage.contacts.contact import Contact
from audio_leakage.errors import InvalidContact
from audio_leakage.times import format_time
from audio_leakage.use_cases.day_context import DAY, DayContext

log = logging.getLogger(__name__)

_BATCH, _AT_ONCE = 1000, 8


def let_items_expire(run: DayContext) -> int:
    """Write the time to live of each finished item of the day, and return how many were written.

    An item that is still due stays as it is, and so does one that somebody else gave a time to live.
    """
    keep_for = run.settings.keep_items_for
    if keep_for is None:
        return 0
    expires_at = int((run.end + keep_for).timestamp())

    def write(contact: Contact) -> bool:
        return run.contacts.update(contact.to_item(), replace(contact, expires_at=expires_at).to_item())

    written, finished = 0, _finished(run)
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        while batch := list(islice(finished, _BATCH)):  # the pool would read the whole day at once
            written += sum(pool.map(write, batch))
    log.info("day %s: %d items leave the table %s after the day", run.day, written, keep_for)
    return written


def _finished(run: DayContext) -> Iterator[Contact]:
    start = run.start - DAY  # a block may have run a day before the agent joined
    hours = [format_time(start + timedelta(hours=hour))[:13] for hour in range(48)]
    for item in run.contacts.initialised(hours, format_time(start), format_time(run.end)):
        try:
            contact = Contact.from_item(item)
        except InvalidContact as error:
            log.warning("contact %.40r stays in the table: %s", item.get("ContactId"), error)
            continue
        day = contact.connected_to_agent_timestamp or contact.initialised_at
        is_done = contact.recorded_state is not None or contact.closed_reason is not None
        is_left_alone = contact.next_check_at is not None or contact.expires_at is not None
        if is_done and not is_left_alone and day and day.astimezone(UTC).date() == run.day:
            yield contact
