"""The text of the policy's Variable: read whole, or refused with everything that is wrong with it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from audio_leakage.contacts.contact import UUID
from audio_leakage.errors import SettingsError
from audio_leakage.population.policy import LONGEST_EXCEPTION, VARIABLE, Default, Policy, Requirement, Rule
from audio_leakage.times import shown

_ID = re.compile(r"[\w.-]{1,64}")
_WORD = re.compile(r"[\w:.-]{1,64}")
_LISTS = {"queues": UUID, "initiation_methods": _WORD, "agents": UUID, "subtypes": _WORD}
_TEXTS = ("reason", "approved_by")
_DATES = ("valid_from", "valid_until")
_RULE_KEYS = ("id", *_LISTS, "max_talk_seconds", "recording", *_TEXTS, *_DATES)
_LONGEST_TEXT = 200
_POLICY_KEYS = ("version", "default", "rules")


def read_policy(text: str | None, today: date, variable: str = VARIABLE) -> Policy:
    """Read the Variable's text.

    :param text: None for a Variable that is not set: then each flow decides.
    :param today: the UTC day, for exceptions without a first day.
    :param variable: its name, for the message.
    :raises SettingsError: one message that names every wrong rule and what is allowed.
    """
    if text is None:
        return Policy()
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"Variable '{variable}' is not JSON: {error}") from None
    if not isinstance(values, dict):
        raise SettingsError(
            f"Variable '{variable}' is not a JSON object: allowed keys are {', '.join(_POLICY_KEYS)}"
        )
    reader = _Reader(today)
    policy = reader.policy(values)
    if reader.wrong:
        raise SettingsError(f"Variable '{variable}': {'; '.join(reader.wrong)}")
    return policy


@dataclass
class _Reader:
    """Reads a policy and gathers everything that is wrong with it."""

    today: date
    wrong: list[str] = field(default_factory=list)

    def policy(self, values: Mapping[str, Any]) -> Policy:
        self._unknown("", values, _POLICY_KEYS)
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
        if recording not in list(Requirement):
            self._say(rule, "recording", recording, "'must', 'may' or 'must_not'")
        lists = {key: self._list(rule, key, values.get(key)) for key in _LISTS}
        dates = {key: self._date(rule, key, values.get(key)) for key in _DATES}
        self._simple_values(rule, values)
        if recording != Requirement.MUST:
            self._exception(rule, values, dates)
        if len(self.wrong) > before:
            return None
        return Rule(
            id=name,
            recording=Requirement(str(recording)),
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
            what = "UUIDs" if allowed is UUID else "words"
            self._say(rule, key, value, f"a list of {what}, at least one")
            return None
        return frozenset(each.lower() if allowed is UUID else each for each in value)

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
