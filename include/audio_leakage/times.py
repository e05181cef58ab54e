"""Times as the contact table writes them: ISO-8601, UTC, milliseconds, ``Z``."""

from datetime import UTC, datetime


def format_time(moment: datetime) -> str:
    """Write an aware datetime as ``2023-08-29T10:30:11.038Z``.

    :raises ValueError: when ``moment`` has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: str) -> datetime:
    """Read any ISO-8601 time that names its offset, as UTC.

    :raises ValueError: when ``text`` is not such a time.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} names no offset from UTC")
    return moment.astimezone(UTC)
