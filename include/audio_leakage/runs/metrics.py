"""The metrics that alarms are set on."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from types import MappingProxyType

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.states import ContactState
from audio_leakage.errors import AwsError
from audio_leakage.ports import Item, Metrics, MetricValue
from audio_leakage.runs.context import RunContext
from audio_leakage.times import format_time, parse_time

log = logging.getLogger(__name__)

_MINUTE = timedelta(minutes=1)
_NONE: Mapping[str, float] = MappingProxyType({})
#: Items read per state: somebody else may have written a time that cannot be read.
_FIRST = 10


def publish_metrics(
    run: RunContext, closed: Mapping[str, float] | None = None, **values: MetricValue
) -> None:
    """Publish metrics; a backfill publishes none, because it says nothing about the present.

    :param closed: contacts closed without a verdict, by reason.
    :param values: value by the metric's name; see :data:`MetricValue`.
    """
    if not run.scope.only_window:
        publish(run.metrics, run.settings.contact_table, values, closed or {})


def publish(
    metrics: Metrics, table: str, values: Mapping[str, MetricValue], closed: Mapping[str, float] = _NONE
) -> None:
    """Publish metrics about a contact table.

    Nothing waits for a metric. If they cannot be published the run goes on, and the alarms treat missing data
    as breaching.
    """
    try:
        metrics.publish(table, values, closed)
    except AwsError as error:
        log.warning("metrics were not published: %s", error)


def recording_delays(contacts: Iterable[Contact]) -> Counter[float]:
    """Count the minutes from the end of each contact to its recording, to a tenth of a minute."""
    delays = (contact.recording_delay for contact in contacts)
    return Counter(round(max(delay / _MINUTE, 0), 1) for delay in delays if delay is not None)


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
