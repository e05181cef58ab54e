"""What `make ui` tells a person."""

import json
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from audio_leakage.recipient import recipient_from
from audio_leakage.runs.mutes import Mutes
from audio_leakage.settings import Settings
from local_aws.commands import ui
from local_aws.commands.airflow import Airflow

MAILS, AWS = "http://127.0.0.1:65534/", "http://127.0.0.1:65533"


@pytest.fixture
def signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in ui._ENDS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def console() -> Console:
    return Console(file=StringIO(), width=80, highlight=False)


def shown(console: Console) -> list[str]:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


class FakeAirflow(Airflow):
    @contextmanager
    def running(self, component: str = "", ready: str = "", dag_ids: Sequence[str] = ()) -> Iterator[None]:  # noqa: ARG002
        yield


def interrupt() -> None:
    raise KeyboardInterrupt


def test_all_addresses_stand_whole_in_80_columns(console: Console) -> None:
    with pytest.raises(KeyboardInterrupt):
        ui._run(FakeAirflow(Path(), 65535, {}), MAILS, AWS, console, interrupt)
    lines = shown(console)
    for path in ("/plugin/call-recordings", "/dags/monitor_audio_leakage", "/variables"):
        assert any(line.endswith(f"  http://127.0.0.1:65535{path}") for line in lines)
    assert any(line.endswith(f"  {MAILS}") for line in lines)
    assert f"  AWS_ENDPOINT_URL {AWS}" in lines
    assert [line for line in lines if len(line) > 80] == []


def test_the_settings_are_a_variable_in_airflow_that_names_the_topic() -> None:
    found = ui.variables("arn:aws:sns:af-south-1:123456789012:alerts")
    settings = Settings.from_json(json.dumps(found["audio_leakage"]))
    assert recipient_from(settings) is not None
    assert Mutes.from_json(json.dumps(found["audio_leakage_mutes"]), datetime.now(UTC)) == Mutes()


def test_ctrl_c_says_that_airflow_stops(console: Console) -> None:
    with pytest.raises(KeyboardInterrupt):
        ui._run(FakeAirflow(Path(), 65535, {}), MAILS, AWS, console, interrupt)
    assert shown(console)[-1] == "Airflow stops ..."


@pytest.mark.usefixtures("signals")
def test_a_second_ctrl_c_does_not_cut_the_stop_short() -> None:
    signal.signal(signal.SIGINT, ui._stop)
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGHUP)
