"""The UTC hour that a run is about, in which agents were connected."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from audio_leakage.errors import WindowError
from audio_leakage.ports import AirflowRun
from audio_leakage.runs.window import Window
from audio_leakage.times import format_time, parse_time, shown

_HOUR = timedelta(hours=1)
#: How long after its end an hour is taken: a search needs some time to show a contact.
_INDEXING = timedelta(minutes=20)
_NAME = re.compile(r"\d{4}-\d\d-\d\dT\d\d")


def hour_of(run: AirflowRun, params: Mapping[str, str | None], now: datetime) -> Window:
    """Return the hour that a run is about.

    This is the hour that somebody named, else the UTC hour of ``data_interval_start``. A run without a data
    interval is about the last hour that ended twenty minutes ago.

    :param params: ``hour``, if somebody named one.
    :param now: aware.
    :raises WindowError: when the hour cannot be used; the message says what is allowed.
    """
    named = params.get("hour")
    hour = _named(named) if named else _window_at(run.data_interval_start or _last_complete(run))
    if hour.end > now:
        raise WindowError(f"the hour {name_of(hour)} is not over: it ends at {format_time(hour.end)}")
    return hour


def name_of(hour: Window) -> str:
    """Return an hour's name, ``YYYY-MM-DDTHH``, as the table writes hours."""
    return format_time(hour.start)[:13]


def hour_named(name: str) -> Window:
    """Return the hour of a name that :func:`name_of` gave.

    :raises ValueError: when it is no such name.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{shown(name)} is no hour")
    return _window_at(parse_time(f"{name}:00:00Z"))


def _named(name: str) -> Window:
    try:
        return hour_named(name)
    except ValueError:
        raise WindowError(f"hour is {shown(name)}, allowed is a UTC hour such as 2026-11-23T10") from None


def _window_at(moment: datetime) -> Window:
    start = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return Window(start, start + _HOUR)


def _last_complete(run: AirflowRun) -> datetime:
    return (run.logical_date or run.run_after) - _INDEXING - _HOUR
