"""Compare what was read of the configuration with the rules and with the last evidence."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from audio_leakage.configuration.rules import OF_THE_DAY, ConfigurationObject, Facts, wrong_with
from audio_leakage.settings import Settings


class CheckResult(StrEnum):
    """How an object of the configuration is."""

    OK = "ok"
    CHANGED = "changed"
    WRONG = "wrong"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True)
class Reading:
    """One object as we read it: its facts, or why there are none."""

    facts: Facts | None = None
    is_missing: bool = False
    """Whether there is no such thing in AWS."""
    reason: str = ""
    """Why there are no facts, and what to grant, create or correct."""


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one object."""

    object: ConfigurationObject
    result: CheckResult
    reason: str = ""
    """What is wrong, what has changed, or what to grant."""
    facts: Facts | None = None
    """As we read them. If the object was not checked, as we last saw them."""

    def to_json(self) -> Mapping[str, Any]:
        """Return the result as ``configuration.json`` has it."""
        return {"facts": self.facts, "reason": self.reason, "result": str(self.result)}


def check(name: ConfigurationObject, reading: Reading, before: Facts | None, settings: Settings) -> Check:
    """Return the result of one object.

    :param reading: what was read of it.
    :param before: its facts in the last evidence; None if there are none, so the rules alone apply.
    """
    now = reading.facts
    if now is None:
        result = CheckResult.WRONG if reading.is_missing else CheckResult.NOT_CHECKED
        return Check(name, result, reading.reason, before)
    wrong = wrong_with(name, now, before, settings)
    if wrong:
        return Check(name, CheckResult.WRONG, wrong, now)
    if before is None or now == before or name in OF_THE_DAY:
        return Check(name, CheckResult.OK, facts=now)
    changed = sorted(each for each in {*now, *before} if now.get(each) != before.get(each))
    return Check(name, CheckResult.CHANGED, f"other than in the last evidence: {', '.join(changed)}", now)


def document_of(checks: Iterable[Check], as_of: str) -> Mapping[str, Any]:
    """Return the results as they are kept.

    :param as_of: when we read the configuration. It says nothing about any earlier moment.
    """
    return {"as_of": as_of, "objects": {str(each.object): each.to_json() for each in checks}}


def facts_of(document: Mapping[str, Any]) -> Mapping[str, Facts]:
    """Return the facts of each object in a document that was kept, where there are any."""
    return {name: each["facts"] for name, each in document["objects"].items() if each["facts"] is not None}


def wrong_in(document: Mapping[str, Any]) -> Mapping[str, str]:
    """Return what is wrong with each object in a document that was kept."""
    return {
        name: each["reason"]
        for name, each in document["objects"].items()
        if each["result"] == CheckResult.WRONG
    }


def counts_of(document: Mapping[str, Any]) -> Mapping[str, int]:
    """Return how many objects have each result."""
    counts = Counter(each["result"] for each in document["objects"].values())
    return {str(result): counts[result] for result in CheckResult}
