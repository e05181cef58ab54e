"""An hour of calls that the monitor has handled, with the truth, and the Airflow that shows them."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import quote

from playwright.sync_api import BrowserContext, Page, StorageState

from local_aws.commands.airflow import Airflow
from local_aws.commands.playback import FAILURE_AFTER, WINDOW
from local_aws.contact_centre.calls import SimulatedCall
from local_aws.contact_centre.centre import ContactCentre
from local_aws.server import LocalAws
from support.big_table import BigTable
from support.day import DailyWorld

DAG = "monitor_audio_leakage"
GROUPS = {"CALL_RECORDED_FAILURE": "leaked", "CALL_RECORDED_SUCCESS": "recorded", None: "not expected"}


@dataclass(frozen=True)
class Played:
    """The calls that were played, and the Airflow that shows them."""

    airflow: Airflow
    aws: LocalAws
    centre: ContactCentre
    end: datetime
    big_table: BigTable
    day: date
    """A day with evidence."""
    world: DailyWorld
    """What is true of that day."""
    daily_run: str
    """Id of the run of the daily DAG that proved the day."""
    hourly_run: str
    """Id of a run of the hourly DAG about an hour of it."""


@dataclass(frozen=True)
class Login:
    """A user's browser context, and what it kept right after the login."""

    context: BrowserContext
    state: StorageState


def truths(played: Played, calls: list[SimulatedCall]) -> Counter[str]:
    """Return the number of calls by group, without purged ones."""
    found = [call.truth(played.end, FAILURE_AFTER) for call in calls]
    assert all(truth.state in (None, "COMPLETED - AGENT") for truth in found), "the hour is not over"
    return Counter(GROUPS[truth.recorded_state] for truth in found if truth.state)


def window_with_a_leak(played: Played) -> tuple[datetime, list[SimulatedCall]]:
    """Return the end of the window with the most leaks, and its calls."""
    windows: dict[datetime, list[SimulatedCall]] = {}
    for call in played.centre.calls:
        if call.entered is None:
            continue
        begun = (call.entered - played.centre.start) // WINDOW
        windows.setdefault(played.centre.start + (begun + 1) * WINDOW, []).append(call)
    return max(windows.items(), key=lambda window: truths(played, window[1])["leaked"])


def run_id_of(page: Page, end: datetime) -> str:
    answer = page.request.get(f"/api/v2/dags/{DAG}/dagRuns?limit=100").json()
    (found,) = [
        run["dag_run_id"]
        for run in answer["dag_runs"]
        if datetime.fromisoformat(run["logical_date"]) == end.astimezone(UTC)
    ]
    return quote(found, safe="")


def a_leak(played: Played) -> SimulatedCall:
    """Return a call that leaked."""
    return next(
        call
        for call in played.centre.calls
        if call.truth(played.end, FAILURE_AFTER).recorded_state == "CALL_RECORDED_FAILURE"
    )
