"""`make ui`: Airflow's UI with the monitor in it, over a contact centre that plays on for as long as it runs.

An hour and a half of calls has been played and worked through before Airflow starts, so that there is
something to look at. Everything lives in a temporary folder and is gone afterwards.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from local_aws.commands.airflow import DAG_ID, Airflow, new_airflow
from local_aws.commands.playback import SETTINGS, play_past, windows_ago
from local_aws.connect.simulator import ConnectSimulator
from local_aws.contact_centre.company import BUCKET, PREFIX, ROOT, contact_centre, set_up
from local_aws.contact_centre.seed_contacts import INSTANCE_ID
from local_aws.server import LocalAws

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow.sdk import DAG

#: How many windows of calls came before the start, and how long calls come in all.
_PAST, _DURATION = 18, timedelta(hours=24)
_STEP_SECONDS = 5


def main() -> int:
    """Play the past, start Airflow, play on until Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for what it starts with &
    with _home() as home, _quiet(home / "ui.log") as console:
        try:
            _show(home, console)
        except KeyboardInterrupt:
            console.print("Airflow is stopped, everything it wrote is removed.")
    return 0


def _show(home: Path, console: Console) -> None:
    centre = contact_centre(windows_ago(_PAST), _DURATION, calls_per_hour=60)
    connect = ConnectSimulator(INSTANCE_ID, centre, recording_bucket=BUCKET, recording_prefix=PREFIX)
    with LocalAws(connect) as aws, aws.applied():
        set_up(aws)
        with console.status("Airflow prepares its database"):
            airflow = new_airflow(home, {"AIRFLOW_VAR_AUDIO_LEAKAGE": json.dumps(SETTINGS)})
        with console.status("an hour and a half of calls is played and worked through"):
            play_past(_load_dag(airflow), centre, aws, _PAST)
        console.print("Airflow starts, half a minute ...")
        with airflow.running():
            console.print(
                f"\n  {airflow.url}/plugin/call-recordings\n  {airflow.url}/dags/{DAG_ID}\n\n"
                "The page, and the runs: each of them has a tab 'Calls'. No login is needed. Calls go on,\n"
                "and a run starts every five minutes. Ctrl-C stops everything."
            )
            while True:
                centre.play(datetime.now(UTC), aws)
                time.sleep(_STEP_SECONDS)


def _load_dag(airflow: Airflow) -> DAG:
    os.environ.update(airflow.environment)
    from airflow.models import DagBag  # noqa: PLC0415  # reads the environment when it is imported

    return DagBag(ROOT / "dags").dags[DAG_ID]


@contextmanager
def _home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="audio-leakage-ui-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _quiet(log: Path) -> Iterator[Console]:
    """Give a console; what others print goes to a log that is shown on failure."""
    terminal = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    console = Console(file=terminal, soft_wrap=True)
    with log.open("w") as sink:
        os.dup2(sink.fileno(), 1)
        os.dup2(sink.fileno(), 2)
    try:
        yield console
    except Exception:
        console.print("It failed; the end of its log:")
        console.print(log.read_text()[-4000:], markup=False)
        raise


if __name__ == "__main__":
    sys.exit(main())
