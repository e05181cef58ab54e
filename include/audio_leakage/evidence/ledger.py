"""One day, contact by contact: a pure function from the kept inputs to the files of evidence.

The inputs are rows, as they are kept beside the evidence. So the same day can be computed again, by anybody,
to the same bytes. They are sorted by contact id and are read side by side, so that a day of any size fits
into memory.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from heapq import merge
from itertools import groupby
from operator import itemgetter

from audio_leakage.evidence.calls import Leg, call_row, legs_of_the_day
from audio_leakage.evidence.coverage import Tally, total
from audio_leakage.evidence.files import EvidenceFile, Json, JsonLines
from audio_leakage.evidence.sorting import SortedRows
from audio_leakage.evidence.sources import ITEM, Policy
from audio_leakage.evidence.subject import Subject

CONTACTS, CALLS = "contacts.jsonl.gz", "calls.jsonl.gz"
OBJECTS, CHANGES = "objects.jsonl.gz", "changes.jsonl.gz"
#: The members of a contact's row that sums are given by.
GROUPS = ("queue_id", "initiation_method", "policy_rule")
#: Calls that are held in memory as they are.
_MOST_CALLS = 150_000


@dataclass(slots=True)
class Ledger:
    """The files of a day, and its sums."""

    files: list[EvidenceFile] = field(default_factory=list)
    classes: Counter[str] = field(default_factory=Counter)
    sums: defaultdict[tuple[str, ...], Tally] = field(default_factory=lambda: defaultdict(Tally))
    """Sums over contacts that have the same value of each of :data:`GROUPS`."""
    population: int = 0
    outside: int = 0
    """Contacts with an agent on that day, or their recordings, that the population does not have."""
    calls: Counter[str] = field(default_factory=Counter)
    objects: Counter[str] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    """Contacts whose class is another one than in the revision before, by how they counted and count."""

    @property
    def total(self) -> Tally:
        """The sum over all contacts."""
        return total(self.sums.values())

    def by(self, group: str) -> dict[str, Tally]:
        """Return the sums by the values of one of :data:`GROUPS`, in their order."""
        value_of = itemgetter(GROUPS.index(group))
        found: defaultdict[str, Tally] = defaultdict(Tally)
        for values, tally in self.sums.items():
            found[value_of(values)] += tally
        return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class Inputs:
    """The rows that a day is computed from, each kind sorted by contact id."""

    population: Iterable[Json]
    """The contacts of the day that reached an agent."""
    items: Iterable[Json]
    """The contact table's items of these contacts, and of others that speak of an agent on that day."""
    recordings: Iterable[Json]
    """What lies in the bucket, by our own listing."""
    before: Iterable[Json]
    """contact_id, class and counts_as in the revision before, size and etag as first seen."""
    legs: Iterable[Json] = ()
    """Legs of other days, of calls that have a leg on this day."""


def ledger_of(inputs: Inputs, policy: Policy, *, is_final: bool = False) -> Ledger:
    """Put every contact of a day into exactly one class.

    :param policy: which contacts must be recorded.
    :param is_final: whether ``recheck_days`` are over, so that every undecided contact is an error.
    """
    ledger, contacts, objects, changes = Ledger(), JsonLines(CONTACTS), JsonLines(OBJECTS), JsonLines(CHANGES)
    legs = _Legs()
    for subject in subjects_of(inputs, policy, is_final=is_final):
        change = subject.change
        if change is not None:
            changes.write(change)
            ledger.changes[f"{change['counted_as']} to {change['counts_as']}"] += 1
        for found in subject.objects:
            objects.write(found)
            ledger.objects[found["class"]] += 1
        if not subject.is_counted:
            continue
        row, leg = subject.row(), subject.leg()
        contacts.write(row)
        _count(ledger, row, subject)
        if leg is not None:
            legs.add(row["call_id"], leg)
    ledger.files = [
        contacts.close(),
        _calls_file(legs, inputs.legs, ledger),
        objects.close(),
        changes.close(),
    ]
    return ledger


def subjects_of(inputs: Inputs, policy: Policy, *, is_final: bool = False) -> Iterator[Subject]:
    """Yield each contact id of a day with everything that is known about it, in the order of the ids.

    :param policy: which contacts must be recorded.
    :param is_final: see :func:`ledger_of`.
    """
    for contact_id, sources in _side_by_side(inputs):
        yield Subject(contact_id, sources, policy, is_final=is_final)


def _side_by_side(inputs: Inputs) -> Iterator[tuple[str, dict[int, list[Json]]]]:
    """Yield each contact id with its rows by input, whatever inputs have it."""
    kinds = (inputs.population, inputs.items, inputs.recordings, inputs.before)
    for contact_id, entries in groupby(merge(*map(_keyed, range(len(kinds)), kinds)), key=itemgetter(0)):
        sources: defaultdict[int, list[Json]] = defaultdict(list)
        for _, source, _, row in entries:
            sources[source].append(row)
        yield contact_id, sources


def _keyed(source: int, rows: Iterable[Json]) -> Iterator[tuple[str, int, int, Json]]:
    """Yield each row behind its sort key. The key ends with the place in the input, so no two are equal."""
    key = "ContactId" if source == ITEM else "contact_id"
    return ((str(row[key]).lower(), source, place, row) for place, row in enumerate(rows))


class _Legs:
    """The legs of a day by their call. Those of a very large day are kept as sorted rows, to save memory."""

    def __init__(self) -> None:
        self._calls: defaultdict[str, list[Leg]] = defaultdict(list)
        self._rows: SortedRows | None = None

    def add(self, call_id: str, leg: Leg) -> None:
        self._calls[call_id].append(leg)
        if len(self._calls) == _MOST_CALLS:
            self._to_rows()

    def by_call(self) -> Iterator[tuple[str, Iterable[Leg]]]:
        """Yield each call with its legs, in the order of the calls."""
        if self._rows is None:
            yield from sorted(self._calls.items(), key=itemgetter(0))
            return
        self._to_rows()
        for call_id, rows in groupby(self._rows.rows(), key=itemgetter("call_id")):
            yield call_id, map(Leg.from_row, rows)

    def _to_rows(self) -> None:
        self._rows = self._rows or SortedRows()
        for call_id, legs in self._calls.items():
            for leg in legs:
                self._rows.add(call_id, leg.to_row(call_id))
        self._calls.clear()


def _calls_file(legs: _Legs, of_other_days: Iterable[Json], ledger: Ledger) -> EvidenceFile:
    others: defaultdict[str, list[Leg]] = defaultdict(list)
    for row in of_other_days:
        others[row["call_id"]].append(Leg.from_row(row))
    lines = JsonLines(CALLS)
    for call_id, own in legs.by_call():
        if found := legs_of_the_day(own, others.get(call_id, ())):
            row = call_row(call_id, found)
            lines.write(row)
            ledger.calls[row["status"]] += 1
    return lines.close()


def _count(ledger: Ledger, row: Json, subject: Subject) -> None:
    ledger.classes[row["class"]] += 1
    ledger.population += subject.facts.in_population
    ledger.outside += not subject.facts.in_population
    tally = Tally.of(subject.table_row.counts_as, row["talk_seconds"] or 0, row["recording_seconds"] or 0)
    ledger.sums[tuple(row[group] or "" for group in GROUPS)] += tally
