"""Look at one contact of ``check_recordings``: ask what decides, in order, and judge."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.follow import NEXT_RUN, not_found, with_assumed_end, with_facts
from audio_leakage.contacts.recording import (
    candidate_places,
)
from audio_leakage.contacts.snapshot import ContactSnapshot
from audio_leakage.contacts.states import ClosedReason, ContactWarning, FailureCause, RecordedState
from audio_leakage.contacts.verdict import Evidence, is_about_to_fail, judged
from audio_leakage.errors import AwsError, ContactNotFound, MissingError
from audio_leakage.flow_log.logged_blocks import LoggedBlocks
from audio_leakage.runs.context import RunContext
from audio_leakage.use_cases.bucket_search import BucketSearch, reason_to_close

log = logging.getLogger(__name__)

_FAILURE = RecordedState.CALL_RECORDED_FAILURE
_OFF = ClosedReason.RECORDING_SWITCHED_OFF
#: Causes that a delete marker would explain.
_MAYBE_DELETED = (
    FailureCause.NO_OBJECT,
    FailureCause.NEVER_ASKED,
    FailureCause.POINTER_WITHOUT_OBJECT,
    FailureCause.EXPIRED,
)
#: Warnings that depend on the end, which an earlier answer may not have told.
_NEED_THE_END = {ContactWarning.LATE, ContactWarning.SHORT, ContactWarning.END_ASSUMED}
#: How long after the end of a contact its record does not change any more.
_FINAL_AFTER = timedelta(minutes=5)
#: How long a failure waits for a flow log that is denied, throttled or slow.
_PATIENCE = timedelta(hours=1)
#: Contacts per task for which versions are listed; the answer only sharpens a cause.
_MOST_VERSION_LISTINGS = 100


@dataclass
class Checker:
    """Looks at contacts one by one; what many of them need is asked for once."""

    run: RunContext
    bucket: BucketSearch = field(init=False)
    blocks: LoggedBlocks = field(init=False)
    descriptions: Iterator[int] = field(init=False)
    """One element for each contact about to fail that may be described: half of what the time allows."""
    version_listings: Iterator[int] = field(default_factory=lambda: iter(range(_MOST_VERSION_LISTINGS)))

    def __post_init__(self) -> None:
        """Start with nothing asked for."""
        self.bucket = BucketSearch(self.run)
        self.blocks = LoggedBlocks(self.run)
        in_half_the_time = self.run.settings.describe_contact_rps * self.run.seconds_left() / 2
        self.descriptions = iter(range(int(max(in_half_the_time, 1))))

    def check(self, contact: Contact) -> Contact:
        """Return the contact after one look.

        Nothing takes a proof back: a success can only be due for its alert. For every other contact we ask,
        in this order, and stop at the first answer that decides:

        1. the bucket, at the places we know of;
        2. Connect, once before a contact fails, closes, or is called late or short: an earlier answer may
           not know after-contact work or the pointer yet;
        3. the bucket again, at the places that Connect's answer adds;
        4. before a contact fails: the flow log, whether "off" was logged, and the bucket's versions.

        In a storm of leaks there is no time to describe every contact. Then those that an earlier answer
        described well enough fail without another one.
        """
        if contact.recorded_state is RecordedState.CALL_RECORDED_SUCCESS:
            return replace(contact, next_check_at=None)
        contact = with_assumed_end(contact, self.run.now, self.run.settings)
        evidence = self.bucket.search(contact, Evidence())
        after = self._judged(contact, evidence)
        if self._needs_no_answer(contact, after, evidence):
            return after
        snapshot = self._describe(contact)
        if snapshot:
            contact = with_assumed_end(with_facts(contact, snapshot), self.run.now, self.run.settings)
        reason = reason_to_close(contact)
        if snapshot is None and (reason or not contact.is_described):
            return not_found(contact, self.run.now, self.run.settings)
        evidence = self.bucket.search(contact, evidence)
        # An answer that does not know the end yet lags behind, and closes nothing.
        knows_the_end = snapshot and (snapshot.disconnect_timestamp or contact.end_assumed_at)
        if reason and knows_the_end and not (reason is _OFF and evidence.has_audio):
            return contact.closed(reason)
        return self._decided(contact, evidence)

    def _decided(self, contact: Contact, evidence: Evidence) -> Contact:
        after = self._judged(contact, evidence)
        if after.recorded_state is not _FAILURE or contact.recorded_state is _FAILURE:
            return after
        # The hourly search tells nothing of after-contact work. A turn to be described is worth waiting for.
        was_never_described = contact.expected_by is not None and contact.described_at is None
        if was_never_described and not is_about_to_fail(contact, self.run.now - _PATIENCE, self.run.settings):
            return replace(contact, next_check_at=self.run.now + NEXT_RUN)
        return self._failed(contact, evidence)

    def _needs_no_answer(self, contact: Contact, after: Contact, evidence: Evidence) -> bool:
        """Tell whether a look needs no answer of Connect."""
        if not contact.is_described or reason_to_close(contact):
            return False
        if evidence.has_audio:
            return self._is_final(contact) or not _NEED_THE_END & set(after.warnings)
        if not is_about_to_fail(contact, self.run.now, self.run.settings):
            return True
        return contact.recorded_state is _FAILURE and self._is_final(contact)

    def _is_final(self, contact: Contact) -> bool:
        """Tell whether Connect described the contact when its record did not change any more."""
        if contact.described_at is None or contact.ended_at is None:
            return False
        return contact.described_at >= contact.ended_at + _FINAL_AFTER

    def _describe(self, contact: Contact) -> ContactSnapshot | None:
        """Ask Connect; None if it does not know the contact, or need not be asked any more."""
        is_expected = contact.is_described and not reason_to_close(contact)
        if is_expected and (self._is_final(contact) or next(self.descriptions, None) is None):
            return None
        try:
            return self.run.describe(contact)
        except ContactNotFound:
            return None

    def _judged(self, contact: Contact, evidence: Evidence) -> Contact:
        return judged(contact, evidence, self.run.now, self.run.settings)

    def _failed(self, contact: Contact, evidence: Evidence) -> Contact:
        """Return a contact that is about to fail, judged with everything there is to know."""
        contact = self._with_logged_blocks(contact)
        if reason := reason_to_close(contact):
            return contact.closed(reason)
        after = self._judged(contact, evidence)
        if after.failure_cause in _MAYBE_DELETED and self._has_delete_marker(contact):
            return self._judged(contact, replace(evidence, delete_marker=True))
        return after

    def _with_logged_blocks(self, contact: Contact) -> Contact:
        """Return a contact with what the flow log adds; without it, if the log cannot be had for too long.

        A lost log must not keep a leak from being told. ``poll_initialised`` reads the same log and is red.
        """
        try:
            return self.blocks.added_to(contact)
        except AwsError as error:
            is_gone = isinstance(error, MissingError)
            if not is_gone and not is_about_to_fail(contact, self.run.now - _PATIENCE, self.run.settings):
                raise
            log.warning("contact %s is judged without the flow log: %s", contact.contact_id, error)
            return contact

    def _has_delete_marker(self, contact: Contact) -> bool:
        """Tell whether an object of the contact was deleted; False if we may not ask."""
        if next(self.version_listings, None) is None:
            return False
        try:
            return any(
                self.run.bucket.has_delete_marker(place.bucket, place.prefix)
                for place in candidate_places(contact, self.run.storage)
            )
        except AwsError as error:
            log.info("contact %s: versions could not be listed: %s", contact.contact_id, error)
            return False
