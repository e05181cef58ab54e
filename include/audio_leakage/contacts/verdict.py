"""The verdict on a contact that ended with an agent: what is expected, what was found, what follows."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.follow import NEXT_RUN
from audio_leakage.contacts.recording import Place, StoredObject, longest
from audio_leakage.contacts.recording_blocks import RecordingBehavior, behavior_in_effect
from audio_leakage.contacts.states import ClosedReason, FailureCause, RecordedState
from audio_leakage.settings import Settings

_MAX_PAUSE = timedelta(days=1)

#: Why no recording is expected: the first row that holds is the contact's ClosedReason. Source:
#: docs/amazon-connect.md, "Reading a contact", the table of initiation methods. A method that is not named
#: here expects a recording, even one that is new: silence about a leak is the worse mistake.
NOT_EXPECTED: tuple[tuple[ClosedReason, Callable[[Contact], bool]], ...] = (
    (ClosedReason.NOT_VOICE, lambda contact: contact.channel != "VOICE"),
    (ClosedReason.NO_AGENT, lambda contact: contact.connected_to_agent_timestamp is None),
    (
        ClosedReason.RECORDING_SWITCHED_OFF,
        lambda contact: _behavior(contact) is RecordingBehavior.OFF,
    ),
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
    (FailureCause.POINTER_WITHOUT_OBJECT, lambda contact, _: contact.recording_location is not None),
    (
        FailureCause.RECORDING_BLOCK_FAILED,
        lambda contact, _: _behavior(contact) is RecordingBehavior.FAILED,
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
    none, and the contact is not over           due again in the next run
    none, within ``failure_after``              due again after a growing pause
    none, later                                 CALL_RECORDED_FAILURE with a cause, due again
    none, after ``recheck_days``                CALL_RECORDED_FAILURE, finished
    ==========================================  ============================================
    """
    if evidence.recording is not None and evidence.recording.has_audio:
        return _succeeded(contact, evidence.recording, now, settings)
    if contact.ended_at is None:
        return replace(contact, next_check_at=now + NEXT_RUN)
    fails_at = contact.ended_at + settings.failure_after
    if now < fails_at:
        return replace(contact, next_check_at=min(now + _pause(contact.ended_at, now), fails_at))
    return _failed(contact, evidence, now, settings)


def next_look(contact: Contact, now: datetime, settings: Settings) -> datetime | None:
    """Return when a failed contact is looked at again, or None when ``recheck_days`` are over."""
    if contact.ended_at is None:
        return None
    look_again = now + _pause(contact.ended_at, now)
    return look_again if look_again <= contact.ended_at + settings.recheck_for else None


def _succeeded(contact: Contact, recording: StoredObject, now: datetime, settings: Settings) -> Contact:
    late_from = contact.ended_at + settings.failure_after if contact.ended_at else recording.last_modified
    late = contact.failed_at is not None or recording.last_modified > late_from
    short = contact.talk_seconds is not None and recording.seconds < contact.talk_seconds / 2
    return replace(
        contact,
        recorded_state=RecordedState.CALL_RECORDED_SUCCESS,
        next_check_at=None,
        recording_location=f"{recording.bucket}/{recording.key}",
        recording_key=recording.key,
        recording_size=recording.size,
        recording_seconds=recording.seconds,
        recorded_at=recording.last_modified,
        warnings=tuple(word for word, holds in (("LATE", late), ("SHORT", short)) if holds),
        judged_at=now,
    )


def _failed(contact: Contact, evidence: Evidence, now: datetime, settings: Settings) -> Contact:
    return replace(
        contact,
        recorded_state=RecordedState.CALL_RECORDED_FAILURE,
        next_check_at=next_look(contact, now, settings),
        failure_cause=_cause(contact, evidence),
        searched=evidence.searched,
        judged_at=contact.judged_at or now,
        failed_at=contact.failed_at or now,
    )


def _cause(contact: Contact, evidence: Evidence) -> FailureCause:
    return next(cause for cause, holds in FAILURE_CAUSES if holds(contact, evidence))


def _behavior(contact: Contact) -> RecordingBehavior | None:
    return behavior_in_effect(contact.recording_blocks, contact.connected_to_agent_timestamp)


def _pause(ended_at: datetime, now: datetime) -> timedelta:
    """Wait half as long again as the contact has been over: often at first, then more and more rarely."""
    return min(max((now - ended_at) / 2, NEXT_RUN), _MAX_PAUSE)
