"""`make demo`: an hour of calls, the DAG over every five minutes of it, every verdict beside the truth.

Time is simulated for this whole process: Airflow, moto and the simulated Amazon Connect share one clock that
jumps from window to window. Airflow lives in a temporary folder. Report and log stay in ``build/demo``.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import time_machine

from local_aws.commands.console import load_dag, progress, quiet_terminal, status, temporary_home
from local_aws.commands.outcome import Outcome
from local_aws.commands.playback import FAILURE_AFTER, SETTINGS, WINDOW, play_window
from local_aws.commands.report import Report, Run
from local_aws.connect.simulator import ConnectSimulator
from local_aws.contact_centre.calls import Truth
from local_aws.contact_centre.company import BUCKET, PREFIX, ROOT, TABLE, contact_centre, set_up
from local_aws.contact_centre.seed_contacts import (
    DISCONNECTED_IN_QUEUE,
    INSTANCE_ID,
    ON_CALL_WITH_AGENT,
    SEED_CONTACTS,
    SPOKE_TO_AGENT,
    WAITING_IN_QUEUE,
)
from local_aws.server import LocalAws

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from airflow.sdk import DAG
    from rich.console import Console

    from local_aws.contact_centre.centre import ContactCentre

KEPT = ROOT / "build" / "demo"
START = datetime(2023, 8, 29, 21, 15, tzinfo=UTC)  # an ordinary evening, shortly before the seed's last calls
HOUR_OF_CALLS, AFTERMATH = timedelta(hours=1), timedelta(minutes=40)
WINDOWS = (HOUR_OF_CALLS + AFTERMATH) // WINDOW

#: What has to become of the specification's four calls, whose answers never change.
SEED_TRUTH: Mapping[str, Truth] = {
    SPOKE_TO_AGENT: Truth("COMPLETED - AGENT", "CALL_RECORDED_SUCCESS"),
    ON_CALL_WITH_AGENT: Truth("IN_PROGRESS - AGENT", None),
    DISCONNECTED_IN_QUEUE: Truth(None, None),
    WAITING_IN_QUEUE: Truth("IN_PROGRESS - QUEUE/IVR", None),
}


def main() -> int:
    """Play, run, show; return 0 if every verdict is the truth."""
    with quiet_terminal(KEPT) as console, temporary_home("demo") as home:
        console.print(
            f"We play an hour of calls. The DAG runs over every five minutes of it, {WINDOWS} times.\n"
            "That takes about two minutes."
        )
        report = _play(console, home)
        report.keep(KEPT)
        report.show(console, KEPT)
        return 1 if report.wrong else 0


def _play(console: Console, home: Path) -> Report:
    with time_machine.travel(START, tick=True) as clock:
        with status(console, "Airflow prepares its database"):
            dag = _load_dag(home)
        centre = contact_centre(START, HOUR_OF_CALLS, calls_per_hour=80, constant_contacts=SEED_CONTACTS)
        connect = ConnectSimulator(INSTANCE_ID, centre, recording_bucket=BUCKET, recording_prefix=PREFIX)
        with LocalAws(connect) as aws, aws.applied():
            _set_up_with_seed(aws)
            runs = _runs(console, dag, clock, centre, aws)
            return Report(list(_outcomes(centre, aws)), runs, connect.calls)


def _load_dag(home: Path) -> DAG:
    dag = load_dag(
        {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
            "AIRFLOW_VAR_AUDIO_LEAKAGE": json.dumps(SETTINGS),
        }
    )
    from airflow.utils.db import initdb  # noqa: PLC0415  # reads the environment when it is imported

    initdb()
    return dag


def _set_up_with_seed(aws: LocalAws) -> None:
    set_up(aws)
    key = f"{PREFIX}/2023/08/29/{SPOKE_TO_AGENT}_20230829T10:30_UTC.wav"
    aws.client("s3").put_object(Bucket=BUCKET, Key=key, Body=bytes(44 + 59 * 32_000))
    for contact_id in SEED_CONTACTS:  # as the original system leaves a contact in the table
        item = {"ContactId": {"S": contact_id}, "State": {"S": "INITIALISED"}}
        aws.client("dynamodb").put_item(TableName=TABLE, Item=item)


def _runs(
    console: Console, dag: DAG, clock: time_machine.Traveller, centre: ContactCentre, aws: LocalAws
) -> list[Run]:
    """Let the clock go from window to window, and the DAG run at the end of each."""
    runs: list[Run] = []
    with progress(console, "windows of five minutes", WINDOWS) as advance:
        for number in range(1, WINDOWS + 1):
            end = START + number * WINDOW
            tasks = play_window(dag, centre, aws, clock, end).get_task_instances()
            counts = {task.task_id: task.xcom_pull(task_ids=task.task_id) for task in tasks}
            runs.append(Run(end - WINDOW, end, counts))
            advance()
    return runs


def _outcomes(centre: ContactCentre, aws: LocalAws) -> Iterator[Outcome]:
    items, now = _items(aws), START + WINDOWS * WINDOW
    for contact_id, truth in SEED_TRUTH.items():
        yield Outcome(contact_id, "call of the specification", truth, items.get(contact_id, {}))
    for call in centre.calls:
        truth = call.truth(now, FAILURE_AFTER)
        happened = call.kind.replace("_", " ")
        yield Outcome(call.contact_id, happened, truth, items.get(call.contact_id, {}))


def _items(aws: LocalAws) -> dict[str, dict[str, str]]:
    pages = aws.client("dynamodb").get_paginator("scan").paginate(TableName=TABLE)
    return {
        item["ContactId"]["S"]: {name: value.get("S") or value.get("N", "") for name, value in item.items()}
        for page in pages
        for item in page["Items"]
    }


if __name__ == "__main__":
    sys.exit(main())
