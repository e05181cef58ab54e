"""A contact centre on a bad day, the monitor over it, and the truth about every contact."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from airflow import settings as airflow_settings
from airflow.models import DagBag
from airflow.sdk import DAG

from conftest import ROOT
from support.aws_faults import FaultyAws
from support.fakes import answer, at, key_of, number
from support.flow_lines import line, option
from support.stage import LOG_GROUP, Stage

MINUTE, STEP = timedelta(minutes=1), timedelta(minutes=5)
Told = tuple[str | None, str | None]
RECORDED, LEAKED, GONE = (
    ("COMPLETED - AGENT", "CALL_RECORDED_SUCCESS"),
    ("COMPLETED - AGENT", "CALL_RECORDED_FAILURE"),
    (None, None),
)
#: What becomes of four contacts of each kind, in the specification's words; purged contacts are gone.
KINDS: dict[str, tuple[dict[str, Any], Told]] = {
    "recorded": ({}, RECORDED),
    "leaked": ({}, LEAKED),
    "abandoned": ({"connected": None}, GONE),
    "talking": ({"DisconnectTimestamp": None}, ("IN_PROGRESS - AGENT", None)),
    "waiting": ({"DisconnectTimestamp": None, "connected": None}, ("IN_PROGRESS - QUEUE/IVR", None)),
    "chat": ({"Channel": "CHAT"}, ("COMPLETED - AGENT", None)),
    "switched off": ({}, ("COMPLETED - AGENT", None)),
}
#: Those contacts, each with its kind.
KIND_OF = {number(place * 10 + each): kind for place, kind in enumerate(KINDS) for each in range(4)}
TRUTH = {contact_id: KINDS[kind][1] for contact_id, kind in KIND_OF.items()}
#: Nothing may take more runs to heal.
_MOST_RUNS = 12


@dataclass
class Day:
    """A contact centre on a bad day, and the monitor over it."""

    stage: Stage
    aws: FaultyAws
    dag: DAG
    clock: Any
    now: datetime
    fault: str = "none"
    """What goes wrong on this day, as the table names it."""
    runs_to_heal: int = 0
    alerts_of_a_leak: int = 0
    """How often the leak was told that was told most often."""
    wrong: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    """The contacts of which there was nothing in the end, although there should have been."""
    struck_in_all: int = 0
    """How many requests had come to grief in the end."""

    def run(self, **how: Any) -> str:
        """Let five minutes go by and the DAG run; see that no verdict is wrong."""
        self.now += STEP
        self.clock.move_to(self.now)
        # The conf of one run would stay with the DAG for the next.
        dag = DagBag(ROOT / "dags").dags[self.dag.dag_id] if how else self.dag
        state = str(dag.test(logical_date=self.now, **how).state)
        self.see_that_no_verdict_is_wrong()
        return state

    def told(self) -> dict[str, Told]:
        """Return state and verdict of every contact of the truth."""
        items = self.stage.items()
        return {
            contact_id: (items[contact_id]["State"], items[contact_id].get("RecordedState"))
            if contact_id in items
            else GONE
            for contact_id in TRUTH
        }

    def see_that_no_verdict_is_wrong(self) -> None:
        """Fail where a contact has a verdict that is not the true one."""
        for contact_id, (_, verdict) in self.told().items():
            if verdict not in (None, TRUTH[contact_id][1]):
                self.wrong.add(contact_id)
        assert self.wrong == set()

    def keep(self) -> None:
        """Keep what the table wants to know, before the stage is cleared."""
        self.struck_in_all = self.struck
        self.lost = {
            contact_id for contact_id, told in self.told().items() if told == GONE != TRUTH[contact_id]
        }

    @property
    def struck(self) -> int:
        """How many requests have come to grief so far."""
        return self.aws.struck + self.stage.connect.faults.struck.total()

    @property
    def untold(self) -> list[str]:
        """The contacts of which somebody has yet to hear: their write went well and its answer got lost."""
        return [contact_id for contact_id, item in self.stage.items().items() if "AlertPending" in item]

    def let_it_pass(self) -> None:
        """Let everything go right again."""
        self.aws.faults.clear()
        self.stage.connect.faults.clear()
        self.stage.connect.latency_seconds = 0

    def heal(self) -> int:
        """Let the trouble pass and return how many runs it took until all was as the truth has it, and told."""
        self.let_it_pass()
        for runs in range(1, _MOST_RUNS + 1):
            if self.run() == "success" and self.told() == TRUTH and not self.untold:
                self.runs_to_heal = runs
                return runs
        raise AssertionError(f"not healed after {_MOST_RUNS} runs: {self.told()} is not {TRUTH}")

    def see_that_every_leak_was_told(self, at_most: int) -> None:
        """Fail where nobody was told of a leak, or more often than the fault explains."""
        texts = [message["Message"] for message in self.stage.heard()]
        leaks = [contact_id for contact_id, truth in TRUTH.items() if truth == LEAKED]
        told = {contact_id: sum(contact_id in text for text in texts) for contact_id in leaks}
        self.alerts_of_a_leak = max(told.values())
        assert {leak: times for leak, times in told.items() if not 1 <= times <= at_most} == {}


def open_up(stage: Stage, now: datetime) -> None:
    """Set the stage for the contacts of the truth; their lines were written within the last five minutes."""
    stage.aws.create_log_group(LOG_GROUP)
    stage.listen()
    stage.configure(flow_log_group=LOG_GROUP)
    for contact_id, kind in KIND_OF.items():
        members, _ = KINDS[kind]
        stage.contacts[contact_id] = answer(contact_id, **members)["Contact"]
        if kind == "recorded":
            stage.put_object(key_of(contact_id))
    write_log(stage, now, [message for contact_id in TRUTH for message in lines_of(contact_id)])


def lines_of(contact_id: str) -> list[str]:
    on = line(ContactId=contact_id, Timestamp="2023-08-29T10:29:58.032Z")
    off = line(ContactId=contact_id, Timestamp="2023-08-29T10:30:05.000Z", Parameters=option("Disable"))
    return [on, off] if KIND_OF[contact_id] == "switched off" else [on]


def events_of(contact_ids: Iterable[str]) -> list[tuple[str, datetime]]:
    """Return message and time of the lines of some contacts, as the subscription delivers them."""
    return [(message, at("10:30")) for contact_id in contact_ids for message in lines_of(contact_id)]


def write_log(stage: Stage, now: datetime, messages: list[str]) -> None:
    logs = stage.aws.client("logs")
    logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName="flows")
    at_ms = int((now - MINUTE).timestamp() * 1000)
    events = [{"timestamp": at_ms, "message": message} for message in messages]
    logs.put_log_events(logGroupName=LOG_GROUP, logStreamName="flows", logEvents=events)


_A_RUN = """
import sys
from datetime import datetime
import time_machine
now = datetime.fromisoformat(sys.argv[2])
with time_machine.travel(now, tick=True):
    from airflow.models import DagBag
    DagBag(sys.argv[1]).dags["monitor_audio_leakage"].test(logical_date=now)
"""


@contextmanager
def in_a_process(day: Day, tmp_path: Path, name: str = "worker") -> Iterator[None]:
    """Run the DAG in a process that ``KILL`` may kill, with a copy of Airflow's database of its own."""
    database = tmp_path / f"{name}.db"
    original = str(airflow_settings.SQL_ALCHEMY_CONN).removeprefix("sqlite:///")
    with closing(sqlite3.connect(original)) as source, closing(sqlite3.connect(database)) as copy:
        source.backup(copy)  # a copied file would lack what is still in the write-ahead log
    worker = subprocess.Popen(
        [sys.executable, "-c", _A_RUN, str(ROOT / "dags"), (day.now + STEP).isoformat()],
        env={
            **os.environ,
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{database}",
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    day.aws.pid = worker.pid
    yield
    assert worker.wait(timeout=120) in (0, -signal.SIGKILL), "the run did not even begin"
    day.now += STEP


_ABOUT = """\
`make faults` wrote this page: {machine}. [Reliability](reliability.md) explains it.

Each day has {contacts} contacts: recorded ones, leaks, and calls that were abandoned, go on, or were not to be recorded.
The DAG runs through Airflow, five minutes apart, against AWS over HTTP. For one run or more something is broken. After
each run no verdict may be wrong.

* Runs to heal: runs after the trouble until the table tells the truth about every contact and no alert is pending.
* Alerts of a leak: at least 1 is promised. The figure is that of the worst day."""


def table_of(days: Iterable[Day], machine: str) -> str:
    """Return the page that says what each fault did; the days of a fault in one line."""
    by_fault: dict[str, list[Day]] = {}
    for day in days:
        by_fault.setdefault(day.fault, []).append(day)
    head = "| fault | days | requests it struck | contacts lost | wrong verdicts | runs to heal | alerts of a leak |"
    lines = [head, "|---|---:|---:|---:|---:|---:|---:|", *(_line(*pair) for pair in by_fault.items())]
    about = _ABOUT.format(contacts=len(TRUTH), machine=machine)
    return "\n\n".join(["# What was broken, and what came of it", about, "\n".join(lines)]) + "\n"


def _line(fault: str, days: list[Day]) -> str:
    figures = (
        len(days),
        sum(day.struck_in_all for day in days),
        sum(len(day.lost) for day in days),
        sum(len(day.wrong) for day in days),
        max(day.runs_to_heal for day in days),
        max(day.alerts_of_a_leak for day in days),
    )
    return f"| {fault} | {' | '.join(map(str, figures))} |"
