"""Take up the items that somebody else wrote: an earlier system, a migration, a person."""

import logging
from dataclasses import replace

from audio_leakage.contact import Contact
from audio_leakage.run import Run
from audio_leakage.sweep import sweep

log = logging.getLogger(__name__)


def adopt(run: Run) -> dict[str, int]:
    """Make every item due that has a state but was never indexed; it needs no more than ContactId and State.

    This reads the whole table, so it is for manual runs and for a few scheduled ones a day.

    :return: how many were ``adopted``, and how many are ``not_adoptable`` because they cannot be read.
    """

    def take_up(contact: Contact) -> str:
        if not run.save(contact, replace(contact, next_check_at=run.now)):
            return "changed_meanwhile"
        log.info("contact %s: adopted in state %s", contact.contact_id, contact.state)
        return "adopted"

    counts = sweep(run.contacts.never_indexed(run.settings.contact_table), take_up, run.out_of_time)
    return {"adopted": counts.get("adopted", 0), "not_adoptable": counts.get("unreadable", 0)}
