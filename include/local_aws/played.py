"""A past that the monitor has worked through, for those who look at Airflow's UI."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import time_machine

from local_aws.contact_centre import ContactCentre
from local_aws.seed_contacts import INSTANCE_ID

if TYPE_CHECKING:
    from airflow.sdk import DAG

    from local_aws.server import LocalAws

ROOT = Path(__file__).parents[2]
BUCKET, PREFIX = "acme-recordings", "connect/acme/CallRecordings"
TABLE, LOG_GROUP = "audio-leakage-contacts", "/aws/connect/acme"
WINDOW, MINUTE = timedelta(minutes=5), timedelta(minutes=1)
#: Half of the default, so that failures show in a past that is not long.
FAILURE_AFTER = timedelta(minutes=30)
SETTINGS: dict[str, Any] = {
    "connect_instance_id": INSTANCE_ID,
    "contact_table": TABLE,
    "flow_log_group": LOG_GROUP,
    "connect_access_url": "https://acme.my.connect.aws",
    "failure_after_minutes": FAILURE_AFTER / MINUTE,
}


def windows_ago(count: int) -> datetime:
    """Return when the window began that so many windows up to now began with."""
    now = datetime.now(UTC)
    return now - timedelta(seconds=now.timestamp() % WINDOW.total_seconds()) - count * WINDOW


def contact_centre(start: datetime, duration: timedelta, calls_per_hour: int) -> ContactCentre:
    """Return a contact centre that takes calls for a time."""
    return ContactCentre(
        seed=20230829,
        start=start,
        duration=duration,
        number_of_calls=calls_per_hour * (duration // timedelta(hours=1)),
        bucket=BUCKET,
        prefix=PREFIX,
        log_group=LOG_GROUP,
    )


def set_up(aws: LocalAws) -> None:
    """Create table, bucket and log group."""
    aws.deploy(ROOT / "include" / "infrastructure" / "table.yaml", "audio-leakage", {"TableName": TABLE})
    aws.create_bucket(BUCKET)
    aws.create_log_group(LOG_GROUP)


def play_past(dag: DAG, centre: ContactCentre, aws: LocalAws, count: int) -> None:
    """Play from the contact centre's start, on this process's clock, with a run at the end of each window.

    :raises RuntimeError: when a run does not succeed.
    """
    with time_machine.travel(centre.start, tick=True) as clock:
        for number in range(1, count + 1):
            end = centre.start + number * WINDOW
            for minutes in range(4, -1, -1):  # so that recordings land in their minute
                clock.move_to(end - minutes * MINUTE)
                centre.play(end - minutes * MINUTE, aws)
            run = dag.test(logical_date=end)
            if run.state != "success":
                raise RuntimeError(f"the run of the window that ends at {end:%H:%M} is {run.state}")
