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
