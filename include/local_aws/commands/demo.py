"""`make demo`: an hour of calls, the DAG over every five minutes of it, every verdict beside the truth.

On the next evening the same calls come, and no flow logs anything. The hourly DAG finds them. On the morning
after each evening the daily DAG proves the day.

Time is simulated for this whole process: Airflow, moto and the simulated Amazon Connect share one clock that
jumps from window to window. Airflow lives in a temporary folder. Report and log stay in ``build/demo``.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import time_machine

from local_aws.commands.airflow import DAG_ID, RECONCILE_DAG_ID
from local_aws.commands.console import load_dags, progress, quiet_terminal, status, temporary_home
from local_aws.commands.evidence import DayEvidence, prove
from local_aws.commands.outcome import NEVER_ENTERED, Outcome
from local_aws.commands.playback import FAILURE_AFTER, SETTINGS, WINDOW, play, play_window, run_dag
from local_aws.commands.report import Report, Run
from local_aws.connect.quotas import RAISED_QUOTAS
from local_aws.connect.simulator import ConnectSimulator
from local_aws.contact_centre.calls import LONGEST_CALL, Truth
from local_aws.contact_centre.company import BUCKET, PREFIX, ROOT, TABLE, contact_centre, set_up
from local_aws.contact_centre.seed_contacts import (
    DISCONNECTED_IN_QUEUE,
    INSTANCE_ID,
    ON_CALL_WITH_AGENT,
    SEED_CONTACTS,
    SPOKE_TO_AGENT,
    WAITING_IN_QUEUE,
)
from local_aws.contact_centre.watching import AS_FLOW, MUST, Watch
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
CALLS_PER_HOUR = 80
#: The same calls once more, and only the hourly DAG hears of them. It runs twice, as its schedule has it.
UNLOGGED_START = START + timedelta(days=1)
HOURLY_RUNS = (UNLOGGED_START.replace(hour=22, minute=20), UNLOGGED_START.replace(hour=23, minute=20))
#: A policy for every call, and searches as fast as a raised quota allows, so that nobody waits.
HOURLY_VARIABLES = {
    "AIRFLOW_VAR_AUDIO_LEAKAGE_POLICY": json.dumps({"version": "demo", "default": MUST}),
    "AIRFLOW_VAR_AUDIO_LEAKAGE": json.dumps(SETTINGS | {"population_rps": 100}),
}

#: What has to become of the specification's four calls, whose answers never change.
SEED_TRUTH: Mapping[str, Truth] = {
    SPOKE_TO_AGENT: Truth("COMPLETED - AGENT", "CALL_RECORDED_SUCCESS"),
    ON_CALL_WITH_AGENT: Truth("IN_PROGRESS - AGENT", None),
    DISCONNECTED_IN_QUEUE: Truth(None, None),
    WAITING_IN_QUEUE: Truth("IN_PROGRESS - QUEUE/IVR", None),
}
#: The classes of those that an agent took. The first one's recording comes hours after the call.
SEED_CLASSES = {SPOKE_TO_AGENT: "VERIFIED_LATE", ON_CALL_WITH_AGENT: "UNDECIDED"}
#: What the monitor has to go by on each of the two evenings.
BY_FLOW, BY_POLICY = Watch(AS_FLOW), Watch(MUST, reads_log=False)


def main() -> int:
    """Play, run, show; return 0 if every verdict is the truth."""
    with quiet_terminal(KEPT) as console, temporary_home("demo") as home:
        console.print(
            f"We play an hour of calls. The DAG runs over every five minutes of it, {WINDOWS} times.\n"
            "Then the same calls come again, and no flow logs anything.\n"
            "On each next morning the daily DAG proves the day.\n"
            "That takes about four minutes."
        )
        report = _play(console, home)
        report.keep(KEPT)
        report.show(console, KEPT)
        return 0 if report.is_right else 1


def _play(console: Console, home: Path) -> Report:
    with time_machine.travel(START, tick=True) as clock:
        with status(console, "Airflow prepares its database"):
            dags = _load_dags(home)
        centre = contact_centre(START, HOUR_OF_CALLS, CALLS_PER_HOUR, constant_contacts=SEED_CONTACTS)
        connect = _connect(centre)
        with LocalAws(connect) as aws, aws.applied():
            _set_up_with_seed(aws)
            runs = _runs(console, dags[DAG_ID], clock, centre, aws)
            outcomes, asked = list(_outcomes(centre, aws)), Counter(connect.calls)
            with status(console, "the next morning: the daily DAG proves the day"):
                proved = prove(dags, centre, aws, clock, BY_FLOW)
            proved = replace(proved, truth={**SEED_CLASSES, **proved.truth})
    unlogged, proved_unlogged = _play_unlogged(console, dags)
    return Report(outcomes, runs, asked, unlogged, (proved, proved_unlogged))


def _play_unlogged(console: Console, dags: Mapping[str, DAG]) -> tuple[list[Outcome], DayEvidence]:
    """Play the evening without a flow log; return what became of each call, and the evidence."""
    centre = replace(contact_centre(UNLOGGED_START, HOUR_OF_CALLS, CALLS_PER_HOUR), withholds_log=True)
    with (
        time_machine.travel(UNLOGGED_START, tick=True) as clock,
        LocalAws(_connect(centre)) as aws,
        aws.applied(),
    ):
        os.environ.update(HOURLY_VARIABLES)
        set_up(aws)
        with progress(console, "hours without a flow log", len(HOURLY_RUNS)) as advance:
            for moment in HOURLY_RUNS:
                play(centre, aws, clock, centre.played_until, moment)
                run_dag(dags[RECONCILE_DAG_ID], moment)
                play_window(dags[DAG_ID], centre, aws, clock, moment + WINDOW)
                advance()
        outcomes = list(_outcomes_unlogged(centre, aws, centre.played_until))
        with status(console, "the next morning: the daily DAG proves the day"):
            return outcomes, prove(dags, centre, aws, clock, BY_POLICY)


def _connect(centre: ContactCentre) -> ConnectSimulator:
    return ConnectSimulator(
        INSTANCE_ID, centre, recording_bucket=BUCKET, recording_prefix=PREFIX, quotas=RAISED_QUOTAS
    )


def _load_dags(home: Path) -> dict[str, DAG]:
    dags = load_dags(
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
    return dags


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


def _outcomes_unlogged(centre: ContactCentre, aws: LocalAws, now: datetime) -> Iterator[Outcome]:
    items = _items(aws)
    for call in centre.calls:
        truth = call.truth(now, FAILURE_AFTER, LONGEST_CALL, BY_POLICY)
        happened = call.kind.replace("_", " ")
        yield Outcome(call.contact_id, happened, truth, items.get(call.contact_id, {}), NEVER_ENTERED)


def _items(aws: LocalAws) -> dict[str, dict[str, str]]:
    pages = aws.client("dynamodb").get_paginator("scan").paginate(TableName=TABLE)
    return {
        item["ContactId"]["S"]: {name: value.get("S") or value.get("N", "") for name, value in item.items()}
        for page in pages
        for item in page["Items"]
    }


if __name__ == "__main__":
    sys.exit(main())
