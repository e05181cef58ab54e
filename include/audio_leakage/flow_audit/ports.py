"""What the flow audit needs from outside.

The hooks satisfy these protocols by shape, with the errors that :mod:`audio_leakage.ports` names.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol


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
