"""The Airflow Variable ``audio_leakage_policy``: which calls must be recorded.

The first rule that matches a contact holds. Where none does, the default holds. Everything but "must" is an
exception, and an exception has a reason, somebody who approved it, and an end. After its end it no longer
matches: an exception that is forgotten becomes loud, not silent.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from enum import StrEnum

from audio_leakage.population.member import Member

VARIABLE = "audio_leakage_policy"
#: How long an exception may hold.
LONGEST_EXCEPTION = timedelta(days=400)
#: How long before its end an exception is told.
TOLD_BEFORE = timedelta(days=14)


class Requirement(StrEnum):
    """What a rule says about the contacts that it matches."""

    MUST = "must"
    MAY = "may"
    MUST_NOT = "must_not"


class Default(StrEnum):
    """What holds for contacts that no rule matches."""

    MUST = "must"
    AS_FLOW = "as_flow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. A criterion that is None matches every contact."""

    id: str
    recording: Requirement
    queues: frozenset[str] | None = None
    initiation_methods: frozenset[str] | None = None
    agents: frozenset[str] | None = None
    subtypes: frozenset[str] | None = None
    max_talk_seconds: float | None = None
    reason: str | None = None
    approved_by: str | None = None
    valid_from: date | None = None
    """The first UTC day on which it holds; None: it always did."""
    valid_until: date | None = None
    """The first UTC day on which it no longer holds; None: it has no end."""

    def matches(self, member: Member) -> bool:
        """Tell whether the rule holds for a contact, on the UTC day its agent was connected."""
        return self.is_valid_on(member.connected_to_agent_timestamp.astimezone(UTC).date()) and all(
            self._criteria_of(member)
        )

    def _criteria_of(self, member: Member) -> Iterator[bool]:
        yield self.queues is None or (member.queue_id or "").lower() in self.queues
        yield self.initiation_methods is None or member.initiation_method in self.initiation_methods
        yield self.agents is None or (member.agent_id or "").lower() in self.agents
        yield self.subtypes is None or member.subtype in self.subtypes
        talked = member.talk_seconds
        yield self.max_talk_seconds is None or (talked is not None and talked <= self.max_talk_seconds)

    def is_valid_on(self, day: date) -> bool:
        """Tell whether the rule holds on a UTC day."""
        return (self.valid_from or date.min) <= day < (self.valid_until or date.max)

    @property
    def is_about_queues_alone(self) -> bool:
        """Whether every contact of its queues matches it."""
        others = (self.initiation_methods, self.agents, self.subtypes, self.max_talk_seconds)
        return all(each is None for each in others)

    def hides(self, later: "Rule") -> bool:
        """Tell whether every contact that a later rule matches is matched by this one."""
        narrower = all(
            mine is None or (other is not None and other <= mine)
            for mine, other in (
                (self.queues, later.queues),
                (self.initiation_methods, later.initiation_methods),
                (self.agents, later.agents),
                (self.subtypes, later.subtypes),
            )
        )
        shorter = self.max_talk_seconds is None or (
            later.max_talk_seconds is not None and later.max_talk_seconds <= self.max_talk_seconds
        )
        begins = (self.valid_from or date.min) <= (later.valid_from or date.min)
        ends = (self.valid_until or date.max) >= (later.valid_until or date.max)
        return narrower and shorter and begins and ends


@dataclass(frozen=True, slots=True)
class Policy:
    """Which calls must be recorded. Without the Variable, it is what each flow asked for."""

    default: Default = Default.AS_FLOW
    rules: tuple[Rule, ...] = ()
    version: str | None = None

    def rule_of(self, member: Member) -> Rule | None:
        """Return the first rule that matches a contact, or None if the default holds."""
        return next((rule for rule in self.rules if rule.matches(member)), None)

    def requirement_of(self, queue_id: str, day: date) -> Requirement | None:
        """Return what holds for calls of a queue on a UTC day, before any of them is known.

        An exception counts only if it holds for every call of the queue, because some calls may not match it.

        :param queue_id: its ID; a text that is none for a queue that nobody knows.
        :return: None if each flow decides.
        """
        for rule in self.rules:
            if not rule.is_valid_on(day) or (rule.queues and queue_id.lower() not in rule.queues):
                continue
            if rule.recording is Requirement.MUST or rule.is_about_queues_alone:
                return rule.recording
        return Requirement.MUST if self.default is Default.MUST else None

    @property
    def queues(self) -> frozenset[str]:
        """The queues that the rules name, in small letters."""
        return frozenset().union(*(rule.queues or () for rule in self.rules))

    def ending(self, today: date) -> list[Rule]:
        """Return the rules to tell of: those that end within 14 days, and those that have ended."""
        return [rule for rule in self.rules if rule.valid_until and today >= rule.valid_until - TOLD_BEFORE]
