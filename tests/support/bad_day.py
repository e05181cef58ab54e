"""A day with a fault: a contact centre, the monitor, and the truth about every contact."""

import signal
import sqlite3
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
from support.forked_run import start_run
from support.stage import LOG_GROUP, Stage

MINUTE, STEP = timedelta(minutes=1), timedelta(minutes=5)
#: State and verdict of a contact; None for both if it is purged.
StateAndVerdict = tuple[str | None, str | None]
RECORDED, LEAKED, GONE = (
    ("COMPLETED - AGENT", "CALL_RECORDED_SUCCESS"),
    ("COMPLETED - AGENT", "CALL_RECORDED_FAILURE"),
    (None, None),
)
#: The kinds of contacts, each with its members in Connect and its final state and verdict. There are four contacts of each.
KINDS: dict[str, tuple[dict[str, Any], StateAndVerdict]] = {
    "recorded": ({}, RECORDED),
    "leaked": ({}, LEAKED),
    "abandoned": ({"connected": None}, GONE),
    "talking": ({"DisconnectTimestamp": None}, ("IN_PROGRESS - AGENT", None)),
    "waiting": ({"DisconnectTimestamp": None, "connected": None}, ("IN_PROGRESS - QUEUE/IVR", None)),
    "chat": ({"Channel": "CHAT"}, ("COMPLETED - AGENT", None)),
    "switched off": ({}, ("COMPLETED - AGENT", None)),
}
#: The kind of each contact.
KIND_OF = {number(place * 10 + each): kind for place, kind in enumerate(KINDS) for each in range(4)}
TRUTH = {contact_id: KINDS[kind][1] for contact_id, kind in KIND_OF.items()}
#: Number of contacts that get a verdict.
VERDICTS = sum(verdict is not None for _, verdict in TRUTH.values())
#: Maximum number of runs that the monitor may take to recover.
_MOST_RUNS = 12


@dataclass
class Day:
    """A contact centre on a day with a fault, and the monitor."""

    stage: Stage
    aws: FaultyAws
    dag: DAG
    clock: Any
    now: datetime
    fault: str = "none"
    """Name of the fault in the report."""
    runs_to_heal: int = 0
    alerts_of_a_leak: int = 0
    """Maximum number of alerts about one leak."""
    wrong: set[str] = field(default_factory=set)
    """Contacts that had a wrong verdict at any time."""
    lost: set[str] = field(default_factory=set)
    """Contacts that are missing at the end of the day."""
    struck_in_all: int = 0
    """Number of requests that a fault hit on the whole day."""
    colours: list[str] = field(default_factory=list)
    """Airflow's state of each run during the trouble."""
    fell: int = 0
    """Number of verdicts that had fallen when the trouble ended."""

    def run(self, **how: Any) -> str:
        """Move the clock by five minutes, run the DAG and check that no verdict is wrong.

        :param how: further arguments of ``dag.test``.
        :return: Airflow's state of the run.
        """
        self.now += STEP
        self.clock.move_to(self.now)
        # The DAG keeps the conf of one run for the next run, so load it anew.
        dag = DagBag(ROOT / "dags").dags[self.dag.dag_id] if how else self.dag
        state = str(dag.test(logical_date=self.now, **how).state)
        self.see_that_no_verdict_is_wrong()
        self.colours.append(state)
        return state

    def states_and_verdicts(self) -> dict[str, StateAndVerdict]:
        """Return the present state and verdict of every contact of the day."""
        items = self.stage.items()
        return {
            contact_id: (items[contact_id]["State"], items[contact_id].get("RecordedState"))
            if contact_id in items
            else GONE
            for contact_id in TRUTH
        }

    def see_that_no_verdict_is_wrong(self) -> None:
        """Fail if a contact has a wrong verdict."""
        for contact_id, (_, verdict) in self.states_and_verdicts().items():
            if verdict not in (None, TRUTH[contact_id][1]):
                self.wrong.add(contact_id)
        assert self.wrong == set()

    def keep(self) -> None:
        """Keep the figures of the report before the stage is cleared."""
        self.struck_in_all = self.struck
        self.lost = {
            contact_id
            for contact_id, each in self.states_and_verdicts().items()
            if each == GONE != TRUTH[contact_id]
        }

    @property
    def struck(self) -> int:
        """Number of requests that a fault has hit so far."""
        return self.aws.struck + self.stage.connect.faults.struck.total()

    @property
    def untold(self) -> list[str]:
        """Contacts with a pending alert: their write succeeded, but its answer got lost."""
        return [contact_id for contact_id, item in self.stage.items().items() if "AlertPending" in item]

    def let_it_pass(self) -> None:
        """End the fault, and keep what had come of the day until then."""
        self.fell = sum(verdict is not None for _, verdict in self.states_and_verdicts().values())
        self.aws.faults.clear()
        self.stage.connect.faults.clear()
        self.stage.connect.latency_seconds = 0

    def heal(self) -> int:
        """End the fault and run the DAG until every contact has its true state and verdict and no alert is pending.

        :return: the number of runs.
        :raises AssertionError: if more runs than allowed are needed.
        """
        self.let_it_pass()
        colours = [*self.colours]
        for runs in range(1, _MOST_RUNS + 1):
            if self.run() == "success" and self.states_and_verdicts() == TRUTH and not self.untold:
                self.runs_to_heal, self.colours = runs, colours
                return runs
        raise AssertionError(
            f"not healed after {_MOST_RUNS} runs: {self.states_and_verdicts()} is not {TRUTH}"
        )

    def see_that_every_leak_was_told(self, at_most: int) -> None:
        """Fail if a leak has no alert, or more alerts than the fault explains.

        :param at_most: maximum number of alerts about one leak.
        """
        texts = [message["Message"] for message in self.stage.heard()]
        leaks = [contact_id for contact_id, truth in TRUTH.items() if truth == LEAKED]
        alerts = {contact_id: sum(contact_id in text for text in texts) for contact_id in leaks}
        self.alerts_of_a_leak = max(alerts.values())
        assert {leak: count for leak, count in alerts.items() if not 1 <= count <= at_most} == {}


def open_up(stage: Stage, now: datetime) -> None:
    """Set the stage for the contacts of the day, with flow-log lines from the last five minutes."""
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
    """Return message and time of some contacts' lines, as the subscription delivers them."""
    return [(message, at("10:30")) for contact_id in contact_ids for message in lines_of(contact_id)]


def write_log(stage: Stage, now: datetime, messages: list[str], stream: str = "flows") -> None:
    logs = stage.aws.client("logs")
    logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName=stream)
    at_ms = int((now - MINUTE).timestamp() * 1000)
    events = [{"timestamp": at_ms, "message": message} for message in messages]
    logs.put_log_events(logGroupName=LOG_GROUP, logStreamName=stream, logEvents=events)


@contextmanager
def in_a_process(day: Day, tmp_path: Path, name: str = "worker") -> Iterator[None]:
    """Run the DAG in a process that ``KILL`` may kill. The process has its own copy of Airflow's database."""
    database = tmp_path / f"{name}.db"
    original = str(airflow_settings.SQL_ALCHEMY_CONN).removeprefix("sqlite:///")
    with closing(sqlite3.connect(original)) as source, closing(sqlite3.connect(database)) as copy:
        source.backup(copy)  # a copied file would lack the content of the write-ahead log
    worker = start_run(ROOT / "dags", day.now + STEP, database)
    assert worker.pid
    day.aws.pid = worker.pid
    yield
    worker.join(timeout=500)
    assert worker.exitcode in (0, -signal.SIGKILL), "the run did not start"
    day.now += STEP


DASH = "\N{EN DASH}"
#: How Airflow shows a run's state.
_COLOURS = {"success": "green", "failed": "red"}
_ABOUT = """\
`make faults` wrote this page: {machine}. [Reliability](reliability.md) explains it.

Each day has {contacts} contacts: recorded ones, leaks, and calls that were abandoned, go on, or were not to be recorded.
The DAG runs through Airflow, five minutes apart, against AWS over HTTP. For one run or more something is broken. After
each run no verdict may be wrong.

* Verdicts meanwhile: verdicts that had fallen when the trouble ended. All are {verdicts}.
* Run: the colour of the runs during the trouble. {dash}: the trouble is over within the first run of healing, or the
  run is in a process of its own.
* Runs to heal: runs after the trouble until the table tells the truth about every contact and no alert is pending.
* Alerts of a leak: at least 1 is promised. The figure is that of the worst day."""


def table_of(days: Iterable[Day], machine: str) -> str:
    """Return the report on all faults, with one line per fault."""
    by_fault: dict[str, list[Day]] = {}
    for day in days:
        by_fault.setdefault(day.fault, []).append(day)
    head = (
        "| fault | days | requests it struck | verdicts meanwhile | run | contacts lost | wrong verdicts | "
        "runs to heal | alerts of a leak |"
    )
    lines = [
        head,
        "|---|---:|---:|---:|---|---:|---:|---:|---:|",
        *(_line(*pair) for pair in by_fault.items()),
    ]
    about = _ABOUT.format(contacts=len(TRUTH), verdicts=VERDICTS, dash=DASH, machine=machine)
    return "\n\n".join(["# Faults and their effects", about, "\n".join(lines)]) + "\n"


def _line(fault: str, days: list[Day]) -> str:
    figures = (
        len(days),
        sum(day.struck_in_all for day in days),
        min(day.fell for day in days),
        " and ".join(sorted({_COLOURS[state] for day in days for state in day.colours})) or DASH,
        sum(len(day.lost) for day in days),
        sum(len(day.wrong) for day in days),
        max(day.runs_to_heal for day in days),
        max(day.alerts_of_a_leak for day in days),
    )
    return f"| {fault} | {' | '.join(map(str, figures))} |"
