"""The fakes of the unit tests in all weathers, over a contact centre. What is not played here is the fake's."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from threading import Lock
from typing import Any

from audio_leakage.errors import ContactNotFound
from audio_leakage.ports import Item
from local_aws.connect.delays import NO_DELAY, Delay
from local_aws.contact_centre.centre import ContactCentre
from local_aws.contact_centre.flow_log import lines_of
from local_aws.contact_centre.watching import is_in_population
from soak.weather import Weather
from support.fakes import INSTANCE_ID, FakeBucket, FakeConnect, FakeFlowLog, FakeTable, FakeTopic, searched
from support.population import FakeSource


@dataclass(kw_only=True)
class Connect(FakeConnect):
    """The contact centre's Amazon Connect; it knows a new contact after minutes only, now and then."""

    centre: ContactCentre
    weather: Weather

    def describe_contact(self, instance_id: str, contact_id: str) -> Mapping[str, Any]:  # noqa: ARG002
        self.weather.unavailable("Connect throttles", contact_id)
        self.weather.kill(contact_id)
        if self.weather.strikes("Connect answers without sense", contact_id):
            return {"Contact": {"Id": contact_id}}
        assert self.weather.now
        known_after = timedelta(seconds=Random(contact_id).expovariate(1 / 30))
        contact = self.centre.describe(contact_id, self.weather.now)
        if contact is None or self.weather.now < contact["InitiationTimestamp"] + known_after:
            raise ContactNotFound(f"Connect does not know contact {contact_id}")
        return {"Contact": contact}

    def search_contacts(
        self,
        instance_id: str,  # noqa: ARG002
        kind: str,
        start: datetime,
        end: datetime,
    ) -> Iterator[Mapping[str, Any]]:
        self.weather.unavailable("the search throttles", kind)
        assert self.weather.now
        yield from searched(self.centre.contacts(self.weather.now), kind, start, end)


@dataclass(kw_only=True)
class Population(FakeSource):
    """The same Amazon Connect, as far as it tells who was connected to an agent."""

    centre: ContactCentre
    weather: Weather
    indexing: Delay = NO_DELAY

    def population(
        self, instance_id: str, start: datetime, end: datetime
    ) -> Iterator[tuple[list[Mapping[str, Any]], int]]:
        assert instance_id == INSTANCE_ID
        found = self._between(start, end)
        for first in range(0, max(len(found), 1), 100):
            self.weather.unavailable("the search throttles", f"population {first}")
            yield list(found[first : first + 100]), len(found)

    def count_population(self, instance_id: str, start: datetime, end: datetime) -> int:
        assert instance_id == INSTANCE_ID
        return len(self._between(start, end))

    def standard_queues(self, instance_id: str) -> Mapping[str, str]:
        arn = f"arn:aws:connect:af-south-1:123456789012:instance/{instance_id}/queue/"
        return {each.queue_id: arn + each.queue_id for each in self.centre.queues if each.type == "STANDARD"}

    def unknown_queues(self, instance_id: str, queue_ids: Iterable[str]) -> set[str]:  # noqa: ARG002
        return {*queue_ids} - {each.queue_id for each in self.centre.queues}

    def contacts_handled(self, queues: Mapping[str, str], start: datetime, end: datetime) -> float:
        """Count the legs themselves: what a search shows has no part in it."""
        legs = (call for call in self.centre.calls if is_in_population(call) and call.queue_id in queues)
        return float(sum(start <= call.connected_to_agent < end for call in legs if call.connected_to_agent))

    def _between(self, start: datetime, end: datetime) -> list[Mapping[str, Any]]:
        assert self.weather.now
        found = []
        for call in self.centre.calls:  # to ask for each contact would take as long as the rest of the day
            moment = call.connected_to_agent
            if moment is None or not is_in_population(call) or not start <= moment <= end:
                continue
            contact = self.centre.describe(call.contact_id, self.weather.now)
            if contact and moment + self.indexing.of(call.contact_id) <= self.weather.now:
                found.append((moment, contact))
        return [contact for _, contact in sorted(found, key=lambda pair: (pair[0], pair[1]["Id"]))]


class Bucket(FakeBucket):
    """The recordings of a contact centre, each from the time on at which it lands."""

    def __init__(self, centre: ContactCentre, weather: Weather) -> None:
        super().__init__()
        self.weather = weather
        self.objects = {file.key: (file.size, file.lands) for call in centre.calls for file in call.files}
        self._keys = sorted(self.objects)

    def list_objects(self, bucket: str, prefix: str) -> Iterator[Mapping[str, Any]]:  # noqa: ARG002
        self.weather.unavailable("the bucket slows down", prefix)
        self.weather.denied("the bucket is denied", prefix)
        assert self.weather.now
        for place in range(bisect_left(self._keys, prefix), len(self._keys)):
            key = self._keys[place]
            if not key.startswith(prefix):
                return
            size, lands = self.objects[key]
            if lands <= self.weather.now:
                yield {"Key": key, "Size": size, "LastModified": lands}


@dataclass
class Table(FakeTable):
    """The contact table; now and then another run does all of its work between a read and a write."""

    weather: Weather = field(default_factory=lambda: Weather(0))
    another_run: Callable[[], None] = lambda: None
    closes: Counter[str] = field(default_factory=Counter)
    """How often a contact was closed, by reason."""
    _lock: Lock = field(default_factory=Lock)

    def due(self, open_state: str, until: str, since: str = "") -> Iterator[Item]:
        self.weather.unavailable("the table is unavailable", open_state)
        yield from super().due(open_state, until, since)

    def create(self, item: Item) -> bool:
        return self._write(item["ContactId"], lambda: FakeTable.create(self, item))

    def update(self, before: Item, after: Item) -> bool:
        if before == after:
            return True  # nothing is sent
        return self._write(before["ContactId"], lambda: self._update(before, after))

    def _update(self, before: Item, after: Item) -> bool:
        done, reason = FakeTable.update(self, before, after), after.get("ClosedReason")
        if done and reason and reason != before.get("ClosedReason"):
            self.closes[reason] += 1
        return done

    def purge_all(self, contact_ids: list[str]) -> bool:
        if not self._write("purge", lambda: all(self._may_go(contact_id) for contact_id in contact_ids)):
            return False
        for contact_id in contact_ids:
            FakeTable.purge(self, contact_id)
        return True

    def purge(self, contact_id: str) -> bool:
        return self._write(contact_id, lambda: FakeTable.purge(self, contact_id))

    def _write(self, key: str, write: Callable[[], bool]) -> bool:
        self.weather.unavailable("the table is unavailable", key)
        if self.weather.strikes("another run in between", key):
            self.another_run()
        with self._lock:
            done = write()
        self.weather.unavailable("the answer to a write is lost", key)
        self.weather.kill(key)
        return done


class Log(FakeFlowLog):
    """The flow log: a line shows up to five minutes after its time."""

    def __init__(self, centre: ContactCentre, weather: Weather) -> None:
        super().__init__()
        self.weather = weather
        self.lines = sorted(line for call in centre.calls for line in lines_of(call))
        self._times = [moment for moment, _ in self.lines]

    def withhold(self) -> None:
        """Have no line at all: no flow logs anything."""
        self.lines, self._times = [], []

    def events(
        self,
        log_group: str,  # noqa: ARG002
        start: datetime,
        end: datetime,
        block_family: str,  # noqa: ARG002
        contact_id: str | None = None,
    ) -> Iterator[tuple[datetime, str]]:
        self.weather.unavailable("the log is unavailable")
        assert self.weather.now
        for place in range(bisect_left(self._times, start), bisect_left(self._times, end)):
            moment, message = self.lines[place]
            if (contact_id or "") in message and moment + timedelta(
                seconds=Random(place).uniform(0, 300)
            ) <= self.weather.now:
                yield moment, message


@dataclass(kw_only=True)
class Topic(FakeTopic):
    """Remembers how often each contact was in an alert, by the kind of alert."""

    weather: Weather
    told: Counter[tuple[str, str]] = field(default_factory=Counter)
    unlisted: Counter[str] = field(default_factory=Counter)
    """Contacts by the kind of alert that a long mail counts and does not list."""

    def publish(self, topic_arn: str, subject: str, message: str, attributes: dict[str, str | int]) -> None:  # noqa: ARG002
        self.weather.unavailable("the topic is unavailable")
        for line in message.splitlines():
            if line.startswith("contact "):
                self.told[line[8:44], str(attributes["event"])] += 1
            elif rest := re.fullmatch(r"\.\.\. and (\d+) more", line):
                self.unlisted[str(attributes["event"])] += int(rest[1])
        self.weather.unavailable("the answer of the topic is lost")
