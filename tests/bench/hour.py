"""Measure the hourly run of a large contact centre, in a process of its own.

    python -m bench.hour take FOLDER COUNT     takes an hour of so many contacts
    python -m bench.hour enter FOLDER COUNT    enters them into the table
    python -m bench.hour search NOW            searches until standard input is closed

The first two have a virtual clock: each search takes as long as our share of the quota has it wait. The last one
keeps that share by the real clock, beside another process. Each prints its figures.
"""

import json
import resource
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from audio_leakage.errors import ServiceUnavailable
from audio_leakage.population.context import HourContext
from audio_leakage.population.hour import hour_named
from audio_leakage.population.policy import Default, Policy
from audio_leakage.runs.window import Window
from audio_leakage.settings import Settings
from audio_leakage.use_cases.bulk_search import MOST_RESULTS
from audio_leakage.use_cases.entering import enter_unwatched
from audio_leakage.use_cases.population import take_population
from audio_leakage_hooks.connect import ConnectHook
from audio_leakage_hooks.contact_table_hook import ContactTableHook
from bench import measure, scenario
from support.fakes import FakeFlowLog, FakeMetrics, FakeTopic
from support.population import FakeCountedHours, FakeSource

HOUR = hour_named("2026-01-05T10")
#: What a task of the hourly DAG has, in seconds, and how many writes it sends at once.
SECONDS_PER_TRY, WRITES_AT_ONCE = 48 * 60, 8
SETTINGS = Settings(connect_instance_id=scenario.INSTANCE_ID, contact_table=scenario.TABLE)
_PAGE = 100
_QUEUE = "54b468a3-86b1-4746-aeb5-c31b62eecaa2"


@dataclass(kw_only=True)
class Searches(FakeSource):
    """SearchContacts of one hour, evenly spread, on a virtual clock. Results are made when they are read."""

    ids: list[str]
    requests: int = 0

    @property
    def seconds(self) -> float:
        """How long the searches have taken."""
        return self.requests / SETTINGS.population_rps

    def population(
        self, instance_id: str, start: datetime, end: datetime
    ) -> Iterator[tuple[list[Mapping[str, Any]], int]]:
        """Yield pages of a search, at most ten thousand results, as the hook does."""
        assert instance_id == scenario.INSTANCE_ID
        first, last = self._place(start), self._place(end)
        for place in range(first, min(last, first + MOST_RESULTS), _PAGE):
            self.requests += 1
            page = range(place, min(place + _PAGE, last, first + MOST_RESULTS))
            yield [self._result(each) for each in page], last - first

    def count_population(self, instance_id: str, start: datetime, end: datetime) -> int:
        """Count with one request."""
        assert instance_id == scenario.INSTANCE_ID
        self.requests += 1
        return min(self._place(end) - self._place(start), MOST_RESULTS)

    def standard_queues(self, instance_id: str) -> Mapping[str, str]:
        """Return the only queue."""
        return {_QUEUE: f"arn:aws:connect:af-south-1:1:instance/{instance_id}/queue/{_QUEUE}"}

    def unknown_queues(self, instance_id: str, queue_ids: Iterable[str]) -> set[str]:  # noqa: ARG002
        """Return the ids that are not the only queue's."""
        return {*queue_ids} - {_QUEUE}

    def contacts_handled(self, queues: Mapping[str, str], start: datetime, end: datetime) -> float:  # noqa: ARG002
        """Count as the metric does."""
        return float(self._place(end) - self._place(start))

    def _place(self, moment: datetime) -> int:
        """Return how many contacts an agent took before a time."""
        share = (moment - HOUR.start) / (HOUR.end - HOUR.start)
        return min(max(round(share * len(self.ids)), 0), len(self.ids))

    def _result(self, place: int) -> Mapping[str, Any]:
        connected = HOUR.start + (HOUR.end - HOUR.start) * place / len(self.ids)
        return {
            "Id": self.ids[place],
            "Channel": "VOICE",
            "InitiationMethod": "INBOUND",
            "InitiationTimestamp": connected - timedelta(minutes=1),
            "DisconnectTimestamp": connected + timedelta(minutes=5),
            "AgentInfo": {"Id": scenario.INSTANCE_ID, "ConnectedToAgentTimestamp": connected},
            "QueueInfo": {"Id": _QUEUE},
        }


@dataclass(frozen=True)
class FileParts:
    """Parts in a folder, in place of Airflow's XComs."""

    folder: Path

    def of_earlier_tries(self) -> list[str]:
        """Return what is kept."""
        return [path.read_text() for path in sorted(self.folder.glob("part-*"))]

    def keep(self, place: int, part: str) -> None:
        """Keep a part."""
        (self.folder / f"part-{place:03d}").write_text(part)

    def taken(self) -> Iterator[str]:
        """Yield what is kept, one at a time."""
        return (path.read_text() for path in sorted(self.folder.glob("part-*")))


def take(folder: Path, count: int) -> dict[str, Any]:
    """Take the hour in as many tries as it needs; return figures."""
    searches = Searches(ids=list(scenario.contact_ids(count, seed=4)))
    run, _, _ = _context(folder, searches)
    for tries in range(1, 10):
        begun = searches.seconds
        run.seconds_left = lambda begun=begun: begun + SECONDS_PER_TRY - searches.seconds  # type: ignore[misc]
        try:
            taken = take_population(run)
        except ServiceUnavailable:
            continue
        sizes = [path.stat().st_size for path in folder.glob("part-*")]
        return {
            "population": taken["population"],
            "searches": searches.requests,
            "minutes": searches.seconds / 60,
            "tries": tries,
            "parts": len(sizes),
            "largest part kB": max(sizes) / 1000,
            "peak MiB": _peak(),
        }
    raise RuntimeError("nine tries were not enough")


def enter(folder: Path, count: int) -> dict[str, Any]:
    """Enter what was taken; return figures."""
    run, units, requests = _context(folder, Searches(ids=list(scenario.contact_ids(count, seed=4))))
    started = time.monotonic()
    entered = enter_unwatched(run)
    return {
        "entered": entered["entered"],
        "population": sum(figures["population"] for figures in entered["hours"].values()),
        "seconds": round(time.monotonic() - started),
        "requests": dict(requests),
        "units": {name: round(each) for name, each in units.items()},
        "peak MiB": _peak(),
    }


def search(now: datetime) -> dict[str, Any]:
    """Search at our share of the quota until standard input is closed; return how often an answer came."""
    connect = ConnectHook(aws_conn_id=None)
    connect.limit_rate("SearchContacts", SETTINGS.population_rps)
    answers: list[int] = []

    def follow() -> None:
        while True:
            for found, _ in connect.population(scenario.INSTANCE_ID, now - timedelta(hours=1), now):
                answers.append(len(found))

    threading.Thread(target=follow, daemon=True).start()
    sys.stdin.read()
    return {"searches": len(answers)}


def _context(folder: Path, searches: Searches) -> tuple[HourContext, Counter[str], Counter[str]]:
    contacts = ContactTableHook(aws_conn_id=None).table(scenario.TABLE)
    units: Counter[str] = Counter()
    requests: Counter[str] = Counter()
    measure.count_units(contacts, units, requests)
    run = HourContext(
        settings=SETTINGS,
        policy=Policy(Default.MUST),
        hour=Window(HOUR.start, HOUR.end),
        now=HOUR.end + timedelta(minutes=20),
        seconds_left=lambda: SECONDS_PER_TRY,
        connect=searches,
        contacts=contacts,
        flow_log=FakeFlowLog(),
        alert_topic=FakeTopic(),
        metrics=FakeMetrics(),
        parts=FileParts(folder),
        counted_hours=FakeCountedHours(),
        at_once=WRITES_AT_ONCE,
    )
    return run, units, requests


def _peak() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "search":
        figures = search(datetime.fromisoformat(rest[0]).astimezone(UTC))
    else:
        figures = {"take": take, "enter": enter}[what](Path(rest[0]), int(rest[1]))
    sys.stdout.write(json.dumps(figures) + "\n")
