"""One contact as the contact table keeps it, and the way between the two."""

import re
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Self, get_type_hints

from audio_leakage.contacts.attributes import choices, kind_of, read, stored
from audio_leakage.contacts.states import (
    ClosedReason,
    ContactState,
    ExpectedBy,
    FailureCause,
    RecordedState,
    RecordingPolicy,
)
from audio_leakage.errors import InvalidContact
from audio_leakage.ports import Item
from audio_leakage.times import format_time, parse_time, shown

#: Attributes that items written before version 0.1.0 have under another name: earlier name to name.
RENAMED = {"RecordingSettings": "RecordingBlocks"}
#: The message about stored blocks that cannot be read. It does not repeat what somebody wrote.
UNREADABLE_BLOCKS = "RecordingBlocks cannot be read; allowed is '<time in ISO-8601> <behavior>'"
#: Every id of Amazon Connect is a UUID.
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def check_contact_id(value: object) -> str:
    """Return ``value`` if it is a contact id.

    Ids end up in request paths and in object keys, so nothing is looked up with anything else.

    :raises InvalidContact: when it is not a UUID, which is what Connect's contact ids are.
    """
    if isinstance(value, str) and UUID.fullmatch(value):
        return value
    raise InvalidContact(f"ContactId is {shown(value)}; allowed is a UUID of 36 characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A contact that is being watched.

    A field is stored under its own name in CamelCase (``next_check_at`` is ``NextCheckAt``); ``None`` and the
    empty tuple are stored as no attribute at all. Times are aware, in UTC.
    """

    contact_id: str
    state: ContactState
    recorded_state: RecordedState | None = None
    next_check_at: datetime | None = None  # None: nothing is left to be done

    # When the flow's recording block ran, or when the agent was connected where no block ran.
    initialised_at: datetime | None = None
    expected_by: ExpectedBy | None = None  # None: FLOW
    recording_policy: RecordingPolicy | None = None
    recording_blocks: tuple[str, ...] = ()  # every recording block in the flow log: "<time> <behavior>"

    channel: str | None = None
    initiation_method: str | None = None
    agent_id: str | None = None
    queue_id: str | None = None
    initial_contact_id: str | None = None  # of the call's first leg
    previous_contact_id: str | None = None  # of the leg before this one
    initiation_timestamp: datetime | None = None
    connected_to_system_timestamp: datetime | None = None
    connected_to_agent_timestamp: datetime | None = None
    after_contact_work_start_timestamp: datetime | None = None
    after_contact_work_end_timestamp: datetime | None = None
    disconnect_timestamp: datetime | None = None
    end_assumed_at: datetime | None = None  # a bound of ours, where Connect never told the end
    described_at: datetime | None = None  # when DescribeContact last answered
    recording_location: str | None = None  # Connect's own pointer: bucket/key
    recording_status: str | None = None  # of that pointer: AVAILABLE or DELETED

    recording_key: str | None = None
    recording_size: int | None = None  # bytes
    recording_seconds: int | None = None
    recorded_at: datetime | None = None  # when the object appeared
    warnings: tuple[str, ...] = ()
    judged_at: datetime | None = None
    failed_at: datetime | None = None  # kept when a late recording heals the failure
    failure_cause: FailureCause | None = None
    searched: tuple[str, ...] = ()  # bucket/prefix of every place that was searched in vain
    closed_reason: ClosedReason | None = None
    expires_at: int | None = None  # epoch seconds; after that DynamoDB deletes the item
    alert_pending: str | None = None  # the verdict somebody has yet to hear of
    acknowledged: str | None = None  # what somebody has said of it: "<time> <class> <cause> <ticket>"

    not_found_since: datetime | None = None
    attempts: int | None = None  # failed ones, in a row
    last_error: str | None = None

    @property
    def open_state(self) -> ContactState | None:
        """The partition of the index ``open-contacts`` this contact is in, if any."""
        return self.state if self.next_check_at else None

    @property
    def standing(self) -> str:
        """Where the contact stands, in one word: its reason, its verdict or its state."""
        return str(self.closed_reason or self.recorded_state or self.state)

    @property
    def ended_at(self) -> datetime | None:
        """When there was nothing left to wait for but the recording.

        The later of the disconnect and the end of after-contact work: Connect completes the contact record
        only when the agent has left it (docs/amazon-connect.md, "When it appears"). Where Connect does not
        tell the end, it is the end that we assume, if any.
        """
        if self.disconnect_timestamp is None or self.is_in_after_contact_work:
            return self.end_assumed_at
        return max(filter(None, (self.disconnect_timestamp, self.after_contact_work_end_timestamp)))

    @property
    def recording_delay(self) -> timedelta | None:
        """How long after its end the recording appeared, as far as we know both."""
        return self.recorded_at - self.ended_at if self.recorded_at and self.ended_at else None

    @property
    def is_in_after_contact_work(self) -> bool:
        """Whether after-contact work has begun and not ended, as far as we know."""
        return (
            self.after_contact_work_start_timestamp is not None
            and self.after_contact_work_end_timestamp is None
        )

    @property
    def left_at(self) -> datetime | None:
        """When the contact was disconnected, or when we assume that it ended."""
        return self.disconnect_timestamp or self.end_assumed_at

    @property
    def last_block_at(self) -> datetime | None:
        """When its last recording block ran."""
        try:
            return parse_time(self.recording_blocks[-1].partition(" ")[0]) if self.recording_blocks else None
        except ValueError:
            raise InvalidContact(UNREADABLE_BLOCKS) from None

    @property
    def is_described(self) -> bool:
        """Whether Connect has said enough to know where a recording would lie."""
        return self.channel is not None and self.left_at is not None

    @property
    def talk_seconds(self) -> float | None:
        """How long the agent was in the conversation: until after-contact work, else the disconnect."""
        left = self.after_contact_work_start_timestamp or self.disconnect_timestamp
        if left is None or self.connected_to_agent_timestamp is None:
            return None
        return (left - self.connected_to_agent_timestamp).total_seconds()

    @property
    def acknowledgement_in_force(self) -> str | None:
        """The acknowledgement of the present verdict; None if there is none, or only an older one."""
        at = (self.acknowledged or "").partition(" ")[0]
        is_of_this = self.judged_at is None or at >= format_time(self.judged_at)
        return self.acknowledged if is_of_this else None

    def closed(self, reason: ClosedReason) -> Self:
        """Return this contact as finished without a verdict."""
        return replace(self, next_check_at=None, closed_reason=reason)

    def to_item(self) -> dict[str, Any]:
        """Return the attributes to store, those of the two indexes among them."""
        item = {
            attribute: stored(value)
            for name, attribute in _ATTRIBUTES.items()
            if (value := getattr(self, name)) is not None and value != ()
        }
        if self.open_state:
            item["OpenState"] = str(self.open_state)
        if self.initialised_at:
            item["InitialisedHour"] = format_time(self.initialised_at)[:13]
        return item

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read an item of the table; attributes that are missing or NULL are None, unknown ones are ignored.

        :raises InvalidContact: names the attribute that cannot be read, and what is allowed there.
        """
        check_contact_id(item.get("ContactId"))
        if item.get("State") is None:
            raise InvalidContact(f"State is missing; allowed are {choices(ContactState)}")
        item = {**{new: item[old] for old, new in RENAMED.items() if old in item}, **item}
        present = {name: value for name, value in item.items() if value is not None and name in _FIELDS}
        return cls(**{_FIELDS[name]: read(name, value, _KINDS[name]) for name, value in present.items()})


_ATTRIBUTES = {
    field.name: "".join(word.capitalize() for word in field.name.split("_")) for field in fields(Contact)
}
_FIELDS = {attribute: name for name, attribute in _ATTRIBUTES.items()}
_KINDS = {_ATTRIBUTES[name]: kind_of(hint) for name, hint in get_type_hints(Contact).items()}
