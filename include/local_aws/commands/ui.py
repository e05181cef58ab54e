"""`make ui`: Airflow's UI with the monitor in it, over a contact centre that plays on for as long as it runs.

An hour and a half of calls has been played and worked through before Airflow starts, so that there is
something to look at. The settings are a Variable that you can edit, and the mails have a page. Airflow lives
in a temporary folder. The log stays in ``build/ui``.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from local_aws.commands.airflow import DAG_ID, RECONCILE_DAG_ID, Airflow, new_airflow
from local_aws.commands.console import (
    load_dags,
    log_in,
    progress,
    quiet_terminal,
    shown,
    status,
    temporary_home,
)
from local_aws.commands.playback import SETTINGS, play_past, windows_ago
from local_aws.connect.simulator import ConnectSimulator
from local_aws.contact_centre.company import BUCKET, PREFIX, ROOT, TOPIC, contact_centre, set_up
from local_aws.contact_centre.seed_contacts import INSTANCE_ID
from local_aws.mailbox import Mailbox
from local_aws.server import LocalAws

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import FrameType

    from rich.console import Console

KEPT = ROOT / "build" / "ui"
#: How many windows of calls came before the start, and how long calls come in all.
_PAST, _DURATION = 18, timedelta(hours=24)
_STEP_SECONDS = 5
#: Ctrl-C, `kill`, and a terminal that is closed: none of them may leave Airflow behind.
_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """Play the past, start Airflow, play on until Ctrl-C."""
    for number in _ENDS:  # a shell ignores SIGINT for what it starts with &
        signal.signal(number, _stop)
    with quiet_terminal(KEPT) as console:
        try:
            with temporary_home("ui") as home:
                _show(home, console)
        except KeyboardInterrupt:
            console.print(f"Airflow is stopped, and its folder is removed. The log: {shown(log_in(KEPT))}")
    return 0


def _show(home: Path, console: Console) -> None:
    console.print("We play an hour and a half of calls, then Airflow starts. That takes three minutes or so.")
    centre = contact_centre(windows_ago(_PAST), _DURATION, calls_per_hour=60)
    connect = ConnectSimulator(INSTANCE_ID, centre, recording_bucket=BUCKET, recording_prefix=PREFIX)
    with LocalAws(connect) as aws, aws.applied(), Mailbox(aws, TOPIC) as mailbox:
        set_up(aws)
        with status(console, "Airflow prepares its database"):
            airflow = new_airflow(home, {})
            for name, values in variables(mailbox.topic_arn).items():
                airflow.cli("variables", "set", name, json.dumps(values))
            dag = load_dags(airflow.environment)[DAG_ID]
        with progress(console, "windows of five minutes", _PAST) as advance:
            play_past(dag, centre, aws, _PAST, advance)
        _run(airflow, mailbox.url, aws.endpoint_url, console, lambda: centre.play(datetime.now(UTC), aws))


def variables(topic_arn: str) -> dict[str, Any]:
    """Return the Variables of Airflow by name. They are in its database, so that a person can edit them."""
    return {"audio_leakage": {**SETTINGS, "alert_topic_arn": topic_arn}, "audio_leakage_mutes": []}


def _run(airflow: Airflow, mails: str, aws: str, console: Console, play: Callable[[], object]) -> None:
    """Run Airflow and play on until Ctrl-C.

    :param mails: address of the page of mails.
    :param aws: address of the stand-in for AWS.
    :raises KeyboardInterrupt: at Ctrl-C, when Airflow is stopped.
    """
    with ExitStack() as running:
        with status(console, "Airflow starts"):
            running.enter_context(airflow.running(dag_ids=(DAG_ID, RECONCILE_DAG_ID)))
        _say_where(airflow.url, mails, aws, console)
        try:
            while True:
                play()
                time.sleep(_STEP_SECONDS)
        except KeyboardInterrupt:
            console.print("\nAirflow stops ...")
            raise


def _say_where(airflow: str, mails: str, aws: str, console: Console) -> None:
    console.print(
        f"\n  Call recordings  {airflow}/plugin/call-recordings"
        f"\n  Runs of the DAG  {airflow}/dags/{DAG_ID}"
        f"\n  Settings         {airflow}/variables"
        f"\n  Mails            {mails}"
        f"\n  AWS_ENDPOINT_URL {aws}\n"
        "\nYou need no login. Each run has a tab 'Calls'. Calls go on, and a run starts"
        "\nevery five minutes. Press Ctrl-C to stop everything."
    )


def _stop(_number: int, _frame: FrameType | None) -> None:
    """Stop once: another Ctrl-C would leave Airflow's processes behind."""
    for number in _ENDS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
