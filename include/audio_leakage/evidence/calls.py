"""Legs to calls: what the customer experienced.

Amazon Connect makes one contact for each leg. A transfer, a callback and a supervisor who listens have their
own. A call is all legs that come from the same first contact. It belongs to the day on which its first agent
joined, with the legs of the 24 hours after that.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from audio_leakage.evidence.classes import Count
from audio_leakage.evidence.files import Json
from audio_leakage.times import format_time, parse_time

#: Legs that begin later than this after the first one are a call of their own.
LONGEST_CALL = timedelta(hours=24)


class CallStatus(StrEnum):
    """Whether a call was recorded."""

    RECORDED = "RECORDED"
    PARTLY = "PARTLY"
    NOT_RECORDED = "NOT_RECORDED"
    UNDECIDED = "UNDECIDED"
    EXCLUDED = "EXCLUDED"


@dataclass(frozen=True, slots=True)
class Leg:
    """One contact of a call, in which an agent spoke."""

    contact_id: str
    counts_as: Count
    connected_at: datetime
    """Aware."""
    left_at: datetime | None
    """Aware; None while nobody knows of an end."""
    recorded_seconds: int

    @classmethod
    def from_row(cls, row: Json) -> Self:
        """Return a leg as :meth:`to_row` has written it."""
        left = row["left_at"]
        return cls(
            row["contact_id"],
            Count(row["counts_as"]),
            parse_time(row["connected_at"]),
            parse_time(left) if left else None,
            row["recorded_seconds"],
        )

    def to_row(self, call_id: str) -> Json:
        """Return the leg as a row of the evidence."""
        return {
            "call_id": call_id,
            "connected_at": format_time(self.connected_at),
            "contact_id": self.contact_id,
            "counts_as": str(self.counts_as),
            "left_at": format_time(self.left_at) if self.left_at else None,
            "recorded_seconds": self.recorded_seconds,
        }


def legs_of_the_day(own: Iterable[Leg], of_other_days: Iterable[Leg]) -> list[Leg]:
    """Return the legs of one call that count on a day.

    A leg is left out only where the evidence of the day before really has it. So no leg is lost, in whatever
    order days are proved.

    :param own: the legs that began on that day.
    :param of_other_days: those of them that the evidence of the day before has, and legs of the day after.
    """
    legs, others = list(own), {leg.contact_id: leg for leg in of_other_days}
    ids = {leg.contact_id for leg in legs}
    legs = [leg for leg in legs if leg.contact_id not in others]
    if not legs:
        return []
    first = min(leg.connected_at for leg in legs)
    later = (leg for contact_id, leg in others.items() if contact_id not in ids)
    return legs + [leg for leg in later if first <= leg.connected_at <= first + LONGEST_CALL]


def status_of(legs: Iterable[Count]) -> CallStatus:
    """Return whether a call was recorded, from how its legs count.

    A leg that needs no recording neither helps nor hurts.
    """
    required = [leg for leg in legs if leg in (Count.PROVEN, Count.LOST, Count.UNDECIDED)]
    if not required:
        return CallStatus.EXCLUDED
    if all(leg is Count.PROVEN for leg in required):
        return CallStatus.RECORDED
    if Count.LOST not in required:
        return CallStatus.UNDECIDED
    return CallStatus.PARTLY if Count.PROVEN in required else CallStatus.NOT_RECORDED


def call_row(call_id: str, legs: Iterable[Leg]) -> Json:
    """Return the row of a call in ``calls.jsonl.gz``, whatever the order of its legs."""
    ordered = sorted(legs, key=lambda leg: (leg.connected_at, leg.contact_id))
    talk = _talk_seconds(ordered)
    return {
        "call_id": call_id,
        "first_connected_at": format_time(ordered[0].connected_at),
        "legs": [leg.contact_id for leg in ordered],
        "legs_proven": sum(leg.counts_as is Count.PROVEN for leg in ordered),
        "legs_required": sum(leg.counts_as in (Count.PROVEN, Count.LOST, Count.UNDECIDED) for leg in ordered),
        "open_ended": any(leg.left_at is None for leg in ordered),
        "recorded_seconds": min(talk, sum(leg.recorded_seconds for leg in ordered)),
        "status": str(status_of(leg.counts_as for leg in ordered)),
        "talk_seconds": talk,
    }


def _talk_seconds(ordered: Iterable[Leg]) -> int:
    """Return how long agents spoke; legs of a conference overlap and count once."""
    total, reached = timedelta(0), None
    for leg in ordered:
        if leg.left_at is None:
            continue
        begin = leg.connected_at if reached is None else max(leg.connected_at, reached)
        if leg.left_at > begin:
            total += leg.left_at - begin
            reached = leg.left_at
    return int(total.total_seconds())
