"""Append to the chain of evidence. Nothing is overwritten, and nothing needs a lock.

The files of a revision come first, then its manifest, then its link. A run that ends in between leaves files
without a link, which are no evidence. The next try writes a folder of its own. Two runs that append at the
same time want the same number for their link: S3 gives it to one, and the other takes the next one.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import takewhile

from audio_leakage.errors import BrokenEvidence, ServiceUnavailable
from audio_leakage.evidence.acknowledgement import Acknowledgement, folder_of_day
from audio_leakage.evidence.chain import ACKNOWLEDGEMENT, CHAIN, RSA_SHA256, Link, link_name, sequence_of
from audio_leakage.evidence.files import Json, sha256
from audio_leakage.evidence.manifest import MANIFEST, read_manifest
from audio_leakage.evidence.ports import EvidenceStore, SigningKey
from audio_leakage.evidence.revision import (
    FIRST,
    DayEvidence,
    Earlier,
    earlier_of,
    folder_of,
    is_unchanged,
    numbered,
    revision_of,
)
from audio_leakage.times import format_time
from audio_leakage.use_cases.chain_signing import check_signature, signed

log = logging.getLogger(__name__)

#: Computes the evidence of a day from its last link and what that tells; None if there is none.
Prove = Callable[[tuple[Link, Earlier] | None], DayEvidence]
#: More runs than these never append side by side; another number is a mistake.
_TRIES = 100
_GREW = "the chain of evidence grew faster than this run could append to it"


@dataclass(frozen=True, slots=True)
class Chain:
    """The chain of one instance.

    :param store: where it lies.
    :param key: what signs it.
    :param key_arn: the key in KMS; None for a chain that is not signed.
    """

    store: EvidenceStore
    key: SigningKey
    key_arn: str | None

    def head(self) -> Link | None:
        """Return the last link, verified; None for an empty chain.

        :raises BrokenEvidence: when it is not what a link must be. Nothing is appended to it then.
        """
        numbers = [number for key in self.store.keys(CHAIN) if (number := sequence_of(key)) is not None]
        return self._link(max(numbers)) if numbers else None

    def earlier(self, day: str) -> tuple[Link, Earlier] | None:
        """Return the last revision of a day that has a link; None if there is none."""
        if not any(self._revisions(day)):
            return None
        links = (link for link in self._backwards() if link.day == day)
        link = next((each for each in links if not each.is_acknowledgement), None)
        return (link, self._told_by(link)) if link else None

    def first_day(self) -> date | None:
        """Return the day of the first link; None for an empty chain."""
        return date.fromisoformat(self._link(1).day) if any(self.store.keys(link_name(1))) else None

    def days_proved_since(self, day: date) -> set[date]:
        """Return the days whose evidence got a link on a day or after it."""
        links = takewhile(lambda link: link.written_at >= day.isoformat(), self._backwards())
        return {date.fromisoformat(link.day) for link in links if not link.is_acknowledgement}

    def day_before(self, link: Link) -> Earlier | None:
        """Return the latest first revision of another day before a link; None if there is none.

        A later revision of an old day keeps the policy of that day, so it does not say what held before.
        """
        links = map(self._link, range(link.sequence - 1, 0, -1))
        before = next((each for each in links if each.kind == FIRST and each.day != link.day), None)
        return self._told_by(before) if before else None

    def links_of(self, day: str) -> list[Link]:
        """Return all links about a day in their order. None of them is older than the day."""
        links = takewhile(lambda link: link.written_at >= day, self._backwards())
        return [link for link in links if link.day == day][::-1]

    def has_acknowledgements(self, day: str) -> bool:
        """Tell whether an acknowledgement of a day was begun."""
        return any(True for _ in self.store.keys(folder_of_day(day)))

    def latest(self, name: str) -> str | None:
        """Return the key of the newest file of a name, over all revisions; None if there is none."""
        for link in (each for each in self._backwards() if not each.is_acknowledgement):
            if name in read_manifest(self._manifest(link))[0]:
                return link.folder + name
        return None

    def append_acknowledgement(self, acknowledgement: Acknowledgement, stored: bytes, now: datetime) -> Link:
        """Return the link of an acknowledgement; it is written unless it is there.

        :param stored: the object, as it lies in the bucket.
        """
        path = acknowledgement.path
        known = (link for link in self.links_of(acknowledgement.day) if link.manifest_path == path)
        draft = Link(
            instance=acknowledgement.instance,
            day=acknowledgement.day,
            revision=acknowledgement.revision,
            kind=ACKNOWLEDGEMENT,
            written_at=format_time(now),
            manifest_path=path,
            manifest_sha256=sha256(stored),
        )
        link = next(known, None) or self._write_link(draft, None)
        if link is None:
            raise ServiceUnavailable(_GREW)
        return link

    def append(self, day: str, prove: Prove, origin: Json, now: datetime) -> tuple[Link, bool]:
        """Write a revision unless it says nothing new; return the day's last link, and whether it is new.

        :param day: the UTC day.
        :param prove: computes the evidence of the day. Another run may append a revision meanwhile. Then it
            is asked again.
        :param origin: how the evidence came about, for the manifest.
        :raises BrokenEvidence: when the chain is not whole where it is continued.
        """
        evidence: DayEvidence | None = None
        seen: Link | None = None
        for _ in range(_TRIES):
            head = self.head()
            known = self.earlier(day)
            link, earlier = known or (None, None)
            if evidence is None or link != seen:
                evidence, seen = prove(known), link
            if link and is_unchanged(evidence, earlier):
                return link, False
            revision = 1 + max(self._revisions(day), default=0)
            files = numbered(evidence, revision, earlier, origin)
            folder = folder_of(day, revision)
            if not all(self.store.write(folder + file.name, file.stored) for file in files):
                continue  # another run has begun this revision
            draft = Link(
                instance=evidence.day.instance,
                day=day,
                revision=revision,
                kind=evidence.day.kind,
                written_at=format_time(now),
                manifest_path=folder + MANIFEST,
                manifest_sha256=files[-1].sha256,
            )
            written = self._write_link(draft, head.sequence if head else 0)
            if written is not None:
                return written, True
        raise ServiceUnavailable(_GREW)

    def _told_by(self, link: Link) -> Earlier:
        stored = self._manifest(link)
        return earlier_of(link.revision, stored, read_manifest(stored)[1])

    def _manifest(self, link: Link) -> bytes:
        stored = self.store.read(link.manifest_path)
        if sha256(stored) != link.manifest_sha256:
            wrong = f"{link.manifest_path} is not what link {link.sequence} says"
            raise BrokenEvidence(wrong, f"day {link.day}")
        return stored

    def _backwards(self) -> Iterator[Link]:
        head = self.head()
        for sequence in range(head.sequence if head else 0, 0, -1):
            yield self._link(sequence)

    def _link(self, sequence: int) -> Link:
        affects = f"the chain from link {sequence} on"
        try:
            link = Link.from_bytes(self.store.read(link_name(sequence)))
        except ValueError as error:
            raise BrokenEvidence(f"link {sequence} cannot be read: {error}", affects) from None
        if link.algorithm == RSA_SHA256 and self.key_arn is not None:
            check_signature(self.store, link, affects)
        return link

    def _revisions(self, day: str) -> Iterator[int]:
        return (number for key in self.store.keys(f"day={day}/") if (number := revision_of(key)))

    def _write_link(self, draft: Link, known: int | None) -> Link | None:
        """Return the link once it is written; None when another run has corrected its day meanwhile.

        :param known: the number of the last link when this run looked for the revision that it corrects. None
            for a link that corrects nothing.
        """
        for _ in range(_TRIES):
            head = self.head()
            newest = head.sequence if head else 0
            since = map(self._link, range(newest + 1 if known is None else known + 1, newest + 1))
            if any(link.day == draft.day and not link.is_acknowledgement for link in since):
                return None
            link = signed(draft.following(head), head, self.store, self.key, self.key_arn)
            if self.store.write(link.name, link.to_bytes()):
                log.info("link %d: %s, revision %d (%s)", link.sequence, link.day, link.revision, link.kind)
                return link
        return None
