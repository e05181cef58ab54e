"""The domain's ports in memory, and builders for contacts and answers."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from types import MappingProxyType
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.states import ContactState
from audio_leakage.errors import AudioLeakageError, ContactNotFound, SetupError
from audio_leakage.ports import AirflowRun, Item, MetricValue
from audio_leakage.runs.context import RunContext
from audio_leakage.runs.sender import Sender
from audio_leakage.runs.window import Scope, Window
from audio_leakage.settings import Settings

INSTANCE_ID = "bd7c61d1-6722-4b4f-8c9c-6253e5a85c32"
CONTACT_ID = "955c07e1-af64-4094-9c16-c59995ecdcbe"
BUCKET = "recordings"
PREFIX = "connect/acme/CallRecordings"
LOG_GROUP = "/aws/connect/acme"
SECONDS = 32_000  # bytes of audio
MINUTE = timedelta(minutes=1)
#: A caller's number. Any input may contain it; no output may.
MARK = "+27825550100"
SETTINGS = Settings(
    connect_instance_id=INSTANCE_ID,
    contact_table="contacts",
    recording_bucket=BUCKET,
    recording_prefix=PREFIX,
)
SENDER = Sender(dag_id="monitor_audio_leakage", variable="audio_leakage", connect_instance_id=INSTANCE_ID)
TOPIC = "arn:aws:sns:af-south-1:123456789012:alerts"
ALERTING = replace(SETTINGS, alert_topic_arn=TOPIC)


def at(text: str) -> datetime:
    """Return a time in UTC, on 29 August 2023 unless the text names a day."""
    return datetime.fromisoformat(text if "-" in text else f"2023-08-29T{text}").replace(tzinfo=UTC)


def number(position: int) -> str:
    """Return a contact id that ends in a number."""
    return f"00000000-0000-4000-8000-{position:012d}"


def answer(contact_id: str = CONTACT_ID, **members: Any) -> dict[str, Any]:
    """Return DescribeContact's answer for a voice call, by default of a minute with an agent.

    :param members: members of the contact to change; None leaves one out. ``connected`` is
        AgentInfo.ConnectedToAgentTimestamp, ``work_start`` and ``work_end`` are those of after-contact work.
    """
    agent = {
        "Id": "59ede75e-26d7-44f9-bf20-32e6bfc378af",
        "ConnectedToAgentTimestamp": members.pop("connected", at("10:30:11.038")),
        "AfterContactWorkStartTimestamp": members.pop("work_start", None),
        "AfterContactWorkEndTimestamp": members.pop("work_end", None),
    }
    contact = {
        "Id": contact_id,
        "Channel": "VOICE",
        "InitiationMethod": "INBOUND",
        "InitiationTimestamp": at("10:29:57.871"),
        "DisconnectTimestamp": at("10:31:10.343"),
        "AgentInfo": {name: value for name, value in agent.items() if value is not None},
        **members,
    }
    return {"Contact": {name: value for name, value in contact.items() if value is not None}}


def key_of(contact_id: str = CONTACT_ID, connected: datetime = at("10:30:11")) -> str:
    """Return the key that Connect gives to a contact's agent recording."""
    return f"{PREFIX}/{connected:%Y/%m/%d}/{contact_id}_{connected:%Y%m%dT%H:%M}_UTC.wav"


_SEARCHED: dict[str, Callable[[Mapping[str, Any]], datetime | None]] = {
    "INITIATION_TIMESTAMP": lambda contact: contact["InitiationTimestamp"],
    "CONNECTED_TO_AGENT_TIMESTAMP": lambda contact: contact.get("AgentInfo", {}).get(
        "ConnectedToAgentTimestamp"
    ),
    "DISCONNECT_TIMESTAMP": lambda contact: contact.get("DisconnectTimestamp"),
}
_SEARCH_RESULT = (
    "Id",
    "Channel",
    "InitiationMethod",
    "InitiationTimestamp",
    "DisconnectTimestamp",
    "QueueInfo",
)


def searched(
    contacts: Iterable[Mapping[str, Any]], kind: str, start: datetime, end: datetime
) -> Iterator[Mapping[str, Any]]:
    """Yield the results of SearchContacts, newest first: voice contacts that reached an agent or ended."""
    found = [
        (moment, contact)
        for contact in contacts
        if contact["Channel"] == "VOICE"
        and (moment := _SEARCHED[kind](contact)) is not None
        and start <= moment <= end
        and (contact.get("DisconnectTimestamp") or _SEARCHED["CONNECTED_TO_AGENT_TIMESTAMP"](contact))
    ]
    for _, contact in sorted(found, key=lambda pair: pair[0], reverse=True):
        agent = contact.get("AgentInfo", {})
        shown = {name: agent[name] for name in ("Id", "ConnectedToAgentTimestamp") if name in agent}
        yield {**{name: contact[name] for name in _SEARCH_RESULT if name in contact}, "AgentInfo": shown}


@dataclass
class FakeFlowLog:
    """Gives the same messages for every stretch of the log; remembers what it was asked for."""

    messages: tuple[str, ...] = ()
    asked: list[Window] = field(default_factory=list)
    asked_about: set[str | None] = field(default_factory=set)  # contact ids
    error: AudioLeakageError | None = None

    def events(
        self,
        log_group: str,
        start: datetime,
        end: datetime,
        block_family: str,
        contact_id: str | None = None,  # the pattern may let other contacts' lines through
    ) -> Iterator[tuple[datetime, str]]:
        assert log_group == LOG_GROUP
        assert block_family == "Recording"
        self.asked.append(Window(start, end))
        self.asked_about.add(contact_id)
        if self.error:
            raise self.error
        yield from ((at("10:30"), message) for message in self.messages)


@dataclass
class FakeMetrics:
    """Keep published values by metric. With an error set, raise it."""

    published: dict[str, list[float]] = field(default_factory=dict)
    closed: Counter[str] = field(default_factory=Counter)
    error: AudioLeakageError | None = None

    @property
    def latest(self) -> dict[str, float]:
        """The last value of each metric."""
        return {name: values[-1] for name, values in self.published.items()}

    def publish(
        self,
        table: str,
        values: Mapping[str, MetricValue],
        closed: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        assert table == SETTINGS.contact_table
        if self.error:
            raise self.error
        self.closed.update(closed)
        for name, value in values.items():
            if not isinstance(value, Mapping):
                self.published.setdefault(name, []).append(value)
            elif value:
                self.published.setdefault(name, []).extend(Counter(value).elements())


@dataclass
class FakeHistory:
    """The runs before this one."""

    success: AirflowRun | None = None
    kept: dict[str, Any] = field(default_factory=dict)

    def last_success(self) -> AirflowRun | None:
        return self.success

    def progress(self) -> Mapping[str, Any] | None:
        return dict(self.kept) or None

    def keep_progress(self, values: Mapping[str, Any]) -> None:
        is_replaced = values.get("TableId") != self.kept.get("TableId")
        if is_replaced or values.get("ReadUntil", "") >= self.kept.get("ReadUntil", ""):
            self.kept = dict(values)


@dataclass
class FakeTopic:
    """Keep published messages. With an error set, raise it."""

    published: list[tuple[str, str, dict[str, str | int]]] = field(default_factory=list)
    error: AudioLeakageError | None = None

    def publish(self, topic_arn: str, subject: str, message: str, attributes: dict[str, str | int]) -> None:
        assert topic_arn == TOPIC
        if self.error:
            raise self.error
        self.published.append((subject, message, attributes))


@dataclass
class FakeConnect:
    """Answer from a dict, and raise its exceptions."""

    answers: dict[str, Mapping[str, Any] | Exception] = field(default_factory=dict)
    instance_exists: bool = True
    calls: Counter[str] = field(default_factory=Counter)
    known_from: dict[str, datetime] = field(default_factory=dict)
    now: datetime | None = None
    not_indexed: set[str] = field(default_factory=set)
    search_error: AudioLeakageError | None = None
    searches: list[tuple[str, datetime, datetime]] = field(default_factory=list)

    def describe_contact(self, instance_id: str, contact_id: str) -> Mapping[str, Any]:
        assert instance_id == INSTANCE_ID
        self.calls[contact_id] += 1
        found = self.answers.get(contact_id, ContactNotFound(f"Connect does not know contact {contact_id}"))
        if self.now and self.now < self.known_from.get(contact_id, self.now):
            found = ContactNotFound(f"Connect does not know contact {contact_id} yet")
        if isinstance(found, Exception):
            raise found
        return found

    def search_contacts(
        self, instance_id: str, kind: str, start: datetime, end: datetime
    ) -> Iterator[Mapping[str, Any]]:
        assert instance_id == INSTANCE_ID
        contacts = (each["Contact"] for each in self.answers.values() if isinstance(each, Mapping))
        indexed = [contact for contact in contacts if contact["Id"] not in self.not_indexed]
        self.searches.append((kind, start, end))
        self.calls["SearchContacts"] += 1
        if self.search_error:
            raise self.search_error
        start, end = start.replace(microsecond=0), end.replace(microsecond=0)  # as botocore sends them
        for place, contact in enumerate(searched(indexed, kind, start, end)):
            if place and place % 100 == 0:
                self.calls["SearchContacts"] += 1
            yield contact

    def check_instance(self, instance_id: str) -> None:
        self.calls["check_instance"] += 1
        if not self.instance_exists:
            raise SetupError(f"Connect instance '{instance_id}' does not exist")

    def recording_storage(self, instance_id: str) -> tuple[str, str]:  # noqa: ARG002
        self.calls["recording_storage"] += 1
        return BUCKET, PREFIX


@dataclass
class FakeBucket:
    """Keep objects by ``bucket/key``, and record every listing."""

    objects: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    listings: list[str] = field(default_factory=list)
    error: AudioLeakageError | None = None
    errors: dict[str, AudioLeakageError] = field(default_factory=dict)  # by bucket
    now: datetime | None = None
    deleted: set[str] = field(default_factory=set)  # bucket/key of each delete marker

    def has_delete_marker(self, bucket: str, prefix: str) -> bool:
        if bucket in self.errors:
            raise self.errors[bucket]
        return any(path.startswith(f"{bucket}/{prefix}") for path in self.deleted)

    def put(self, key: str = key_of(), size: int = 60 * SECONDS, at: datetime = at("10:32")) -> None:
        self.objects[f"{BUCKET}/{key}"] = (size, at)

    def list_objects(self, bucket: str, prefix: str) -> Iterator[Mapping[str, Any]]:
        """Yield objects and record each page of a thousand when it is read."""
        self.listings.append(f"{bucket}/{prefix}")
        if self.error or bucket in self.errors:
            raise self.errors.get(bucket) or self.error or AssertionError
        found = sorted(path for path in self.objects if path.startswith(f"{bucket}/{prefix}"))
        for place, path in enumerate(found):
            if place and place % 1000 == 0:
                self.listings.append(f"{bucket}/{prefix} from {place}")
            size, modified = self.objects[path]
            if self.now is None or modified <= self.now:
                key, etag = path.removeprefix(f"{bucket}/"), f'"{size:x}-{modified.timestamp():.0f}"'
                yield {"Key": key, "Size": size, "LastModified": modified, "ETag": etag}


@dataclass
class FakeTable:
    """Keep items by id, with the conditions of the real table.

    :class:`support.table_contract.ContactTableContract` holds both to the same tests.
    """

    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    writes: Counter[str] = field(default_factory=Counter)
    batches: list[int] = field(default_factory=list)  # number of ids in each get_many
    transactions: list[int] = field(default_factory=list)  # number of ids in each purge_all
    error: AudioLeakageError | None = None
    id: str | None = "the table's id"

    def table_id(self) -> str | None:
        if self.error:
            raise self.error
        return self.id

    def put(self, *contacts: Contact) -> None:
        self.items |= {contact.contact_id: _as_stored(contact.to_item()) for contact in contacts}

    def contact(self, contact_id: str = CONTACT_ID) -> Contact:
        return Contact.from_item(self.items[contact_id])

    def due(self, open_state: str, until: str, since: str = "") -> Iterator[Item]:
        assert since <= until, "BETWEEN refuses bounds that are the wrong way round"
        if self.error:
            raise self.error
        items = _in_index(self.items.values(), "OpenState", "NextCheckAt")
        yield from (
            item
            for item in items
            if item["OpenState"] == open_state and since <= item["NextCheckAt"] <= until
        )

    def count_due(self, open_state: str, until: str, enough: float = math.inf) -> int:
        """Count pages of one item each."""
        count = 0
        for _ in self.due(open_state, until):
            count += 1
            if count >= enough:
                break
        return count

    def longest_due(self, open_state: str, until: str, limit: int) -> list[Item]:
        assert limit > 0, "DynamoDB refuses another limit"
        return list(islice(self.due(open_state, until), limit))

    def initialised(self, hours: list[str], start: str, end: str) -> Iterator[Item]:
        assert start <= end, "BETWEEN refuses bounds that are the wrong way round"
        items = _in_index(self.items.values(), "InitialisedHour", "InitialisedAt")
        for hour in hours:
            yield from (
                item
                for item in items
                if item["InitialisedHour"] == hour and start <= item["InitialisedAt"] < end
            )

    def never_indexed(self, start: str | None) -> Iterator[tuple[list[Item], str | None]]:
        """Give pages of one item each."""
        ids = [contact_id for contact_id in sorted(self.items) if contact_id > (start or "")]
        if not ids:
            yield [], None
        for position, contact_id in enumerate(ids):
            item = self.items[contact_id]
            unindexed = _is_absent(item, "OpenState") or _is_absent(item, "NextCheckAt")
            found = unindexed and _is_absent(item, "RecordedState") and _is_absent(item, "ClosedReason")
            yield [dict(item)] if found else [], contact_id if position + 1 < len(ids) else None

    def get_many(self, contact_ids: list[str]) -> Iterator[Item]:
        _check_batch(contact_ids)
        self.batches.append(len(contact_ids))
        yield from [dict(self.items[contact_id]) for contact_id in contact_ids if contact_id in self.items]

    def create(self, item: Item) -> bool:
        if item["ContactId"] in self.items:
            return False
        self.items[item["ContactId"]] = _as_stored(item)
        return True

    def update(self, before: Item, after: Item) -> bool:
        assert before["ContactId"] == after["ContactId"], "DynamoDB updates no key"
        put = _as_stored({name: value for name, value in after.items() if before.get(name) != value})
        remove = before.keys() - after.keys()
        if not put and not remove:
            return True
        stored = self.items.get(before["ContactId"])
        if stored is None or not all(_holds(name, before, stored) for name in _GUARDS):
            return False
        if "NextCheckAt" in put and "OpenState" in after:
            put["OpenState"] = after["OpenState"]
        self.writes[before["ContactId"]] += 1
        for name in remove:
            stored.pop(name, None)
        stored.update(put)
        return True

    def purge_all(self, contact_ids: list[str]) -> bool:
        _check_batch(contact_ids)
        self.transactions.append(len(contact_ids))
        if not all(self._may_go(contact_id) for contact_id in contact_ids):
            return False
        for contact_id in contact_ids:
            self.purge(contact_id)
        return True

    def purge(self, contact_id: str) -> bool:
        if not self._may_go(contact_id):
            return False
        del self.items[contact_id]
        return True

    def _may_go(self, contact_id: str) -> bool:
        stored = self.items.get(contact_id, {})
        left = stored.get("State") == "COMPLETED - QUEUE/IVR"
        return left and _is_absent(stored, "ConnectedToAgentTimestamp")


_GUARDS = ("State", "RecordedState", "ClosedReason", "RecordingBlocks")
_INDEX_KEYS = ("OpenState", "NextCheckAt", "InitialisedHour", "InitialisedAt")
_TO_DYNAMODB, _FROM_DYNAMODB = TypeSerializer(), TypeDeserializer()


def _as_stored(item: Item) -> dict[str, Any]:
    """Return an item as boto3 gives it back, after DynamoDB has taken it."""
    assert all(isinstance(item[name], str) and item[name] for name in _INDEX_KEYS if name in item)
    return {name: _FROM_DYNAMODB.deserialize(_TO_DYNAMODB.serialize(value)) for name, value in item.items()}


def _is_absent(item: Item, name: str) -> bool:
    """Tell whether an attribute is missing or NULL."""
    return item.get(name) is None


def _in_index(items: Iterable[Item], partition: str, sort: str) -> list[Item]:
    """Return copies of the items that have the whole key of an index, in the order of its sort key."""
    indexed = [
        dict(item)
        for item in items
        if isinstance(item.get(partition), str) and isinstance(item.get(sort), str)
    ]
    return sorted(indexed, key=lambda item: str(item[sort]))


def _holds(name: str, before: Item, stored: Item) -> bool:
    """Tell whether an attribute that guards an update is as it was read."""
    if name not in before:
        return _is_absent(stored, name)
    if name == "RecordingBlocks" and _is_absent(stored, name):  # its name before version 0.1.0
        name = "RecordingSettings"
        return name in stored and bool(stored[name] == before["RecordingBlocks"])
    return name in stored and bool(stored[name] == before[name])


def _check_batch(contact_ids: list[str]) -> None:
    assert 1 <= len(contact_ids) == len(set(contact_ids)) <= 100, "DynamoDB refuses another batch"


@dataclass
class World:
    """All ports together. :meth:`run` returns the context of a run at any time."""

    connect: FakeConnect = field(default_factory=FakeConnect)
    bucket: FakeBucket = field(default_factory=FakeBucket)
    contacts: FakeTable = field(default_factory=FakeTable)
    flow_log: FakeFlowLog = field(default_factory=FakeFlowLog)
    topic: FakeTopic = field(default_factory=FakeTopic)
    metrics: FakeMetrics = field(default_factory=FakeMetrics)
    history: FakeHistory = field(default_factory=FakeHistory)

    def run(self, now: datetime, settings: Settings = SETTINGS, **changes: Any) -> RunContext:
        self.connect.now = self.bucket.now = now
        parts: dict[str, Any] = {
            "settings": settings,
            "now": now,
            "connect": self.connect,
            "bucket": self.bucket,
            "contacts": self.contacts,
            "flow_log": self.flow_log,
            "alert_topic": self.topic,
            "metrics": self.metrics,
            "sender": SENDER,
            "seconds_left": lambda: 75,
        }
        scope: dict[str, Any] = {"window": Window(now - 5 * MINUTE, now), "history": self.history}
        for name in ("window", "only_window", "by_any_time", "contact_ids", "history", "adopts"):
            scope |= {name: changes.pop(name)} if name in changes else {}
        return RunContext(**(parts | {"scope": Scope(**scope)} | changes))


def contact(state: ContactState = ContactState.INITIALISED, **fields: Any) -> Contact:
    """Return a contact that has been due since 10:30."""
    defaults: dict[str, Any] = {"contact_id": CONTACT_ID, "state": state, "next_check_at": at("10:30")}
    return Contact(**(defaults | fields))


def ended_with_agent(**fields: Any) -> Contact:
    """Return the contact of :func:`answer` after DescribeContact, due for its first check."""
    facts = {
        "channel": "VOICE",
        "initiation_method": "INBOUND",
        "initiation_timestamp": at("10:29:57.871"),
        "connected_to_agent_timestamp": at("10:30:11.038"),
        "disconnect_timestamp": at("10:31:10.343"),
        "next_check_at": at("10:33:10.343"),
    }
    return contact(ContactState.COMPLETED_AGENT, **(facts | fields))
