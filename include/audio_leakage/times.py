"""Times as the contact table writes them: ISO-8601, UTC, milliseconds, ``Z``."""

from datetime import UTC, datetime

#: No call was, or will be, before or after; arithmetic with later times may leave what a datetime can hold.
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def format_time(moment: datetime) -> str:
    """Write an aware datetime as ``2023-08-29T10:30:11.038Z``.

    :raises ValueError: when ``moment`` has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: str) -> datetime:
    """Read any ISO-8601 time of this century that names its offset, as UTC.

    :raises ValueError: when ``text`` is not such a time.
    """
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError(f"{shown(text)} is no time in ISO-8601") from None
    if moment.tzinfo is None:
        raise ValueError(f"{shown(text)} names no offset from UTC")
    if not is_plausible(moment):
        raise ValueError(f"{shown(text)} is not in this century")
    return moment.astimezone(UTC)


def is_plausible(moment: datetime) -> bool:
    """Tell whether an aware time is one that a call can have, and that can be calculated with."""
    return EARLIEST <= moment <= LATEST


def shown(value: object) -> str:
    """Return a value as a message quotes it: on one line, and not longer than that."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def second_of(moment: datetime) -> datetime:
    """Return the second that a moment is in: botocore cuts the bounds of a search to seconds."""
    return moment.replace(microsecond=0)
