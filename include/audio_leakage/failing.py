"""Contacts whose look failed: tried again, ever more rarely, told once, and never in the way of another."""

import logging
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock

from audio_leakage.alerts import AlertKind, alert_of
from audio_leakage.contact import Contact
from audio_leakage.errors import AwsError
from audio_leakage.follow import NEXT_RUN
from audio_leakage.run import Run

log = logging.getLogger(__name__)

_TRIES_AT_ONCE = 3
_BEHIND_ALL_OTHERS = timedelta(milliseconds=1)
_ONE_DAY = timedelta(days=1)


def put_off(contact: Contact, error: Exception, now: datetime, in_outage: bool) -> Contact:
    """Return a contact whose look failed: behind all others that are due, and soon more and more rarely due.

    It stays due for the retries of its task: what nobody could look at must not pass for nothing to do.

    :param in_outage: whether it failed with most of the others: that says little about it, so it does not
        become rarer for it.
    """
    before = contact.attempts or 0
    attempts = before if in_outage and before >= _TRIES_AT_ONCE else before + 1
    return replace(
        contact, attempts=attempts, last_error=str(error)[:200], next_check_at=now + _pause(attempts)
    )


def is_set_aside(contact: Contact) -> bool:
    """Tell whether a contact is looked at more and more rarely, until a look succeeds."""
    return (contact.attempts or 0) > _TRIES_AT_ONCE


@dataclass
class Failing:
    """The contacts of one task whose look failed."""

    run: Run
    _failed: list[tuple[Contact, Exception]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def add(self, contact: Contact, error: Exception) -> None:
        """Keep a contact for :meth:`put_back`."""
        if contact.next_check_at is not None:  # else only a backfill looks at it
            with self._lock:
                self._failed.append((contact, error))

    def put_back(self, *, in_outage: bool) -> AwsError | None:
        """Put all of them off; of those that are set aside somebody hears first, or they keep their place.

        :param in_outage: whether AWS failed more contacts than it answered for.
        :return: why somebody could not be told.
        """
        with self._lock:
            failed, self._failed = self._failed, []
        moves = [
            (contact, put_off(contact, error, self.run.now, in_outage and isinstance(error, AwsError)))
            for contact, error in failed
        ]
        news = [after for before, after in moves if is_set_aside(after) and not is_set_aside(before)]
        trouble = self._tell(news) if news else None
        if trouble:
            moves = [(before, after) for before, after in moves if after not in news]
        self.run.side_by_side(self._save, moves)
        return trouble

    def _tell(self, news: list[Contact]) -> AwsError | None:
        try:
            self.run.tell(alert_of(AlertKind.SET_ASIDE, news, self.run.settings.connect_instance_id))
        except AwsError as error:
            log.warning("%d contacts keep their place until somebody was told: %s", len(news), error)
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
    doublings = min(attempts - _TRIES_AT_ONCE - 1, 16)  # more would leave what a timedelta can hold
    return min(NEXT_RUN * 2.0**doublings, _ONE_DAY)
