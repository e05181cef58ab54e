"""What an alert says about several contacts: what they share, one by one, and how to check them again."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from audio_leakage.contacts.contact import Contact
from audio_leakage.runs.sender import Sender
from audio_leakage.runs.window import LONGEST, MOST_NAMED
from audio_leakage.times import format_time

#: Contacts listed per alert. The rest are counted: a person reads what they have in common first.
LISTED = 10
#: The share of contacts from which on a fact counts as common.
_COMMON = 0.8
_LONGEST_FACT = 300
_MINUTE = timedelta(minutes=1)


def in_common(contacts: Sequence[Contact]) -> list[str]:
    """Return what most of several contacts share, and between which minutes their calls began."""
    if len(contacts) < 2:
        return []
    facts: Mapping[str, list[str | None]] = {
        "queue": [contact.queue_id for contact in contacts],
        "agent": [contact.agent_id for contact in contacts],
        "cause": [contact.failure_cause for contact in contacts],
        "last error": [contact.last_error for contact in contacts],
    }
    shared = [text for name, values in facts.items() if (text := _shared(name, values))]
    minutes = sorted({_minute(moment) for moment in _begun(contacts)})
    if not minutes:
        return shared
    first, last = minutes[0], minutes[-1]
    end = "" if first == last else f" to {last[11:] if first[:10] == last[:10] else last}"
    return [*shared, f"begun {first}{end} UTC"]


def _shared(name: str, values: Sequence[str | None]) -> str | None:
    ((value, count),) = Counter(values).most_common(1)
    if value is None or count < _COMMON * len(values):
        return None
    share = "" if count == len(values) else f" ({count} of {len(values)})"
    return f"{name} {_on_one_line(value)}{share}"


def _begun(contacts: Iterable[Contact]) -> list[datetime]:
    times = (contact.connected_to_agent_timestamp or contact.initialised_at for contact in contacts)
    return [moment for moment in times if moment]


def _minute(moment: datetime) -> str:
    return format_time(moment)[:16].replace("T", " ")


def check_again(contacts: Sequence[Contact], sender: Sender) -> list[str]:
    """Return the command that looks at these contacts again: by their ids, or by the time of many calls."""
    begun = _begun(contacts)
    if len(contacts) <= LISTED or not begun or max(begun) - min(begun) >= LONGEST - _MINUTE:
        params = {"contact_ids": " ".join(contact.contact_id for contact in contacts[:MOST_NAMED])}
    else:
        first, last = min(begun).replace(second=0, microsecond=0), max(begun) + _MINUTE
        params = {"window_start": format_time(first), "window_end": format_time(last)}
    return [f"Check again: airflow dags trigger {sender.dag_id} --conf '{json.dumps(params)}'"]


def lines_of(contact: Contact, sender: Sender) -> Iterator[str]:
    """Yield the lines about one contact."""
    yield _line(contact)
    address = sender.call(contact.contact_id)
    if address:
        yield f"  {address}"


def _line(contact: Contact) -> str:
    facts = {
        "contact": contact.contact_id,
        "agent connected": contact.connected_to_agent_timestamp,
        "ended": contact.ended_at,
        "queue": contact.queue_id,
        "agent": contact.agent_id,
        "cause": contact.failure_cause,
        "talk seconds": _whole(contact.talk_seconds) if contact.warnings else None,
        "recorded seconds": _whole(contact.recording_seconds) if contact.warnings else None,
        "warnings": " ".join(contact.warnings) or None,
        "recording": contact.recording_location if contact.recorded_at else None,
        "appeared": contact.recorded_at,
        "last error": contact.last_error,
    }
    return ", ".join(
        f"{name} {format_time(fact) if isinstance(fact, datetime) else _on_one_line(fact)}"
        for name, fact in facts.items()
        if fact is not None
    )


def _whole(seconds: float | None) -> str | None:
    return None if seconds is None else str(round(seconds))


def _on_one_line(fact: str) -> str:
    """Return a fact without line breaks, cut to a length that SNS accepts."""
    return " ".join(fact.split())[:_LONGEST_FACT]
