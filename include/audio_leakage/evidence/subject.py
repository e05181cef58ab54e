"""Everything known about one contact of a day, and the rows that say so."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.recording import has_audio, seconds_in
from audio_leakage.contacts.recording_blocks import intent_of
from audio_leakage.contacts.states import ClosedReason, RecordedState
from audio_leakage.errors import InvalidContact
from audio_leakage.evidence.calls import Leg
from audio_leakage.evidence.classes import (
    ContactClass,
    Count,
    FlowIntent,
    Judgement,
    Row,
    Severity,
    Standing,
    row_of,
)
from audio_leakage.evidence.files import Json
from audio_leakage.population.policy import Requirement
from audio_leakage.times import parse_time

#: Class of an object in the day's folder whose name is no recording's.
UNRECOGNISED_OBJECT = "UNRECOGNISED_OBJECT"
#: Class of a recording that belongs to a contact of another day, which that day's evidence counts.
OTHER_DAY = "OTHER_DAY"
#: Class of a recording without a contact, if we did not ask Connect about it.
NOT_ASKED = "NOT_ASKED"

#: What is known of a recording that was there once, where the bucket keeps versions.
DELETE_MARKER = "DELETE_MARKER"

#: Member of an item that has left the contact table: the revision that had it last.
FROM_REVISION = "FromRevision"

POPULATION, ITEM, RECORDING, BEFORE = range(4)


class Decision(NamedTuple):
    """What the policy says of a contact."""

    requirement: Requirement | None
    """None: it says nothing."""
    rule: str | None
    """The id of the rule; None for the default."""


#: What the policy says of a row of the population.
Policy = Callable[[Json], Decision]


_CONTRADICTED = (ContactClass.CONTRADICTED, ContactClass.CLOSED_THOUGH_SERVED)


class Subject:
    """Everything known about one contact id.

    :param contact_id: in small letters.
    :param sources: its rows by input.
    :param policy: which contacts must be recorded.
    :param is_final: whether nothing is waited for any more.
    """

    def __init__(
        self, contact_id: str, sources: dict[int, list[Json]], policy: Policy, *, is_final: bool
    ) -> None:
        self.contact_id = contact_id
        self._is_final = is_final
        self._leg: Json | None = next(iter(sources.get(POPULATION, ())), None)
        self._item: Json | None = next(iter(sources.get(ITEM, ())), None)
        self._all_found = sources.get(RECORDING, [])
        self._before: Json | None = next(iter(sources.get(BEFORE, ())), None)
        self._contact = _read(self._item)
        self._found = self._recording()
        self._decision = policy(self._leg) if self._leg is not None else Decision(None, None)
        self.standing = self._standing()
        self.table_row: Row = row_of(self.standing)

    @property
    def contact_class(self) -> ContactClass:
        """The class of the contact."""
        return self.table_row.contact_class

    @property
    def must_be_judged(self) -> bool:
        """Whether the monitor is contradicted, or does not watch a contact that it must."""
        is_new = self.contact_class is ContactClass.UNDECIDED and self._item is None
        return is_new or self.contact_class in _CONTRADICTED

    @property
    def is_counted(self) -> bool:
        """Whether this is a contact of the day; a stray recording of another day is none."""
        if self._leg is not None or self._item is not None:
            return True
        return any(found.get("known") not in (UNRECOGNISED_OBJECT, OTHER_DAY) for found in self._all_found)

    @property
    def change(self) -> Json | None:
        """The row of the contact in ``changes.jsonl.gz``; None for one that is as it was, or is new."""
        if self._before is None:
            return None
        now = str(self.table_row.contact_class) if self.is_counted else None
        if now == self._before["class"]:
            return None
        return {
            "class": now,
            "contact_id": self.contact_id,
            "counted_as": self._before["counts_as"],
            "counts_as": str(self.table_row.counts_as if self.is_counted else Count.NEITHER),
            "previous_class": self._before["class"],
        }

    @property
    def objects(self) -> Iterator[Json]:
        """The objects of the folder that are no contact of the day's, with their class."""
        if self._leg is not None or self._item is not None:
            return
        for found in self._all_found:
            known = found.get("known")
            is_no_contact = known in (UNRECOGNISED_OBJECT, OTHER_DAY, NOT_ASKED)
            name = known if is_no_contact else self.table_row.contact_class
            members = ("bucket", "key", "size", "etag", "last_modified", "storage_class")
            yield {"class": str(name), "contact_id": self.contact_id} | {
                member: found.get(member) for member in members
            }

    def row(self) -> Json:
        """Return the row of the contact in ``contacts.jsonl.gz``."""
        table_row, leg, item = self.table_row, self._leg or {}, self._item or {}
        return {
            "agent_id": leg.get("agent_id") or item.get("AgentId"),
            "call_id": self._call_id(),
            "class": str(table_row.contact_class),
            "closed_reason": item.get("ClosedReason"),
            "connected_at": leg.get("connected_at") or item.get("ConnectedToAgentTimestamp"),
            "contact_id": self.contact_id,
            "counts_as": str(table_row.counts_as),
            "detail": self._detail(),
            "disconnected_at": leg.get("disconnected_at") or item.get("DisconnectTimestamp"),
            "expected_by": item.get("ExpectedBy", "FLOW" if item else None),
            "failed_at": item.get("FailedAt"),
            "failure_cause": item.get("FailureCause"),
            "initiated_at": leg.get("initiated_at") or item.get("InitiationTimestamp"),
            "initiation_method": leg.get("initiation_method") or item.get("InitiationMethod"),
            "intent": self.standing.intent and str(self.standing.intent),
            "item_state": item.get("State"),
            "judged_at": item.get("JudgedAt"),
            "policy": self._decision.requirement and str(self._decision.requirement),
            "policy_rule": self._decision.rule,
            "queue_id": leg.get("queue_id") or item.get("QueueId"),
            "recorded_state": item.get("RecordedState"),
            "recording_policy": item.get("RecordingPolicy"),
            "searched": item.get("Searched", []),
            "severity": str(self._severity()),
            "sources": self._sources(),
            "subtype": leg.get("subtype"),
            "talk_seconds": self._talk_seconds(),
            "warnings": item.get("Warnings", []),
            **self._recording_members(),
        }

    def _call_id(self) -> str:
        first = (self._leg or {}).get("initial_contact_id") or (self._item or {}).get("InitialContactId")
        return str(first or self.contact_id).lower()

    def leg(self) -> Leg | None:
        """Return the contact as a leg of its call; None if we know nothing but the recording."""
        row_connected = (self._leg or {}).get("connected_at") or (self._item or {}).get(
            "ConnectedToAgentTimestamp"
        )
        if row_connected is None:
            return None
        left = (self._leg or {}).get("disconnected_at") or (self._item or {}).get("DisconnectTimestamp")
        return Leg(
            self.contact_id,
            self.table_row.counts_as,
            parse_time(row_connected),
            parse_time(left) if left else None,
            self._found_seconds() if self.table_row.counts_as is Count.PROVEN else 0,
        )

    def _recording(self) -> Json | None:
        heard = (found for found in self._all_found if has_audio(found["size"]))
        return max(heard, key=lambda found: (found["size"], found["key"]), default=None)

    def _recording_members(self) -> Json:
        found = self._found or {}
        return {
            "etag": found.get("etag"),
            "last_modified": found.get("last_modified"),
            "recording_key": found.get("key"),
            "recording_seconds": self._found_seconds() if self._found else None,
            "size": found.get("size"),
            "storage_class": found.get("storage_class"),
        }

    def _found_seconds(self) -> int:
        return seconds_in(self._found["size"]) if self._found else 0

    def _standing(self) -> Standing:
        contact = self._contact
        return Standing(
            in_population=self._leg is not None,
            requirement=self._decision.requirement,
            exclusion=self._exclusion(),
            intent=_intent(contact, self._item, self._leg),
            judgement=_judgement(contact, self._item),
            closed_reason=contact.closed_reason if contact else None,
            warnings=contact.warnings if contact else (),
            recording_policy=contact.recording_policy if contact else None,
            is_recorded=self._found is not None,
            has_changed=self._has_changed(),
            known_to_connect=any(found.get("known") == "VOICE" for found in self._all_found),
        )

    def _exclusion(self) -> str | None:
        leg = self._leg or {}
        if leg.get("is_test"):
            return "TEST"
        if leg.get("initiation_method") in ("MONITOR", "EXTERNAL_OUTBOUND"):
            return str(ClosedReason.NO_RECORDING_OF_ITS_OWN)
        reason = self._contact.closed_reason if self._contact else None
        is_unanswered = reason is ClosedReason.CUSTOMER_NEVER_ANSWERED
        return str(reason) if is_unanswered else None

    def _has_changed(self) -> bool:
        if self._found is None:
            return False
        if self._before is not None and self._before["etag"] is not None:
            return (self._found["size"], self._found["etag"]) != (self._before["size"], self._before["etag"])
        size = self._contact.recording_size if self._contact else None
        return size is not None and size != self._found["size"]

    def _talk_seconds(self) -> int | None:
        talk = self._contact.talk_seconds if self._contact else None
        if talk is None and self._leg and self._leg.get("disconnected_at"):
            left = parse_time(self._leg["disconnected_at"])
            talk = (left - parse_time(self._leg["connected_at"])).total_seconds()
        return None if talk is None else max(0, int(talk))

    def _severity(self) -> Severity:
        is_undecided = self.table_row.counts_as is Count.UNDECIDED
        return Severity.ERROR if is_undecided and self._is_final else self.table_row.severity

    def _sources(self) -> list[str]:
        has_blocks = bool(self._contact and self._contact.recording_blocks)
        present = {
            "BUCKET": self._found is not None,
            "FLOW_LOG": has_blocks,
            "POPULATION": self._leg is not None,
            "REVISION_BEFORE": self._item is not None and FROM_REVISION in self._item,
            "TABLE": self._item is not None and FROM_REVISION not in self._item,
        }
        return [name for name, holds in present.items() if holds]

    def _detail(self) -> str | None:
        """Return what the class leaves open: the rule, the cause or the state."""
        contact, contact_class = self._contact, self.table_row.contact_class
        if contact_class is ContactClass.EXCLUDED:
            return self.standing.exclusion or self._decision.rule or str(ClosedReason.RECORDING_SWITCHED_OFF)
        if contact_class is ContactClass.DELETED_SINCE:
            is_marked = any(found.get("known") == DELETE_MARKER for found in self._all_found)
            return "MARKER" if is_marked else "GONE"
        if contact_class is ContactClass.UNDECIDED and contact is None:
            return "ITEM_UNREADABLE" if self._item else "NOT_WATCHED"
        if contact_class is ContactClass.ORPHAN and any(
            found.get("known") == NOT_ASKED for found in self._all_found
        ):
            return NOT_ASKED
        if contact_class is ContactClass.CLOSED_THOUGH_SERVED and contact:
            return str(contact.closed_reason)
        return str(contact.failure_cause) if contact and contact.failure_cause else None


def _read(item: Json | None) -> Contact | None:
    """Return the item as a contact; None for one that makes no sense, which is then undecided."""
    try:
        return Contact.from_item(item) if item is not None else None
    except InvalidContact:
        return None


def _intent(contact: Contact | None, item: Json | None, leg: Json | None) -> FlowIntent | None:
    if contact is None:
        return FlowIntent.ON if item is not None else None
    if not contact.recording_blocks:
        return None if (item or {}).get("ExpectedBy") == "POLICY" else FlowIntent.ON
    joined_at = contact.connected_to_agent_timestamp
    if joined_at is None and leg is not None:  # the monitor does not know the agent, the population does
        joined_at = parse_time(leg["connected_at"])
    try:
        intent = intent_of(contact.recording_blocks, joined_at)
    except InvalidContact:
        return FlowIntent.ON
    if intent.is_off:
        return FlowIntent.OFF
    return FlowIntent.FAILED if intent.has_failed else FlowIntent.ON


def _judgement(contact: Contact | None, item: Json | None) -> Judgement | None:
    if item is None:
        return None
    if contact is None:
        return Judgement.OPEN
    if contact.closed_reason is not None:
        return Judgement.CLOSED
    if contact.recorded_state is None:
        return Judgement.OPEN
    is_success = contact.recorded_state is RecordedState.CALL_RECORDED_SUCCESS
    return Judgement.SUCCESS if is_success else Judgement.FAILURE
