"""What a use case works with in one run: the ports, the settings, the time."""

import logging
import math
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from heapq import merge
from typing import TypeVar

from audio_leakage.alerts import Alert
from audio_leakage.contact import Contact, Item
from audio_leakage.errors import ContactNotFound, InvalidContact, RefusedError
from audio_leakage.ports import (
    AlertTopic,
    Connect,
    ContactTable,
    FlowLog,
    Metrics,
    RecordingBucket,
    SecondsLeft,
)
from audio_leakage.recording import RecordingStorage
from audio_leakage.settings import Settings
from audio_leakage.snapshot import ContactSnapshot
from audio_leakage.states import ClosedReason, ContactState, RecordedState
from audio_leakage.times import format_time
from audio_leakage.window import Scope

log = logging.getLogger(__name__)

_T = TypeVar("_T")
_FAILURE = RecordedState.CALL_RECORDED_FAILURE
_NOT_FOUND = ClosedReason.NOT_FOUND


def due_since(item: Item) -> str:
    """Return since when an item has been due; of one that a backfill looks at all the same, nothing."""
    return str(item.get("NextCheckAt", ""))


@dataclass(kw_only=True)
class Run:
    """One task's share of a run; nothing is asked of AWS before it is needed."""

    settings: Settings
    now: datetime
    """Aware; the same for everything that is decided in this run."""
    connect: Connect
    bucket: RecordingBucket
    contacts: ContactTable
    seconds_left: SecondsLeft
    scope: Scope
    at_once: int = 1
    """So many requests may be under way side by side."""
    flow_log: FlowLog | None = None
    alert_topic: AlertTopic | None = None
    metrics: Metrics | None = None
    keep_read_until: Callable[[datetime], None] = lambda _: None
    """Keeps for the next run how far the flow log was read."""
    _instance_exists: bool = field(default=False, init=False)

    @cached_property
    def storage(self) -> RecordingStorage:
        """Where the recordings lie: as set, else as Connect says."""
        settings = self.settings
        if settings.recording_bucket is not None and settings.recording_prefix is not None:
            return RecordingStorage(settings.recording_bucket, settings.recording_prefix)
        return RecordingStorage(*self.connect.recording_storage(settings.connect_instance_id))

    @property
    def out_of_time(self) -> bool:
        """Whether the time this task may use is up."""
        return self.seconds_left() <= 0

    def can_describe_all(self, *states: ContactState) -> bool:
        """Tell whether the time that is left suffices for describing every contact that :meth:`due` gives."""
        in_time = self.settings.describe_contact_rps * self.seconds_left()
        return self.count_due(*states, enough=in_time + 1) <= in_time

    @property
    def alerts_are_wanted(self) -> bool:
        """Whether there is a topic to publish to."""
        return self.alert_topic is not None and self.settings.alert_topic_arn is not None

    def tell(self, alert: Alert) -> None:
        """Publish an alert, if there is a topic to publish to."""
        if self.alert_topic is None or self.settings.alert_topic_arn is None:
            return
        self.alert_topic.publish(
            self.settings.alert_topic_arn, alert.subject, alert.message, alert.attributes
        )
        log.info("alert published: %s", alert.subject)

    def due(self, *states: ContactState, until: datetime | None = None) -> Iterator[Item]:
        """Give the contacts in these states that this run is to look at.

        These are all that are due, the longest due first; or, in a run that is only about its window, those
        of the window: the due ones, and whenever they are due those that failed, that Connect did not know,
        or at which the last look failed.

        :param until: only those that have been due since then.
        """
        table, due_by = self.settings.contact_table, format_time(until or self.now)
        if self.scope.only_window:
            return self._due_in_window(states, due_by)
        due = (self.contacts.due(table, state, due_by) for state in states)
        return merge(*due, key=due_since)

    def count_due(
        self, *states: ContactState, until: datetime | None = None, enough: float = math.inf
    ) -> int:
        """Count what :meth:`due` gives; of each state soon no more than enough."""
        if self.scope.only_window:
            return sum(1 for _ in self.due(*states, until=until))
        table, due_by = self.settings.contact_table, format_time(until or self.now)
        return sum(self.contacts.count_due(table, state, due_by, enough) for state in states)

    def concerns(self, item: Item) -> bool:
        """Tell whether this run may touch a contact that it came upon: any, or those of its window."""
        start, end = self._bounds
        return not self.scope.only_window or start <= str(item.get("InitialisedAt", "")) < end

    def side_by_side(self, step: Callable[[_T], None], each: Iterable[_T]) -> None:
        """Take a step with each contact, or whatever it is, :attr:`at_once` of them at a time."""
        with ThreadPoolExecutor(max_workers=self.at_once) as pool:
            list(pool.map(step, each))

    def describe(self, contact: Contact) -> ContactSnapshot:
        """Ask Connect about a contact.

        :raises ContactNotFound: when Connect does not know it (yet), although it knows the instance.
        :raises SetupError: when it is the instance that Connect does not know.
        :raises InvalidContact: when the answer cannot be read, or Connect refuses it for this contact.
        """
        try:
            answer = self.connect.describe_contact(self.settings.connect_instance_id, contact.contact_id)
        except ContactNotFound:
            self._make_sure_of_the_instance()
            raise
        except RefusedError as error:
            self._make_sure_of_the_instance()
            raise InvalidContact(str(error)) from error
        return ContactSnapshot.from_answer(contact.contact_id, answer)

    def save(self, before: Contact, after: Contact) -> bool:
        """Write what one look changed; False when somebody else changed the contact meanwhile.

        A contact that was looked at out of turn and stands where it stood stays as it is, so that a second
        backfill changes nothing.
        """
        out_of_turn = before.next_check_at is None or before.next_check_at > self.now
        if self.scope.only_window and out_of_turn and before.standing == after.standing:
            return True
        return self.contacts.update(self.settings.contact_table, before.to_item(), after.to_item())

    @property
    def _bounds(self) -> tuple[str, str]:
        """Start and end of the window, as the table writes them."""
        return format_time(self.scope.window.start), format_time(self.scope.window.end)

    def _due_in_window(self, states: Collection[ContactState], due_by: str) -> Iterator[Item]:
        for item in self.contacts.initialised(
            self.settings.contact_table, self.scope.window.hours, *self._bounds
        ):
            is_due = item.get("OpenState") is not None and due_since(item) <= due_by
            failed = item.get("RecordedState") == _FAILURE or item.get("ClosedReason") == _NOT_FOUND
            last_look_failed = item.get("Attempts") is not None
            if item.get("State") in states and (is_due or failed or last_look_failed):
                yield item

    def _make_sure_of_the_instance(self) -> None:
        if not self._instance_exists:
            self.connect.check_instance(self.settings.connect_instance_id)
            self._instance_exists = True
