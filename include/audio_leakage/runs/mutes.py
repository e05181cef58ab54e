"""The Airflow Variable ``audio_leakage_mutes``: leaks that you know of, and want no mail about for a time.

A mute keeps mails quiet and nothing else. Its leaks are judged, counted and shown like all others. Their
alerts stay pending, so the end of the mute tells them: none is lost, whatever ends it.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from audio_leakage.contacts.contact import UUID, Contact
from audio_leakage.contacts.states import FailureCause
from audio_leakage.contacts.verdict import next_look
from audio_leakage.settings import Settings
from audio_leakage.times import format_time, parse_time, shown

VARIABLE = "audio_leakage_mutes"
#: How far ahead a mute may end: one that is forgotten becomes loud.
LONGEST_MUTE = timedelta(days=31)
#: How soon a quiet leak is looked at again, so that a mute which somebody removes ends within that time.
HELD = timedelta(hours=1)
#: A subject of a mail has it, so it is ASCII.
_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
_LONGEST_REASON = 200
_A_LIST = "a JSON list of mutes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """One mute. A scope that is None covers every leak."""

    id: str
    until: datetime
    """Aware; from then on its leaks are told."""
    reason: str
    queue_id: str | None = None
    cause: FailureCause | None = None

    def covers(self, contact: Contact) -> bool:
        """Tell whether a leak is in the scope of this mute, whenever it ends."""
        return (self.queue_id is None or (contact.queue_id or "").lower() == self.queue_id) and (
            self.cause is None or contact.failure_cause is self.cause
        )

    @property
    def scope(self) -> str:
        """Which leaks it keeps quiet."""
        scopes = {"queue": self.queue_id, "cause": self.cause}
        return ", ".join(f"{name} {value}" for name, value in scopes.items() if value)

    def to_values(self) -> dict[str, str]:
        """Return it as somebody writes it into the Variable."""
        values = {
            "id": self.id,
            "queue_id": self.queue_id,
            "cause": self.cause,
            "until": format_time(self.until),
            "reason": self.reason,
        }
        return {name: str(value) for name, value in values.items() if value is not None}

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Return a mute of values that are right."""
        queue_id, cause = values.get("queue_id"), values.get("cause")
        return cls(
            id=values["id"],
            until=parse_time(values["until"]),
            reason=values["reason"],
            queue_id=queue_id.lower() if queue_id else None,
            cause=FailureCause(cause) if cause else None,
        )


@dataclass(frozen=True, slots=True)
class Mutes:
    """What the Variable says. A mute that makes no sense stops no mail; the others apply."""

    active: tuple[Mute, ...] = ()
    """Those that have not ended."""
    problem: str | None = None
    """One message that names every wrong mute and what is allowed; None if all are right."""

    def of(self, contact: Contact) -> Mute | None:
        """Return the mute that keeps a leak quiet for longest; None if it is to be told."""
        covering = (mute for mute in self.active if mute.covers(contact))
        return max(covering, key=lambda mute: mute.until, default=None)

    def ended(self, earlier: Iterable[Mute]) -> list[Mute]:
        """Return those of earlier mutes that are active no more, whether by their end or by somebody."""
        active = {mute.id for mute in self.active}
        return [mute for mute in earlier if mute.id not in active]

    @classmethod
    def from_json(cls, text: str | None, now: datetime, variable: str = VARIABLE) -> Self:
        """Read the Variable's text; None stands for a Variable that is not set.

        :param now: aware; mutes that have ended by then count no more.
        :param variable: its name, for the message.
        """
        if text is None:
            return cls()
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            return cls(problem=f"Variable '{variable}' is not JSON: {error}. Allowed is {_A_LIST}")
        if not isinstance(values, list):
            return cls(problem=f"Variable '{variable}' is {shown(values)}, allowed is {_A_LIST}")
        right: list[Mute] = []
        wrong: list[str] = []
        for place, each in enumerate(values, start=1):
            name = f"mute {shown(each['id'])}" if isinstance(each, dict) and "id" in each else f"mute {place}"
            problems = list(_wrong_with(each, [mute.id for mute in right], now + LONGEST_MUTE))
            if problems:
                wrong.append(f"{name}: {', '.join(problems)}")
            else:
                right.append(Mute.from_values(each))
        problem = f"Variable '{variable}': {'; '.join(wrong)}" if wrong else None
        return cls(tuple(mute for mute in right if mute.until > now), problem)


def read_mutes(values: object) -> tuple[Mute, ...]:
    """Return the mutes that a run has kept; what cannot be read is left out."""
    kept = []
    for each in values if isinstance(values, list) else ():
        try:
            kept.append(Mute.from_values(each))
        except (AttributeError, KeyError, TypeError, ValueError):
            continue  # somebody wrote into the Variable of ours
    return tuple(kept)


def held(contact: Contact, mute: Mute, now: datetime, settings: Settings) -> Contact:
    """Return a leak that a mute keeps quiet: its alert stays pending until the mute has ended."""
    looks = (next_look(contact, now, settings), mute.until, now + HELD)
    return replace(contact, next_check_at=min(look for look in looks if look))


def _wrong_with(values: object, earlier: Collection[str], latest: datetime) -> Iterator[str]:
    """Yield what is wrong with one mute, and what is allowed."""
    if not isinstance(values, dict):
        yield f"it is {shown(values)}, allowed is a JSON object"
        return
    yield from (
        f"{shown(key)} is unknown, allowed keys are {', '.join(_CHECKS)}"
        for key in values
        if key not in _CHECKS
    )
    for key, (is_right, allowed) in _CHECKS.items():
        if not is_right(values.get(key)):
            yield f"'{key}' is {shown(values.get(key))}, allowed is {allowed}"
    if values.get("queue_id") is None and values.get("cause") is None:
        yield "it names neither 'queue_id' nor 'cause', allowed is one of them or both"
    if values.get("id") in earlier:
        yield "its id is there twice, allowed is each id once"
    until = values.get("until")
    if _is_time(until) and parse_time(str(until)) > latest:
        yield f"'until' is {shown(until)}, allowed is at most {LONGEST_MUTE.days} days ahead"


def _is_time(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(parse_time(value))
    except ValueError:
        return False


def _is_one_line(value: object) -> bool:
    return (
        isinstance(value, str)
        and len(value) <= _LONGEST_REASON
        and bool(value.strip())
        and value.isprintable()
    )


def _fits(allowed: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and allowed.fullmatch(value) is not None


#: What each key of a mute must be.
_CHECKS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "id": (lambda value: _fits(_ID, value), "at most 64 letters, digits, '_', '.' and '-'"),
    "queue_id": (lambda value: value is None or _fits(UUID, value), "a queue's UUID"),
    "cause": (
        lambda value: value is None or value in list(FailureCause),
        f"one of {', '.join(FailureCause)}",
    ),
    "until": (_is_time, "a time with its offset from UTC, such as 2027-01-31T08:00:00+00:00"),
    "reason": (_is_one_line, f"one line of at most {_LONGEST_REASON} characters"),
}
