"""What the daily DAG needs for a large day: every task over ports that make their answers up as they are asked.

``python -m bench.evidence_day [contacts]`` prints seconds, peak memory and bytes. The evidence lies in a folder,
so that what S3 would keep does not count as memory.
"""

import json
import resource
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from audio_leakage.contacts.recording import RecordingStorage
from audio_leakage.evidence.verify import verify
from audio_leakage.population.policy import Default, Policy
from audio_leakage.times import format_time
from audio_leakage.use_cases.day_context import DayContext, HeldParts
from audio_leakage.use_cases.day_population import complete_population
from audio_leakage.use_cases.day_recordings import list_recordings
from audio_leakage.use_cases.evidence_chain import Chain
from audio_leakage.use_cases.proving import write_evidence
from audio_leakage.use_cases.reconciling import reconcile
from support.configuration import FakeConfiguration
from support.evidence import KEY_ARN, FolderStore, Signer
from support.fakes import (
    BUCKET,
    PREFIX,
    SECONDS,
    SENDER,
    SETTINGS,
    FakeConnect,
    FakeMetrics,
    FakeTopic,
    answer,
)
from support.population import QUEUE, FakeSource, HourlyWorld
from support.published_flows import FakeFlows

DAY = date(2023, 8, 29)
NOW = datetime(2023, 8, 30, 6, 40, tzinfo=UTC)
_START, _PAGE = datetime(2023, 8, 29, tzinfo=UTC), 100
#: One contact in so many has no recording, and one is not watched.
_LEAKS, _UNWATCHED = 500, 700
_FOLDER, _DAY_IN_KEYS = f"{PREFIX}/{DAY:%Y/%m/%d}", f"{DAY:%Y%m%d}"


def contact_id(number: int) -> str:
    """Return an id that has its number in it, spread over all first digits."""
    return f"{number * 2654435761 % 2**32:08x}-0000-4000-8000-{number:012x}"


def _number(contact: str) -> int:
    return int(contact[-12:], 16)


class LargeDay(FakeSource):
    """Connect, the contact table and the bucket of a day with many contacts."""

    def __init__(self, contacts: int) -> None:
        super().__init__()
        self._contacts = contacts
        self._step = timedelta(days=1) / contacts

    def connected(self, number: int) -> datetime:
        moment = _START + number * self._step
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def _numbers(self, start: datetime, end: datetime) -> range:
        first = max(0, -((_START - start) // self._step))
        numbers = range(first, min(self._contacts, (end - _START) // self._step + 2))
        while numbers and self.connected(numbers[0]) < start:
            numbers = numbers[1:]
        while numbers and self.connected(numbers[-1]) > end:
            numbers = numbers[:-1]
        return numbers

    def population(
        self, instance_id: str, start: datetime, end: datetime
    ) -> Iterator[tuple[list[Mapping[str, Any]], int]]:
        del instance_id
        numbers = self._numbers(start, end)
        for first in range(0, max(len(numbers), 1), _PAGE):
            yield [self._result(number) for number in numbers[first : first + _PAGE]], len(numbers)

    def _result(self, number: int) -> Mapping[str, Any]:
        connected = self.connected(number)
        members = {
            "QueueInfo": {"Id": QUEUE},
            "InitiationTimestamp": connected - timedelta(seconds=20),
            "DisconnectTimestamp": connected + timedelta(minutes=1),
        }
        found: Mapping[str, Any] = answer(contact_id(number), connected=connected, **members)["Contact"]
        return found

    def count_population(self, instance_id: str, start: datetime, end: datetime) -> int:
        del instance_id
        return len(self._numbers(start, end))

    def standard_queues(self, instance_id: str) -> Mapping[str, str]:
        return {QUEUE: instance_id}

    def contacts_handled(self, queues: Mapping[str, str], start: datetime, end: datetime) -> float:
        del queues
        return float(sum(self.connected(number) < end for number in self._numbers(start, end)))

    def get_many(self, contact_ids: list[str]) -> Iterator[Mapping[str, Any]]:
        return (self._item(number) for each in contact_ids if (number := _number(each)) % _UNWATCHED)

    def _item(self, number: int) -> Mapping[str, Any]:
        connected = self.connected(number)
        written = format_time(connected)
        found = {
            "RecordedState": "CALL_RECORDED_SUCCESS",
            "RecordingKey": self._key(number, connected),
            "RecordingSize": self._size,
        }
        lost = {"RecordedState": "CALL_RECORDED_FAILURE", "FailureCause": "NO_OBJECT"}
        return {
            "ContactId": contact_id(number),
            "State": "COMPLETED - AGENT",
            "Channel": "VOICE",
            "InitiationMethod": "INBOUND",
            "ConnectedToAgentTimestamp": written,
            "RecordingBlocks": [f"{written} ALL"],
            **(found if number % _LEAKS else lost),
        }

    _size = 44 + 60 * SECONDS

    def initialised(self, hours: list[str], start: str, end: str) -> Iterator[Mapping[str, Any]]:
        del hours, start, end
        return (self._item(number) for number in range(self._contacts) if number % _UNWATCHED)

    def create(self, item: Mapping[str, Any]) -> bool:
        return bool(item)

    def update(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
        return before != after

    def _key(self, number: int, connected: datetime) -> str:
        minute = f"{_DAY_IN_KEYS}T{connected.hour:02d}:{connected.minute:02d}"
        return f"{_FOLDER}/{contact_id(number)}_{minute}_UTC.wav"

    def list_objects(self, bucket: str, prefix: str) -> Iterator[Mapping[str, Any]]:
        del bucket, prefix
        for number in range(self._contacts):
            if number % _LEAKS:
                connected = self.connected(number)
                yield {
                    "Key": self._key(number, connected),
                    "Size": self._size,
                    "LastModified": connected + timedelta(minutes=2),
                    "ETag": f'"{number:032x}"',
                }


def run_of(day: LargeDay, folder: Path) -> DayContext:
    """Return the context of a run about the day, whose evidence lies in a folder."""
    ports: Any = day
    hourly = HourlyWorld(source=ports, contacts=ports)
    store = FolderStore(folder)
    policy = Policy(Default.MUST)
    configuration: Any = FakeConfiguration()
    return DayContext(
        settings=SETTINGS,
        policy=policy,
        policy_document={"default": "must", "version": "1"},
        day=DAY,
        now=NOW,
        connect=FakeConnect(),
        bucket=ports,
        storage=lambda: RecordingStorage(BUCKET, PREFIX),
        contacts=ports,
        configuration=configuration,
        flows=FakeFlows(),
        store=store,
        chain=Chain(store, Signer(), KEY_ARN),
        alert_topic=FakeTopic(),
        metrics=FakeMetrics(),
        sender=SENDER,
        hour_context=lambda hour: hourly.run(
            f"{hour.start:%Y-%m-%dT%H}", NOW, policy, parts=HeldParts(), is_backfill=True
        ),
    )


def measured(contacts: int) -> dict[str, Any]:
    """Prove a day, and return what it took."""
    with TemporaryDirectory() as folder:
        run = run_of(LargeDay(contacts), Path(folder))
        began = last = time.monotonic()
        took: dict[str, Any] = {"contacts": contacts}
        for use_case in (complete_population, list_recordings, reconcile, write_evidence):
            summary = use_case(run)
            took[use_case.__name__] = round(time.monotonic() - last, 1)
            last = time.monotonic()
        took["seconds"], took["cpu_seconds"] = round(last - began, 1), round(time.process_time(), 1)
        took["peak_megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        took |= {name: summary[name] for name in ("status", "required", "proven", "lost", "undecided")}
        revision = sum(
            path.stat().st_size for path in Path(folder).rglob("day=*/revision=*/**/*") if path.is_file()
        )
        took["revision_megabytes"] = round(revision / 1e6, 1)
        sizes = [path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()]
        took["all_megabytes"], took["objects"] = round(sum(sizes) / 1e6, 1), len(sizes)
        verify(run.store)
        return took


if __name__ == "__main__":
    print(json.dumps(measured(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)))  # noqa: T201
