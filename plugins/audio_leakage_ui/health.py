"""The health of the monitor itself: its last runs, missed windows, and contacts that wait too long."""

from __future__ import annotations

import json
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
    from audio_leakage.runs.mutes import Mutes
    from audio_leakage.runs.progress import Progress
    from audio_leakage.settings import Settings
    from audio_leakage_ui.consoles import Consoles

#: How a user of MWAA creates a backfill: an environment offers no shell.
_BACKFILL = "--method POST --path /backfills"
#: The next scheduled run recovers missed windows of this long by itself.
LOOK_BACK = timedelta(days=1)
#: How long a stretch of the flow log that was not read is shown.
_SHOWN_FOR = timedelta(days=7)
#: A run may wait for the one before it. We count a window as missed once its run should have ended.
_GRACE = 2 * STEP


@dataclass(frozen=True, slots=True)
class RunOfMonitor:
    """One run, as far as the page needs it."""

    run_id: str
    state: str
    """Airflow's state of the run, such as ``success``."""
    window: Window
    ended: datetime | None

    @property
    def covers(self) -> bool:
        """Whether the run has handled its window, or will."""
        return self.state != "failed"


def health_of(
    dag_id: str, runs: Sequence[RunOfMonitor], since: datetime | None, now: datetime
) -> dict[str, Any]:
    """Return the last run, the last success, and the windows without a run.

    :param dag_id: the DAG of the runs.
    :param runs: the runs of the last day, newest first.
    :param since: time of the monitor's first run, or None if it never ran.
    :param now: the present time.
    """
    begin = max(since, now - LOOK_BACK) if since else now
    gaps = missed_windows(runs, begin, now - _GRACE)
    return {
        "last_run": _shown(next(iter(runs), None)),
        "last_success": _shown(next((run for run in runs if run.state == "success"), None)),
        "missed": [_missed(dag_id, gap, runs) for gap in gaps],
        "missed_windows": sum((gap.end - gap.start) // STEP for gap in gaps),
    }


def blind_spots(settings: Settings, mutes: Mutes) -> list[str]:
    """Return what the monitor cannot see or tell, one sentence each."""
    blind = ["We do not know calls whose flow has no recording block, or does not log."]
    if settings.flow_log_group is None:
        blind.append("No flow_log_group is set: we do not know calls that the subscription misses.")
    if settings.alert_topic_arn is None:
        blind.append("No alert_topic_arn is set: you get no mails about leaks.")
    if settings.keep_items_days is not None:
        days = f"{settings.keep_items_days:g}"
        blind.append(
            f"Calls of more than {days} days ago have left the table. The evidence has their verdicts."
        )
    if mutes.problem:
        blind.append(f"{mutes.problem}. A wrong mute stops no mail.")
    return blind


def mutes_shown(mutes: Mutes) -> list[dict[str, Any]]:
    """Return the mutes that are in force, the one that ends first at the front."""
    return [
        {"id": mute.id, "scope": mute.scope, "until": mute.until, "reason": mute.reason}
        for mute in sorted(mutes.active, key=lambda mute: mute.until)
    ]


def not_read(dag_id: str, progress: Progress, now: datetime) -> list[dict[str, Any]]:
    """Return the stretch of the flow log that no run will read by itself, with the backfill that reads it.

    It is shown for a week after it was lost. We cannot know whether somebody has backfilled it.

    :param dag_id: the DAG to backfill.
    :param progress: how far runs have read.
    :param now: the present time.
    """
    start, end = progress.lost_from, progress.lost_until
    if start is None or end is None or end < now - _SHOWN_FOR:
        return []
    return [_gap(dag_id, Window(start, end), "completed")]


def missed_windows(runs: Iterable[RunOfMonitor], begin: datetime, end: datetime) -> list[Window]:
    """Return each stretch of whole windows that no run covers."""
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
    """Return the number of due contacts, the one due longest, and the contacts set aside."""
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
            continue  # the table of its hour says why it cannot be read


def _missed(dag_id: str, gap: Window, runs: Iterable[RunOfMonitor]) -> dict[str, Any]:
    failed = any(run.window.start < gap.end and run.window.end > gap.start for run in runs)
    return _gap(dag_id, gap, "failed" if failed else "none")


def _gap(dag_id: str, gap: Window, again: str) -> dict[str, Any]:
    body = json.dumps(
        {
            "dag_id": dag_id,
            "from_date": format_time(gap.start + STEP),
            "to_date": format_time(gap.end),
            "max_active_runs": 3,
            "reprocess_behavior": again,
        }
    )
    return {
        "start": gap.start,
        "end": gap.end,
        "command": f"aws mwaa invoke-rest-api --name ENVIRONMENT {_BACKFILL} --body '{body}'",
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
