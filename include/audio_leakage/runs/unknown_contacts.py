"""What it means when Connect knows none of the contacts that a task asked about."""

import logging
from datetime import timedelta
from itertools import islice

from audio_leakage.errors import AwsError, SetupError
from audio_leakage.runs.context import RunContext

log = logging.getLogger(__name__)

#: Eventual consistency hides a contact for minutes, not for longer.
_TOO_LONG = timedelta(minutes=10)
#: How far back, and at how many contacts, we look for others of ours.
_RECENT, _PAGE = timedelta(hours=6), 100


def trouble_with_unknown(run: RunContext) -> SetupError | None:
    """Return an error if Connect knows none of a task's contacts, and one of them for too long.

    A contact may be unknown for minutes. When all are, and for longer, the settings name an instance that
    is not the one of the flow log. A search that shows others of ours says that the instance is right.
    """
    since = [contact.not_found_since for contact in run.unknown if contact.closed_reason is None]
    is_too_long = any(moment and run.now - moment >= _TOO_LONG for moment in since)
    if run.known or not is_too_long or _search_shows_ours(run):
        return None
    return SetupError(
        f"Connect instance '{run.settings.connect_instance_id}' knows none of {len(run.unknown)} "
        "contacts: correct 'connect_instance_id' or 'flow_log_group' in the settings"
    )


def _search_shows_ours(run: RunContext) -> bool:
    """Tell whether Connect shows a contact of the last hours that the table has."""
    instance_id = run.settings.connect_instance_id
    try:
        found = run.connect.search_contacts(instance_id, "INITIATION_TIMESTAMP", run.now - _RECENT, run.now)
        ids = list(dict.fromkeys(str(contact.get("Id")) for contact in islice(found, _PAGE)))
        return bool(ids) and any(True for _ in run.contacts.get_many(ids))
    except AwsError as error:
        log.warning("no search tells whether the instance is the right one: %s", error)
        return False
