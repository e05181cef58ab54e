"""The loop the use cases share: many contacts at once, and none of them stops the others."""

import logging
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from threading import Lock

from audio_leakage.contact import Contact, Item
from audio_leakage.errors import (
    AwsError,
    ContactNotFound,
    InvalidContact,
    ServiceUnavailable,
    SetupError,
    UnexpectedError,
)
from audio_leakage.failing import Failing
from audio_leakage.follow import followed, not_found
from audio_leakage.run import Run
from audio_leakage.watch import publish_metrics

log = logging.getLogger(__name__)

#: Does what is to be done with one contact and says in a word or two what that was; None: nothing to count.
Step = Callable[[Contact], str | None]

#: So many answers of AWS in a row that say nothing about a contact mean that the next one will not either.
_GIVE_UP_AFTER = 5
#: So many contacts are in memory at a time.
_BATCH = 2000


@dataclass
class Sweep:
    """One task's way through its contacts: what was done is counted, what went wrong is kept for the end."""

    run: Run
    counts: Counter[str] = field(default_factory=lambda: Counter(due=0))
    _trouble: list[AwsError] = field(default_factory=list)
    _failing: Failing = field(init=False)
    _mistake: UnexpectedError | None = None
    _looked_at: int = 0
    _in_a_row: int = 0
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        """Begin with none that failed."""
        self._failing = Failing(self.run)

    def over(
        self, items: Iterable[Item], step: Step, together: Callable[[Sequence[Contact]], None] | None = None
    ) -> None:
        """Take one step with each contact, as many side by side as the run allows.

        A contact whose step failed, for whatever reason, goes to the back of the queue, and further back each
        time: it is tried again and never keeps the others from their turn.

        :param items: what the table gave, the longest due first; once the run is out of time the rest is
            counted as ``left_for_next_run``.
        :param together: what can be done for a batch as a whole, before its contacts take their steps. It may
            fail: then they go the long way.
        """
        rest = iter(items)
        while not self.must_stop and (batch := list(islice(rest, _BATCH))):
            self._count("due", len(batch))
            contacts = [contact for item in batch if (contact := self.readable(item))]
            if together:
                self._all_at_once(together, contacts)
            self.run.side_by_side(partial(self._take_turn, step), contacts)
            self._put_back()
        left = sum(1 for _ in rest)
        if left:
            self._count("due", left)
            self._count("left_for_next_run", left)

    def attempt(self, step: Step, contact: Contact) -> None:
        """Take a step with a contact and count what came of it."""
        try:
            outcome = step(contact)
        except InvalidContact as error:
            log.warning("contact %s put off: %s", contact.contact_id, error)
            self._fail("put_off", contact, error)
        except AwsError as error:
            log.warning("contact %s stays due: %s", contact.contact_id, error)
            self.trouble(error)
            self._fail("unavailable", contact, error)
        except Exception as error:  # noqa: BLE001  # a mistake of ours over one contact costs no other its turn
            self._mistake = UnexpectedError(f"{type(error).__name__}, see the task's log")
            # Where it was made, and not what it says: that may quote what somebody sent.
            log.error("contact %s put off: %s\n%s", contact.contact_id, type(error).__name__, _where(error))  # noqa: TRY400
            self._fail("put_off", contact, self._mistake)
        else:
            self._count(outcome)
            with self._lock:
                self._looked_at += 1
                self._in_a_row = 0

    def readable(self, item: Item) -> Contact | None:
        """Return the contact behind an item; one that cannot be read is counted and left alone."""
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

    def trouble(self, error: AwsError) -> None:
        """Keep an error for the end."""
        with self._lock:
            self._trouble.append(error)
            self._in_a_row += 1

    def result(self) -> dict[str, int]:
        """Return how many contacts were ``due``, and how many had each outcome.

        :raises SetupError: when something was denied or missing on the way.
        :raises ServiceUnavailable: when there was work and none of it could be done.
        :raises UnexpectedError: when nothing could be done but for a mistake of ours.
        """
        self._put_back()
        if self.counts["unavailable"]:  # they went to the back, so nobody is seen to be due for long
            publish_metrics(self.run, Unavailable=self.counts["unavailable"])
        setup = next((error for error in self._trouble if isinstance(error, SetupError)), None)
        if setup:
            raise setup
        untouched = self.counts["left_for_next_run"] + self.counts["unavailable"]
        if self._trouble and self.counts["due"] == untouched:
            raise ServiceUnavailable(
                f"none of {untouched} due contacts could be looked at: {self._trouble[0]}"
            )
        if self._mistake and not self._looked_at:
            raise self._mistake
        return dict(+self.counts) | {"due": self.counts["due"]}

    def _take_turn(self, step: Step, contact: Contact) -> None:
        if self.must_stop:
            self._count("left_for_next_run")
        else:
            self.attempt(step, contact)

    def _count(self, outcome: str | None, contacts: int = 1) -> None:
        if outcome:
            with self._lock:
                self.counts[outcome] += contacts

    def _all_at_once(
        self, together: Callable[[Sequence[Contact]], None], contacts: Sequence[Contact]
    ) -> None:
        try:
            together(contacts)
        except (AwsError, InvalidContact) as error:
            log.warning("%d contacts go one by one: %s", len(contacts), error)

    def _fail(self, outcome: str, contact: Contact, error: Exception) -> None:
        self._count(outcome)
        self._failing.add(contact, error)

    def _put_back(self) -> None:
        trouble = self._failing.put_back(in_outage=self.counts["unavailable"] > self._looked_at)
        if trouble:
            self.trouble(trouble)


def sweep(
    run: Run,
    items: Iterable[Item],
    step: Step,
    together: Callable[[Sequence[Contact]], None] | None = None,
) -> dict[str, int]:
    """Go over items with one step each and return the counts; see :class:`Sweep`."""
    whole = Sweep(run)
    whole.over(items, step, together)
    return whole.result()


def look(run: Run, before: Contact, after: Contact) -> str:
    """Save what one look made of a contact, log the move, and return the outcome to count.

    Losing the race against another writer is a normal outcome: whoever won knew at least as much.
    """
    if not run.save(before, after):
        log.info("contact %s: changed by somebody else meanwhile", before.contact_id)
        return "changed_meanwhile"
    if after.standing == before.standing:
        log.info("contact %s: still %s, due again %s", before.contact_id, after.standing, after.next_check_at)
        return "unchanged"
    why = after.failure_cause or " ".join(after.warnings)
    log.info("contact %s: %s -> %s %s", before.contact_id, before.standing, after.standing, why)
    return after.standing


def described(run: Run, contact: Contact) -> Contact:
    """Return an open contact as it should be after Connect was asked for it, whether it knows it or not."""
    try:
        return followed(contact, run.describe(contact), run.now, run.settings)
    except ContactNotFound:
        return not_found(contact, run.now, run.settings)


def _where(error: Exception) -> str:
    return "".join(traceback.format_tb(error.__traceback__))
