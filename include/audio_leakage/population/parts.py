"""Contacts of a population as they go from one task to the next: a text of at most about 100 kB for 1,000.

A part is JSON, compressed, in base64. So a large hour is some dozens of small texts, and no large one.
"""

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from audio_leakage.population.member import Member
from audio_leakage.times import format_time, parse_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some contacts of one hour, in the order in which their agents were connected."""

    hour: str
    members: tuple[Member, ...]
    ids: tuple[str, ...]
    """Ids of every result that was listed, those without a member among them."""
    unreadable: int
    """Results that could not be read."""
    reached: datetime
    """Up to when the search has come; aware."""
    total_count: int
    """How many results the search announced."""
    is_last: bool
    """Whether the hour is whole with it."""
    taken_again: bool
    """Whether it belongs to a second taking of its hour."""

    def to_text(self) -> str:
        """Return it as a task keeps it."""
        known = {member.contact_id for member in self.members}
        values = {
            "hour": self.hour,
            "rows": [member.to_row() for member in self.members],
            "other_ids": [other for other in self.ids if other not in known],
            "unreadable": self.unreadable,
            "reached": format_time(self.reached),
            "total_count": self.total_count,
            "is_last": self.is_last,
            "taken_again": self.taken_again,
        }
        return b64encode(zlib.compress(json.dumps(values, separators=(",", ":")).encode(), 9)).decode()

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what :meth:`to_text` gave."""
        values = json.loads(zlib.decompress(b64decode(text)))
        members = tuple(map(Member.from_row, values["rows"]))
        return cls(
            hour=values["hour"],
            members=members,
            ids=(*(member.contact_id for member in members), *values["other_ids"]),
            unreadable=values["unreadable"],
            reached=parse_time(values["reached"]),
            total_count=values["total_count"],
            is_last=values["is_last"],
            taken_again=values["taken_again"],
        )


@dataclass
class Taken:
    """What has been taken of one hour."""

    hour: str
    members: dict[str, Member] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    unreadable: int = 0
    total_count: int = 0
    reached: datetime | None = None
    is_whole: bool = False

    @property
    def listed(self) -> int:
        """How many results were listed."""
        return len(self.ids) + self.unreadable

    def add(self, part: Part) -> None:
        """Add one part."""
        self.members |= {member.contact_id: member for member in part.members}
        self.ids.update(part.ids)
        self.unreadable += part.unreadable
        self.total_count = part.total_count
        self.reached = part.reached
        self.is_whole = self.is_whole or part.is_last


def by_hour(parts: Iterable[Part]) -> dict[str, Taken]:
    """Gather parts by their hour. Where an hour was taken twice, both takings count: we keep the union."""
    hours: dict[str, Taken] = {}
    for part in parts:
        hours.setdefault(part.hour, Taken(part.hour)).add(part)
    return hours
