"""The hours that a later run counts again, and what we remember for it.

An Airflow Variable keeps this. It names the contact table that it is about: for another table nothing was
counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Self

from audio_leakage.population.hour import hour_named

#: How long an hour is remembered that could not be proved.
_KEPT_FOR = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class CountedHour:
    """What a run has counted of an hour."""

    listed: int
    in_standard_queues: int | None
    """None: we could not ask which queues are standard ones."""
    unreadable: int = 0
    """How many of the listed results could not be read."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The hours to be counted again, by name."""

    hours: Mapping[str, CountedHour] = field(default_factory=dict)
    rules_told_on: date | None = None
    """The UTC day on which somebody was last told of rules that end."""
    unknown_queues: frozenset[str] = frozenset()
    """Queues of the policy that the instance does not have, and that we have told somebody about."""

    def settled(self, now: datetime, settle_after: timedelta) -> list[str]:
        """Return the hours that ended long enough ago to be counted again, the earliest first."""
        return [name for name in sorted(self.hours) if hour_named(name).end + settle_after <= now]

    def with_hour(self, name: str, counted: CountedHour, now: datetime) -> Self:
        """Return this with one more hour, and without those that are too old."""
        kept = {each: value for each, value in self.hours.items() if hour_named(each).end + _KEPT_FOR > now}
        return replace(self, hours={**kept, name: counted})

    def without(self, name: str) -> Self:
        """Return this without an hour, which is proved."""
        return replace(self, hours={each: value for each, value in self.hours.items() if each != name})

    def to_values(self, table: str) -> dict[str, Any]:
        """Return the values to keep.

        :param table: the contact table they are about.
        """
        hours = {
            name: [each.listed, each.in_standard_queues, each.unreadable]
            for name, each in sorted(self.hours.items())
        }
        told = {"RulesToldOn": self.rules_told_on.isoformat()} if self.rules_told_on else {}
        unknown = {"UnknownQueues": sorted(self.unknown_queues)} if self.unknown_queues else {}
        return {"Table": table, "Hours": hours, **told, **unknown}

    @classmethod
    def from_values(cls, values: Mapping[str, Any], table: str) -> Self:
        """Read what was kept. Values that cannot be read count as not kept."""
        if values.get("Table") != table:
            return cls()
        try:
            hours = {
                str(name): CountedHour(
                    int(listed), None if standard is None else int(standard), *map(int, unreadable)
                )
                for name, (listed, standard, *unreadable) in values.get("Hours", {}).items()
            }
            for name in hours:
                hour_named(name)  # raises if it is none
            told = values.get("RulesToldOn")
            unknown = frozenset(map(str, values.get("UnknownQueues", ())))
            return cls(hours, date.fromisoformat(told) if told else None, unknown)
        except (AttributeError, TypeError, ValueError):
            return cls()
