"""The loop the use cases share: one contact after the other, and none of them stops the others."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from audio_leakage.contact import Contact, Item
from audio_leakage.errors import AwsError, InvalidContact, ServiceUnavailable, SetupError
from audio_leakage.ports import OutOfTime
from audio_leakage.run import Run

log = logging.getLogger(__name__)

#: So many answers of AWS in a row that say nothing about a contact mean that the next one will not either.
_GIVE_UP_AFTER = 5


def sweep(items: Iterable[Item], step: Callable[[Contact], str], out_of_time: OutOfTime) -> dict[str, int]:
    """Take one step with each contact and count the outcomes.

    :param items: what the table gave, the longest due first.
    :param step: does what is to be done with one contact and says in a word or two what that was.
    :param out_of_time: once it is true the rest is counted as ``left_for_next_run``.
    :return: how many contacts were ``due``, and how many had each outcome.
    :raises SetupError: at the end, when something was denied or missing on the way.
    :raises ServiceUnavailable: at the end, when there was work and none of it could be done.
    """
    tally = _Tally()
    for item in items:
        tally.counts["due"] += 1
        if tally.in_a_row == _GIVE_UP_AFTER or out_of_time():
            tally.counts["left_for_next_run"] += 1
        else:
            _take(step, item, tally)
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
    if _place(after) == _place(before):
        return "set_aside" if after.last_error else "unchanged"
    log.info("contact %s: %s -> %s", before.contact_id, _place(before), _place(after))
    return _place(after)


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


def _take(step: Callable[[Contact], str], item: Item, tally: _Tally) -> None:
    try:
        tally.counts[step(Contact.from_item(item))] += 1
        tally.in_a_row = 0
    except InvalidContact as error:
        log.warning("contact %.40s left alone: %s", item.get("ContactId"), error)
        tally.counts["unreadable"] += 1
    except AwsError as error:
        log.warning("contact %s stays due: %s", item["ContactId"], error)
        tally.counts["unavailable"] += 1
        tally.trouble.append(error)
        tally.in_a_row += 1


def _place(contact: Contact) -> str:
    return str(contact.closed_reason or contact.recorded_state or contact.state)
