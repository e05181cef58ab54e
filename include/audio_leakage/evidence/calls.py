"""Legs to calls: what the customer experienced.

Amazon Connect makes one contact for each leg: a transfer, a callback and a supervisor's ear have their own.
A call is all legs of the day that come from the same first contact.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from audio_leakage.evidence.classes import Count
from audio_leakage.evidence.files import Json
from audio_leakage.times import format_time


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
