"""The states a contact goes through, the verdicts, and every reason this package can give.

The words of states and verdicts are the specification's, letter for letter: they are what the table stores.
"""

from collections.abc import Mapping
from enum import StrEnum


class ContactState(StrEnum):
    """How far a contact has come; ``str()`` is the stored value."""

    INITIALISED = "INITIALISED"
    IN_PROGRESS_QUEUE_IVR = "IN_PROGRESS - QUEUE/IVR"
    IN_PROGRESS_AGENT = "IN_PROGRESS - AGENT"
    COMPLETED_QUEUE_IVR = "COMPLETED - QUEUE/IVR"
    COMPLETED_AGENT = "COMPLETED - AGENT"

    @property
    def reached_agent(self) -> bool:
        """Whether an agent took the call."""
        return self in (ContactState.IN_PROGRESS_AGENT, ContactState.COMPLETED_AGENT)

    @property
    def ended(self) -> bool:
        """Whether the contact is over."""
        return self in (ContactState.COMPLETED_QUEUE_IVR, ContactState.COMPLETED_AGENT)


class RecordedState(StrEnum):
    """The verdict on a contact that an agent took."""

    CALL_RECORDED_SUCCESS = "CALL_RECORDED_SUCCESS"
    CALL_RECORDED_FAILURE = "CALL_RECORDED_FAILURE"


class RecordingPolicy(StrEnum):
    """Whose voice the flow asked to record; each of them expects a file."""

    ALL = "ALL"
    AGENT = "AGENT"
    CUSTOMER = "CUSTOMER"


class ExpectedBy(StrEnum):
    """Who says that a contact must be recorded; an item without the attribute was entered by its flow."""

    FLOW = "FLOW"
    CALL = "CALL"
    POLICY = "POLICY"


class FailureCause(StrEnum):
    """Why a verdict is CALL_RECORDED_FAILURE."""

    NO_OBJECT = "NO_OBJECT"
    EMPTY_OBJECT = "EMPTY_OBJECT"
    DELETED = "DELETED"
    DELETE_MARKER = "DELETE_MARKER"
    EXPIRED = "EXPIRED"
    POINTER_WITHOUT_OBJECT = "POINTER_WITHOUT_OBJECT"
    RECORDING_BLOCK_FAILED = "RECORDING_BLOCK_FAILED"
    SWITCHED_OFF_LATE = "SWITCHED_OFF_LATE"
    NEVER_ASKED = "NEVER_ASKED"


class ContactWarning(StrEnum):
    """What is worth knowing about a contact beside its verdict."""

    LATE = "LATE"
    """The recording came after ``failure_after_minutes``."""
    SHORT = "SHORT"
    """The recording is shorter than half of the talk."""
    RECORDED_THOUGH_OFF = "RECORDED_THOUGH_OFF"
    """There is a recording although the flow switched recording off."""
    END_ASSUMED = "END_ASSUMED"
    """Connect never told the end, so a bound of ours took its place."""


class ClosedReason(StrEnum):
    """Why a contact is finished without a verdict."""

    NOT_VOICE = "NOT_VOICE"
    NO_AGENT = "NO_AGENT"
    CUSTOMER_NEVER_ANSWERED = "CUSTOMER_NEVER_ANSWERED"
    NO_RECORDING_OF_ITS_OWN = "NO_RECORDING_OF_ITS_OWN"
    RECORDING_SWITCHED_OFF = "RECORDING_SWITCHED_OFF"
    NOT_FOUND = "NOT_FOUND"
    NEVER_ENDED = "NEVER_ENDED"


_INITIALISED = ContactState.INITIALISED
_WAITING = ContactState.IN_PROGRESS_QUEUE_IVR
_TALKING = ContactState.IN_PROGRESS_AGENT
_LEFT = ContactState.COMPLETED_QUEUE_IVR
_SERVED = ContactState.COMPLETED_AGENT

#: A state only moves forward; whatever is not in this table is refused.
TRANSITIONS: Mapping[ContactState, frozenset[ContactState]] = {
    _INITIALISED: frozenset({_WAITING, _TALKING, _LEFT, _SERVED}),
    _WAITING: frozenset({_TALKING, _LEFT, _SERVED}),
    _TALKING: frozenset({_SERVED}),
    _LEFT: frozenset(),
    _SERVED: frozenset(),
}


def state_of(*, reached_agent: bool, ended: bool) -> ContactState:
    """Return the state of a contact that Connect has described."""
    if ended:
        return _SERVED if reached_agent else _LEFT
    return _TALKING if reached_agent else _WAITING


def advance(current: ContactState, observed: ContactState) -> ContactState:
    """Return the state after ``observed`` was seen of a contact in ``current``.

    An answer that lags behind takes nothing back: a contact that was with an agent stays one that was,
    and a contact that ended stays ended.
    """
    if current.ended:
        return current
    joined = state_of(
        reached_agent=current.reached_agent or observed.reached_agent,
        ended=observed.ended,
    )
    return joined if joined in TRANSITIONS[current] else current
