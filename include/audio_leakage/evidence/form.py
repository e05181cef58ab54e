"""The params of the DAG that acknowledges exceptions, checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from audio_leakage.contacts.contact import UUID
from audio_leakage.errors import WindowError
from audio_leakage.evidence.acknowledgement import AcknowledgedCause
from audio_leakage.evidence.classes import CLASSES, Severity
from audio_leakage.runs.window import named_contacts
from audio_leakage.times import shown

#: A letter prefix and a number, as the tickets of Jira and ServiceNow have it. It cannot hold a sentence.
TICKET = r"[A-Z][A-Z0-9]{0,19}(-\d{1,10}|\d{1,10})"
MOST_CONTACTS = 500
#: How long an acknowledgement may hold, as an exception of the policy may.
LONGEST = timedelta(days=400)
#: Classes that somebody can acknowledge: those of the exceptions, in the order of the table.
ACKNOWLEDGEABLE = tuple(
    str(row.contact_class) for row in CLASSES if row.severity in (Severity.WARN, Severity.ERROR)
)
_NEED_A_TICKET = (AcknowledgedCause.OTHER, AcknowledgedCause.FALSE_POSITIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgementRequest:
    """Which contacts, and what is said of them. Either ``contact_ids`` or ``day`` and ``contact_class``."""

    contact_ids: tuple[str, ...]
    day: date | None
    contact_class: str | None
    queue_id: str | None
    cause: AcknowledgedCause
    ticket: str | None
    valid_until: date | None


def request_of(params: Mapping[str, Any], today: date) -> AcknowledgementRequest:
    """Read the params of a run.

    :param params: as the form gives them; what is left empty is None.
    :param today: the UTC day of the run.
    :raises WindowError: says which param is wrong, and what is allowed.
    """
    contact_ids = named_contacts(params.get("contact_ids"), MOST_CONTACTS)
    day, contact_class = _day_in(params, "day"), params.get("class")
    if contact_ids and contact_class:
        raise WindowError("name contact_ids or class, not both")
    if not contact_ids and not (day and contact_class):
        raise WindowError("name contact_ids, or day and class")
    if contact_class is not None and contact_class not in ACKNOWLEDGEABLE:
        raise WindowError(f"class is {shown(contact_class)}; allowed are {', '.join(ACKNOWLEDGEABLE)}")
    cause = _cause_in(params)
    return AcknowledgementRequest(
        contact_ids=contact_ids,
        day=day,
        contact_class=contact_class,
        queue_id=_queue_in(params, contact_class),
        cause=cause,
        ticket=_ticket_in(params, cause),
        valid_until=_valid_until_in(params, today),
    )


def _day_in(params: Mapping[str, Any], name: str) -> date | None:
    try:
        return date.fromisoformat(params[name]) if params.get(name) else None
    except (TypeError, ValueError):
        raise WindowError(f"{name} is no day, allowed is a UTC day such as 2026-11-23") from None


def _queue_in(params: Mapping[str, Any], contact_class: object) -> str | None:
    queue_id = str(params.get("queue_id") or "").strip()
    if not queue_id:
        return None
    if contact_class is None:
        raise WindowError("queue_id narrows day and class down: name both")
    if not UUID.fullmatch(queue_id):
        raise WindowError("queue_id is no id of a queue, allowed is a UUID")
    return queue_id.lower()


def _cause_in(params: Mapping[str, Any]) -> AcknowledgedCause:
    try:
        return AcknowledgedCause(params.get("cause") or "")
    except ValueError:
        raise WindowError(
            f"cause is {shown(params.get('cause'))}; allowed are {', '.join(AcknowledgedCause)}"
        ) from None


def _ticket_in(params: Mapping[str, Any], cause: AcknowledgedCause) -> str | None:
    ticket = params.get("ticket") or None
    if ticket is None:
        if cause in _NEED_A_TICKET:
            raise WindowError(f"cause {cause} needs a ticket")
        return None
    if not (isinstance(ticket, str) and re.fullmatch(TICKET, ticket)):
        raise WindowError("ticket is none, allowed are letters and a number such as CHG-4711 or INC0012345")
    return ticket


def _valid_until_in(params: Mapping[str, Any], today: date) -> date | None:
    until = _day_in(params, "valid_until")
    if until is not None and not today <= until <= today + LONGEST:
        raise WindowError(f"valid_until must lie between today and {LONGEST.days} days from now")
    return until
