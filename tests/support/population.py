"""The ports of the hourly run in memory."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from audio_leakage.errors import AudioLeakageError
from audio_leakage.population.context import HourContext
from audio_leakage.population.hour import hour_named
from audio_leakage.population.policy import Default, Policy
from support.fakes import (
    ALERTING,
    INSTANCE_ID,
    SENDER,
    FakeFlowLog,
    FakeMetrics,
    FakeTable,
    FakeTopic,
    answer,
    at,
)

HOUR = "2023-08-29T10"
QUEUE = "54b468a3-86b1-4746-aeb5-c31b62eecaa2"
NOW = at("11:20")
MUST = Policy(Default.MUST)


def result(contact_id: str, connected: datetime = at("10:30:11.038"), **members: Any) -> dict[str, Any]:
    """Return a contact as the hook gives it."""
    found: dict[str, Any] = answer(
        contact_id, connected=connected, **({"QueueInfo": {"Id": QUEUE}} | members)
    )["Contact"]
    return found


@dataclass
class FakeSource:
    """SearchContacts and GetMetricDataV2 over a list of results; counts the searches."""

    results: list[dict[str, Any]] = field(default_factory=list)
    searches: int = 0
    most_results: int = 10_000
    hidden: set[str] = field(default_factory=set)
    """Contacts that no search shows yet."""
    handled: float | AudioLeakageError | None = None
    """What the metric says; None counts as Connect does."""
    queues_error: AudioLeakageError | None = None
    fails_after: int | None = None
    error: AudioLeakageError | None = None
    page_size: int = 100

    def population(
        self, instance_id: str, start: datetime, end: datetime
    ) -> Iterator[tuple[list[Mapping[str, Any]], int]]:
        assert instance_id == INSTANCE_ID
        found = self._between(start, end)
        pages = range(0, max(len(found), 1), self.page_size)
        for first in pages:
            self.searches += 1
            if self.error and self.fails_after is not None and self.searches > self.fails_after:
                raise self.error
            assert first < self.most_results, "a search shows no more"
            yield list(found[first : first + self.page_size]), len(found)

    def count_population(self, instance_id: str, start: datetime, end: datetime) -> int:
        assert instance_id == INSTANCE_ID
        self.searches += 1
        return min(len(self._between(start, end)), self.most_results)

    def standard_queues(self, instance_id: str) -> Mapping[str, str]:
        assert instance_id == INSTANCE_ID
        return {QUEUE: f"arn:aws:connect:af-south-1:1:instance/{INSTANCE_ID}/queue/{QUEUE}"}

    def unknown_queues(self, instance_id: str, queue_ids: Iterable[str]) -> set[str]:
        assert instance_id == INSTANCE_ID
        if self.queues_error:
            raise self.queues_error
        return {*queue_ids} - {QUEUE}

    def contacts_handled(self, queues: Mapping[str, str], start: datetime, end: datetime) -> float:
        assert set(queues) == {QUEUE}
        if isinstance(self.handled, AudioLeakageError):
            raise self.handled
        if self.handled is not None:
            return self.handled
        moments = [
            each["AgentInfo"]["ConnectedToAgentTimestamp"]
            for each in self.results
            if each.get("QueueInfo", {}).get("Id") == QUEUE
        ]
        return float(sum(start <= moment < end for moment in moments))

    def _between(self, start: datetime, end: datetime) -> list[Mapping[str, Any]]:
        start, end = start.replace(microsecond=0), end.replace(microsecond=0)  # as botocore sends them
        found = [
            each
            for each in self.results
            if each["Id"] not in self.hidden
            and start <= each["AgentInfo"]["ConnectedToAgentTimestamp"] <= end
        ]
        return sorted(found, key=lambda each: each["AgentInfo"]["ConnectedToAgentTimestamp"])


@dataclass
class FakeParts:
    """Parts as Airflow keeps them over the tries of one run."""

    kept: dict[int, str] = field(default_factory=dict)

    def of_earlier_tries(self) -> list[str]:
        return [self.kept[place] for place in sorted(self.kept)]

    def keep(self, place: int, part: str) -> None:
        self.kept[place] = part

    def taken(self) -> Iterator[str]:
        yield from self.of_earlier_tries()


@dataclass
class FakeCountedHours:
    """A Variable."""

    values: Mapping[str, Any] = field(default_factory=dict)

    def read(self) -> Mapping[str, Any]:
        return self.values

    def change(self, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
        self.values = change(self.values)


@dataclass
class HourlyWorld:
    """All ports of the hourly run together."""

    source: FakeSource = field(default_factory=FakeSource)
    contacts: FakeTable = field(default_factory=FakeTable)
    topic: FakeTopic = field(default_factory=FakeTopic)
    metrics: FakeMetrics = field(default_factory=FakeMetrics)
    flow_log: FakeFlowLog = field(default_factory=FakeFlowLog)
    counted: FakeCountedHours = field(default_factory=FakeCountedHours)
    parts: FakeParts = field(default_factory=FakeParts)

    def run(
        self, hour: str = HOUR, now: datetime = NOW, policy: Policy = MUST, **changes: Any
    ) -> HourContext:
        context = HourContext(
            settings=ALERTING,
            policy=policy,
            hour=hour_named(hour),
            now=now,
            seconds_left=lambda: 3000,
            connect=self.source,
            contacts=self.contacts,
            flow_log=self.flow_log,
            alert_topic=self.topic,
            metrics=self.metrics,
            parts=self.parts,
            counted_hours=self.counted,
            sender=SENDER,
        )
        return replace(context, **changes)

    def next_run(self) -> None:
        """Begin another run, whose parts are its own."""
        self.parts = FakeParts()
