"""Recover what the subscription missed: read the flow log and enter the contacts that the table lacks."""

import logging
from collections import Counter
from datetime import timedelta

from audio_leakage.contacts.contact import Contact, check_contact_id
from audio_leakage.flow_log.ingest import blocks_of, ingest, with_blocks
from audio_leakage.flow_log.line import BLOCK_FAMILY
from audio_leakage.runs.context import RunContext
from audio_leakage.runs.metrics import publish_metrics
from audio_leakage.runs.window import LONGEST
from audio_leakage.times import format_time

log = logging.getLogger(__name__)

#: How far the log's clock and the clock of ConnectedToAgentTimestamp may differ.
_MARGIN = timedelta(minutes=1)
#: The stretch of the log that is read in one go. An ordinary run reads a quarter of an hour.
_PART = timedelta(minutes=30)


def recover(run: RunContext) -> dict[str, int]:
    """Enter every contact that the flow log speaks of, as far back as this run has to recover.

    After an outage that may be a day of a busy log. Then it is read part by part, the earliest first, for
    half of the task's time: the due contacts need the rest. The position is kept for the next run, whatever
    else happens to this one.

    :return: contacts ``recovered``, ``unreadable_lines``, and ``minutes_left_to_recover`` if there are any.
    :raises AwsError: when the log group is missing, denied or throttled, or a contact could not be entered.
    """
    group = run.settings.flow_log_group
    if group is None:
        return {}
    counts: Counter[str] = Counter()
    read_until, half = run.scope.unread.start, run.seconds_left() / 2
    try:
        for part in run.scope.to_recover.parts(_PART):
            counts.update(
                ingest(run.flow_log.events(group, part.start, part.end, BLOCK_FAMILY), run.contacts)
            )
            read_until = max(read_until, part.end)
            if run.seconds_left() <= half and not run.scope.only_window:
                break
    finally:
        if not run.scope.only_window:
            run.scope.history.remember_read_until(read_until)
    log.info("flow log of %s, read until %s: %s", run.scope.to_recover, format_time(read_until), dict(counts))
    publish_metrics(run, UnreadableLines=counts["unreadable_lines"])
    left = (run.scope.unread.end - read_until) // timedelta(minutes=1)
    recovered = {"recovered": counts["entered"], "unreadable_lines": counts["unreadable_lines"]}
    return recovered | ({"minutes_left_to_recover": left} if left else {})


def with_logged_blocks(run: RunContext, contact: Contact) -> Contact:
    """Return a contact with every recording block that the flow log has of it up to when its agent joined.

    This reads at most the last day before that: a callback may wait for many days, and other contacts would
    wait for the reading. The log may know more than the table: windows that are backfilled side by side may
    bring "on" long before the "off" that followed it, and the subscription may have lost either.

    :raises AwsError: when the log group is missing, denied or throttled.
    """
    began, joined = contact.initialised_at, contact.connected_to_agent_timestamp
    group = run.settings.flow_log_group
    if group is None or began is None or joined is None:
        return contact
    start, end = max(min(began, joined) - _MARGIN, joined - LONGEST), joined + _MARGIN
    contact_id = check_contact_id(contact.contact_id).lower()  # as Connect writes it into lines
    lines = run.flow_log.events(group, start, end, BLOCK_FAMILY, contact_id)
    return with_blocks(contact, blocks_of(contact_id, lines))
