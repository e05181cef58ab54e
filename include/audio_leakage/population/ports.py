"""What the hourly run needs from outside, beside what every run needs.

The hooks satisfy these protocols by shape, with the errors that :mod:`audio_leakage.ports` names.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol


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
