"""Play calls in simulated time, and run the monitor over them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import time_machine

from local_aws.contact_centre.company import LOG_GROUP, TABLE
from local_aws.contact_centre.seed_contacts import INSTANCE_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.models import DagRun
    from airflow.sdk import DAG

    from local_aws.contact_centre.centre import ContactCentre
    from local_aws.server import LocalAws

WINDOW, MINUTE = timedelta(minutes=5), timedelta(minutes=1)
#: Half of the default, so that failures show sooner.
FAILURE_AFTER = timedelta(minutes=30)
SETTINGS: dict[str, Any] = {
    "connect_instance_id": INSTANCE_ID,
    "contact_table": TABLE,
    "flow_log_group": LOG_GROUP,
    "connect_access_url": "https://acme.my.connect.aws",
    "failure_after_minutes": FAILURE_AFTER / MINUTE,
}


def windows_ago(count: int) -> datetime:
    """Return the start of the window `count` windows ago."""
    now = datetime.now(UTC)
    return now - timedelta(seconds=now.timestamp() % WINDOW.total_seconds()) - count * WINDOW


def play_past(
    dag: DAG,
    centre: ContactCentre,
    aws: LocalAws,
    count: int,
    advance: Callable[[], object] = lambda: None,
) -> None:
    """Play windows from the start of the contact centre, with a run at the end of each one.

    This process's clock moves with the simulated time.

    :param dag: the DAG to run.
    :param centre: the contact centre to play.
    :param aws: the AWS that it writes to.
    :param count: number of windows.
    :param advance: called after each window.
    :raises RuntimeError: if a run does not succeed.
    """
    with time_machine.travel(centre.start, tick=True) as clock:
        for number in range(1, count + 1):
            play_window(dag, centre, aws, clock, centre.start + number * WINDOW)
            advance()


def play_window(
    dag: DAG, centre: ContactCentre, aws: LocalAws, clock: time_machine.Traveller, end: datetime
) -> DagRun:
    """Play the five minutes before a time, then run the DAG.

    :param dag: the DAG to run.
    :param centre: the contact centre to play.
    :param aws: the AWS that it writes to.
    :param clock: this process's clock.
    :param end: end of the window.
    :return: the run.
    :raises RuntimeError: if the run does not succeed.
    """
    play(centre, aws, clock, end - WINDOW, end)
    return run_dag(dag, end)


def run_dag(dag: DAG, moment: datetime, params: dict[str, Any] | None = None) -> DagRun:
    """Run a DAG in this process.

    :param dag: the DAG to run.
    :param moment: the logical date.
    :param params: its params, where they are not the default.
    :raises RuntimeError: if the run does not succeed.
    """
    run: DagRun = dag.test(logical_date=moment, run_conf=params)
    if run.state != "success":
        raise RuntimeError(f"the run of {dag.dag_id} at {moment:%H:%M} is {run.state}")
    return run


def play(
    centre: ContactCentre, aws: LocalAws, clock: time_machine.Traveller, start: datetime, end: datetime
) -> None:
    """Play calls minute by minute, so that each recording appears in its minute.

    :param centre: the contact centre to play.
    :param aws: the AWS that it writes to.
    :param clock: this process's clock; it stands at ``end`` afterwards.
    :param start: until when the calls are played already.
    :param end: until when to play them.
    """
    for minute in range(1, (end - start) // MINUTE + 1):
        clock.move_to(start + minute * MINUTE)
        centre.play(start + minute * MINUTE, aws)
