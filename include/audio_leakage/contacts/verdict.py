"""The verdict on a contact that ended with an agent: what is expected, what was found, what follows."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.follow import NEXT_RUN
from audio_leakage.contacts.recording import Place, StoredObject, longest
from audio_leakage.contacts.recording_blocks import Intent, intent_of
from audio_leakage.contacts.states import ClosedReason, ContactWarning, FailureCause, RecordedState
from audio_leakage.settings import Settings

_MAX_PAUSE = timedelta(days=1)

#: Why no recording is expected: the first row that holds is the contact's ClosedReason. Source:
#: docs/amazon-connect.md, "Reading a contact", the table of initiation methods. A method that is not named
#: here expects a recording, even one that is new: silence about a leak is the worse mistake.
NOT_EXPECTED: tuple[tuple[ClosedReason, Callable[[Contact], bool]], ...] = (
    (ClosedReason.NOT_VOICE, lambda contact: contact.channel != "VOICE"),
    (ClosedReason.NO_AGENT, lambda contact: contact.connected_to_agent_timestamp is None),
    (
        ClosedReason.NO_RECORDING_OF_ITS_OWN,
        lambda contact: contact.initiation_method in ("MONITOR", "EXTERNAL_OUTBOUND"),
    ),
    (
        ClosedReason.CUSTOMER_NEVER_ANSWERED,
        lambda contact: (
            contact.initiation_method in ("OUTBOUND", "CALLBACK")
            and contact.connected_to_system_timestamp is None
        ),
    ),
    (ClosedReason.RECORDING_SWITCHED_OFF, lambda contact: _intent(contact).is_off),
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the bucket showed in one look."""

    recording: StoredObject | None = None
    """The longest object that matches; it may be empty."""
    searched: tuple[str, ...] = ()
    """Every place that was listed."""
    delete_marker: bool = False
    """Whether the object was deleted in a bucket that keeps versions."""
    is_too_late: bool = False
    """Whether the first look came after ``recheck_days``: a lifecycle rule may have removed the object."""

    @property
    def has_audio(self) -> bool:
        """Whether the recording is proven."""
        return self.recording is not None and self.recording.has_audio

    def after(self, place: Place, found: StoredObject | None) -> "Evidence":
        """Return the evidence with one more place listed."""
        recording = longest(candidate for candidate in (self.recording, found) if candidate)
        return replace(self, recording=recording, searched=(*self.searched, str(place)))


#: Why a contact failed: the first row that holds.
FAILURE_CAUSES: tuple[tuple[FailureCause, Callable[[Contact, Evidence], bool]], ...] = (
    (FailureCause.EMPTY_OBJECT, lambda _, evidence: evidence.recording is not None),
    (FailureCause.DELETED, lambda contact, _: contact.recording_status == "DELETED"),
    (FailureCause.DELETE_MARKER, lambda _, evidence: evidence.delete_marker),
    (
        FailureCause.EXPIRED,
        lambda contact, evidence: contact.recording_status == "AVAILABLE" and evidence.is_too_late,
    ),
    (FailureCause.POINTER_WITHOUT_OBJECT, lambda contact, _: contact.recording_location is not None),
    (FailureCause.RECORDING_BLOCK_FAILED, lambda contact, _: _intent(contact).has_failed),
    (FailureCause.SWITCHED_OFF_LATE, lambda contact, _: _intent(contact).is_off_late),
    (
        FailureCause.NEVER_ASKED,
        lambda contact, _: contact.expected_by is not None and not contact.recording_blocks,
    ),
    (FailureCause.NO_OBJECT, lambda _contact, _evidence: True),
)


def reason_not_expected(contact: Contact) -> ClosedReason | None:
    """Return why no recording is expected of a contact that Connect has described, or None if one is."""
    return next((reason for reason, holds in NOT_EXPECTED if holds(contact)), None)


def judged(contact: Contact, evidence: Evidence, now: datetime, settings: Settings) -> Contact:
    """Return the contact as this look leaves it.

    ==========================================  ============================================
    audio was found                             CALL_RECORDED_SUCCESS
    none, and the contact is not over           due again after a growing pause
    none, within ``failure_after``              due again after a growing pause
    none, later                                 CALL_RECORDED_FAILURE with a cause, due again
    none, after ``recheck_days``                CALL_RECORDED_FAILURE, finished
    ==========================================  ============================================
    """
    if evidence.recording is not None and evidence.recording.has_audio:
        return _succeeded(contact, evidence.recording, now, settings)
    fails_at = failing_time(contact, settings)
    if fails_at is not None and now >= fails_at:
        return _failed(contact, evidence, now, settings)
    look_again = now + _pause(contact.left_at or now, now)
    return replace(contact, next_check_at=min(look_again, fails_at) if fails_at else look_again)


def with_intent_warned_of(contact: Contact) -> Contact:
    """Return a contact whose warning about "off" agrees with blocks that came after the verdict."""
    if contact.recorded_state is not RecordedState.CALL_RECORDED_SUCCESS:
        return contact
    holds = {*contact.warnings} - {ContactWarning.RECORDED_THOUGH_OFF}
    if _intent(contact).is_off:
        holds.add(ContactWarning.RECORDED_THOUGH_OFF)
    return replace(contact, warnings=tuple(str(warning) for warning in ContactWarning if warning in holds))


def failing_time(contact: Contact, settings: Settings) -> datetime | None:
    """Return from when on a contact without a recording has failed; None while it is not over.

    An assumed end has waited long enough: the contact fails at once.
    """
    if contact.ended_at is None:
        return None
    return contact.ended_at if _end_is_assumed(contact) else contact.ended_at + settings.failure_after


def is_about_to_fail(contact: Contact, now: datetime, settings: Settings) -> bool:
    """Tell whether a look without audio ends the wait, unless Connect says that the contact is not over."""
    if contact.left_at is None:
        return False
    fails_at = failing_time(contact, settings)
    return now >= (fails_at or contact.left_at + settings.failure_after)


def next_look(contact: Contact, now: datetime, settings: Settings) -> datetime | None:
    """Return when a failed contact is looked at again, or None when ``recheck_days`` are over."""
    if contact.ended_at is None:
        return None
    look_again = now + _pause(contact.ended_at, now)
    return look_again if look_again <= contact.ended_at + settings.recheck_for else None


def _succeeded(contact: Contact, recording: StoredObject, now: datetime, settings: Settings) -> Contact:
    late_from = contact.ended_at + settings.failure_after if contact.ended_at else recording.last_modified
    warnings = {
        ContactWarning.LATE: contact.failed_at is not None or recording.last_modified > late_from,
        ContactWarning.SHORT: contact.talk_seconds is not None
        and recording.seconds < contact.talk_seconds / 2,
        ContactWarning.RECORDED_THOUGH_OFF: _intent(contact).is_off,
        ContactWarning.END_ASSUMED: _end_is_assumed(contact),
    }
    return replace(
        contact,
        recorded_state=RecordedState.CALL_RECORDED_SUCCESS,
        next_check_at=None,
        recording_location=f"{recording.bucket}/{recording.key}",
        recording_key=recording.key,
        recording_size=recording.size,
        recording_seconds=recording.seconds,
        recorded_at=recording.last_modified,
        warnings=tuple(str(warning) for warning, holds in warnings.items() if holds),
        judged_at=now,
    )


def _failed(contact: Contact, evidence: Evidence, now: datetime, settings: Settings) -> Contact:
    is_first_look = contact.recorded_state is None
    is_too_late = contact.ended_at is not None and now > contact.ended_at + settings.recheck_for
    evidence = replace(evidence, is_too_late=is_first_look and is_too_late)
    cause = (
        contact.failure_cause if contact.failure_cause is FailureCause.EXPIRED else _cause(contact, evidence)
    )
    return replace(
        contact,
        recorded_state=RecordedState.CALL_RECORDED_FAILURE,
        next_check_at=next_look(contact, now, settings),
        failure_cause=cause,
        searched=evidence.searched,
        warnings=(str(ContactWarning.END_ASSUMED),) if _end_is_assumed(contact) else (),
        judged_at=contact.judged_at or now,
        failed_at=contact.failed_at or now,
    )


def _end_is_assumed(contact: Contact) -> bool:
    return contact.end_assumed_at is not None and contact.ended_at == contact.end_assumed_at


def _cause(contact: Contact, evidence: Evidence) -> FailureCause:
    return next(cause for cause, holds in FAILURE_CAUSES if holds(contact, evidence))


def _intent(contact: Contact) -> Intent:
    return intent_of(contact.recording_blocks, contact.connected_to_agent_timestamp)


def _pause(since: datetime, now: datetime) -> timedelta:
    """Wait half as long again as we have waited: often at first, then less and less often."""
    return min(max((now - since) / 2, NEXT_RUN), _MAX_PAUSE)
