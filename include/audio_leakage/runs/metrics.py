"""The metrics that alarms are set on."""

import logging
from collections.abc import Mapping
from datetime import timedelta

from audio_leakage.contacts.states import ContactState
from audio_leakage.errors import AwsError
from audio_leakage.ports import Item
from audio_leakage.runs.context import RunContext
from audio_leakage.times import format_time, parse_time

log = logging.getLogger(__name__)

_MINUTE = timedelta(minutes=1)
#: Items read per state: somebody else may have written a time that cannot be read.
_FIRST = 10


def publish_metrics(run: RunContext, closed: Mapping[str, float] | None = None, **values: float) -> None:
    """Publish metrics; a backfill publishes none, because it says nothing about the present.

    :param closed: contacts closed without a verdict, by reason.
    :param values: value by the metric's name.

    No verdict waits for a metric. If they cannot be published the run goes on, and the alarms treat missing
    data as breaching.
    """
    if run.scope.only_window:
        return
    try:
        run.metrics.publish(run.settings.contact_table, values, closed or {})
    except AwsError as error:
        log.warning("metrics were not published: %s", error)


def oldest_due_minutes(run: RunContext) -> float:
    """Return how long the longest due contact has been due, in minutes; 0 when none is due."""
    until = format_time(run.now)
    oldest = (item for state in ContactState for item in run.contacts.longest_due(state, until, _FIRST))
    return max((minutes for item in oldest if (minutes := _minutes_due(run, item)) is not None), default=0)


def _minutes_due(run: RunContext, item: Item) -> float | None:
    try:
        return (run.now - parse_time(str(item["NextCheckAt"]))) / _MINUTE
    except ValueError:
        return None  # a text that is no time may sort first
