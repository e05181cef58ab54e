"""What `make demo` shows a person in the end, and what it keeps for later."""

from __future__ import annotations

import csv
import textwrap
from collections import Counter, defaultdict
from dataclasses import dataclass
from shutil import rmtree
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from local_aws.commands.console import log_in, shown
from local_aws.commands.evidence import show_mails, show_mistakes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from rich.console import ConsoleOptions

    from local_aws.commands.evidence import DayEvidence
    from local_aws.commands.outcome import Outcome

TASKS = ("poll_initialised", "purge_ivr", "poll_in_progress", "check_recordings")
UNLOGGED, EVIDENCE = "contacts-without-log.csv", "evidence"
_COLUMNS_OF_A_FILE = 2000  # at most: a table takes what it needs


@dataclass(frozen=True, slots=True)
class Run:
    """A run of the DAG: its window, and what each task counted."""

    start: datetime
    end: datetime
    counts: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Report:
    """The result of a demo.

    :param requests: how often Amazon Connect was asked, by operation.
    :param unlogged: the same calls on an evening on which no flow logged anything.
    :param evidence: of the days of both evenings.
    """

    outcomes: Sequence[Outcome]
    runs: Sequence[Run]
    requests: Mapping[str, int]
    unlogged: Sequence[Outcome] = ()
    evidence: Sequence[DayEvidence] = ()

    @property
    def all_outcomes(self) -> list[Outcome]:
        """Contacts of both evenings."""
        return [*self.outcomes, *self.unlogged]

    @property
    def wrong(self) -> list[Outcome]:
        """Contacts that the monitor shows otherwise than the truth."""
        return [outcome for outcome in self.all_outcomes if not outcome.is_right]

    @property
    def judged_twice(self) -> dict[str, tuple[str, str]]:
        """The two verdicts on each call of both evenings on which the first evening has one."""
        again = {outcome.contact_id: outcome.verdict for outcome in self.unlogged}
        return {
            outcome.contact_id: (outcome.verdict, again[outcome.contact_id])
            for outcome in self.outcomes
            if outcome.item.get("RecordedState") and outcome.contact_id in again
        }

    @property
    def is_right(self) -> bool:
        """Whether all is as the truth has it, and no verdict changes without a flow log."""
        is_proved_right = not any(day.wrong for day in self.evidence)
        same = all(one == other for one, other in self.judged_twice.values())
        return not self.wrong and is_proved_right and same

    def show(self, console: Console, folder: Path) -> None:
        """Print leaks, a summary, where the rest is kept, and the line that matters.

        :param folder: where :meth:`keep` put the rest.
        """
        console.print(_leaks([outcome for outcome in self.outcomes if outcome.is_leak]))
        console.print(_summary("All contacts", self.outcomes))
        asked = ", ".join(f"{count} {name}" for name, count in self.requests.items())
        console.print(f"\n{len(self.runs)} runs of the DAG. Amazon Connect was asked: {asked}.")
        if self.unlogged:
            console.print(_summary("The same calls, and no flow logs anything", self.unlogged))
            twice = self.judged_twice.values()
            same = sum(one == other for one, other in twice)
            console.print(
                f"\n{len(twice)} calls had a verdict. Without any flow log, {same} have the same.\n"
                "The policy wants every call recorded, also those whose flow asked for none.\n"
            )
        if self.wrong:
            console.print(_mistakes(self.wrong))
        show_mails(console, self.evidence)
        console.print(_kept(folder, has_unlogged=bool(self.unlogged), has_evidence=bool(self.evidence)))
        show_mistakes(console, self.evidence)
        colour = "green" if self.is_right else "red"
        line = f"{len(self.all_outcomes)} contacts, {len(self.wrong)} of them not as the truth has it"
        console.print(f"\n[bold {colour}]{line}[/]")

    def keep(self, folder: Path) -> None:
        """Write every contact to ``contacts.csv``, and runs and contacts as text to ``report.txt``.

        The evening without a flow log has a file of its own, ``contacts-without-log.csv``. The evidence is in
        the folder ``evidence``, by day.
        """
        rows = _keep(self.outcomes, folder / "contacts.csv")
        if self.unlogged:
            _keep(self.unlogged, folder / UNLOGGED)
        rmtree(folder / EVIDENCE, ignore_errors=True)
        for day in self.evidence:
            day.keep(folder / EVIDENCE)
        with (folder / "report.txt").open("w") as file:
            console = Console(file=file, width=_COLUMNS_OF_A_FILE, highlight=False)
            console.print(_windows(self.runs), _contacts(rows))


@dataclass(frozen=True, slots=True)
class _List:
    """Entries with commas between them. An entry stays in one line where it can."""

    entries: Sequence[str]

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> Iterator[Text]:
        glued = ", ".join(entry.replace(" ", "\0") for entry in self.entries)
        for line in textwrap.wrap(glued, options.max_width, break_long_words=False, break_on_hyphens=False):
            yield Text(line.replace("\0", " "))


def _leaks(leaks: Sequence[Outcome]) -> Table:
    table = _table(f"Leaks: {len(leaks)} calls without the recording that they must have")
    table.add_column("contact", no_wrap=True)
    table.add_column("what happened", overflow="fold")
    table.add_column("cause", no_wrap=True, style="red")
    for leak in leaks:
        table.add_row(leak.contact_id, leak.what_happened, leak.item.get("FailureCause", ""))
    return table


def _summary(title: str, outcomes: Iterable[Outcome]) -> Table:
    """Return one row for each verdict, with how often each thing happened."""
    verdicts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for outcome in outcomes:
        verdicts[outcome.verdict][outcome.what_happened] += 1
    table = _table(title)
    table.add_column("verdict", min_width=len("CALL_RECORDED_SUCCESS"), overflow="fold")
    table.add_column("contacts", no_wrap=True, justify="right")
    table.add_column("what happened")
    for verdict, happened in sorted(verdicts.items(), key=lambda row: -row[1].total()):
        each = [f"{count} {what}" for what, count in happened.most_common()]
        table.add_row(verdict, str(happened.total()), _List(each))
    return table


def _mistakes(wrong: Iterable[Outcome]) -> Table:
    table = _table("[red]Not as the truth has it[/]")
    table.add_column("contact", no_wrap=True)
    table.add_column("what happened, what the monitor says, the truth", overflow="fold")
    for outcome in wrong:
        said = " ".join(filter(None, (outcome.state, outcome.item.get("RecordedState"))))
        told = f"{outcome.what_happened}\nthe monitor: {said}\nthe truth: {outcome.true_verdict}"
        table.add_row(outcome.contact_id, told)
    return table


def _kept(folder: Path, *, has_unlogged: bool, has_evidence: bool) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_row()
    table.add_row("Every contact", shown(folder / "contacts.csv"))
    if has_unlogged:
        table.add_row("Without a flow log", shown(folder / UNLOGGED))
    if has_evidence:
        table.add_row("Evidence of each day", shown(folder / EVIDENCE))
    table.add_row("As text, with every run", shown(folder / "report.txt"))
    table.add_row("Log", shown(log_in(folder)))
    return table


def _table(title: str) -> Table:
    return Table(title=f"\n{title}", title_justify="left", title_style="bold", box=None, pad_edge=False)


def _cells(outcome: Outcome) -> dict[str, str]:
    """Return all that is told of a contact, by the head of its column."""
    item = outcome.item
    return {
        "contact": outcome.contact_id,
        "what happened": outcome.what_happened,
        "state": outcome.state,
        "verdict": outcome.verdict,
        "cause": item.get("FailureCause", ""),
        "recording": item.get("RecordingKey", ""),
        "seconds": item.get("RecordingSeconds", ""),
        "the truth": outcome.true_verdict,
        "right": "yes" if outcome.is_right else "no",
    }


def _keep(outcomes: Iterable[Outcome], path: Path) -> list[dict[str, str]]:
    """Write contacts as CSV, and return what was written."""
    rows = [_cells(outcome) for outcome in outcomes]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]) if rows else [])
        writer.writeheader()
        writer.writerows(rows)
    return rows


def _contacts(rows: Iterable[Mapping[str, str]]) -> Table:
    table = _table("Contacts")
    for number, row in enumerate(rows):
        if number == 0:
            for head in row:
                table.add_column(head, overflow="fold")
        table.add_row(*row.values())
    return table


def _windows(runs: Iterable[Run]) -> Table:
    table = _table("Windows")
    for head in ("window", *TASKS):
        table.add_column(head, overflow="fold")
    for run in runs:
        counted = ("\n".join(_counted(run.counts[task])) or "-" for task in TASKS)
        table.add_row(f"{run.start:%H:%M}-{run.end:%H:%M}", *counted)
    return table


def _counted(counts: Mapping[str, Any]) -> Iterator[str]:
    return (f"{count} {name}" for name, count in counts.items() if name != "window" and count)
