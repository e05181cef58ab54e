"""The Airflow Variable ``audio_leakage_policy``: which calls must be recorded.

The first rule that matches a contact holds. Where none does, the default holds. Everything but "must" is an
exception, and an exception has a reason, somebody who approved it, and an end. After its end it no longer
matches: an exception that is forgotten becomes loud, not silent.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from audio_leakage.errors import SettingsError
from audio_leakage.population.member import Member
from audio_leakage.times import shown

VARIABLE = "audio_leakage_policy"
#: How long an exception may hold.
LONGEST_EXCEPTION = timedelta(days=400)
#: How long before its end an exception is told.
TOLD_BEFORE = timedelta(days=14)
_ID = re.compile(r"[\w.-]{1,64}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_WORD = re.compile(r"[\w:.-]{1,64}")
_LISTS = {"queues": _UUID, "initiation_methods": _WORD, "agents": _UUID, "subtypes": _WORD}
_TEXTS = ("reason", "approved_by")
_DATES = ("valid_from", "valid_until")
_RULE_KEYS = ("id", *_LISTS, "max_talk_seconds", "recording", *_TEXTS, *_DATES)
_LONGEST_TEXT = 200


class Recording(StrEnum):
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
    recording: Recording
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

    @property
    def queues(self) -> frozenset[str]:
        """The queues that the rules name, in small letters."""
        return frozenset().union(*(rule.queues or () for rule in self.rules))

    def ending(self, today: date) -> list[Rule]:
        """Return the rules to tell of: those that end within 14 days, and those that have ended."""
        return [rule for rule in self.rules if rule.valid_until and today >= rule.valid_until - TOLD_BEFORE]

    @classmethod
    def from_json(cls, text: str | None, today: date, variable: str = VARIABLE) -> Self:
        """Read the Variable's text; None stands for a Variable that is not set.

        :param today: the UTC day, for exceptions without a first day.
        :param variable: its name, for the message.
        :raises SettingsError: one message that names every wrong rule and what is allowed.
        """
        if text is None:
            return cls()
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise SettingsError(f"Variable '{variable}' is not JSON: {error}") from None
        if not isinstance(values, dict):
            raise SettingsError(
                f"Variable '{variable}' is not a JSON object: allowed keys are {_POLICY_KEYS}"
            )
        reader = _Reader(today)
        policy = reader.policy(values)
        if reader.wrong:
            raise SettingsError(f"Variable '{variable}': {'; '.join(reader.wrong)}")
        return cls(policy.default, policy.rules, policy.version)


_POLICY_KEYS = "version, default, rules"


@dataclass
class _Reader:
    """Reads a policy and gathers everything that is wrong with it."""

    today: date
    wrong: list[str] = field(default_factory=list)

    def policy(self, values: Mapping[str, Any]) -> Policy:
        self._unknown("", values, ("version", "default", "rules"))
        version = values.get("version")
        if version is not None and not _is_text(version):
            self._say("", "version", version, "a text, such as a date")
        default = values.get("default", Default.AS_FLOW)
        if default not in list(Default):
            self._say("", "default", default, "'must' or 'as_flow'")
        rules = values.get("rules", [])
        if not isinstance(rules, list):
            self._say("", "rules", rules, "a list of rules")
            rules = []
        read = [self._rule(place, rule) for place, rule in enumerate(rules, start=1)]
        if self.wrong:
            return Policy()
        self._overlaps([rule for rule in read if rule])
        return Policy(Default(default), tuple(filter(None, read)), version)

    def _rule(self, place: int, values: Any) -> Rule | None:  # noqa: ANN401  # JSON
        if not isinstance(values, dict):
            self.wrong.append(f"rule {place} is {shown(values)}, allowed is a JSON object")
            return None
        name = values.get("id")
        if not isinstance(name, str) or not _ID.fullmatch(name):
            self.wrong.append(
                f"rule {place}: 'id' is {shown(name)}, allowed are letters, digits, '_', '.' and '-'"
            )
            return None
        before, rule = len(self.wrong), f"rule '{name}': "
        self._unknown(rule, values, _RULE_KEYS)
        recording = values.get("recording")
        if recording not in list(Recording):
            self._say(rule, "recording", recording, "'must', 'may' or 'must_not'")
        lists = {key: self._list(rule, key, values.get(key)) for key in _LISTS}
        dates = {key: self._date(rule, key, values.get(key)) for key in _DATES}
        self._simple_values(rule, values)
        if recording != Recording.MUST:
            self._exception(rule, values, dates)
        if len(self.wrong) > before:
            return None
        return Rule(
            id=name,
            recording=Recording(str(recording)),
            max_talk_seconds=values.get("max_talk_seconds"),
            queues=lists["queues"],
            initiation_methods=lists["initiation_methods"],
            agents=lists["agents"],
            subtypes=lists["subtypes"],
            reason=values.get("reason"),
            approved_by=values.get("approved_by"),
            valid_from=dates["valid_from"],
            valid_until=dates["valid_until"],
        )

    def _simple_values(self, rule: str, values: Mapping[str, Any]) -> None:
        longest = values.get("max_talk_seconds")
        if longest is not None and not _is_positive(longest):
            self._say(rule, "max_talk_seconds", longest, "a number above 0")
        for key in _TEXTS:
            if values.get(key) is not None and not _is_text(values[key]):
                self._say(rule, key, values[key], f"a text of at most {_LONGEST_TEXT} characters")

    def _exception(self, rule: str, values: Mapping[str, Any], dates: Mapping[str, date | None]) -> None:
        """Check what every rule needs that does not say "must"."""
        self.wrong += [
            f"{rule}'{key}' is missing, every rule but 'must' needs it"
            for key in (*_TEXTS, "valid_until")
            if values.get(key) is None
        ]
        begins, ends = dates["valid_from"], dates["valid_until"]
        if begins and ends and ends <= begins:
            self.wrong.append(f"{rule}'valid_until' is {ends}, allowed is a day after 'valid_from', {begins}")
        if ends and ends > (begins or self.today) + LONGEST_EXCEPTION:
            since = "'valid_from'" if begins else "today"
            self.wrong.append(
                f"{rule}'valid_until' is {ends}, allowed is at most {LONGEST_EXCEPTION.days} days "
                f"after {since}"
            )

    def _list(self, rule: str, key: str, value: Any) -> frozenset[str] | None:  # noqa: ANN401  # JSON
        if value is None:
            return None
        allowed = _LISTS[key]
        if not (isinstance(value, list) and value and all(_fits(allowed, each) for each in value)):
            what = "UUIDs" if allowed is _UUID else "words"
            self._say(rule, key, value, f"a list of {what}, at least one")
            return None
        return frozenset(each.lower() if allowed is _UUID else each for each in value)

    def _date(self, rule: str, key: str, value: Any) -> date | None:  # noqa: ANN401  # JSON
        try:
            return None if value is None else datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC).date()
        except (TypeError, ValueError):
            self._say(rule, key, value, "a day such as 2027-01-01")
            return None

    def _overlaps(self, rules: list[Rule]) -> None:
        for place, rule in enumerate(rules):
            for earlier in rules[:place]:
                if earlier.id == rule.id:
                    self.wrong.append(f"rule '{rule.id}' is there twice, allowed is each id once")
                elif earlier.hides(rule):
                    self.wrong.append(
                        f"rule '{rule.id}' never matches: rule '{earlier.id}' before it matches all "
                        "its contacts"
                    )

    def _unknown(self, rule: str, values: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
        self.wrong += [
            f"{rule}{shown(key)} is unknown, allowed keys are {', '.join(allowed)}"
            for key in values
            if key not in allowed
        ]

    def _say(self, rule: str, key: str, value: object, allowed: str) -> None:
        self.wrong.append(f"{rule}'{key}' is {shown(value)}, allowed is {allowed}")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_TEXT and value.isprintable()


def _is_positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf")


def _fits(allowed: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and allowed.fullmatch(value) is not None
