"""Everything known about one contact of a day, and the rows that say so."""

from collections.abc import Iterator

from audio_leakage.contacts.recording import seconds_in
from audio_leakage.contacts.states import ClosedReason
from audio_leakage.evidence.calls import Leg
from audio_leakage.evidence.class_facts import facts_of
from audio_leakage.evidence.classes import ContactClass, Count, Row, Severity, row_of
from audio_leakage.evidence.files import Json
from audio_leakage.evidence.sources import (
    DELETE_MARKER,
    FROM_REVISION,
    NOT_ASKED,
    OTHER_DAY,
    UNRECOGNISED_OBJECT,
    Decision,
    Known,
    Policy,
)
from audio_leakage.times import parse_time

_CONTRADICTED = (ContactClass.CONTRADICTED, ContactClass.CLOSED_THOUGH_SERVED)


class Subject:
    """Everything known about one contact id.

    :param contact_id: in small letters.
    :param sources: its rows by input.
    :param policy: which contacts must be recorded.
    :param is_final: whether ``recheck_days`` are over.
    """

    def __init__(
        self, contact_id: str, sources: dict[int, list[Json]], policy: Policy, *, is_final: bool
    ) -> None:
        self.contact_id = contact_id
        self._is_final = is_final
        known = Known.of(sources)
        self._leg, self._item, self._contact = known.leg, known.item, known.contact
        self._all_found, self._found, self._before = known.objects, known.recording, known.before
        self._decision = policy(self._leg) if self._leg is not None else Decision(None, None)
        self.facts = facts_of(known, self._decision)
        self.table_row: Row = row_of(self.facts)

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
            "intent": self.facts.intent and str(self.facts.intent),
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
            return self.facts.exclusion or self._decision.rule or str(ClosedReason.RECORDING_SWITCHED_OFF)
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
