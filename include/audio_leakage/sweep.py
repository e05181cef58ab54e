"""The loop the use cases share: one contact after the other, and none of them stops the others."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from audio_leakage.contact import Contact, Item
from audio_leakage.errors import AwsError, InvalidContact, ServiceUnavailable, SetupError
from audio_leakage.follow import set_aside
from audio_leakage.run import Run

log = logging.getLogger(__name__)

#: So many answers of AWS in a row that say nothing about a contact mean that the next one will not either.
_GIVE_UP_AFTER = 5


def sweep(run: Run, items: Iterable[Item], step: Callable[[Contact], str]) -> dict[str, int]:
    """Take one step with each contact and count the outcomes.

    A contact whose step failed, for whatever reason, goes to the back of the queue, and further back each
    time: it is tried again and never keeps the others from their turn.

    :param items: what the table gave, the longest due first; once the run is out of time the rest is counted
        as ``left_for_next_run``.
    :param step: does what is to be done with one contact and says in a word or two what that was.
    :return: how many contacts were ``due``, and how many had each outcome.
    :raises SetupError: at the end, when something was denied or missing on the way.
    :raises ServiceUnavailable: at the end, when there was work and none of it could be done.
    """
    tally = _Tally()
    for item in items:
        tally.counts["due"] += 1
        if tally.in_a_row == _GIVE_UP_AFTER or run.out_of_time():
            tally.counts["left_for_next_run"] += 1
        else:
            _take(run, step, item, tally)
    log.info("counts: %s", dict(tally.counts))
    tally.raise_what_must_not_pass()
    return dict(tally.counts)


def look(run: Run, before: Contact, after: Contact) -> str:
    """Save what one look made of a contact, log the move, and return the outcome to count.

    Losing the race against another writer is a normal outcome: whoever won knew at least as much.
    """
    if not run.save(before, after):
        log.info("contact %s: changed by somebody else meanwhile", before.contact_id)
        return "changed_meanwhile"
    if after.standing == before.standing:
        return "unchanged"
    log.info("contact %s: %s -> %s", before.contact_id, before.standing, after.standing)
    return after.standing


@dataclass
class _Tally:
    counts: Counter[str] = field(default_factory=lambda: Counter(due=0))
    trouble: list[AwsError] = field(default_factory=list)
    in_a_row: int = 0

    def raise_what_must_not_pass(self) -> None:
        setup = next((error for error in self.trouble if isinstance(error, SetupError)), None)
        if setup:
            raise setup
        untouched = self.counts["left_for_next_run"] + self.counts["unavailable"]
        if self.trouble and self.counts["due"] == untouched:
            raise ServiceUnavailable(
                f"none of {untouched} due contacts could be looked at: {self.trouble[0]}"
            )


def _take(run: Run, step: Callable[[Contact], str], item: Item, tally: _Tally) -> None:
    try:
        contact = Contact.from_item(item)
    except InvalidContact as error:
        log.warning("contact %.40s left alone: %s", item.get("ContactId"), error)
        tally.counts["unreadable"] += 1
        return
    try:
        tally.counts[step(contact)] += 1
        tally.in_a_row = 0
    except InvalidContact as error:
        log.warning("contact %s set aside: %s", contact.contact_id, error)
        tally.counts["set_aside"] += 1
        _to_the_back(run, contact, error)
    except AwsError as error:
        log.warning("contact %s stays due: %s", contact.contact_id, error)
        tally.counts["unavailable"] += 1
        tally.trouble.append(error)
        tally.in_a_row += 1
        _to_the_back(run, contact, error)


def _to_the_back(run: Run, contact: Contact, error: Exception) -> None:
    if contact.next_check_at is None:
        return  # only a backfill looks at it
    try:
        run.save(contact, set_aside(contact, error, run.now))
    except AwsError as trouble:
        log.warning("contact %s keeps its place: %s", contact.contact_id, trouble)
