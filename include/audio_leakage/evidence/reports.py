"""The files of a day that people read: sums, exceptions and the text of the mail."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from csv import DictReader
from dataclasses import dataclass
from enum import StrEnum
from io import StringIO

from audio_leakage.evidence.classes import ContactClass, Severity
from audio_leakage.evidence.coverage import Tally
from audio_leakage.evidence.files import EvidenceFile, Json, csv, document, text
from audio_leakage.evidence.ledger import CONTACTS, GROUPS, Ledger
from audio_leakage.evidence.sources import NOT_ASKED

SUMMARY, SUMMARY_CSV, SUMMARY_TXT = "summary.json", "summary.csv", "summary.txt"
EXCEPTIONS = "exceptions.csv"
#: At most this many lines fit on one screen, with the lines that the mail adds.
_LINES = 18
_EXCEPTION = (
    "contact_id", "call_id", "class", "detail", "severity", "counts_as", "queue_id", "initiation_method",
    "connected_at", "disconnected_at", "failure_cause", "failed_at", "policy_rule", "recording_key",
)  # fmt: skip


class DayStatus(StrEnum):
    """What a day's evidence is worth."""

    COMPLETE = "COMPLETE"
    """The population is proven, and every contact that had to be recorded is decided."""
    PROVISIONAL = "PROVISIONAL"
    """The population is proven, and contacts are undecided."""
    INCOMPLETE = "INCOMPLETE"
    """The population is not proven to be complete, or not all could be looked at."""
    NO_CALLS = "NO_CALLS"
    """The population is proven to be empty."""


@dataclass(frozen=True, slots=True)
class Day:
    """What is known about a day beside its contacts. It is kept as ``inputs/metrics.json``."""

    instance: str
    day: str
    as_of: str
    """When population, table and bucket were compared."""
    kind: str
    hours: Sequence[Json]
    """One entry an hour: ``hour``, ``listed``, ``total_count``, ``metrics_count`` and ``unproven``, which
    says why the hour is not proven, or null."""
    listing_is_whole: bool
    tolerance_percent: str

    def to_json(self) -> Json:
        """Return the facts as they are kept."""
        return {name: getattr(self, name) for name in self.__slots__}

    @property
    def unproven_hours(self) -> list[str]:
        """One reason for each hour of the population that is not proven."""
        taken = {str(hour["hour"]): hour.get("unproven") for hour in self.hours}
        every = [f"{self.day}T{hour:02d}" for hour in range(24)]
        return [
            f"hour {hour[-2:]}: {taken.get(hour, 'not taken')}"
            for hour in every
            if taken.get(hour, "not taken")
        ]


def status_of(day: Day, ledger: Ledger) -> tuple[DayStatus, list[str]]:
    """Return what a day is worth, and every reason why it is incomplete."""
    reasons = day.unproven_hours
    if not day.listing_is_whole:
        reasons.append("the folder of the day could not be listed to its end")
    if ledger.classes[ContactClass.POPULATION_GAP]:
        reasons.append(_outside(ledger.classes[ContactClass.POPULATION_GAP], "recorded"))
    if ledger.objects[NOT_ASKED]:
        reasons.append(
            f"{ledger.objects[NOT_ASKED]} recordings were not asked about, they have no contact of that day"
        )
    if (
        ledger.classes[ContactClass.NOT_IN_POPULATION] * 100
        > float(day.tolerance_percent) * ledger.population
    ):
        reasons.append(_outside(ledger.classes[ContactClass.NOT_IN_POPULATION], "watched"))
    if reasons:
        return DayStatus.INCOMPLETE, reasons
    if ledger.population == 0:
        return DayStatus.NO_CALLS, []
    return DayStatus.PROVISIONAL if ledger.total.undecided else DayStatus.COMPLETE, []


def _outside(contacts: int, kind: str) -> str:
    are = "contact is" if contacts == 1 else "contacts are"
    return f"{contacts} {kind} {are} not in the population"


def reports(day: Day, ledger: Ledger) -> list[EvidenceFile]:
    """Return the files for people, each a function of the ledger."""
    summary = summary_of(day, ledger)
    contacts = next(file for file in ledger.files if file.name == CONTACTS)
    return [
        document(SUMMARY, summary),
        csv(SUMMARY_CSV, ("by", "value", *_FIGURES), _summary_rows(summary)),
        csv(EXCEPTIONS, _EXCEPTION, _exceptions(contacts)),
        text(SUMMARY_TXT, "".join(f"{line}\n" for line in mail_lines(summary)).encode()),
    ]


_FIGURES = (
    "required", "proven", "lost", "undecided", "excluded", "neither", "coverage_percent", "coverage_at_most",
    "talk_seconds", "recorded_seconds", "recorded_time_percent",
)  # fmt: skip


def summary_of(day: Day, ledger: Ledger) -> Json:
    """Return the sums of a day, as ``summary.json`` has them."""
    status, reasons = status_of(day, ledger)
    is_proven = status is not DayStatus.INCOMPLETE

    def figures(tally: Tally) -> Json:
        return tally.figures(population_is_proven=is_proven)

    return {
        "by": {
            group: {value: figures(tally) for value, tally in ledger.by(group).items()} for group in GROUPS
        },
        "calls": _sorted(ledger.calls),
        "changes": _sorted(ledger.changes),
        "classes": {str(name): ledger.classes[name] for name in ContactClass},
        "day": day.day,
        "hours": list(day.hours),
        "instance": day.instance,
        "kind": day.kind,
        "objects": _sorted(ledger.objects),
        "outside_population": ledger.outside,
        "population": ledger.population,
        "reasons": reasons,
        "status": str(status),
        "total": figures(ledger.total),
    }


def exceptions_of(stored: bytes) -> Iterator[Mapping[str, str]]:
    """Yield the rows of ``exceptions.csv``: the contacts with a severity of ``warn`` or ``error``.

    :param stored: the file as it is stored. On a large day it is much smaller than that of the contacts.
    """
    return iter(DictReader(StringIO(stored.decode(), newline="")))


def mail_lines(summary: Json) -> list[str]:
    """Return the text about a day, at most one screen."""
    total = summary["total"]
    lines = [
        f"Call recordings of {summary['day']} (UTC), {summary['kind']}: {summary['status']}",
        f"Coverage: {_coverage(total)}",
        f"Had to be recorded: {total['required']} of {summary['population']} contacts with an agent",
        f"  proven {total['proven']}, lost {total['lost']}, undecided {total['undecided']}",
        f"  excluded {total['excluded']}, neither {total['neither']}",
        f"Calls: {_listed(summary['calls'])}",
        f"Exceptions: {_listed(_told(summary['classes']))}",
    ]
    if summary["changes"]:
        lines.append(f"Changed since the revision before: {_listed(summary['changes'])}")
    lines += [f"Incomplete: {reason}" for reason in summary["reasons"]]
    return (
        lines
        if len(lines) <= _LINES
        else [*lines[: _LINES - 1], f"and {len(lines) - _LINES + 1} more reasons"]
    )


def _coverage(total: Json) -> str:
    if total["coverage_percent"] is None:
        return "none, because there was nothing to record or the population is not proven"
    if total["undecided"]:
        return f"{total['coverage_percent']} % to {total['coverage_at_most']} %"
    return f"{total['coverage_percent']} %"


#: Classes that the mail does not count.
_SILENT = {ContactClass.VERIFIED, ContactClass.EXCLUDED, ContactClass.RECORDED_UNASKED}


def _told(classes: Mapping[str, int]) -> Mapping[str, int]:
    return {name: count for name, count in classes.items() if count and name not in _SILENT}


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"


def _summary_rows(summary: Json) -> Iterator[Sequence[object]]:
    yield ("day", summary["day"], *(summary["total"][name] for name in _FIGURES))
    for group in GROUPS:
        for value, figures in summary["by"][group].items():
            yield (group, value, *(figures[name] for name in _FIGURES))


def _exceptions(contacts: EvidenceFile) -> Iterator[Sequence[object]]:
    told = (str(Severity.WARN), str(Severity.ERROR))
    for row in contacts.each_row():
        if row["severity"] in told:
            yield [row[name] for name in _EXCEPTION]


def _sorted(counts: Counter[str]) -> Mapping[str, int]:
    return dict(sorted(counts.items()))
