"""One hour in numbers. The population is the sum of its classes."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from audio_leakage.population.classes import Class, Classified

_NO_QUEUE = "none"


@dataclass
class Figures:
    """The numbers of one hour."""

    classes: Counter[Class] = field(default_factory=Counter)
    entered_by_queue: Counter[str] = field(default_factory=Counter)
    """Contacts that are entered now, by queue."""
    entered_by_kind: Counter[str] = field(default_factory=Counter)
    """The same, by initiation method."""
    unexplained_by_queue: Counter[str] = field(default_factory=Counter)
    excluded_by_reason: Counter[str] = field(default_factory=Counter)

    @property
    def population(self) -> int:
        """How many contacts there are."""
        return self.classes.total()

    @property
    def entered(self) -> int:
        """How many contacts are entered now."""
        return self.entered_by_queue.total()

    def add(self, each: Classified) -> None:
        """Count one contact."""
        queue = each.member.queue_id or _NO_QUEUE
        self.classes[each.kind] += 1
        if each.is_new:
            self.entered_by_queue[queue] += 1
            self.entered_by_kind[each.member.kind] += 1
        if each.kind is Class.UNEXPLAINED:
            self.unexplained_by_queue[queue] += 1
        if each.reason:
            self.excluded_by_reason[each.reason] += 1

    def to_values(self) -> dict[str, Any]:
        """Return them as JSON keeps them."""
        return {
            "population": self.population,
            **{str(kind).lower(): self.classes[kind] for kind in Class},
            "unexplained_by_queue": dict(self.unexplained_by_queue),
            "excluded_by_reason": dict(self.excluded_by_reason),
        }


def added(figures: Iterable[Figures]) -> Figures:
    """Return the sum of several hours."""
    whole = Figures()
    for each in figures:
        whole.classes += each.classes
        whole.entered_by_queue += each.entered_by_queue
        whole.entered_by_kind += each.entered_by_kind
        whole.unexplained_by_queue += each.unexplained_by_queue
        whole.excluded_by_reason += each.excluded_by_reason
    return whole
