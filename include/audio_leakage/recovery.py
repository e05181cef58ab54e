"""What the subscription missed: read a stretch of the flow log and enter what is not in the table."""

import logging

from audio_leakage.intake import take_in
from audio_leakage.run import Run
from audio_leakage.watch import publish_metrics

log = logging.getLogger(__name__)


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
