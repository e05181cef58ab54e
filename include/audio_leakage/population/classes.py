"""Each contact of the population is in exactly one class: who must be recorded, and who watches."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.states import ClosedReason, ExpectedBy
from audio_leakage.population.member import Member
from audio_leakage.population.policy import Default, Policy, Requirement, Rule


class Class(StrEnum):
    """What a contact of the population is to us."""

    EXCLUDED = "EXCLUDED"
    """It needs no recording, for a reason: a built-in one, or a rule of the policy."""
    WATCHED = "WATCHED"
    """Its flow asked about recording, so the monitor follows it."""
    ENTERED_BY_POLICY = "ENTERED_BY_POLICY"
    """The policy says that it must be recorded, and no flow told us of it."""
    ENTERED_BY_CALL = "ENTERED_BY_CALL"
    """An earlier leg of its call was to be recorded, and no flow told us of this one."""
    UNEXPLAINED = "UNEXPLAINED"
    """Neither a flow, nor its call, nor a policy says anything about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What decides about the class of one contact."""

    member: Member
    rule: Rule | None
    default: Default
    item: Contact | None
    """The contact as the table has it; None if nobody watches it."""
    is_leg_of_recorded_call: bool
    """Whether an earlier leg of its call was to be recorded."""

    @property
    def recording(self) -> Requirement | None:
        """What the policy says of it; None if that is what its flow said."""
        if self.rule:
            return self.rule.recording
        return Requirement.MUST if self.default is Default.MUST else None

    @property
    def expected_by(self) -> ExpectedBy | None:
        """Who entered it; None if nobody watches it."""
        return (self.item.expected_by or ExpectedBy.FLOW) if self.item else None


#: Why a contact needs no recording, whatever a policy says: the first row that holds. Source:
#: docs/amazon-connect.md, "Reading a contact".
EXCLUSIONS: tuple[tuple[str, Callable[[Member], bool]], ...] = (
    ("TEST_CASE", lambda member: member.is_test),
    (str(ClosedReason.NOT_VOICE), lambda member: member.channel != "VOICE"),
    (
        str(ClosedReason.NO_RECORDING_OF_ITS_OWN),
        lambda member: member.initiation_method in ("MONITOR", "EXTERNAL_OUTBOUND"),
    ),
)

#: The class of a contact: the first row that holds.
CLASSES: tuple[tuple[Class, Callable[[Facts], bool]], ...] = (
    (Class.EXCLUDED, lambda facts: built_in_exclusion(facts.member) is not None),
    (Class.EXCLUDED, lambda facts: facts.recording is Requirement.MUST_NOT),
    (Class.WATCHED, lambda facts: facts.expected_by is ExpectedBy.FLOW),
    (Class.ENTERED_BY_POLICY, lambda facts: facts.expected_by is ExpectedBy.POLICY),
    (Class.ENTERED_BY_CALL, lambda facts: facts.expected_by is ExpectedBy.CALL),
    (Class.ENTERED_BY_POLICY, lambda facts: facts.recording is Requirement.MUST),
    (Class.EXCLUDED, lambda facts: facts.recording is Requirement.MAY),
    (Class.ENTERED_BY_CALL, lambda facts: facts.is_leg_of_recorded_call),
    (Class.UNEXPLAINED, lambda _: True),
)

#: Who says that a contact of a class must be recorded, for the classes that are entered.
EXPECTED_BY: Mapping[Class, ExpectedBy] = {
    Class.ENTERED_BY_POLICY: ExpectedBy.POLICY,
    Class.ENTERED_BY_CALL: ExpectedBy.CALL,
}


@dataclass(frozen=True, slots=True)
class Classified:
    """A contact with its class."""

    member: Member
    kind: Class
    reason: str | None
    """Why it is excluded: a built-in reason or the id of a rule."""
    is_new: bool
    """Whether it is to be entered now."""


def classified(
    member: Member, policy: Policy, item: Contact | None, *, is_leg_of_recorded_call: bool
) -> Classified:
    """Return a contact of the population with its class."""
    rule = policy.rule_of(member)
    facts = Facts(
        member=member,
        rule=rule,
        default=policy.default,
        item=item,
        is_leg_of_recorded_call=is_leg_of_recorded_call,
    )
    kind = next(kind for kind, holds in CLASSES if holds(facts))
    by_rule = rule.id if rule else None
    reason = (built_in_exclusion(member) or by_rule) if kind is Class.EXCLUDED else None
    return Classified(member, kind, reason, is_new=kind in EXPECTED_BY and item is None)


def built_in_exclusion(member: Member) -> str | None:
    """Return why a contact needs no recording, whatever a policy says, or None."""
    return next((reason for reason, holds in EXCLUSIONS if holds(member)), None)


def is_to_be_recorded(item: Contact) -> bool:
    """Tell whether a contact of the table was to be recorded, so that later legs of its call are, too."""
    return item.closed_reason is not ClosedReason.RECORDING_SWITCHED_OFF
