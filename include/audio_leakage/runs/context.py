"""What a use case works with: settings, ports and time of one task."""

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import TypeVar

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.recording import RecordingStorage
from audio_leakage.contacts.snapshot import ContactSnapshot
from audio_leakage.errors import AwsError, ContactNotFound, InvalidContact, RefusedError
from audio_leakage.instances import DAG_ID, mutes_variable_of
from audio_leakage.ports import (
    AlertTopic,
    Connect,
    ContactTable,
    FlowLog,
    Metrics,
    RecordingBucket,
    SecondsLeft,
)
from audio_leakage.runs.alerts import Alert, publish
from audio_leakage.runs.mutes import Mutes
from audio_leakage.runs.progress import Progress
from audio_leakage.runs.sender import Sender
from audio_leakage.runs.window import LATE_LINES, Scope, Window
from audio_leakage.settings import VARIABLE, Settings

log = logging.getLogger(__name__)

_T = TypeVar("_T")


@dataclass(kw_only=True)
class RunContext:
    """One task's part of a run. Nothing is asked of AWS before it is needed."""

    settings: Settings
    scope: Scope
    now: datetime
    """Aware; every decision of this task uses it."""
    seconds_left: SecondsLeft
    connect: Connect
    bucket: RecordingBucket
    contacts: ContactTable
    flow_log: FlowLog
    alert_topic: AlertTopic
    metrics: Metrics
    at_once: int = 1
    """Maximum number of concurrent requests."""
    sender: Sender = field(default_factory=lambda: Sender(dag_id=DAG_ID, variable=VARIABLE))
    """Who alerts come from, and where their reader finds more."""
    mutes_text: Callable[[], str | None] = lambda: None
    """Reads the Variable of the mutes; None if it is not set."""
    known: int = field(default=0, init=False)
    """How many contacts Connect knew."""
    unknown: list[Contact] = field(default_factory=list, init=False)
    """The contacts that Connect did not know."""
    _instance_exists: bool = field(default=False, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    @cached_property
    def storage(self) -> RecordingStorage:
        """Where the recordings lie: as set, else as Connect says."""
        settings = self.settings
        if settings.recording_bucket is not None and settings.recording_prefix is not None:
            return RecordingStorage(settings.recording_bucket, settings.recording_prefix)
        return RecordingStorage(*self.connect.recording_storage(settings.connect_instance_id))

    @property
    def storage_source(self) -> str:
        """Who says where the recordings lie, in a sentence for a person who must correct it."""
        if self.settings.recording_bucket is not None:
            return "The settings name this bucket"
        return f"Connect instance '{self.settings.connect_instance_id}' names this bucket, no setting does"

    @cached_property
    def mutes(self) -> Mutes:
        """Which leaks are known, so that no mail tells of them for now."""
        return Mutes.from_json(self.mutes_text(), self.now, mutes_variable_of(self.sender.dag_id))

    @cached_property
    def progress(self) -> Progress:
        """How far runs had come when this task first asked."""
        return self.kept_progress()

    @cached_property
    def table_id(self) -> str | None:
        """The id of the contact table; None if we may not ask for it, or it cannot be had now."""
        try:
            return self.contacts.table_id()
        except AwsError as error:
            log.info("nobody can tell whether the table was replaced: %s", error)
            return None

    def kept_progress(self) -> Progress:
        """Return how far runs have come by now."""
        kept = self.scope.history.progress()
        return Progress.from_values(kept, self.settings.contact_table, self.table_id)

    def keep_progress(self, progress: Progress) -> None:
        """Keep how far this run has come, for later runs."""
        kept_id = (self.scope.history.progress() or {}).get("TableId")
        values = progress.to_values(self.settings.contact_table, self.table_id or kept_id)
        self.scope.history.keep_progress(values)

    def has_recovered(self, stretch: Window) -> bool:
        """Tell whether runs have read all of a stretch of the flow log, lines that come late included."""
        return self.progress.covers(Window(stretch.start, stretch.end + LATE_LINES))

    @property
    def out_of_time(self) -> bool:
        """Whether the task's time is used up."""
        return self.seconds_left() <= 0

    def side_by_side(self, step: Callable[[_T], None], each: Iterable[_T]) -> None:
        """Take a step with each element, :attr:`at_once` of them at a time."""
        with ThreadPoolExecutor(max_workers=self.at_once) as pool:
            list(pool.map(step, each))

    def tell(self, alert: Alert) -> None:
        """Publish an alert if the settings name a topic."""
        publish(alert, self.alert_topic, self.settings.alert_topic_arn)

    def describe(self, contact: Contact) -> ContactSnapshot:
        """Ask Connect about a contact.

        :raises ContactNotFound: when Connect knows the instance and does not know the contact (yet).
        :raises SetupError: when Connect does not know the instance.
        :raises InvalidContact: when the answer cannot be read, or Connect refuses it for this contact.
        """
        try:
            answer = self.connect.describe_contact(self.settings.connect_instance_id, contact.contact_id)
        except ContactNotFound:
            self._check_instance_once()
            with self._lock:
                self.unknown.append(contact)
            raise
        except RefusedError as error:
            self._check_instance_once()
            raise InvalidContact(str(error)) from error
        with self._lock:
            self.known += 1
        return ContactSnapshot.from_answer(contact.contact_id, answer, self.now)

    def save(self, before: Contact, after: Contact) -> bool:
        """Write what one look changed; False when somebody else changed the contact meanwhile.

        A contact that was looked at out of turn and did not change stays as it is. So a second backfill
        changes nothing.
        """
        out_of_turn = before.next_check_at is None or before.next_check_at > self.now
        if self.scope.only_window and out_of_turn and before.standing == after.standing:
            return True
        return self.contacts.update(before.to_item(), after.to_item())

    def _check_instance_once(self) -> None:
        if not self._instance_exists:
            self.connect.check_instance(self.settings.connect_instance_id)
            self._instance_exists = True
