"""What the subscription missed: read the flow log and enter what the table does not know."""

import logging
from collections import Counter
from datetime import timedelta

from audio_leakage.contact import Contact, check_contact_id
from audio_leakage.intake import settings_of, take_in, with_settings
from audio_leakage.run import Run
from audio_leakage.times import format_time
from audio_leakage.watch import publish_metrics
from audio_leakage.window import LONGEST

log = logging.getLogger(__name__)

#: The log's clock and the one that tells when the agent joined need not agree to the second.
_MARGIN = timedelta(minutes=1)
#: So much of the log is read in one go. The ordinary run reads a quarter of an hour.
_PART = timedelta(minutes=30)


def recover(run: Run) -> dict[str, int]:
    """Enter every contact that the flow log speaks of, as far back as this run is to recover.

    After an outage that may be a day of a busy log: then it is read part by part, the earliest first, for
    half of the time there is, because the contacts that are due need the rest. How far it was read is kept
    for the next run, whatever else becomes of this one.

    :return: how many contacts were ``recovered``, how many lines were about recording but unreadable, and
        how many minutes of the log are left for the next run, if any.
    :raises AwsError: when the log group is missing, denied or throttled, or a contact could not be entered.
    """
    if run.flow_log is None or run.settings.flow_log_group is None:
        return {}
    counts: Counter[str] = Counter()
    read_until, half = run.scope.unread.start, run.seconds_left() / 2
    try:
        for part in run.scope.to_recover.parts(_PART):
            lines = run.flow_log.events(run.settings.flow_log_group, part.start, part.end)
            counts.update(take_in(lines, run.contacts, run.settings.contact_table))
            read_until = max(read_until, part.end)
            if run.seconds_left() <= half and not run.scope.only_window:
                break
    finally:
        if not run.scope.only_window:
            run.keep_read_until(read_until)
    log.info("flow log of %s, read until %s: %s", run.scope.to_recover, format_time(read_until), dict(counts))
    publish_metrics(run, UnreadableLines=counts["unreadable_lines"])
    left = (run.scope.unread.end - read_until) // timedelta(minutes=1)
    told = {"recovered": counts["entered"], "unreadable_lines": counts["unreadable_lines"]}
    return told | ({"minutes_left_to_recover": left} if left else {})


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
