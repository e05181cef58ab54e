"""Read the settings, the runs, and the two indexes of the contact table."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.variable import Variable
from sqlalchemy import func, select

from audio_leakage.contacts.states import ContactState
from audio_leakage.errors import WindowError
from audio_leakage.instances import (
    is_dag_of_an_instance,
    mutes_variable_of,
    progress_variable_of,
    variable_of,
)
from audio_leakage.runs.mutes import Mutes
from audio_leakage.runs.progress import Progress, read_progress
from audio_leakage.runs.window import Window, named_contacts, named_window, window_of
from audio_leakage.settings import Settings
from audio_leakage.times import format_time
from audio_leakage_hooks.contact_table_hook import ContactTableHook
from audio_leakage_ui.consoles import Consoles
from audio_leakage_ui.health import LOOK_BACK, RunOfMonitor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.orm import Session

    from audio_leakage.ports import Item
    from audio_leakage_aws.contact_table import ContactTable

#: Longest due contacts read per state. They are enough to show a problem.
_LONGEST_DUE = 100
#: Lifetime of a hook. Making one takes longer than reading an hour. A new one notices a changed connection.
_HOOK_SECONDS = 300


class UnknownRun(Exception):
    """The run does not exist, or the monitor cannot show it. The message says which."""


@dataclass(frozen=True)
class ContactReader:
    """Read the contact table of one Connect instance through its indexes."""

    dag_id: str
    settings: Settings
    table: ContactTable

    @classmethod
    def of(cls, dag_id: str) -> ContactReader:
        """Return the reader for a DAG.

        :raises UnknownRun: if the DAG does not belong to the monitor.
        :raises SettingsError: if the Variable of the DAG is missing or wrong.
        """
        check_dag_id(dag_id)
        variable = variable_of(dag_id)
        settings = Settings.from_json(Variable.get(variable, default_var=None), variable)
        hook = _hook(settings.aws_conn_id, int(time.monotonic() / _HOOK_SECONDS))
        return cls(dag_id, settings, hook.table(settings.contact_table))

    @property
    def consoles(self) -> Consoles:
        """Links into the AWS consoles."""
        return Consoles(self.region, self.settings.connect_access_url)

    @property
    def region(self) -> str:
        """The Region of the table and of the monitored instance."""
        return str(self.table.conn.meta.client.meta.region_name)

    @cached_property
    def mutes(self) -> Mutes:
        """Which leaks are known."""
        variable = mutes_variable_of(self.dag_id)
        return Mutes.from_json(Variable.get(variable, default_var=None), datetime.now(UTC), variable)

    @property
    def progress(self) -> Progress:
        """How far the flow log has been read."""
        text = Variable.get(progress_variable_of(self.dag_id), default_var=None)
        return Progress.from_values(read_progress(text), self.settings.contact_table)

    def contacts(self, window: Window) -> Iterator[Item]:
        """Return the contacts whose recording block ran in a window, read hour by hour from the index."""
        start, end = format_time(window.start), format_time(window.end)
        return self.table.initialised(window.hours, start, end)

    def named(self, contact_ids: Sequence[str]) -> Iterator[Item]:
        """Return the contacts with these ids, at most a hundred."""
        yield from self.table.get_many(list(contact_ids))

    def longest_due(self, until: datetime) -> list[Item]:
        """Return the contacts due by a time: in each state, those that have waited longest."""
        return [
            item
            for state in ContactState
            for item in self.table.longest_due(state, format_time(until), _LONGEST_DUE)
        ]


@lru_cache(maxsize=4)
def _hook(aws_conn_id: str | None, period: int) -> ContactTableHook:
    del period  # a new period makes a new hook
    hook = ContactTableHook(aws_conn_id=aws_conn_id)
    hook.conn  # noqa: B018  # connects here, in one thread; all threads then share the client
    return hook


def check_dag_id(dag_id: str) -> None:
    """Refuse a DAG that does not belong to the monitor.

    :raises UnknownRun: if it does not.
    """
    if not is_dag_of_an_instance(dag_id):
        raise UnknownRun("This DAG does not monitor call recordings, so there is nothing to show.")


def run_of(session: Session, dag_id: str, run_id: str) -> DagRun:
    """Return a run from Airflow's database.

    :raises UnknownRun: if there is no such run.
    """
    run = session.scalar(select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id))
    if run is None:
        raise UnknownRun("Airflow has no such run.")
    return run


def window_of_run(run: DagRun, now: datetime) -> Window:
    """Return the window of a run, as its tasks see it.

    :raises UnknownRun: if the window in the run's params is not allowed. The message says why.
    """
    named = run.conf or {}
    try:
        return named_window(named.get("window_start"), named.get("window_end"), now) or window_of(run)
    except WindowError as error:
        raise UnknownRun(f"This run did nothing: {error}.") from error


def contacts_of_run(run: DagRun) -> tuple[str, ...]:
    """Return the contacts that somebody named for a run.

    :raises UnknownRun: if they are not allowed. The message says why.
    """
    try:
        return named_contacts((run.conf or {}).get("contact_ids"))
    except WindowError as error:
        raise UnknownRun(f"This run did nothing: {error}.") from error


def recent_runs(session: Session, dag_id: str, now: datetime) -> list[RunOfMonitor]:
    """Return the runs of the last day that have a window, newest first."""
    query = select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_after >= now - LOOK_BACK)
    runs = []
    for run in session.scalars(query.order_by(DagRun.run_after.desc())):
        try:
            window = window_of_run(run, now)
            if contacts_of_run(run):
                continue  # it is about contacts, so it covers no window
        except UnknownRun:
            continue  # its params name a window that is not allowed, so it covers none
        runs.append(RunOfMonitor(run.run_id, str(run.state), window, run.end_date))
    return runs


def first_run_at(session: Session, dag_id: str) -> datetime | None:
    """Return the time of a DAG's first run, or None if it never ran."""
    return session.scalar(select(func.min(DagRun.run_after)).where(DagRun.dag_id == dag_id))


def is_paused(session: Session, dag_id: str) -> bool:
    """Return whether a DAG is paused."""
    return bool(session.scalar(select(DagModel.is_paused).where(DagModel.dag_id == dag_id)))
