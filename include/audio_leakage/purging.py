"""The use case ``purge_ivr``: calls that ended without ever reaching an agent leave the table."""

import logging

from audio_leakage.contact import Contact
from audio_leakage.run import Run
from audio_leakage.states import ContactState
from audio_leakage.sweep import sweep

log = logging.getLogger(__name__)


def purge_ivr(run: Run) -> dict[str, int]:
    """Delete every COMPLETED - QUEUE/IVR contact that is due; nothing else is ever deleted.

    :return: how many were due, and how many were purged.
    """

    def purge(contact: Contact) -> str:
        if not run.contacts.purge(run.settings.contact_table, contact.contact_id):
            log.info("contact %s: changed by somebody else meanwhile", contact.contact_id)
            return "changed_meanwhile"
        log.info("contact %s: %s -> purged", contact.contact_id, contact.state)
        return "purged"

    return sweep(run, run.due(ContactState.COMPLETED_QUEUE_IVR), purge)
