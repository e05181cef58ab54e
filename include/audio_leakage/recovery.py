"""What the subscription missed: read the flow log and enter what the table does not know."""

import logging
from datetime import timedelta

from audio_leakage.contact import Contact, check_contact_id
from audio_leakage.intake import settings_of, take_in, with_settings
from audio_leakage.run import Run
from audio_leakage.watch import publish_metrics
from audio_leakage.window import LONGEST

log = logging.getLogger(__name__)

#: The log's clock and the one that tells when the agent joined need not agree to the second.
_MARGIN = timedelta(minutes=1)


def recover(run: Run) -> dict[str, int]:
    """Enter every contact that the flow log speaks of, as far back as this run is to recover.

    :return: how many contacts were ``recovered``, and how many lines were about recording but unreadable.
    :raises AwsError: when the log group is missing, denied or throttled, or a contact could not be entered.
    """
    if run.flow_log is None or run.settings.flow_log_group is None:
        return {}
    stretch = run.scope.to_recover
    lines = run.flow_log.events(run.settings.flow_log_group, stretch.start, stretch.end)
    counts = take_in(lines, run.contacts, run.settings.contact_table)
    log.info("flow log of %s: %s", stretch, counts)
    publish_metrics(run, UnreadableLines=counts.get("unreadable_lines", 0))
    return {"recovered": counts.get("entered", 0), "unreadable_lines": counts.get("unreadable_lines", 0)}


def with_all_settings(run: Run, contact: Contact) -> Contact:
    """Return a contact with everything that the flow log says of it up to when its agent joined.

    It reads the last day of that at most: a callback may wait for many, and other contacts for the reading.

    Windows that are backfilled side by side may bring "on" long before the "off" that followed it, and the
    subscription may have lost either.

    :raises AwsError: when the log group is missing, denied or throttled.
    """
    began, joined = contact.initialised_at, contact.connected_to_agent_timestamp
    group = run.settings.flow_log_group
    if run.flow_log is None or group is None or began is None or joined is None:
        return contact
    start, end = max(min(began, joined) - _MARGIN, joined - LONGEST), joined + _MARGIN
    contact_id = check_contact_id(contact.contact_id).lower()  # as Connect writes it into lines
    lines = run.flow_log.events(group, start, end, contact_id)
    return with_settings(contact, settings_of(contact_id, lines))
