"""The morning after an evening that was played: the evidence of the day, beside the truth."""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from local_aws.commands.airflow import DAG_ID, EVIDENCE_DAG_ID
from local_aws.commands.playback import FAILURE_AFTER, SETTINGS, play, run_dag
from local_aws.contact_centre.classes import class_at
from local_aws.contact_centre.seed_contacts import INSTANCE_ID

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from pathlib import Path

    import time_machine
    from airflow.sdk import DAG
    from rich.console import Console

    from local_aws.contact_centre.centre import ContactCentre
    from local_aws.contact_centre.watching import Watch
    from local_aws.server import LocalAws

_BUCKET, _ROOT = "evidence", f"audio-leakage/v1/instance={INSTANCE_ID}/"
#: When the schedule proves the day before.
_MORNING = timedelta(hours=6, minutes=40)


@dataclass(frozen=True, slots=True)
class DayEvidence:
    """What the evidence of a day says, beside the truth."""

    day: date
    """The UTC day."""
    text: str
    """What the daily mail says."""
    classes: Mapping[str, str]
    """The class of each contact, by its id."""
    truth: Mapping[str, str]
    """The class that it has in truth, of the calls that were played."""
    objects: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """The evidence itself: content by key."""

    @property
    def wrong(self) -> list[str]:
        """Contacts whose class is another one than in truth."""
        ids = self.classes.keys() | self.truth.keys()
        return sorted(each for each in ids if self.classes.get(each) != self.truth.get(each))

    def keep(self, folder: Path) -> None:
        """Write the evidence into a folder, where `make verify-evidence` can verify it."""
        for key, content in self.objects.items():
            path = folder / self.day.isoformat() / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def prove(
    dags: Mapping[str, DAG],
    centre: ContactCentre,
    aws: LocalAws,
    clock: time_machine.Traveller,
    watch: Watch,
) -> DayEvidence:
    """Let the night pass, the monitor judge what is left, and the daily DAG prove the day.

    :param dags: the DAGs by their ids.
    :param centre: the contact centre; all its calls begin on one UTC day.
    :param aws: the AWS that it writes to.
    :param clock: this process's clock, which stands where the calls are played until.
    :param watch: what the monitor had to go by.
    :raises RuntimeError: if a run does not succeed.
    """
    day = centre.start.astimezone(UTC).date()
    morning = centre.start.replace(hour=0, minute=0) + timedelta(days=1) + _MORNING
    play(centre, aws, clock, centre.played_until, morning)
    run_dag(dags[DAG_ID], morning)
    os.environ["AIRFLOW_VAR_AUDIO_LEAKAGE"] = json.dumps(SETTINGS | _set_up(aws))
    run_dag(dags[EVIDENCE_DAG_ID], morning, {"day": day.isoformat()})
    objects = _objects(aws)
    revision = f"{_ROOT}day={day}/revision=001/"
    rows = gzip.decompress(objects[f"{revision}contacts.jsonl.gz"]).splitlines()
    return DayEvidence(
        day,
        objects[f"{revision}summary.txt"].decode(),
        {row["contact_id"]: row["class"] for row in map(json.loads, rows)},
        _truth(centre, morning, watch),
        objects,
    )


def show_mails(console: Console, evidence: Sequence[DayEvidence]) -> None:
    """Print what the mail of each day says."""
    for day in evidence:
        console.print(f"\n[bold]The evidence of {day.day}, as its mail tells it[/]\n{day.text}", end="")


def show_mistakes(console: Console, evidence: Sequence[DayEvidence]) -> None:
    """Print each contact whose class is wrong, and the number that matters; nothing without evidence."""
    for day in evidence:
        for each in day.wrong:
            console.print(f"{each}: {day.classes.get(each)}, the truth: {day.truth.get(each)}", style="red")
    if evidence:
        wrong, total = sum(len(day.wrong) for day in evidence), sum(len(day.classes) for day in evidence)
        colour = "red" if wrong else "green"
        console.print(f"\n[{colour}]evidence: {wrong} of {total} contacts not as the truth has it[/]")


def _truth(centre: ContactCentre, moment: datetime, watch: Watch) -> dict[str, str]:
    classes = {call.contact_id: class_at(call, moment, FAILURE_AFTER, watch) for call in centre.calls}
    return {contact_id: each for contact_id, each in classes.items() if each}


def _set_up(aws: LocalAws) -> dict[str, str | float]:
    """Create a bucket that locks its objects and a key that signs; return the settings of the daily DAG.

    This is what ``evidence.yaml`` does. The stand-in's CloudFormation leaves out lock and kind of key.
    """
    s3 = aws.client("s3")
    place = {"LocationConstraint": s3.meta.region_name}
    s3.create_bucket(Bucket=_BUCKET, ObjectLockEnabledForBucket=True, CreateBucketConfiguration=place)
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Years": 7}}}
    s3.put_object_lock_configuration(Bucket=_BUCKET, ObjectLockConfiguration=lock)
    key = aws.client("kms").create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    return {"evidence_bucket": _BUCKET, "evidence_key_arn": key, "population_rps": 100}


def _objects(aws: LocalAws) -> dict[str, bytes]:
    """Return everything in the evidence bucket."""
    s3 = aws.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=_BUCKET)
    keys = [found["Key"] for page in pages for found in page["Contents"]]
    return {key: s3.get_object(Bucket=_BUCKET, Key=key)["Body"].read() for key in keys}
