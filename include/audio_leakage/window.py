"""The five minutes a run is about."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

STEP = timedelta(minutes=5)
_ADOPTION_HOURS = (0, 6, 12, 18)


@dataclass(frozen=True, slots=True)
class Window:
    """From ``start`` (included) to ``end`` (excluded), both aware."""

    start: datetime
    end: datetime

    @property
    def is_for_adoption(self) -> bool:
        """Whether the scheduled run of this window looks for items that somebody else wrote.

        Several times a day, so that "at least once a day" survives an outage at any one of them.
        """
        return self.start.hour in _ADOPTION_HOURS and self.start.minute == 0


def run_window(
    interval_start: datetime | None,
    interval_end: datetime | None,
    logical_date: datetime | None,
    run_after: datetime,
) -> Window:
    """Return the window of a run, from what Airflow says about it.

    A data interval with a width is the window. A cron schedule of Airflow 3 gives none (logical date, start
    and end are the fire time), and a manual run may have no logical date: then it is the aligned five
    minutes up to the interval's end, else the logical date, else ``run_after``.
    """
    if interval_start and interval_end and interval_start < interval_end:
        return Window(interval_start, interval_end)
    end = _floor(interval_end or logical_date or run_after)
    return Window(end - STEP, end)


def _floor(moment: datetime) -> datetime:
    return moment - (moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) % STEP
