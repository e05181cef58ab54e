"""Whether the monitor itself is well: its last runs, missed windows, contacts that wait too long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from audio_leakage.contacts.contact import Contact
from audio_leakage.errors import InvalidContact
from audio_leakage.runs.backoff import is_set_aside
from audio_leakage.runs.window import STEP, Window
from audio_leakage.times import format_time
from audio_leakage_ui.calls import row_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from audio_leakage.ports import Item
    from audio_leakage_ui.consoles import Consoles

#: As long as the next scheduled run takes up what was missed by itself, and as far as a person can backfill.
LOOK_BACK = timedelta(days=1)
#: A run may be waiting for the one before; it is missed when it should have ended by now.
_GRACE = 2 * STEP


@dataclass(frozen=True, slots=True)
class RunOfMonitor:
    """What the page needs to know of one run."""

    run_id: str
    state: str
    window: Window
    ended: datetime | None

    @property
    def covers(self) -> bool:
        """Whether its window has been worked on, or is being worked on."""
        return self.state != "failed"


def health_of(
    dag_id: str, runs: Sequence[RunOfMonitor], since: datetime | None, now: datetime
) -> dict[str, Any]:
    """Return the last run, the last that succeeded, and the windows without one.

    :param runs: those of the last day, the newest first.
    :param since: when the monitor first ran, or None if it never has.
    """
    begin = max(since, now - LOOK_BACK) if since else now
    return {
        "last_run": _shown(next(iter(runs), None)),
        "last_success": _shown(next((run for run in runs if run.state == "success"), None)),
        "missed": [_missed(dag_id, gap, runs) for gap in missed_windows(runs, begin, now - _GRACE)],
    }


def missed_windows(runs: Iterable[RunOfMonitor], begin: datetime, end: datetime) -> list[Window]:
    """Return the stretches of whole windows that no run has covered."""
    covered = sorted((run.window.start, run.window.end) for run in runs if run.covers)
    reached = _ceil(begin)
    gaps = []
    for start, stop in [*covered, (end, end)]:
        gap_end = min(_floor(start), _floor(end))
        if gap_end - reached >= STEP:
            gaps.append(Window(reached, gap_end))
        reached = max(reached, stop)
    return gaps


def due_contacts(items: Iterable[Item], consoles: Consoles, now: datetime) -> dict[str, Any]:
    """Return the contact that has been due for longest, and those that are set aside."""
    contacts = list(_readable(items))
    due = [contact for contact in contacts if contact.next_check_at and contact.next_check_at <= now]
    oldest = min(due, key=lambda contact: contact.next_check_at or now, default=None)
    return {
        "due": len(due),
        "oldest_due": row_of(oldest.to_item(), consoles) if oldest else None,
        "set_aside": [row_of(contact.to_item(), consoles) for contact in contacts if is_set_aside(contact)],
    }


def _readable(items: Iterable[Item]) -> Iterator[Contact]:
    for item in items:
        try:
            yield Contact.from_item(item)
        except InvalidContact:
            continue  # the table of the hour says what is wrong with it


def _missed(dag_id: str, gap: Window, runs: Iterable[RunOfMonitor]) -> dict[str, Any]:
    failed = any(run.window.start < gap.end and run.window.end > gap.start for run in runs)
    again = " --reprocess-behavior failed" if failed else ""
    return {
        "start": gap.start,
        "end": gap.end,
        "command": (
            f"airflow backfill create --dag-id {dag_id} --from-date {format_time(gap.start + STEP)} "
            f"--to-date {format_time(gap.end)} --max-active-runs 3{again}"
        ),
    }


def _shown(run: RunOfMonitor | None) -> dict[str, Any] | None:
    if run is None:
        return None
    window = run.window
    return {
        "run_id": run.run_id,
        "state": run.state,
        "start": window.start,
        "end": window.end,
        "ended": run.ended,
    }


def _floor(moment: datetime) -> datetime:
    return moment - timedelta(seconds=moment.timestamp() % STEP.total_seconds())


def _ceil(moment: datetime) -> datetime:
    return _floor(moment + STEP - timedelta(microseconds=1))
