"""One contact of the population: what SearchContacts says of it, as far as we keep it.

Names, tags, telephone numbers and attributes are not among the fields, so nothing here can hold them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from audio_leakage.contacts.contact import Contact, check_contact_id
from audio_leakage.contacts.follow import followed
from audio_leakage.contacts.snapshot import ContactSnapshot
from audio_leakage.contacts.states import ContactState, ExpectedBy
from audio_leakage.errors import InvalidContact
from audio_leakage.settings import Settings

#: The two segment attributes that we read. Source: docs/amazon-connect.md, "Reading a contact".
SUBTYPE, TEST_TYPE = "connect:Subtype", "connect:ValidationTestType"
_EPOCH, _MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A voice contact that an agent took. Times are aware."""

    contact_id: str
    channel: str
    initiation_method: str
    initiation_timestamp: datetime | None
    connected_to_agent_timestamp: datetime
    disconnect_timestamp: datetime | None
    agent_id: str | None
    queue_id: str | None
    initial_contact_id: str | None
    previous_contact_id: str | None
    subtype: str | None
    is_test: bool

    @property
    def earlier_legs(self) -> tuple[str, ...]:
        """The first leg of its call and the leg before it, as far as they are other contacts."""
        ids = dict.fromkeys(filter(None, (self.initial_contact_id, self.previous_contact_id)))
        return tuple(other for other in ids if other != self.contact_id)

    @property
    def talk_seconds(self) -> float | None:
        """How long it lasted from the agent to the disconnect; None while it goes on."""
        if self.disconnect_timestamp is None:
            return None
        return (self.disconnect_timestamp - self.connected_to_agent_timestamp).total_seconds()

    @property
    def kind(self) -> str:
        """What kind of leg it is, for messages: its initiation method."""
        return self.initiation_method

    @classmethod
    def from_result(cls, found: Mapping[str, Any]) -> Self:
        """Read one result of SearchContacts.

        :raises InvalidContact: when it lacks what every contact of a population has.
        """
        contact_id = check_contact_id(found.get("Id"))
        snapshot = ContactSnapshot.from_answer(contact_id, {"Contact": found})
        connected = snapshot.connected_to_agent_timestamp
        if connected is None:
            raise InvalidContact(f"SearchContacts showed contact {contact_id} without the time of its agent")
        segment = found.get("SegmentAttributes")
        segment = segment if isinstance(segment, Mapping) else {}
        return cls(
            contact_id=contact_id,
            channel=snapshot.channel,
            initiation_method=snapshot.initiation_method,
            initiation_timestamp=snapshot.initiation_timestamp,
            connected_to_agent_timestamp=connected,
            disconnect_timestamp=snapshot.disconnect_timestamp,
            agent_id=snapshot.agent_id,
            queue_id=snapshot.queue_id,
            initial_contact_id=snapshot.initial_contact_id,
            previous_contact_id=snapshot.previous_contact_id,
            subtype=_value(segment.get(SUBTYPE)),
            is_test=TEST_TYPE in segment,
        )

    def to_row(self) -> list[Any]:
        """Return it as JSON keeps it; :meth:`from_row` reads it again."""
        return [
            self.contact_id,
            self.channel,
            self.initiation_method,
            _milliseconds(self.initiation_timestamp),
            _milliseconds(self.connected_to_agent_timestamp),
            _milliseconds(self.disconnect_timestamp),
            self.agent_id,
            self.queue_id,
            self.initial_contact_id,
            self.previous_contact_id,
            self.subtype,
            self.is_test,
        ]

    @classmethod
    def from_row(cls, row: Sequence[Any]) -> Self:
        """Read what :meth:`to_row` gave."""
        contact_id, channel, method, initiated, connected, disconnected, *rest = row
        agent_id, queue_id, initial, previous, subtype, is_test = rest
        return cls(
            contact_id=contact_id,
            channel=channel,
            initiation_method=method,
            initiation_timestamp=_moment(initiated),
            connected_to_agent_timestamp=_EPOCH + connected * _MILLISECOND,
            disconnect_timestamp=_moment(disconnected),
            agent_id=agent_id,
            queue_id=queue_id,
            initial_contact_id=initial,
            previous_contact_id=previous,
            subtype=subtype,
            is_test=is_test,
        )

    def to_contact(self, expected_by: ExpectedBy, now: datetime, settings: Settings) -> Contact:
        """Return the contact to enter: followed by what the search said, due after its end.

        :param expected_by: who says that it must be recorded.
        :param now: aware.
        """
        snapshot = ContactSnapshot(
            channel=self.channel,
            initiation_method=self.initiation_method,
            initial_contact_id=self.initial_contact_id,
            previous_contact_id=self.previous_contact_id,
            initiation_timestamp=self.initiation_timestamp,
            agent_id=self.agent_id,
            queue_id=self.queue_id,
            connected_to_system_timestamp=None,
            connected_to_agent_timestamp=self.connected_to_agent_timestamp,
            after_contact_work_start_timestamp=None,
            after_contact_work_end_timestamp=None,
            disconnect_timestamp=self.disconnect_timestamp,
            recordings=(),
            described_at=None,
        )
        new = Contact(
            contact_id=self.contact_id,
            state=ContactState.INITIALISED,
            expected_by=expected_by,
            initialised_at=self.connected_to_agent_timestamp,
        )
        return followed(new, snapshot, now, settings)


def _value(attribute: object) -> str | None:
    text = attribute.get("ValueString") if isinstance(attribute, Mapping) else None
    return text if isinstance(text, str) and text.isprintable() and 0 < len(text) <= 100 else None


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - _EPOCH) // _MILLISECOND


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else _EPOCH + milliseconds * _MILLISECOND
