"""What the subscription missed: read a stretch of the flow log and enter what is not in the table."""

import logging
from collections import Counter

from audio_leakage.intake import take_in
from audio_leakage.run import Run

log = logging.getLogger(__name__)


def recover(run: Run) -> dict[str, int]:
    """Enter every contact that the flow log speaks of, as far back as this run is to recover.

    :return: how many contacts were ``recovered``, and how many lines were about recording but unreadable.
    :raises SetupError: when the log group is missing or denied.
    """
    if run.flow_log is None or run.settings.flow_log_group is None:
        return {}
    stretch = run.scope.to_recover
    counts: Counter[str] = Counter(recovered=0, unreadable_lines=0)
    lines = run.flow_log.events(run.settings.flow_log_group, stretch.start, stretch.end)
    for event_time, message in lines:
        counts[take_in(message, event_time, run.contacts, run.settings.contact_table)] += 1
    log.info("flow log of %s: %s", stretch, dict(counts))
    return {"recovered": counts["entered"], "unreadable_lines": counts["unreadable_lines"]}
