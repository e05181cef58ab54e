"""The stretch of time a run is about, in which the flows' recording blocks ran."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from audio_leakage.contacts.contact import check_contact_id
from audio_leakage.errors import InvalidContact, WindowError
from audio_leakage.ports import AirflowRun, Item, RunHistory
from audio_leakage.times import format_time, parse_time

STEP = timedelta(minutes=5)
#: Neither a named window nor what a run recovers after an outage is longer.
LONGEST = timedelta(days=1)
#: How many contacts somebody may name: there is time to look at each of them.
MOST_NAMED = 100
#: How long after its time CloudWatch Logs may show a line.
LATE_LINES = timedelta(minutes=10)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_ADOPTION_HOURS = (0, 6, 12, 18)
#: Every time of a call that a mail or the page may show.
_TIMES_OF_A_CALL = (
    "InitialisedAt",
    "InitiationTimestamp",
    "ConnectedToAgentTimestamp",
    "AfterContactWorkStartTimestamp",
    "AfterContactWorkEndTimestamp",
    "DisconnectTimestamp",
    "EndAssumedAt",
)


@dataclass(frozen=True, slots=True)
class Window:
    """From ``start`` (included) to ``end`` (excluded), both aware."""

    start: datetime
    end: datetime

    def __str__(self) -> str:
        """Return it as a person reads it."""
        return f"{format_time(self.start)} - {format_time(self.end)}"

    @property
    def is_for_adoption(self) -> bool:
        """Whether the scheduled run of this window looks for items that somebody else wrote.

        Several times a day, so that "at least once a day" survives an outage at any one of them.
        """
        return self.start.hour in _ADOPTION_HOURS and self.start.minute == 0

    @property
    def hours(self) -> list[str]:
        """Every UTC hour it touches, as ``YYYY-MM-DDTHH``."""
        first = self.start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        count = -(-(self.end - first) // timedelta(hours=1))
        return [format_time(first + timedelta(hours=hour))[:13] for hour in range(count)]

    def saw(self, item: Item) -> bool:
        """Tell whether a call was going on in this window, from the first of its times to the last."""
        times = [str(item[name]) for name in _TIMES_OF_A_CALL if item.get(name)]
        return bool(times) and min(times) < format_time(self.end) and max(times) >= format_time(self.start)

    def parts(self, longest: timedelta) -> Iterator["Window"]:
        """Yield it in pieces that are no longer than that, the earliest first."""
        start = self.start
        while start < self.end:
            end = min(start + longest, self.end)
            yield Window(start, end)
            start = end

    def since(self, covered_until: datetime | None) -> "Window":
        """Return this window together with those missed since a time, up to a bound."""
        earliest = max(covered_until or self.start, self.end - LONGEST)
        return Window(min(earliest, self.start), self.end)


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a run is about."""

    window: Window
    history: RunHistory
    only_window: bool = False
    """Whether it works on the contacts of its window alone: a backfill, or a named window."""
    by_any_time: bool = False
    """Whether these are all calls that were going on in it, and not only those whose block ran in it."""
    contact_ids: tuple[str, ...] = ()
    """The contacts that somebody named; the run works on nothing else."""
    adopts: bool = False
    """Whether it looks for items that somebody else wrote."""

    @cached_property
    def missed(self) -> Window:
        """The window of this run and those missed since the last successful one."""
        if self.only_window:
            return self.window
        return self.window.since(_covered_until(self.history.last_success()))


def scope_of(run: AirflowRun, params: Mapping[str, str | None], history: RunHistory, now: datetime) -> Scope:
    """Return what a run is about.

    :param params: ``window_start`` and ``window_end``, if somebody named a window, or ``contact_ids``.
    :param history: the runs before this one.
    :param now: aware.
    :raises WindowError: when the named window or contacts cannot be used.
    """
    named = named_window(params.get("window_start"), params.get("window_end"), now)
    contact_ids = named_contacts(params.get("contact_ids"))
    if named and contact_ids:
        raise WindowError("contact_ids and a window must not be given together")
    window = named or window_of(run)
    only_window = named is not None or bool(contact_ids) or run.run_type == "backfill"
    adopts = not only_window and (run.run_type == "manual" or window.is_for_adoption)
    return Scope(
        window=window,
        history=history,
        only_window=only_window,
        by_any_time=named is not None,
        contact_ids=contact_ids,
        adopts=adopts,
    )


def window_of(run: AirflowRun) -> Window:
    """Return the window of a run for which nobody named one.

    A data interval with a width is the window. A cron schedule of Airflow 3 gives none: logical date, start
    and end are the fire time. A manual run may have no logical date. Then the window is the aligned five
    minutes up to the interval's end, else to the logical date, else to ``run_after``.
    """
    start, end = run.data_interval_start, run.data_interval_end
    if start and end and start < end:
        return Window(start, end)
    end = _floor(end or run.logical_date or run.run_after)
    return Window(end - STEP, end)


def named_window(start: str | None, end: str | None, now: datetime) -> Window | None:
    """Return the window somebody named for a manual run, or None if nobody did.

    :param start: ISO-8601 with its offset, or nothing.
    :param end: the same.
    :raises WindowError: says what is wrong with it and what is allowed.
    """
    if not start and not end:
        return None
    if not start or not end:
        raise WindowError("window_start and window_end must be given both or neither")
    try:
        window = Window(parse_time(start), parse_time(end))
    except ValueError as error:
        raise WindowError(
            f"window_start and window_end must be times in ISO-8601 with an offset: {error}"
        ) from None
    if window.end <= window.start:
        raise WindowError(f"the window {window} ends before it starts")
    if window.end > now:
        raise WindowError(f"the window {window} lies in the future: it must end by {format_time(now)}")
    if window.end - window.start > LONGEST:
        raise WindowError(
            f"the window {window} is too long: at most {LONGEST.days} day; name several, or backfill"
        )
    return window


def named_contacts(text: str | None, most: int = MOST_NAMED) -> tuple[str, ...]:
    """Return the contacts somebody named for a manual run, each once.

    :param text: their ids, with spaces or commas between them, or nothing.
    :param most: how many may be named.
    :raises WindowError: says what is wrong with it and what is allowed.
    """
    ids = tuple(dict.fromkeys((text or "").replace(",", " ").lower().split()))
    try:
        for contact_id in ids:
            check_contact_id(contact_id)
    except InvalidContact as error:
        raise WindowError(f"contact_ids: {error}") from None
    if len(ids) > most:
        raise WindowError(f"contact_ids names {len(ids)} contacts: at most {most}; name a window")
    return ids


def _covered_until(last_success: AirflowRun | None) -> datetime | None:
    """Return up to where nothing is missing, given the last run that succeeded; None if there was none.

    A run that was only about its own window says nothing of what came before it.
    """
    if last_success is None:
        return None
    conf = last_success.conf or {}
    only_window = last_success.run_type == "backfill" or conf.get("window_start") or conf.get("contact_ids")
    return _LONG_AGO if only_window else window_of(last_success).end


def _floor(moment: datetime) -> datetime:
    return moment - (moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) % STEP


def aligned(window: Window, step: timedelta) -> Iterator[Window]:
    """Yield the windows of a fixed length, counted from midnight UTC, that a window touches."""
    start = window.start - (window.start - datetime(1970, 1, 1, tzinfo=UTC)) % step
    while start < window.end:
        yield Window(start, start + step)
        start += step
