"""Calls over midnight: which legs of a day the day before has already, and which the day after adds.

We read both from the last revision of those days. A day without a revision changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from audio_leakage.evidence.calls import Leg
from audio_leakage.evidence.classes import Count
from audio_leakage.evidence.files import EvidenceFile, Json
from audio_leakage.evidence.ledger import CALLS, CONTACTS
from audio_leakage.evidence.stored import rows_at
from audio_leakage.times import parse_time
from audio_leakage.use_cases.day_context import DAY, DayContext


def legs_of_other_days(run: DayContext, population: EvidenceFile, items: EvidenceFile) -> list[Json]:
    """Return these legs in the order of their contact ids. Nobody asks how one of the day before counts.

    :param population: the contacts of the day.
    :param items: their items.
    """
    after: defaultdict[str, list[Leg]] = defaultdict(list)
    for call_id, leg in _later_legs(run, run.day + DAY):
        after[call_id].append(leg)
    ours: set[str] = set()
    continued: defaultdict[str, set[str]] = defaultdict(set)
    for contact_id, call_id in _calls_of(population, items):
        if call_id in after:
            ours.add(call_id)
        if call_id != contact_id:
            continued[call_id].add(contact_id)
    legs = [leg.to_row(call_id) for call_id in ours for leg in after[call_id]]
    for row in _rows(run, run.day - DAY, CALLS):
        connected = parse_time(row["first_connected_at"])
        known = continued.get(row["call_id"], set()).intersection(row["legs"])
        legs += [Leg(each, Count.NEITHER, connected, None, 0).to_row(row["call_id"]) for each in known]
    return sorted(legs, key=lambda row: str(row["contact_id"]))


def _calls_of(population: EvidenceFile, items: EvidenceFile) -> Iterator[tuple[str, str]]:
    """Yield the contacts of the day, each with its call."""
    for row in population.each_row():
        yield row["contact_id"], str(row["initial_contact_id"] or row["contact_id"]).lower()
    for item in items.each_row():
        contact_id = str(item["ContactId"])
        yield contact_id.lower(), str(item.get("InitialContactId") or contact_id).lower()


def _later_legs(run: DayContext, day: date) -> Iterator[tuple[str, Leg]]:
    """Yield the legs of a day that are not the first of their call."""
    for row in _rows(run, day, CONTACTS):
        if row["call_id"] == row["contact_id"] or row["connected_at"] is None:
            continue
        count, left = Count(row["counts_as"]), row["disconnected_at"]
        recorded = row["recording_seconds"] if count is Count.PROVEN else None
        yield (
            row["call_id"],
            Leg(
                row["contact_id"],
                count,
                parse_time(row["connected_at"]),
                parse_time(left) if left else None,
                recorded or 0,
            ),
        )


def _rows(run: DayContext, day: date, name: str) -> Iterator[Json]:
    known = run.chain.earlier(day.isoformat())
    key = known[0].folder + name if known else None
    return rows_at(run.store, key) if key else iter(())
