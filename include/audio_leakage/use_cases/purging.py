"""The use case ``purge_ivr``: delete the calls that ended without an agent."""

import logging
from collections.abc import Sequence
from datetime import datetime

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.states import ContactState
from audio_leakage.errors import InvalidContact
from audio_leakage.runs.context import RunContext
from audio_leakage.runs.due import due
from audio_leakage.runs.sweep import sweep
from audio_leakage.runs.window import LATE_LINES, STEP

log = logging.getLogger(__name__)

#: Maximum number of items in one transaction of DynamoDB.
_AT_ONCE = 100


def purge_ivr(run: RunContext) -> dict[str, int]:
    """Delete every COMPLETED - QUEUE/IVR contact that is due; nothing else is ever deleted.

    A contact stays as long as a run may read its lines in the flow log again: it would come back. A hundred
    go in one request. If one of them must stay, those hundred go one by one. An item that names a
    time at which an agent was connected is put off: only somebody else can have written it, and a person
    must look.

    :return: how many contacts were due, and how many were purged.
    """
    gone: set[str] = set()
    safe_until = _safe_until(run)

    def purge_all(contacts: Sequence[Contact]) -> None:
        ids_to_go = list(
            dict.fromkeys(contact.contact_id for contact in contacts if _may_go(contact, safe_until))
        )
        for first in range(0, len(ids_to_go), _AT_ONCE):
            ids = ids_to_go[first : first + _AT_ONCE]
            if len(ids) > 1 and run.contacts.purge_all(ids):
                gone.update(ids)

    def purge(contact: Contact) -> str:
        if not _had_no_agent(contact):
            raise InvalidContact(f"ConnectedToAgentTimestamp contradicts State '{contact.state}'")
        if not _may_go(contact, safe_until):
            return "unchanged"
        is_gone = contact.contact_id in gone
        if not is_gone and not run.contacts.purge(contact.contact_id):
            log.info("contact %s: changed by somebody else meanwhile", contact.contact_id)
            return "changed_meanwhile"
        log.info("contact %s: %s -> purged", contact.contact_id, contact.state)
        return "purged"

    return sweep(run, due(run, ContactState.COMPLETED_QUEUE_IVR), purge, purge_all)


def _safe_until(run: RunContext) -> datetime | None:
    """Return up to which time no line of the flow log is read again; None where no log is read.

    A run repeats ten minutes of the log, and a contact that was purged before that would come back.
    """
    if run.settings.flow_log_group is None:
        return None
    return (run.progress.read_until or run.now - STEP) - LATE_LINES


def _may_go(contact: Contact, safe_until: datetime | None) -> bool:
    if not _had_no_agent(contact):
        return False
    return safe_until is None or contact.last_block_at is None or contact.last_block_at < safe_until


def _had_no_agent(contact: Contact) -> bool:
    return contact.connected_to_agent_timestamp is None
