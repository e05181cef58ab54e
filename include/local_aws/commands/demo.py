"""`make demo`: an hour of calls, the DAG over every five minutes of it, every verdict beside the truth.

Time is simulated for this whole process: Airflow, moto and the simulated Amazon Connect share one clock that
jumps from window to window. Everything lives in a temporary folder and is gone afterwards.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import time_machine
from rich.console import Console
from rich.progress import track
from rich.table import Table

from local_aws.commands.playback import FAILURE_AFTER, SETTINGS, WINDOW, play_window
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
    from airflow.sdk import DAG

    from local_aws.contact_centre.centre import ContactCentre

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

Counts = Mapping[str, Mapping[str, Any]]


def main() -> int:
    """Play, run, show; return 0 if every verdict is the truth."""
    with _quiet() as (console, folder):
        _configure_airflow(folder)
        with time_machine.travel(START, tick=True) as clock:
            centre = contact_centre(START, HOUR_OF_CALLS, calls_per_hour=80, constant_contacts=SEED_CONTACTS)
            connect = ConnectSimulator(INSTANCE_ID, centre, recording_bucket=BUCKET, recording_prefix=PREFIX)
            with LocalAws(connect) as aws, aws.applied():
                console.print(
                    f"AWS is played at {aws.endpoint_url}, Amazon Connect at {connect.endpoint_url}"
                )
                _set_up_with_seed(aws)
                runs = _play(console, clock, centre, aws)
                return Report(console, centre, aws).show(runs, connect.calls)


def _set_up_with_seed(aws: LocalAws) -> None:
    set_up(aws)
    key = f"{PREFIX}/2023/08/29/{SPOKE_TO_AGENT}_20230829T10:30_UTC.wav"
    aws.client("s3").put_object(Bucket=BUCKET, Key=key, Body=bytes(44 + 59 * 32_000))
    for contact_id in SEED_CONTACTS:  # as the original system leaves a contact in the table
        item = {"ContactId": {"S": contact_id}, "State": {"S": "INITIALISED"}}
        aws.client("dynamodb").put_item(TableName=TABLE, Item=item)


def _play(
    console: Console, clock: time_machine.Traveller, centre: ContactCentre, aws: LocalAws
) -> list[tuple[datetime, Counts]]:
    """Let the clock go from window to window, and the DAG run at the end of each."""
    dag = _load_dag(console)
    runs: list[tuple[datetime, Counts]] = []
    for number in track(range(1, WINDOWS + 1), "playing", console=console, transient=True):
        end = START + number * WINDOW
        tasks = play_window(dag, centre, aws, clock, end).get_task_instances()
        runs.append((end, {task.task_id: task.xcom_pull(task_ids=task.task_id) for task in tasks}))
    return runs


def _load_dag(console: Console) -> DAG:
    with console.status("Airflow prepares its database"):
        from airflow.models import DagBag  # noqa: PLC0415  # reads the environment when it is imported
        from airflow.utils.db import initdb  # noqa: PLC0415

        initdb()
        bag = DagBag(ROOT / "dags")
    if bag.import_errors:
        raise RuntimeError(f"the DAG does not load: {bag.import_errors}")
    return bag.dags["monitor_audio_leakage"]


@dataclass(frozen=True)
class Report:
    """What a person wants to see of it all."""

    console: Console
    centre: ContactCentre
    aws: LocalAws

    def show(self, runs: list[tuple[datetime, Counts]], calls: Counter[str]) -> int:
        """Print windows, contacts and totals; return 0 if every verdict is the truth."""
        items = self._items()
        wrong = {
            contact_id: truth
            for contact_id, truth in self._truths().items()
            if _told(items.get(contact_id)) != truth
        }
        self.console.print(_windows(runs), self._contacts(items, wrong))
        for line in _totals(self._truths(), wrong, calls):
            self.console.print(line)
        return 1 if wrong else 0

    def _items(self) -> dict[str, dict[str, str]]:
        pages = self.aws.client("dynamodb").get_paginator("scan").paginate(TableName=TABLE)
        return {
            item["ContactId"]["S"]: {
                name: value.get("S") or value.get("N", "") for name, value in item.items()
            }
            for page in pages
            for item in page["Items"]
        }

    def _truths(self) -> dict[str, Truth]:
        now = START + WINDOWS * WINDOW
        return {
            **SEED_TRUTH,
            **{call.contact_id: call.truth(now, FAILURE_AFTER) for call in self.centre.calls},
        }

    def _contacts(self, items: Mapping[str, Mapping[str, str]], wrong: Mapping[str, Truth]) -> Table:
        table = Table(title="Contacts", title_justify="left")
        for column in ("contact", "what happened", "state", "verdict", "recording", "length"):
            table.add_column(column, no_wrap=column != "recording", overflow="fold")
        kinds = {call.contact_id: call.kind.replace("_", " ") for call in self.centre.calls}
        for contact_id in self._truths():
            item = items.get(contact_id, {})
            seconds = f"{item['RecordingSeconds']} s" if "RecordingSeconds" in item else ""
            verdict = item.get("RecordedState") or item.get("ClosedReason", "").lower().replace("_", " ")
            cells = (
                contact_id,
                kinds.get(contact_id, "a call of the seed"),
                item.get("State", "purged"),
                verdict,
                item.get("RecordingKey", item.get("FailureCause", "")).removeprefix(f"{PREFIX}/"),
                seconds,
            )
            table.add_row(*cells, style=_style(item, contact_id in wrong))
        return table


def _told(item: Mapping[str, str] | None) -> Truth:
    return Truth(item["State"], item.get("RecordedState")) if item else Truth(None, None)


def _style(item: Mapping[str, str], is_wrong: bool) -> str:
    if is_wrong:
        return "white on red"
    return {"CALL_RECORDED_FAILURE": "red", "CALL_RECORDED_SUCCESS": "green"}.get(
        item.get("RecordedState", ""), "dim"
    )


def _windows(runs: list[tuple[datetime, Counts]]) -> Table:
    table = Table(title="Windows", title_justify="left")
    for column in ("window", "poll_initialised", "purge_ivr", "poll_in_progress", "check_recordings"):
        table.add_column(column)
    for end, tasks in runs:
        cells = [_words(tasks[str(column.header)]) for column in table.columns[1:]]
        table.add_row(f"{end - WINDOW:%H:%M}-{end:%H:%M}", *cells)
    return table


def _words(counts: Mapping[str, Any]) -> str:
    return "\n".join(f"{count} {name}" for name, count in counts.items() if name != "window" and count) or "-"


def _totals(truths: Mapping[str, Truth], wrong: Mapping[str, Truth], calls: Counter[str]) -> Iterator[str]:
    kinds = Counter(truth.recorded_state or truth.state or "purged" for truth in truths.values())
    yield "\n[bold]The truth:[/] " + ", ".join(f"{count} {name}" for name, count in kinds.most_common())
    asked = ", ".join(f"{count} {name}" for name, count in calls.items())
    yield f"[bold]Amazon Connect was asked:[/] {asked}"
    for contact_id, truth in wrong.items():
        yield f"[red]WRONG {contact_id}: the truth is {truth.state}, {truth.recorded_state}[/]"
    colour = "red" if wrong else "green"
    yield f"[bold {colour}]{len(truths)} contacts, {len(wrong)} of them not as the truth has it[/]"


def _configure_airflow(folder: Path) -> None:
    """Give Airflow a home of its own, before anything imports it."""
    os.environ.update(
        {
            "AIRFLOW_HOME": str(folder),
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder}/airflow.db",
            "AIRFLOW_VAR_AUDIO_LEAKAGE": json.dumps(SETTINGS),
        }
    )


@contextmanager
def _quiet() -> Iterator[tuple[Console, Path]]:
    """Give a console and a temporary folder; what others print goes to a log that is shown on failure."""
    folder = Path(tempfile.mkdtemp(prefix="audio-leakage-demo-"))
    log = folder / "demo.log"
    terminal = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    console = Console(file=terminal, width=None if terminal.isatty() else 200)
    with log.open("w") as sink:
        os.dup2(sink.fileno(), 1)
        os.dup2(sink.fileno(), 2)
    try:
        yield console, folder
    except BaseException:
        console.print("[red]The demo failed; the end of its log:[/]")
        console.print(log.read_text()[-4000:], markup=False)
        raise
    finally:
        terminal.flush()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
