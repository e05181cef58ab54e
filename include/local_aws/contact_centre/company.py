"""The company whose calls are played for people: by the demo, under Airflow's UI and in Docker."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local_aws.contact_centre.centre import ContactCentre
from local_aws.dynamodb_local import create_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from local_aws.server import LocalAws

ROOT = Path(__file__).parents[3]
TABLE_TEMPLATE = ROOT / "include" / "infrastructure" / "table.yaml"
BUCKET, PREFIX = "acme-recordings", "connect/acme/CallRecordings"
TABLE, LOG_GROUP, TOPIC = "audio-leakage-contacts", "/aws/connect/acme", "audio-leakage-alerts"


def contact_centre(
    start: datetime,
    duration: timedelta,
    calls_per_hour: int,
    *,
    seed: int = 20230829,
    constant_contacts: Mapping[str, Mapping[str, Any]] | None = None,
) -> ContactCentre:
    """Return the company's contact centre, which takes calls for a time.

    :param start: when the first call may come; aware.
    :param constant_contacts: further contacts that never change, by id.
    """
    return ContactCentre(
        seed=seed,
        start=start,
        duration=duration,
        number_of_calls=calls_per_hour * (duration // timedelta(hours=1)),
        bucket=BUCKET,
        prefix=PREFIX,
        log_group=LOG_GROUP,
        constant_contacts=constant_contacts or {},
    )


def set_up(aws: LocalAws) -> None:
    """Create the company's bucket, log group, topic and contact table."""
    aws.create_bucket(BUCKET)
    aws.create_log_group(LOG_GROUP)
    aws.client("sns").create_topic(Name=TOPIC)
    if aws.dynamodb_url is None:
        aws.deploy(TABLE_TEMPLATE, "audio-leakage", {"TableName": TABLE})
    elif TABLE not in aws.client("dynamodb").list_tables()["TableNames"]:
        create_table(aws.client("dynamodb"), TABLE_TEMPLATE, TABLE)
