"""The monitor watches itself: the figures that alarms are set on."""

import logging
from datetime import timedelta

from audio_leakage.contact import Item
from audio_leakage.errors import AwsError
from audio_leakage.run import Run
from audio_leakage.states import ContactState
from audio_leakage.times import format_time, parse_time

log = logging.getLogger(__name__)

_MINUTE = timedelta(minutes=1)
#: So many are looked at, because somebody else may have written what cannot be read.
_FIRST = 10


def publish_metrics(run: Run, **values: float) -> None:
    """Publish what a scheduled run found; a backfill says nothing about the present.

    No verdict waits for a metric: where they cannot be published, the run goes on, and the alarms take their
    absence for what it is.
    """
    if run.metrics is None or run.scope.only_window:
        return
    try:
        run.metrics.publish(run.settings.contact_table, values)
    except AwsError as error:
        log.warning("metrics were not published: %s", error)


def oldest_due_minutes(run: Run) -> float:
    """Return for how long the contact has been due that has been due the longest; 0 when none is."""
    table, until = run.settings.contact_table, format_time(run.now)
    oldest = (
        item for state in ContactState for item in run.contacts.longest_due(table, state, until, _FIRST)
    )
    return max((minutes for item in oldest if (minutes := _minutes_due(run, item)) is not None), default=0)


def _minutes_due(run: Run, item: Item) -> float | None:
    try:
        return (run.now - parse_time(str(item["NextCheckAt"]))) / _MINUTE
    except ValueError:
        return None  # what is no time may sort before all that are
