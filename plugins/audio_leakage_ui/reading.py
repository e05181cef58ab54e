"""What the routes read: the settings, the run, and the two indexes of the contact table."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.variable import Variable
from sqlalchemy import func, select

from audio_leakage.contacts.states import ContactState
from audio_leakage.errors import SettingsError, WindowError
from audio_leakage.instances import dag_ids, variable_of
from audio_leakage.runs.window import Window, named_window, window_of
from audio_leakage.settings import Settings
from audio_leakage.times import format_time
from audio_leakage_hooks.contact_table_hook import ContactTableHook
from audio_leakage_ui.consoles import Consoles
from audio_leakage_ui.health import LOOK_BACK, RunOfMonitor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from audio_leakage.ports import Item
    from audio_leakage_aws.contact_table import ContactTable

#: Of each state so many of the longest due contacts are looked at: what is wrong shows in them.
_LONGEST_DUE = 100


#: A hook takes longer to make than an hour takes to read; a changed connection is noticed after this time.
_HOOK_SECONDS = 300


class UnknownRun(Exception):
    """There is no such run, or it is none of the monitor's; the message says which."""


@dataclass(frozen=True)
class ContactReader:
    """The contact table of one Connect instance, read through its indexes."""

    settings: Settings
    table: ContactTable

    @classmethod
    def of(cls, dag_id: str) -> ContactReader:
        """Return the reader for a DAG.

        :raises UnknownRun: when the DAG is not one of the monitor's.
        :raises SettingsError: when its Variable cannot be used.
        """
        check_dag_id(dag_id)
        variable = variable_of(dag_id)
        settings = Settings.from_json(Variable.get(variable, default_var=None), variable)
        hook = _hook(settings.aws_conn_id, int(time.monotonic() / _HOOK_SECONDS))
        return cls(settings, hook.table(settings.contact_table))

    @property
    def consoles(self) -> Consoles:
        """Where a person looks further."""
        return Consoles(self.region, self.settings.connect_access_url)

    @property
    def region(self) -> str:
        """The Region in which the table lies, and the monitored instance with it."""
        return str(self.table.conn.meta.client.meta.region_name)

    def contacts(self, window: Window) -> Iterator[Item]:
        """Give the contacts whose recording block ran in a window, from the index pages of its hours."""
        start, end = format_time(window.start), format_time(window.end)
        return self.table.initialised(window.hours, start, end)

    def longest_due(self, until: datetime) -> list[Item]:
        """Return contacts that are due by a time, of each state those that have waited longest."""
        return [
            item
            for state in ContactState
            for item in self.table.longest_due(state, format_time(until), _LONGEST_DUE)
        ]


@lru_cache(maxsize=4)
def _hook(aws_conn_id: str | None, period: int) -> ContactTableHook:
    del period  # only there to make the hook anew
    hook = ContactTableHook(aws_conn_id=aws_conn_id)
    hook.conn  # noqa: B018  # made here, by one thread; the client in it is for all of them
    return hook


def check_dag_id(dag_id: str) -> None:
    """Refuse a DAG that is none of the monitor's.

    :raises UnknownRun: says so.
    """
    _, separator, name = dag_id.partition("__")
    try:
        if dag_id in dag_ids([name] if separator else []):
            return
    except SettingsError:
        pass  # a name that no instance can have
    raise UnknownRun("This DAG does not monitor call recordings; there is nothing to show.")


def run_of(session: Session, dag_id: str, run_id: str) -> DagRun:
    """Return what Airflow knows of a run.

    :raises UnknownRun: when there is no such run.
    """
    run = session.scalar(select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id))
    if run is None:
        raise UnknownRun("Airflow knows no such run.")
    return run


def window_of_run(run: DagRun, now: datetime) -> Window:
    """Return the window that the tasks of a run work with.

    :raises UnknownRun: when the window named for it cannot be worked on; says why.
    """
    named = run.conf or {}
    try:
        return named_window(named.get("window_start"), named.get("window_end"), now) or window_of(run)
    except WindowError as error:
        raise UnknownRun(f"This run worked on nothing: {error}.") from error


def recent_runs(session: Session, dag_id: str, now: datetime) -> list[RunOfMonitor]:
    """Return the runs of the last day that worked on a window, the newest first."""
    query = select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_after >= now - LOOK_BACK)
    runs = []
    for run in session.scalars(query.order_by(DagRun.run_after.desc())):
        try:
            window = window_of_run(run, now)
        except UnknownRun:
            continue  # its window cannot be worked on, so it covers none
        runs.append(RunOfMonitor(run.run_id, str(run.state), window, run.end_date))
    return runs


def first_run_at(session: Session, dag_id: str) -> datetime | None:
    """Return when the first run of a DAG was for, or None if there was none."""
    return session.scalar(select(func.min(DagRun.run_after)).where(DagRun.dag_id == dag_id))


def is_paused(session: Session, dag_id: str) -> bool:
    """Tell whether somebody paused a DAG."""
    return bool(session.scalar(select(DagModel.is_paused).where(DagModel.dag_id == dag_id)))
