"""One setting of a Variable: how it is declared, and what is said about a wrong one.

A setting is a field of a dataclass. Its metadata has ``check``, which tells whether a value is allowed, and
``allowed``, which says what is.
"""

import re
from collections.abc import Mapping
from dataclasses import MISSING, field, fields
from difflib import get_close_matches
from typing import Any

from audio_leakage.times import shown

_MOST_DAYS = 10
_MOST_NOTIFIERS = 5
_NOTIFIER = re.compile(r"airflow\.providers(\.[a-z][a-z0-9_]*)+\.notifications(\.[a-z][a-z0-9_]*)*\.[A-Z]\w*")


def text(pattern: str, allowed: str, **default: str | None) -> Any:  # noqa: ANN401  # as dataclasses.field
    """Return a setting whose whole text matches a pattern."""

    def check(value: object) -> bool:
        return isinstance(value, str) and re.fullmatch(pattern, value) is not None

    return field(metadata={"check": check, "allowed": allowed}, **default)  # type: ignore[call-overload]


def number(low: float, high: float, default: float | None) -> Any:  # noqa: ANN401  # as dataclasses.field
    """Return a setting that is a number within bounds."""

    def check(value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return low <= value <= high  # which NaN is not

    return field(default=default, metadata={"check": check, "allowed": f"a number from {low:g} to {high:g}"})


def days(default: tuple[int, ...]) -> Any:  # noqa: ANN401  # as dataclasses.field
    """Return a setting that is a list of numbers of days."""

    def check(value: object) -> bool:
        given: list[Any] = value if isinstance(value, list) and len(value) <= _MOST_DAYS else [None]
        are_whole = all(isinstance(each, int) and not isinstance(each, bool) for each in given)
        return are_whole and all(1 <= each <= 700 for each in given)

    allowed = f"a list of at most {_MOST_DAYS} whole numbers from 1 to 700"
    return field(default=default, metadata={"check": check, "allowed": allowed})


def notifiers() -> Any:  # noqa: ANN401  # as dataclasses.field
    """Return a setting that is a list of Airflow notifiers with their arguments."""

    def is_notifier(value: object) -> bool:
        if not isinstance(value, dict) or not {"notifier"} <= value.keys() <= {"notifier", "arguments"}:
            return False
        name, arguments = value["notifier"], value.get("arguments", {})
        return isinstance(name, str) and bool(_NOTIFIER.fullmatch(name)) and isinstance(arguments, dict)

    def check(value: object) -> bool:
        return isinstance(value, list) and len(value) <= _MOST_NOTIFIERS and all(map(is_notifier, value))

    allowed = (
        f"a list of at most {_MOST_NOTIFIERS} objects with 'notifier', a class of airflow.providers, and "
        "'arguments', an object"
    )
    return field(default=(), metadata={"check": check, "allowed": allowed})


def wrong_keys(kind: type[Any], values: Mapping[str, object]) -> list[str]:
    """Return what is wrong with the keys of a Variable, a sentence each.

    :param kind: the dataclass of its settings.
    """
    known = {setting.name: setting for setting in fields(kind)}
    unknown = [f"{shown(key)} is unknown{_meant(kind, key)}" for key in values if key not in known]
    if unknown:
        unknown[-1] += f", allowed keys are {keys_of(kind)}"
    missing = [
        f"'{name}' is missing, it must be {setting.metadata['allowed']}"
        for name, setting in known.items()
        if setting.default is MISSING and values.get(name) is None
    ]
    return unknown + missing


def wrong_values(kind: type[Any], values: Mapping[str, object]) -> list[str]:
    """Return what is wrong with the values of a Variable, a sentence each."""
    return [
        f"'{setting.name}' is {shown(values[setting.name])}, allowed is {setting.metadata['allowed']}"
        for setting in fields(kind)
        if values.get(setting.name) is not None and not setting.metadata["check"](values[setting.name])
    ]


def _meant(kind: type[Any], key: str) -> str:
    """Return the question that helps with a typo."""
    near = get_close_matches(key.strip().lower(), [setting.name for setting in fields(kind)], n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""


def keys_of(kind: type[Any]) -> str:
    """Return the keys that a Variable may have."""
    return ", ".join(setting.name for setting in fields(kind))
