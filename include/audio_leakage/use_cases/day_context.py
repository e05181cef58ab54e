"""What the tasks of the daily DAG work with: settings, policy, ports and the day."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self

from audio_leakage.configuration.ports import Configuration
from audio_leakage.contacts.recording import RecordingStorage
from audio_leakage.evidence.files import Json
from audio_leakage.evidence.ports import EvidenceStore
from audio_leakage.flow_audit.ports import PublishedFlows
from audio_leakage.population.context import HourContext
from audio_leakage.population.policy import Policy
from audio_leakage.ports import AlertTopic, Connect, ContactTable, Metrics, RecordingBucket
from audio_leakage.runs.metrics import publish as publish_metrics
from audio_leakage.runs.sender import Sender
from audio_leakage.runs.window import Window
from audio_leakage.settings import Settings
from audio_leakage.use_cases.evidence_chain import Chain

DAY = timedelta(days=1)
#: The schedule writes the evidence of a day this long after its end.
WRITTEN_AFTER = timedelta(hours=6, minutes=40)


@dataclass(kw_only=True)
class DayContext:
    """One task's part of a daily run. Nothing is asked of AWS before it is needed."""

    settings: Settings
    policy: Policy
    policy_document: Json | None
    """The policy as it is set."""
    day: date
    """The UTC day that is proved."""
    now: datetime
    connect: Connect
    bucket: RecordingBucket
    storage: Callable[[], RecordingStorage]
    contacts: ContactTable
    configuration: Configuration
    flows: PublishedFlows
    store: EvidenceStore
    chain: Chain
    alert_topic: AlertTopic
    metrics: Metrics
    hour_context: Callable[[Window], HourContext]
    """Returns what ``take_population`` works with, for one hour."""
    sender: Sender
    producer: Json = field(default_factory=dict)
    is_backfill: bool = False
    """Whether many runs may be at work side by side."""
    is_scheduled: bool = True
    """Whether the run looks at earlier days again: a backfill and a day named by hand do not."""

    def publish_metrics(self, **values: float) -> None:
        """Publish metrics if this is the scheduled run about yesterday. A metric describes the present."""
        if self.is_scheduled and self.now < self.end + DAY:
            publish_metrics(self.metrics, self.settings.contact_table, values)

    @property
    def start(self) -> datetime:
        """When the day begins."""
        return datetime.combine(self.day, time.min, UTC)

    @property
    def end(self) -> datetime:
        """When the day is over."""
        return self.start + DAY

    @property
    def is_final(self) -> bool:
        """Whether ``recheck_days`` are over, so that no verdict of the day waits for a recording."""
        return self.now >= self.end + self.settings.recheck_for

    @property
    def hours(self) -> list[Window]:
        """The hours of the day."""
        starts = [self.start + timedelta(hours=hour) for hour in range(24)]
        return [Window(start, start + timedelta(hours=1)) for start in starts]

    @property
    def earlier_days(self) -> list[Self]:
        """The earlier days that the run looks at again and that have evidence.

        With ``settle_hours`` above 6, a day has not settled when its own run proves it. It has when a later
        run looks at it again.
        """
        return [self._earlier(days) for days in self._days_later() if self._earlier(days).has_evidence]

    @property
    def days_without_evidence(self) -> list[date]:
        """The days that should have evidence by now and have none, in order.

        We look at the days before this one up to the one that becomes final, and at those that are verified
        again. A killed run may have left a day half proved. If this run looks at it again, it proves the day,
        so we leave it out. Days before the first link do not count, because nobody wanted evidence then.
        """
        first = self.chain.first_day() if self.is_scheduled else None
        if first is None:
            return []
        again = {each.day: each.has_evidence for each in map(self._earlier, self._days_later())}
        others = {self._earlier(days).day for days in range(1, self._final_after)} - again.keys()
        proved = self.chain.days_proved_since(min(others, default=self.day))
        missing = {day for day, has_evidence in again.items() if not has_evidence} | (others - proved)
        return sorted(day for day in missing if day >= first)

    @property
    def _final_after(self) -> int:
        return self.settings.recheck_for // DAY + 1

    def _days_later(self) -> list[int]:
        """Return how many days later a day is looked at again."""
        if not self.is_scheduled:
            return []
        settled_after = -((WRITTEN_AFTER - self.settings.settle_after) // DAY)
        days = [settled_after, self._final_after, *self.settings.reverify_after_days]
        return [each for each in dict.fromkeys(days) if each > 0]

    def _earlier(self, days: int) -> Self:
        return replace(self, day=self.day - timedelta(days=days))

    @property
    def has_evidence(self) -> bool:
        """Whether a revision of the day was begun."""
        return any(True for _ in self.store.keys(f"day={self.day.isoformat()}/"))


class HeldParts:
    """The parts of an hour's population, kept by this task alone."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def of_earlier_tries(self) -> list[str]:
        """Return nothing: whole hours are kept in the evidence bucket."""
        return []

    def keep(self, place: int, part: str) -> None:
        """Keep one part."""
        del self._parts[place:]
        self._parts.append(part)

    def taken(self) -> Iterator[str]:
        """Yield the parts."""
        return iter(self._parts)


class NoCountedHours:
    """Remembers nothing: a day is proved after all its hours have settled."""

    def read(self) -> Mapping[str, Any]:
        """Return nothing."""
        return {}

    def change(self, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
        """Change nothing."""
