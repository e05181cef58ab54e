"""What the domain needs from outside, as it needs it.

The hooks satisfy these by shape. Whatever AWS answers reaches the domain as one of the errors of
:mod:`audio_leakage.errors`: every method here may raise ``SetupError`` and ``ServiceUnavailable``.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, Protocol

from audio_leakage.contact import Item

#: What may happen to a contact, as SearchContacts names its time ranges.
TimeRangeType = Literal["INITIATION_TIMESTAMP", "CONNECTED_TO_AGENT_TIMESTAMP", "DISCONNECT_TIMESTAMP"]

#: Tells how much of the time that a task may use is left.
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
        """Give the voice contacts to which something happened in a range of time, the newest first.

        What is given has the members of a contact that DescribeContact answers with, but not all of them.

        :param kind: what happened.
        :param start: aware, at most eight weeks before ``end``.
        """
        ...

    def check_instance(self, instance_id: str) -> None:
        """Do nothing if there is such an instance.

        :raises SetupError: when there is none.
        """
        ...

    def recording_storage(self, instance_id: str) -> tuple[str, str]:
        """Return bucket and prefix under which the instance lays its call recordings."""
        ...


class RecordingBucket(Protocol):
    """The bucket the recordings lie in."""

    def list_objects(self, bucket: str, prefix: str) -> Iterable[Mapping[str, Any]]:
        """Return Key, Size (bytes) and LastModified (aware) of every object whose key has the prefix."""
        ...

    def has_delete_marker(self, bucket: str, prefix: str) -> bool:
        """Tell whether an object whose key has the prefix was deleted in a bucket that keeps versions."""
        ...


class FlowLog(Protocol):
    """The log group a Connect instance writes its flow logs to."""

    def events(
        self, log_group: str, start: datetime, end: datetime, contact_id: str | None = None
    ) -> Iterator[tuple[datetime, str]]:
        """Give time (aware) and message of the lines that may be about recording; ``end`` is excluded.

        :param contact_id: only the lines of this contact.
        """
        ...


class AlertTopic(Protocol):
    """Where alerts are published."""

    def publish(self, topic_arn: str, subject: str, message: str, attributes: dict[str, str | int]) -> None:
        """Publish one message."""
        ...


class Metrics(Protocol):
    """Where the figures are published that alarms are set on."""

    def publish(self, table: str, values: Mapping[str, float]) -> None:
        """Publish one value of each metric about a contact table."""
        ...


class ContactTable(Protocol):
    """The contact table."""

    def due(self, table: str, open_state: str, until: str) -> Iterator[Item]:
        """Give the items of a state that are due by a time, the longest due first, all pages."""
        ...

    def count_due(self, table: str, open_state: str, until: str, enough: float = ...) -> int:
        """Count what ``due`` gives, at least until there are enough."""
        ...

    def longest_due(self, table: str, open_state: str, until: str, limit: int) -> Iterable[Item]:
        """Return the first items that ``due`` gives, at most so many."""
        ...

    def initialised(self, table: str, hours: list[str], start: str, end: str) -> Iterator[Item]:
        """Give the items whose InitialisedAt is from ``start`` up to, but not at, ``end``, all pages.

        :param hours: every InitialisedHour that this touches.
        """
        ...

    def never_indexed(self, table: str, seconds_left: SecondsLeft) -> Iterator[Item]:
        """Give the items that no index shows although nobody judged or closed them: somebody else's.

        This reads the whole table, as far as it comes until no seconds are left, whether it finds any or not.
        """
        ...

    def get_many(self, table: str, contact_ids: list[str]) -> Iterable[Item]:
        """Return those of one to a hundred items that there are, as they are now."""
        ...

    def create(self, table: str, item: Item) -> bool:
        """Write a new item; False when there is one with that id already, which stays as it is."""
        ...

    def update(self, table: str, before: Item, after: Item) -> bool:
        """Write what differs; False when the item is no longer in the state and verdict of ``before``."""
        ...

    def purge_all(self, table: str, contact_ids: list[str]) -> bool:
        """Delete at most a hundred items as ``purge`` does; False, and none is gone, if one must stay."""
        ...

    def purge(self, table: str, contact_id: str) -> bool:
        """Delete an item that is COMPLETED - QUEUE/IVR; False when it is not, or not there."""
        ...
