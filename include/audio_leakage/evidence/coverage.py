"""How many of the contacts that had to be recorded are proven to be recorded.

``required`` is the sum of proven, lost and undecided. The coverage is ``proven / required``. It lies between
two bounds: every undecided contact is lost, or every one is proven.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Self

from audio_leakage.evidence.classes import Count
from audio_leakage.evidence.files import Json


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over contacts, which can be added."""

    proven: int = 0
    lost: int = 0
    undecided: int = 0
    excluded: int = 0
    neither: int = 0
    talk_seconds: int = 0
    """Of the contacts that had to be recorded."""
    recorded_seconds: int = 0
    """Of the same contacts; a recording counts for no more than its talk."""

    @classmethod
    def of(cls, counts_as: Count, talk_seconds: int, recorded_seconds: int) -> Self:
        """Return the tally of one contact."""
        if counts_as in (Count.EXCLUDED, Count.NEITHER):
            return cls(**{str(counts_as): 1})
        recorded = min(recorded_seconds, talk_seconds)
        return cls(**{str(counts_as): 1}, talk_seconds=talk_seconds, recorded_seconds=recorded)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(  # one by one, because it is done for each contact
            self.proven + other.proven,
            self.lost + other.lost,
            self.undecided + other.undecided,
            self.excluded + other.excluded,
            self.neither + other.neither,
            self.talk_seconds + other.talk_seconds,
            self.recorded_seconds + other.recorded_seconds,
        )

    @property
    def required(self) -> int:
        """Number of contacts that had to be recorded."""
        return self.proven + self.lost + self.undecided

    def figures(self, *, population_is_proven: bool) -> Json:
        """Return the figures that are published.

        They have a coverage only if a contact had to be recorded and the population is proven to be complete.
        """
        speaks = population_is_proven and self.required > 0
        return {
            **{each.name: getattr(self, each.name) for each in fields(Tally)},
            "coverage_at_most": _percent(self.proven + self.undecided, self.required) if speaks else None,
            "coverage_percent": _percent(self.proven, self.required) if speaks else None,
            "recorded_time_percent": (
                _percent(self.recorded_seconds, self.talk_seconds) if speaks and self.talk_seconds else None
            ),
            "required": self.required,
        }


def total(tallies: Iterable[Tally]) -> Tally:
    """Return the sum of tallies."""
    return sum(tallies, Tally())


def _percent(part: int, whole: int) -> str:
    """Return a percentage with two places, rounded down: 100.00 means every single one."""
    hundredths = part * 10_000 // whole
    return f"{hundredths // 100}.{hundredths % 100:02d}"
