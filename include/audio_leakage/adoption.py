"""Take up the items that somebody else wrote: an earlier system, a migration, a person."""

import logging
from dataclasses import replace
from itertools import takewhile

from audio_leakage.contact import Contact
from audio_leakage.run import Run
from audio_leakage.sweep import sweep

log = logging.getLogger(__name__)


#: What puts an item into the indexes; written even where somebody else left half of it.
_INDEXED = ("OpenState", "NextCheckAt", "InitialisedHour")


def adopt(run: Run) -> dict[str, int]:
    """Make every item due that has a state but was never indexed; it needs no more than ContactId and State.

    This reads the whole table, as far as it comes in half of the time there is, because the contacts that are
    due need the rest; so it is for manual runs and for a few scheduled ones a day.

    :return: how many were ``adopted``, and how many are ``not_adoptable`` because they cannot be read.
    """
    if not run.scope.adopts:
        return {}

    def take_up(contact: Contact) -> str:
        before = {name: value for name, value in contact.to_item().items() if name not in _INDEXED}
        after = replace(contact, next_check_at=run.now).to_item()
        if not run.contacts.update(run.settings.contact_table, before, after):
            return "changed_meanwhile"
        log.info("contact %s: adopted in state %s", contact.contact_id, contact.state)
        return "adopted"

    half = run.seconds_left() / 2
    foreign = run.contacts.never_indexed(run.settings.contact_table, lambda: run.seconds_left() - half)
    counts = sweep(run, takewhile(lambda _: run.seconds_left() > half, foreign), take_up)
    if run.seconds_left() <= half:
        log.warning("the table is too large to look at every item for adoption in one run")
    return {"adopted": counts.get("adopted", 0), "not_adoptable": counts.get("unreadable", 0)}
