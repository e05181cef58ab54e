"""The loop that the use cases share: many contacts side by side, and none of them stops the others."""

import logging
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from threading import Lock

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.states import ClosedReason
from audio_leakage.errors import (
    AwsError,
    InvalidContact,
    ServiceUnavailable,
    SetupError,
    UnexpectedError,
)
from audio_leakage.ports import Item
from audio_leakage.runs.backoff import Backoff
from audio_leakage.runs.context import RunContext
from audio_leakage.runs.metrics import publish_metrics
from audio_leakage.runs.unknown_contacts import trouble_with_unknown

log = logging.getLogger(__name__)

#: Works on one contact and returns its outcome, the word to count; None if there is nothing to count.
Step = Callable[[Contact], str | None]
#: Prepares a batch of contacts before their steps.
Prepare = Callable[[Sequence[Contact]], None]

#: Failed requests in a row after which a task stops: the next one would fail, too.
_GIVE_UP_AFTER = 5
#: Contacts in memory at a time.
_BATCH = 2000


@dataclass
class Sweep:
    """One task's way through its contacts. It counts outcomes and keeps errors for the end."""

    run: RunContext
    counts: Counter[str] = field(default_factory=Counter)
    """Contacts by outcome; each contact has one."""
    extra: Counter[str] = field(default_factory=Counter)
    """What else is worth counting about some of them."""
    _errors: list[AwsError] = field(default_factory=list)
    _backoff: Backoff = field(init=False)
    _mistake: UnexpectedError | None = None
    _looked_at: int = 0
    _in_a_row: int = 0
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        """Start without failed contacts."""
        self._backoff = Backoff(self.run)

    def each(self, items: Iterable[Item], step: Step, prepare: Prepare | None = None) -> None:
        """Take one step with each contact, as many side by side as the run allows.

        A contact whose step fails moves behind all other due contacts, and further each time. It is tried
        again and never keeps the others from their turn.

        :param items: what the table gave, the longest due first. When the time is up, the rest is counted as
            ``left_for_next_run``.
        :param prepare: does what can be done for a whole batch. When it fails, the steps do without.
        """
        rest = iter(items)
        while not self.must_stop and (batch := list(islice(rest, _BATCH))):
            contacts = [contact for item in batch if (contact := self.readable(item))]
            if prepare:
                self._prepare(prepare, contacts)
            self.run.side_by_side(partial(self._take_turn, step), contacts)
            self._flush()
        self._count("left_for_next_run", sum(1 for _ in rest))

    def add(self, name: str) -> None:
        """Count something about a contact beside its outcome."""
        with self._lock:
            self.extra[name] += 1

    def attempt(self, step: Step, contact: Contact) -> None:
        """Take a step with a contact and count the outcome."""
        try:
            outcome = step(contact)
        except InvalidContact as error:
            log.warning("contact %s put off: %s", contact.contact_id, error)
            self._fail("put_off", contact, error)
        except AwsError as error:
            log.warning("contact %s stays due: %s", contact.contact_id, error)
            self.keep_error(error)
            self._fail("unavailable", contact, error)
        except Exception as error:  # noqa: BLE001  # our mistake over one contact costs no other its turn
            self._mistake = UnexpectedError(f"{type(error).__name__}, see the task's log")
            # The place, and not the text, which may quote what somebody sent.
            log.error("contact %s put off: %s\n%s", contact.contact_id, type(error).__name__, _where(error))  # noqa: TRY400
            self._fail("put_off", contact, self._mistake)
        else:
            self._count(outcome)
            with self._lock:
                self._looked_at += 1
                self._in_a_row = 0

    def readable(self, item: Item) -> Contact | None:
        """Return the contact of an item; count one that cannot be read and leave it alone."""
        try:
            return Contact.from_item(item)
        except InvalidContact as error:
            log.warning("contact %.40r left alone: %s", item.get("ContactId"), error)
            self._count("unreadable")
            return None

    @property
    def must_stop(self) -> bool:
        """Whether the time is up, or AWS gives no usable answers."""
        return self._in_a_row >= _GIVE_UP_AFTER or self.run.out_of_time

    def keep_error(self, error: AwsError) -> None:
        """Keep an error for :meth:`result`."""
        with self._lock:
            self._errors.append(error)
            self._in_a_row += 1

    def result(self) -> dict[str, int]:
        """Return how many contacts were ``due``, and how many had each outcome.

        :raises SetupError: when something was denied or missing on the way.
        :raises ServiceUnavailable: when there was work and none of it could be done.
        :raises UnexpectedError: when a mistake of ours kept everything from being done.
        """
        self._flush()
        closed = {str(reason): self.counts[reason] for reason in ClosedReason if self.counts[reason]}
        if closed:
            publish_metrics(self.run, closed=closed)
        if self.counts["unavailable"]:  # they moved to the back, so OldestDueMinutes does not show them
            publish_metrics(self.run, Unavailable=self.counts["unavailable"])
        if error := trouble_with_unknown(self.run):
            self._errors.append(error)
        setup = next((error for error in self._errors if isinstance(error, SetupError)), None)
        if setup:
            raise setup
        due = self.counts.total()
        untouched = self.counts["left_for_next_run"] + self.counts["unavailable"]
        if self._errors and due == untouched:
            raise ServiceUnavailable(f"none of {due} due contacts could be looked at: {self._errors[0]}")
        if self._mistake and not self._looked_at:
            raise self._mistake
        return {"due": due, **(+self.counts), **(+self.extra)}

    def _take_turn(self, step: Step, contact: Contact) -> None:
        if self.must_stop:
            self._count("left_for_next_run")
        else:
            self.attempt(step, contact)

    def _count(self, outcome: str | None, contacts: int = 1) -> None:
        if outcome and contacts:
            with self._lock:
                self.counts[outcome] += contacts

    def _prepare(self, prepare: Prepare, contacts: Sequence[Contact]) -> None:
        try:
            prepare(contacts)
        except (AwsError, InvalidContact) as error:
            log.warning("%d contacts go one by one: %s", len(contacts), error)

    def _fail(self, outcome: str, contact: Contact, error: Exception) -> None:
        self._count(outcome)
        self._backoff.add(contact, error)

    def _flush(self) -> None:
        error = self._backoff.flush(in_outage=self.counts["unavailable"] > self._looked_at)
        if error:
            self.keep_error(error)


def sweep(
    run: RunContext, items: Iterable[Item], step: Step, prepare: Prepare | None = None
) -> dict[str, int]:
    """Take one step with each item's contact and return the counts; see :class:`Sweep`."""
    whole = Sweep(run)
    whole.each(items, step, prepare)
    return whole.result()


def _where(error: Exception) -> str:
    return "".join(traceback.format_tb(error.__traceback__))
