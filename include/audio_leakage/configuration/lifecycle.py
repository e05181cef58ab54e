"""After how many days the lifecycle of a bucket deletes objects, from the rules as S3 gives them.

Doubt is loud: a rule for some tags or sizes only may meet a recording, so it counts for all.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any


def deleted_after_days(rules: Iterable[Mapping[str, Any]], prefix: str, now: datetime) -> int | None:
    """Return the fewest days after which an object of a folder, or an older version of it, is deleted.

    :param rules: ``Rules`` of GetBucketLifecycleConfiguration.
    :param prefix: the folder.
    :param now: aware; a rule that names a date deletes what is written now on that date.
    :return: None if nothing is ever deleted.
    """
    return min((days for rule in rules if _concerns(rule, prefix) for days in _days(rule, now)), default=None)


def _concerns(rule: Mapping[str, Any], folder: str) -> bool:
    filtered = rule.get("Filter") or {}
    prefix = str(
        filtered.get("Prefix") or (filtered.get("And") or {}).get("Prefix") or rule.get("Prefix") or ""
    )
    overlaps = folder.startswith(prefix) or prefix.startswith(folder)
    return rule.get("Status") == "Enabled" and overlaps


def _days(rule: Mapping[str, Any], now: datetime) -> Iterator[int]:
    expiration = rule.get("Expiration") or {}
    if "Days" in expiration:
        yield int(expiration["Days"])
    if "Date" in expiration:
        yield max(0, (expiration["Date"] - now).days)
    noncurrent = rule.get("NoncurrentVersionExpiration") or {}
    if "NoncurrentDays" in noncurrent:
        yield int(noncurrent["NoncurrentDays"])
