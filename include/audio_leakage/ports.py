"""What the domain needs from outside, as it needs it.

The hooks satisfy these by shape. Whatever AWS answers reaches the domain as one of the errors of
:mod:`audio_leakage.errors`: every method here may raise ``SetupError`` and ``ServiceUnavailable``.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from audio_leakage.contact import Item

#: Tells whether the time a task may use is up.
OutOfTime = Callable[[], bool]


class Connect(Protocol):
    """Amazon Connect."""

    def describe_contact(self, instance_id: str, contact_id: str) -> Mapping[str, Any]:
        """Return the answer of DescribeContact.

        :raises ContactNotFound: when Connect does not know the contact (yet).
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

    def events(self, log_group: str, start: datetime, end: datetime) -> Iterator[tuple[datetime, str]]:
        """Give time (aware) and message of the lines that may be about recording; ``end`` is excluded."""
        ...


class AlertTopic(Protocol):
    """Where alerts are published."""

    def publish(self, topic_arn: str, subject: str, message: str, attributes: dict[str, str | int]) -> None:
        """Publish one message."""
        ...


class ContactTable(Protocol):
    """The contact table."""

    def due(self, table: str, open_state: str, until: str) -> Iterator[Item]:
        """Give the items of a state that are due by a time, the longest due first, all pages."""
        ...

    def initialised(self, table: str, hours: list[str], start: str, end: str) -> Iterator[Item]:
        """Give the items whose InitialisedAt is from ``start`` up to, but not at, ``end``, all pages.

        :param hours: every InitialisedHour that this touches.
        """
        ...

    def never_indexed(self, table: str) -> Iterator[Item]:
        """Give the items that no index shows although nobody judged or closed them: somebody else's."""
        ...

    def get_many(self, table: str, contact_ids: list[str]) -> Iterable[Item]:
        """Return those of at most a hundred items that there are, as they are now."""
        ...

    def create(self, table: str, item: Item) -> bool:
        """Write a new item; False when there is one with that id already, which stays as it is."""
        ...

    def update(self, table: str, before: Item, after: Item) -> bool:
        """Write what differs; False when the item is no longer in the state and verdict of ``before``."""
        ...

    def purge(self, table: str, contact_id: str) -> bool:
        """Delete an item that is COMPLETED - QUEUE/IVR; False when it is not, or not there."""
        ...
