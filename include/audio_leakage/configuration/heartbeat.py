"""How long no run of the monitor ended, from the moments at which runs published their metrics."""

from collections.abc import Iterable
from datetime import datetime, timedelta

#: Runs begin this far apart, and CloudWatch keeps one value for each such stretch.
STEP = timedelta(minutes=5)
#: CloudWatch keeps five-minute values for this long.
KEPT = timedelta(days=63)


def gaps(beats: Iterable[datetime], start: datetime, end: datetime) -> tuple[int, int]:
    """Return in how many stretches of five minutes no run ended, and how many minutes the longest gap has.

    :param beats: the beginnings of the stretches in which a run ended, aware.
    :param start: aware, the beginning of a stretch.
    :param end: aware; excluded.
    """
    heard = set(beats)
    missing = longest = row = 0
    moment = start
    while moment < end:
        row = 0 if moment in heard else row + 1
        missing += row > 0
        longest = max(longest, row)
        moment += STEP
    return missing, longest * (STEP // timedelta(minutes=1))
