"""The company whose calls are played for people: by the demo, under Airflow's UI and in Docker."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from local_aws.contact_centre import ContactCentre

ROOT = Path(__file__).parents[2]
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
