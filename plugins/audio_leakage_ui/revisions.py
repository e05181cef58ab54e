"""Read what lies in the evidence bucket: links and sums, and of one day its exceptions.

Objects of the evidence never change. So a process reads each small one once and keeps what the pages show.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from audio_leakage.errors import BrokenEvidence
from audio_leakage.evidence.chain import CHAIN, Link, link_name, sequence_of
from audio_leakage.evidence.reports import EXCEPTIONS, SUMMARY, exceptions_of
from audio_leakage.evidence.stored import document_at
from audio_leakage.use_cases.acknowledged import acknowledged_of
from audio_leakage_hooks.evidence_bucket import EvidenceBucketHook

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from audio_leakage.evidence.acknowledgement import Acknowledged
    from audio_leakage.settings import Settings
    from audio_leakage_hooks.evidence_bucket import EvidenceFolder

#: Requests at once, and links that are read together.
_AT_ONCE, _BATCH = 16, 64
#: A year of links, and a year of sums.
_LINKS_KEPT, _SUMS_KEPT = 2_000, 400
#: Lifetime of a hook: see ``reading``.
_HOOK_SECONDS = 300
#: Members of the sums that every day of a month shows.
_MEASURED = ("status", "kind", "population", "classes", "total")


@dataclass(frozen=True)
class EvidencePlace:
    """Where the evidence of one instance lies."""

    aws_conn_id: str | None
    bucket: str
    folder: str

    @classmethod
    def of(cls, settings: Settings) -> EvidencePlace | None:
        """Return the place that the settings name; None where no evidence is wanted."""
        if settings.evidence_bucket is None:
            return None
        return cls(settings.aws_conn_id, settings.evidence_bucket, settings.evidence_folder)

    @property
    def store(self) -> EvidenceFolder:
        """The objects below the folder."""
        return _hook(self.aws_conn_id, int(time.monotonic() / _HOOK_SECONDS)).folder(self.bucket, self.folder)


@dataclass(frozen=True)
class ProvedDay:
    """What lies about one day: its links, the last one of a revision among them."""

    place: EvidencePlace
    day: str
    links: tuple[Link, ...]
    """All links about the day, in their order; at least one of a revision."""

    @property
    def last(self) -> Link:
        """The link of the last revision."""
        return next(link for link in reversed(self.links) if not link.is_acknowledgement)

    @property
    def folder(self) -> str:
        """Folder of the last revision, below the folder of the instance."""
        return self.last.folder

    @property
    def measured(self) -> Mapping[str, Any]:
        """The sums that a month shows of the day."""
        return _measured(self.place, self.folder)

    def summary(self) -> dict[str, Any]:
        """Return all sums of the day."""
        return _summary(self.place, self.folder)

    def exceptions(self) -> Iterator[Mapping[str, str]]:
        """Yield the contacts with a severity of ``warn`` or ``error``."""
        return exceptions_of(self.place.store.read(self.folder + EXCEPTIONS))

    def acknowledged(self, on: date) -> dict[str, Acknowledged]:
        """Return the contacts whose acknowledgement stands on a day."""
        return acknowledged_of(self.place.store, self.links, on)


def proved_days(place: EvidencePlace, since: date) -> list[ProvedDay]:
    """Return every day since a day that has a revision, in order.

    Links about a day are written after it, so we read the chain from its end back to that day.

    :param place: where the evidence lies.
    :param since: the first UTC day.
    """
    first = since.isoformat()
    numbers = [number for key in place.store.keys(CHAIN) if (number := sequence_of(key)) is not None]
    links: list[Link] = []
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        for end in range(len(numbers), 0, -_BATCH):
            read = list(pool.map(partial(_link, place), numbers[max(0, end - _BATCH) : end]))
            links[:0] = read
            if read[0].written_at < first:
                break
    found = sorted((link for link in links if link.day >= first), key=lambda link: link.day)
    return [ProvedDay(place, day, tuple(of_day)) for day, of_day in groupby(found, lambda link: link.day)]


@lru_cache(maxsize=4)
def _hook(aws_conn_id: str | None, period: int) -> EvidenceBucketHook:
    del period  # a new period makes a new hook
    hook = EvidenceBucketHook(aws_conn_id=aws_conn_id)
    hook.conn  # noqa: B018  # connects here, in one thread; all threads then share the client
    return hook


@lru_cache(maxsize=_LINKS_KEPT)
def _link(place: EvidencePlace, sequence: int) -> Link:
    try:
        return Link.from_bytes(place.store.read(link_name(sequence)))
    except ValueError as error:
        raise BrokenEvidence(f"link {sequence} cannot be read: {error}", "the days after it") from None


@lru_cache(maxsize=_SUMS_KEPT)
def _measured(place: EvidencePlace, folder: str) -> Mapping[str, Any]:
    summary = _summary(place, folder)
    return {name: summary[name] for name in _MEASURED}


def _summary(place: EvidencePlace, folder: str) -> dict[str, Any]:
    return document_at(place.store, folder + SUMMARY, affects="the figures of its day")
