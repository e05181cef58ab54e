"""Adopt the items that somebody else wrote: an earlier system, a migration, a person."""

import logging
from dataclasses import replace
from itertools import takewhile

from audio_leakage.contacts.contact import Contact
from audio_leakage.runs.context import RunContext
from audio_leakage.runs.sweep import sweep

log = logging.getLogger(__name__)


#: The keys of the indexes; written even if somebody else left half of them.
_INDEXED = ("OpenState", "NextCheckAt", "InitialisedHour")


def adopt(run: RunContext) -> dict[str, int]:
    """Make every item due that has a state and is in no index; ContactId and State are enough.

    This scans the whole table, for at most half of the task's time: the due contacts need the rest. So it is
    for manual runs and for a few scheduled runs a day.

    :return: items ``adopted``, and ``not_adoptable`` ones that cannot be read.
    """
    if not run.scope.adopts:
        return {}

    def make_due(contact: Contact) -> str:
        before = {name: value for name, value in contact.to_item().items() if name not in _INDEXED}
        after = replace(contact, next_check_at=run.now).to_item()
        if not run.contacts.update(before, after):
            return "changed_meanwhile"
        log.info("contact %s: adopted in state %s", contact.contact_id, contact.state)
        return "adopted"

    half = run.seconds_left() / 2
    foreign = run.contacts.never_indexed(lambda: run.seconds_left() - half)
    counts = sweep(run, takewhile(lambda _: run.seconds_left() > half, foreign), make_due)
    if run.seconds_left() <= half:
        log.warning("the table is too large to look at every item for adoption in one run")
    return {"adopted": counts.get("adopted", 0), "not_adoptable": counts.get("unreadable", 0)}
