"""The use case ``purge_ivr``: delete the calls that ended without an agent."""

import logging
from collections.abc import Sequence

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.states import ContactState
from audio_leakage.errors import InvalidContact
from audio_leakage.runs.context import RunContext
from audio_leakage.runs.due import due
from audio_leakage.runs.sweep import sweep

log = logging.getLogger(__name__)

#: Maximum number of items in one transaction of DynamoDB.
_AT_ONCE = 100


def purge_ivr(run: RunContext) -> dict[str, int]:
    """Delete every COMPLETED - QUEUE/IVR contact that is due; nothing else is ever deleted.

    A hundred go in one request. If one of them must stay, those hundred go one by one. An item that names a
    time at which an agent was connected is put off: only somebody else can have written it, and a person
    must look.

    :return: how many contacts were due, and how many were purged.
    """
    gone: set[str] = set()

    def purge_all(contacts: Sequence[Contact]) -> None:
        ids_to_go = list(dict.fromkeys(contact.contact_id for contact in contacts if _had_no_agent(contact)))
        for first in range(0, len(ids_to_go), _AT_ONCE):
            ids = ids_to_go[first : first + _AT_ONCE]
            if len(ids) > 1 and run.contacts.purge_all(ids):
                gone.update(ids)

    def purge(contact: Contact) -> str:
        if not _had_no_agent(contact):
            raise InvalidContact(f"ConnectedToAgentTimestamp contradicts State '{contact.state}'")
        is_gone = contact.contact_id in gone
        if not is_gone and not run.contacts.purge(contact.contact_id):
            log.info("contact %s: changed by somebody else meanwhile", contact.contact_id)
            return "changed_meanwhile"
        log.info("contact %s: %s -> purged", contact.contact_id, contact.state)
        return "purged"

    return sweep(run, due(run, ContactState.COMPLETED_QUEUE_IVR), purge, purge_all)


def _had_no_agent(contact: Contact) -> bool:
    return contact.connected_to_agent_timestamp is None
