"""What one look makes of a contact, saved and logged."""

import logging

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.follow import followed, not_found
from audio_leakage.errors import ContactNotFound
from audio_leakage.runs.context import RunContext

log = logging.getLogger(__name__)


def record_outcome(run: RunContext, before: Contact, after: Contact) -> str:
    """Save what one look made of a contact, log the change and return the outcome.

    Losing the race against another writer is a normal outcome: the winner knew at least as much.
    """
    if not run.save(before, after):
        log.info("contact %s: changed by somebody else meanwhile", before.contact_id)
        return "changed_meanwhile"
    if after.standing == before.standing:
        log.info("contact %s: still %s, due again %s", before.contact_id, after.standing, after.next_check_at)
        return "unchanged"
    why = after.failure_cause or " ".join(after.warnings)
    log.info("contact %s: %s -> %s %s", before.contact_id, before.standing, after.standing, why)
    return after.standing


def described(run: RunContext, contact: Contact) -> Contact:
    """Ask Connect for an open contact and return what follows, whether Connect knows it or not."""
    try:
        return followed(contact, run.describe(contact), run.now, run.settings)
    except ContactNotFound:
        return not_found(contact, run.now, run.settings)
