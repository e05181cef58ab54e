"""Back off from contacts that keep failing.

A contact whose check fails moves behind all other due contacts. After four failures in a row it is *set
aside*: we alert once and retry after 4, 8, 16 … minutes, up to once a day.
"""

import logging
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.follow import NEXT_RUN
from audio_leakage.errors import AwsError
from audio_leakage.runs.alerts import AlertKind, alert_of
from audio_leakage.runs.context import RunContext

log = logging.getLogger(__name__)

_TRIES_AT_ONCE = 3
_BEHIND_ALL_OTHERS = timedelta(milliseconds=1)
_ONE_DAY = timedelta(days=1)


def put_off(contact: Contact, error: Exception, now: datetime, in_outage: bool) -> Contact:
    """Return the contact with one more failed attempt and a later next check.

    It stays due for the task's own retries, so that a contact nobody could check never looks finished.

    :param in_outage: AWS failed for most contacts of this task. That says little about this one, so its retry
        interval does not grow.
    """
    before = contact.attempts or 0
    attempts = before if in_outage and before >= _TRIES_AT_ONCE else before + 1
    return replace(
        contact, attempts=attempts, last_error=str(error)[:200], next_check_at=now + _pause(attempts)
    )


def is_set_aside(contact: Contact) -> bool:
    """Tell whether a contact is checked less and less often until a check succeeds."""
    return (contact.attempts or 0) > _TRIES_AT_ONCE


@dataclass
class Backoff:
    """The contacts of one task whose check failed."""

    run: RunContext
    _failed: list[tuple[Contact, Exception]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def add(self, contact: Contact, error: Exception) -> None:
        """Keep a contact for :meth:`flush`, unless only a backfill looks at it."""
        if contact.next_check_at is not None:
            with self._lock:
                self._failed.append((contact, error))

    def flush(self, *, in_outage: bool) -> AwsError | None:
        """Put off every contact that was kept.

        A contact is set aside only once the alert about it is published. Until then it keeps its place.

        :param in_outage: whether AWS failed for more contacts than it answered for.
        :return: why the alert could not be published; None if it was, or if there was none.
        """
        with self._lock:
            failed, self._failed = self._failed, []
        moves = [
            (contact, put_off(contact, error, self.run.now, in_outage and isinstance(error, AwsError)))
            for contact, error in failed
        ]
        set_aside = [after for before, after in moves if is_set_aside(after) and not is_set_aside(before)]
        error = self._tell(set_aside) if set_aside else None
        if error:
            moves = [(before, after) for before, after in moves if after not in set_aside]
        self.run.side_by_side(self._save, moves)
        return error

    def _tell(self, contacts: list[Contact]) -> AwsError | None:
        try:
            self.run.tell(alert_of(AlertKind.SET_ASIDE, contacts, self.run.sender))
        except AwsError as error:
            log.warning("%d contacts keep their place until the alert is out: %s", len(contacts), error)
            return error
        return None

    def _save(self, move: tuple[Contact, Contact]) -> None:
        before, after = move
        try:
            self.run.save(before, after)
        except AwsError as error:
            log.warning("contact %s keeps its place: %s", before.contact_id, error)


def _pause(attempts: int) -> timedelta:
    if attempts <= _TRIES_AT_ONCE:
        return _BEHIND_ALL_OTHERS
    doublings = min(attempts - _TRIES_AT_ONCE - 1, 16)  # more would not fit into a timedelta
    return min(NEXT_RUN * 2.0**doublings, _ONE_DAY)
