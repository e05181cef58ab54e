"""What the domain needs from outside.

The hooks satisfy these protocols by shape. Every method may raise ``SetupError`` and ``ServiceUnavailable``
of :mod:`audio_leakage.errors`, which is what AWS's errors become before they reach the domain.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, Protocol

#: An item of the table: attribute name to value, as boto3's resource layer gives and takes it.
Item = Mapping[str, Any]

#: The event that a search goes by, as SearchContacts names its time ranges.
TimeRangeType = Literal["INITIATION_TIMESTAMP", "CONNECTED_TO_AGENT_TIMESTAMP", "DISCONNECT_TIMESTAMP"]

#: Returns how many seconds of the task's time are left.
SecondsLeft = Callable[[], float]


class Connect(Protocol):
    """Amazon Connect."""

    def describe_contact(self, instance_id: str, contact_id: str) -> Mapping[str, Any]:
        """Return the answer of DescribeContact.

        :raises ContactNotFound: when Connect does not know the contact (yet).
        """
        ...

    def search_contacts(
        self, instance_id: str, kind: TimeRangeType, start: datetime, end: datetime
    ) -> Iterable[Mapping[str, Any]]:
        """Yield the voice contacts with an event in a range of time, the newest first.

        A result has some of the members that DescribeContact answers with.

        :param kind: the event.
        :param start: aware, at most eight weeks before ``end``.
        :param end: aware.
        """
        ...

    def check_instance(self, instance_id: str) -> None:
        """Do nothing if the instance exists.

        :raises SetupError: when it does not.
        """
        ...

    def recording_storage(self, instance_id: str) -> tuple[str, str]:
        """Return the bucket and the prefix of the instance's call recordings."""
        ...


class PopulationSource(Protocol):
    """Amazon Connect, as far as it tells who was connected to an agent."""

    def population(
        self, instance_id: str, start: datetime, end: datetime
    ) -> Iterable[tuple[list[Mapping[str, Any]], int]]:
        """Yield the voice contacts that an agent took in a range of time, the earliest first, page by page.

        :param start: aware.
        :param end: aware; a contact of that very moment is among them.
        :return: pages of at most a hundred contacts, each with ``TotalCount``.
        """
        ...

    def count_population(self, instance_id: str, start: datetime, end: datetime) -> int:
        """Return ``TotalCount`` of what :meth:`population` yields."""
        ...

    def standard_queues(self, instance_id: str) -> Mapping[str, str]:
        """Return the ARN of each queue that is no agent's own, by its id."""
        ...

    def unknown_queues(self, instance_id: str, queue_ids: Iterable[str]) -> set[str]:
        """Return those ids that are no queue of the instance, neither a standard one nor an agent's own."""
        ...

    def contacts_handled(self, queues: Mapping[str, str], start: datetime, end: datetime) -> float:
        """Return the metric CONTACTS_HANDLED_BY_CONNECTED_TO_AGENT, the sum over some queues, for voice.

        :param queues: the ARN of each queue, by its id; at least one.
        """
        ...


class RecordingBucket(Protocol):
    """The bucket that holds the recordings."""

    def list_objects(self, bucket: str, prefix: str) -> Iterable[Mapping[str, Any]]:
        """Yield Key, Size (bytes) and LastModified (aware) of every object whose key has the prefix."""
        ...

    def has_delete_marker(self, bucket: str, prefix: str) -> bool:
        """Tell whether an object with the prefix was deleted in a bucket that keeps versions."""
        ...


class FlowLog(Protocol):
    """The log group that a Connect instance writes its flow logs to."""

    def events(
        self,
        log_group: str,
        start: datetime,
        end: datetime,
        block_family: str,
        contact_id: str | None = None,
    ) -> Iterator[tuple[datetime, str]]:
        """Yield time (aware) and message of each line of a family of blocks; ``end`` is excluded.

        :param block_family: the word that the names of these blocks have in them.
        :param contact_id: read only the lines of this contact.
        """
        ...


class AlertTopic(Protocol):
    """Where alerts are published."""

    def publish(self, topic_arn: str, subject: str, message: str, attributes: dict[str, str | int]) -> None:
        """Publish one message."""
        ...


#: One value of a metric, or many: how often each value occurred.
MetricValue = float | Mapping[float, int]


class Metrics(Protocol):
    """Where metrics are published."""

    def publish(
        self, table: str, values: Mapping[str, MetricValue], closed: Mapping[str, float] = ...
    ) -> None:
        """Publish metrics about a contact table.

        :param values: value by the metric's name.
        :param closed: contacts closed without a verdict, by reason: the metric ``Closed``.
        """
        ...


class ContactTable(Protocol):
    """The contact table."""

    def table_id(self) -> str | None:
        """Return what tells this table from another one of its name; None if there is nothing."""
        ...

    def due(self, open_state: str, until: str, since: str = ...) -> Iterator[Item]:
        """Yield the items of a state with NextCheckAt up to a time, the longest due first, all pages.

        :param since: only items with NextCheckAt from this time on.
        """
        ...

    def count_due(self, open_state: str, until: str, enough: float = ...) -> int:
        """Count what ``due`` yields; stop reading pages once ``enough`` are counted."""
        ...

    def longest_due(self, open_state: str, until: str, limit: int) -> Iterable[Item]:
        """Return the first items that ``due`` yields, at most ``limit``."""
        ...

    def initialised(self, hours: list[str], start: str, end: str) -> Iterator[Item]:
        """Yield the items with InitialisedAt from ``start`` up to, but not at, ``end``, all pages.

        :param hours: every InitialisedHour in that range.
        """
        ...

    def never_indexed(self, start: str | None) -> Iterator[tuple[list[Item], str | None]]:
        """Scan for items that are in no index although nobody judged or closed them: somebody else's.

        :param start: the ContactId after which the scan goes on; None begins at the beginning.
        :return: pages of items, each with the ContactId after which the next page begins; None at the end.
        """
        ...

    def get_many(self, contact_ids: list[str]) -> Iterable[Item]:
        """Return the existing items among one to a hundred, as they are now."""
        ...

    def create(self, item: Item) -> bool:
        """Write a new item; False when its id is taken, and that item stays as it is."""
        ...

    def update(self, before: Item, after: Item) -> bool:
        """Write what differs; False when the item no longer has the state and verdict of ``before``."""
        ...

    def purge_all(self, contact_ids: list[str]) -> bool:
        """Delete at most a hundred items as ``purge`` does; False, and none is gone, if one must stay."""
        ...

    def purge(self, contact_id: str) -> bool:
        """Delete an item that is COMPLETED - QUEUE/IVR; False when it is not, or not there."""
        ...


class Parts(Protocol):
    """Parts of a population, as texts, on their way from ``take_population`` to ``enter_unwatched``."""

    def of_earlier_tries(self) -> list[str]:
        """Return the parts that earlier tries of ``take_population`` kept, in order."""
        ...

    def keep(self, place: int, part: str) -> None:
        """Keep one part, for later tries and for ``enter_unwatched``."""
        ...

    def taken(self) -> Iterator[str]:
        """Yield the parts that ``take_population`` has kept, in order."""
        ...


class CountedHours(Protocol):
    """What runs remember of the hours that are to be counted again."""

    def read(self) -> Mapping[str, Any]:
        """Return what was kept; nothing if there is nothing, or nothing that can be read."""
        ...

    def change(self, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
        """Replace what is kept. Runs side by side may do so at the same time, so it may be tried again."""
        ...


class AirflowRun(Protocol):
    """What Airflow knows of a run; every time but the last may be missing."""

    run_type: Any
    conf: dict[str, Any] | None
    data_interval_start: datetime | None
    data_interval_end: datetime | None
    logical_date: datetime | None
    run_after: datetime


class RunHistory(Protocol):
    """What Airflow knows of the runs before this one."""

    def last_success(self) -> AirflowRun | None:
        """Return the last run that succeeded."""
        ...

    def progress(self) -> Mapping[str, Any] | None:
        """Return what earlier runs have kept about how far they came; None if there is nothing."""
        ...

    def keep_progress(self, values: Mapping[str, Any]) -> None:
        """Keep it for later runs, unless another run has read further."""
        ...


class EvidenceStore(Protocol):
    """Where the evidence of an instance lies. Keys are below the folder of the instance."""

    def keys(self, prefix: str) -> Iterable[str]:
        """Yield the keys that begin with a prefix, in their order."""
        ...

    def read(self, key: str) -> bytes:
        """Return an object.

        :raises MissingError: when there is none.
        """
        ...

    def write(self, key: str, content: bytes) -> bool:
        """Write a new object; False when its key is taken, and that object stays as it is."""
        ...


class SigningKey(Protocol):
    """The RSA key that the chain of evidence is signed with."""

    def sign(self, key_arn: str, message: bytes) -> bytes:
        """Return the signature over a message of at most 4096 bytes: RSASSA_PKCS1_V1_5_SHA_256."""
        ...

    def public_key(self, key_arn: str) -> bytes:
        """Return the public half, a SubjectPublicKeyInfo in DER."""
        ...


class PublishedFlows(Protocol):
    """The published flows and modules of an instance."""

    def inventory(self, instance_id: str) -> Iterable[Mapping[str, str]]:
        """Yield ``id``, ``name``, ``type`` and ``sha256`` of each active flow, and of each module."""
        ...

    def content(self, instance_id: str, flow_id: str, flow_type: str) -> str | None:
        """Return the published content of a flow; None if none was ever published.

        :raises MissingError: when there is no such flow any more.
        """
        ...

    def phone_numbers(self, instance_id: str) -> Mapping[str, str]:
        """Return the flow of each phone number, both by ID or ARN."""
        ...

    def queue_ids(self, instance_id: str) -> Iterable[str]:
        """Yield the IDs of the standard queues."""
        ...


class Configuration(Protocol):
    """How AWS is configured, as far as recordings and their proof rest on it.

    Facts are texts, whole numbers, truth values and null. A setting is the key of the Variable that names a
    bucket or a key. ``MissingError`` says that there is no such thing.
    """

    def recording_storage(self, instance_id: str) -> Mapping[str, Any]:
        """Return the ``places`` of call recordings, each with ``bucket``, ``prefix`` and ``key``."""
        ...

    def flow_logging(self, instance_id: str) -> Mapping[str, Any]:
        """Return whether the instance writes flow logs: ``is_on``."""
        ...

    def log_group(self, name: str) -> Mapping[str, Any]:
        """Return for how many days a log group keeps lines: ``retention_days``, None for ever."""
        ...

    def subscription_filters(self, log_group: str) -> Mapping[str, Any]:
        """Return the ``filters`` of a log group, each with ``destination`` and ``pattern``."""
        ...

    def versioning(self, bucket: str, setting: str) -> Mapping[str, Any]:
        """Return the ``status`` of a bucket's versioning."""
        ...

    def object_lock(self, bucket: str, setting: str) -> Mapping[str, Any]:
        """Return how a bucket locks new objects: ``mode``, ``days`` and ``years``."""
        ...

    def lifecycle(self, bucket: str, setting: str) -> Iterable[Mapping[str, Any]]:
        """Return the rules by which a bucket deletes objects, as S3 has them."""
        ...

    def encryption(self, bucket: str, setting: str) -> Mapping[str, Any]:
        """Return how a bucket encrypts new objects: ``algorithm`` and ``key``."""
        ...

    def bucket_policy(self, bucket: str, setting: str) -> Mapping[str, Any]:
        """Return the ``sha256`` of a bucket's policy."""
        ...

    def public_access(self, bucket: str, setting: str) -> Mapping[str, Any]:
        """Return whether a bucket blocks public access, for each of the four ways."""
        ...

    def replication(self, bucket: str, setting: str) -> Mapping[str, Any]:
        """Return the ``destinations`` that a bucket copies new objects to."""
        ...

    def key_state(self, key_arn: str, setting: str) -> Mapping[str, Any]:
        """Return the ``state`` of a KMS key, and the ``key`` itself."""
        ...

    def key_rotation(self, key_arn: str, setting: str) -> Mapping[str, Any]:
        """Return whether a KMS key ``is_rotated``."""
        ...

    def table(self, name: str) -> Mapping[str, Any]:
        """Return how a table is protected: ``is_protected``, ``is_recoverable`` and ``expires_by``."""
        ...

    def ends_of_runs(self, table: str, start: datetime, end: datetime) -> Iterable[datetime]:
        """Return every five minutes in which a run of the monitor ended.

        :param table: the contact table.
        :param start: aware, a multiple of five minutes.
        :param end: aware; excluded.
        """
        ...
