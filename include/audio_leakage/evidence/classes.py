"""The class of a contact: what we can prove about it. The table is the rule and fits on one screen.

Source: Verint Capture Verification's issue types, applied to Amazon Connect. Only ``monitor_audio_leakage``
judges. No row makes a loss of a contact that nobody has judged.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from audio_leakage.contacts.states import ClosedReason, ContactWarning, RecordingPolicy
from audio_leakage.population.policy import Requirement


class FlowIntent(StrEnum):
    """What the flow asked for, by the last setting that counted."""

    ON = "ON"
    OFF = "OFF"
    FAILED = "FAILED"


class Judgement(StrEnum):
    """What the monitor says of a contact."""

    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    CLOSED = "CLOSED"
    OPEN = "OPEN"


class Count(StrEnum):
    """The heap of the sum that a contact falls on."""

    PROVEN = "proven"
    LOST = "lost"
    UNDECIDED = "undecided"
    EXCLUDED = "excluded"
    NEITHER = "neither"


class Severity(StrEnum):
    """How much a class of contacts matters."""

    NONE = "none"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"


class ContactClass(StrEnum):
    """Every class that a contact can be in."""

    RECORDED_AGAINST_POLICY = "RECORDED_AGAINST_POLICY"
    RECORDED_UNASKED = "RECORDED_UNASKED"
    UNEXPLAINED = "UNEXPLAINED"
    EXCLUDED = "EXCLUDED"
    DELETED_SINCE = "DELETED_SINCE"
    CHANGED_SINCE = "CHANGED_SINCE"
    RECORDED_UNWATCHED = "RECORDED_UNWATCHED"
    PARTLY_RECORDED = "PARTLY_RECORDED"
    VERIFIED_LATE = "VERIFIED_LATE"
    VERIFIED_SHORT = "VERIFIED_SHORT"
    VERIFIED = "VERIFIED"
    NEVER_ASKED = "NEVER_ASKED"
    SWITCHED_OFF_AGAINST_POLICY = "SWITCHED_OFF_AGAINST_POLICY"
    MISSING = "MISSING"
    CONTRADICTED = "CONTRADICTED"
    CLOSED_THOUGH_SERVED = "CLOSED_THOUGH_SERVED"
    UNDECIDED = "UNDECIDED"
    NOT_IN_POPULATION = "NOT_IN_POPULATION"
    POPULATION_GAP = "POPULATION_GAP"
    ORPHAN = "ORPHAN"


#: Classes of contacts that no flow told us of. Without the population we would be blind to them.
NO_FLOW_TOLD = (ContactClass.RECORDED_UNWATCHED, ContactClass.NEVER_ASKED, ContactClass.UNEXPLAINED)


@dataclass(frozen=True, kw_only=True)
class ClassFacts:
    """Everything that the class of a contact is decided from."""

    in_population: bool
    """Whether SearchContacts names it among the contacts of that day that reached an agent."""
    requirement: Requirement | None = None
    """None: no policy speaks of it."""
    exclusion: str | None = None
    """Why no recording can be expected of it, whatever the policy says."""
    intent: FlowIntent | None = None
    """None: no flow asked for anything, as far as we know."""
    judgement: Judgement | None = None
    """None: the monitor does not know it, or its item has left the table."""
    closed_reason: ClosedReason | None = None
    warnings: tuple[str, ...] = ()
    recording_policy: RecordingPolicy | None = None
    is_recorded: bool = False
    """Whether our own listing shows audio of the conversation."""
    has_changed: bool = False
    """Whether the recording has another size or ETag than before."""
    known_to_connect: bool = False
    """Whether Connect knows it as a voice contact of that day with an agent. Asked for strays only."""

    @cached_property  # many rows of the table ask
    def is_required(self) -> bool:
        """Whether a recording had to be made."""
        if self.exclusion is not None or self.requirement is Requirement.MUST_NOT:
            return False
        return self.requirement is Requirement.MUST or self.intent in (FlowIntent.ON, FlowIntent.FAILED)

    @property
    def is_unwatched(self) -> bool:
        """Whether the policy alone, and no flow, asked for the recording."""
        return self.requirement is Requirement.MUST and self.intent is None


class Row(NamedTuple):
    """A row of the table."""

    contact_class: ContactClass
    severity: Severity
    counts_as: Count
    holds: Callable[[ClassFacts], bool]


def _of_population(holds: Callable[[ClassFacts], bool]) -> Callable[[ClassFacts], bool]:
    return lambda contact: contact.in_population and holds(contact)


def _required(holds: Callable[[ClassFacts], bool]) -> Callable[[ClassFacts], bool]:
    return lambda contact: contact.in_population and contact.is_required and holds(contact)


def _proven(holds: Callable[[ClassFacts], bool]) -> Callable[[ClassFacts], bool]:
    def is_proven(contact: ClassFacts) -> bool:
        is_judged = contact.in_population and contact.is_required and contact.judgement is Judgement.SUCCESS
        return is_judged and contact.is_recorded and holds(contact)

    return is_proven


def _is(contact: ClassFacts, *judgements: Judgement) -> bool:
    return contact.judgement in judgements


_C, _S, _N = ContactClass, Severity, Count
_SUCCESS, _FAILURE, _CLOSED = Judgement.SUCCESS, Judgement.FAILURE, Judgement.CLOSED
_PARTIAL = (RecordingPolicy.AGENT, RecordingPolicy.CUSTOMER)

#: The first row that holds is the class of the contact.
CLASSES: tuple[Row, ...] = (
    Row(_C.RECORDED_AGAINST_POLICY, _S.ERROR, _N.EXCLUDED, _of_population(
        lambda c: c.requirement is Requirement.MUST_NOT and c.is_recorded)),
    Row(_C.RECORDED_UNASKED, _S.INFO, _N.NEITHER, _of_population(
        lambda c: not c.is_required and c.is_recorded)),
    Row(_C.UNEXPLAINED, _S.WARN, _N.NEITHER, _of_population(
        lambda c: c.exclusion is None and c.requirement is None and c.intent is None)),
    Row(_C.EXCLUDED, _S.NONE, _N.EXCLUDED, _of_population(lambda c: not c.is_required)),
    Row(_C.DELETED_SINCE, _S.ERROR, _N.LOST, _required(
        lambda c: _is(c, _SUCCESS) and not c.is_recorded)),
    Row(_C.CHANGED_SINCE, _S.ERROR, _N.UNDECIDED, _required(
        lambda c: c.has_changed and c.is_recorded and c.judgement in (None, _SUCCESS))),
    Row(_C.RECORDED_UNWATCHED, _S.WARN, _N.PROVEN, _required(
        lambda c: c.is_unwatched and c.is_recorded and c.judgement in (None, _SUCCESS))),
    Row(_C.PARTLY_RECORDED, _S.WARN, _N.PROVEN, _proven(
        lambda c: c.requirement is Requirement.MUST and c.recording_policy in _PARTIAL)),
    Row(_C.VERIFIED_LATE, _S.WARN, _N.PROVEN, _proven(lambda c: ContactWarning.LATE in c.warnings)),
    Row(_C.VERIFIED_SHORT, _S.WARN, _N.PROVEN, _proven(lambda c: ContactWarning.SHORT in c.warnings)),
    Row(_C.VERIFIED, _S.NONE, _N.PROVEN, _proven(lambda _: True)),
    Row(_C.NEVER_ASKED, _S.ERROR, _N.LOST, _required(
        lambda c: c.is_unwatched and _is(c, _FAILURE) and not c.is_recorded)),
    Row(_C.SWITCHED_OFF_AGAINST_POLICY, _S.ERROR, _N.LOST, _required(
        lambda c: c.intent is FlowIntent.OFF and _is(c, _CLOSED) and not c.is_recorded)),
    Row(_C.MISSING, _S.ERROR, _N.LOST, _required(lambda c: _is(c, _FAILURE) and not c.is_recorded)),
    Row(_C.CONTRADICTED, _S.WARN, _N.UNDECIDED, _required(
        lambda c: _is(c, _FAILURE, _CLOSED) and c.is_recorded)),
    Row(_C.CLOSED_THOUGH_SERVED, _S.ERROR, _N.UNDECIDED, _required(lambda c: _is(c, _CLOSED))),
    Row(_C.UNDECIDED, _S.WARN, _N.UNDECIDED, _of_population(lambda _: True)),
    Row(_C.NOT_IN_POPULATION, _S.WARN, _N.UNDECIDED, lambda c: c.judgement is not None),
    Row(_C.POPULATION_GAP, _S.ERROR, _N.UNDECIDED, lambda c: c.known_to_connect),
    Row(_C.ORPHAN, _S.WARN, _N.NEITHER, lambda _: True),
)  # fmt: skip

#: How a contact outside the population counts: by its verdict, and a proof needs the recording.
_BY_VERDICT = {_FAILURE: Count.LOST, _CLOSED: Count.EXCLUDED, Judgement.OPEN: Count.UNDECIDED}


def row_of(contact: ClassFacts) -> Row:
    """Return the row of the table that a contact falls under."""
    row = next(row for row in CLASSES if row.holds(contact))
    return row._replace(counts_as=_by_verdict(contact)) if row.contact_class is _C.NOT_IN_POPULATION else row


def _by_verdict(contact: ClassFacts) -> Count:
    if contact.judgement is _SUCCESS:
        return Count.PROVEN if contact.is_recorded else Count.LOST
    return _BY_VERDICT[contact.judgement] if contact.judgement else Count.UNDECIDED
