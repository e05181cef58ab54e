"""Recover what the subscription missed: read the flow log and enter the contacts that the table lacks."""

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from audio_leakage.errors import AwsError, InvalidContact, ServiceUnavailable
from audio_leakage.flow_log.ingest import ingest
from audio_leakage.flow_log.line import BLOCK_FAMILY
from audio_leakage.runs.alerts import not_read_alert
from audio_leakage.runs.context import RunContext
from audio_leakage.runs.metrics import publish_metrics
from audio_leakage.runs.window import LATE_LINES, Window
from audio_leakage.times import format_time

log = logging.getLogger(__name__)

#: The stretch of the log that is read in one go. An ordinary run reads a quarter of an hour.
_PART = timedelta(minutes=30)
_MINUTE = timedelta(minutes=1)


def recover(run: RunContext) -> dict[str, int]:
    """Enter every contact that the flow log speaks of, as far back as this run has to recover.

    After an outage that may be a day of a busy log. Then we read it part by part, the earliest first, for
    half of the task's time: the due contacts need the rest. We enter what we have read and keep the position
    for later runs, whatever else happens to this one. We read nothing that lies more than a day back. We
    count these minutes and name the backfill that reads them.

    :return: contacts ``recovered``, ``unreadable_lines``, and, if there are any, ``minutes_left_to_recover``
        and ``minutes_not_read``.
    :raises AwsError: when the log group is missing, denied or throttled, or a contact could not be entered.
    :raises InvalidContact: at the end, when the table has an item that cannot be read.
    """
    if run.settings.flow_log_group is None or run.scope.contact_ids:
        return {}
    reader = _Reader(run)
    error = reader.read()
    counts = reader.counts
    began, reached = format_time(reader.began), format_time(reader.reached)
    log.info("flow log read from %s until %s: %s", began, reached, dict(counts))
    publish_metrics(
        run, UnreadableLines=counts["unreadable_lines"], MinutesNotRead=counts["minutes_not_read"]
    )
    if error:
        raise error
    if counts["unreadable_items"]:
        raise InvalidContact(
            f"{counts['unreadable_items']} contacts of the flow log have an item that cannot be read, "
            "the task's log says which"
        )
    return {
        "recovered": counts["entered"],
        "unreadable_lines": counts["unreadable_lines"],
        **{name: counts[name] for name in ("minutes_left_to_recover", "minutes_not_read") if counts[name]},
    }


@dataclass
class _Reader:
    """One run's reading of the flow log."""

    run: RunContext

    def __post_init__(self) -> None:
        """Start where earlier runs stopped, or with the window if the run is about nothing else."""
        window, missed = self.run.scope.window, self.run.scope.missed
        self.counts: Counter[str] = Counter()
        self.progress = self.run.progress.before(window, missed)
        self.end = window.end
        self.only_window = self.run.scope.only_window
        self.reached = (
            window.start if self.only_window else min(self.progress.read_until or self.end, self.end)
        )
        self.enough = 0.0 if self.only_window else self.run.seconds_left() / 2
        self.began = min(self.reached, window.start) - (timedelta(0) if self.only_window else LATE_LINES)
        self._last_line, self._is_whole = self.reached, False
        self._log_error: AwsError | None = None

    def read(self) -> AwsError | None:
        """Read as far as there is time; return what stopped it before that."""
        error = self._tell_what_is_lost()
        # A run repeats its window and what may have come late. Entering a line twice changes nothing.
        for part in Window(self.began, self.end).parts(_PART):
            failure = self._read_part(part)
            self._keep()
            if failure or self._is_out_of_time:
                error = failure or error
                break
        left = self.counts["minutes_left_to_recover"] = (self.end - self.reached) // _MINUTE
        if left and self.only_window and error is None:
            return ServiceUnavailable(
                f"{left} minutes of the window were not read in time: name a shorter one"
            )
        return error

    @property
    def _is_out_of_time(self) -> bool:
        return self.run.seconds_left() <= self.enough

    def _read_part(self, part: Window) -> AwsError | None:
        """Enter the contacts of a part, and move on to its end or to the last line that was read.

        Lines that could not be written are read again by the next run, so they keep the position back.
        """
        self._last_line, self._log_error, self._is_whole = part.start, None, False
        try:
            self.counts.update(ingest(self._lines(part), self.run.contacts))
        except AwsError as error:
            return error
        self.reached = max(self.reached, part.end if self._is_whole else self._last_line)
        return self._log_error

    def _lines(self, part: Window) -> Iterator[tuple[datetime, str]]:
        group = self.run.settings.flow_log_group or ""
        try:
            for moment, message in self.run.flow_log.events(group, part.start, part.end, BLOCK_FAMILY):
                self._last_line = max(self._last_line, min(moment, part.end))
                yield moment, message
                if self._is_out_of_time:
                    return
        except AwsError as error:  # what was read before it is entered
            self._log_error = error
            return
        self._is_whole = True

    def _keep(self) -> None:
        if self.only_window:
            return
        self.progress = replace(self.progress, read_until=self.reached)
        self.run.keep_progress(self.progress)

    def _tell_what_is_lost(self) -> AwsError | None:
        lost_from, lost_until = self.progress.lost_from, self.progress.lost_until
        if self.only_window or not (self.progress.alert_pending and lost_from and lost_until):
            return None
        lost = Window(lost_from, lost_until)
        self.counts["minutes_not_read"] = (lost.end - lost.start) // _MINUTE
        log.warning("the flow log of %s was not read: it lies more than a day back", lost)
        self._keep()  # the position has moved on, the alert is still to come
        try:
            self.run.tell(not_read_alert(lost, self.run.sender))
        except AwsError as error:
            return error
        self.progress = replace(self.progress, alert_pending=None)
        self._keep()
        return None
