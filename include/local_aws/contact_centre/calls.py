"""The life of one simulated call, what Connect says of it at any moment, and the truth about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from local_aws.contact_centre.recordings import HEADER_BYTES, size_of

_ACCOUNT = "arn:aws:connect:af-south-1:123456789012"
_QUEUE_ID = "54b468a3-86b1-4746-aeb5-c31b62eecaa2"
_AGENT_ID = "59ede75e-26d7-44f9-bf20-32e6bfc378af"


@dataclass(frozen=True, slots=True)
class Truth:
    """What a monitor that makes no mistake has to say about a call at some moment."""

    state: str | None
    """In the specification's words; None: the contact is gone from the table."""
    recorded_state: str | None
    """In the specification's words; None: undecided yet, or no recording is expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedCall:
    """One contact from its initiation to its recording. Times are aware; None: it never happens."""

    contact_id: str
    kind: str
    initiated: datetime
    channel: str = "VOICE"
    method: str = "INBOUND"
    previous_contact_id: str | None = None
    recording_set: datetime | None = None  # the flow's block switched recording on
    switched_off: datetime | None = None
    connected_to_system: datetime | None = None
    enqueued: datetime | None = None
    offered: datetime | None = None
    connected_to_agent: datetime | None = None
    agent_left: datetime | None = None  # after-contact work starts
    work_ended: datetime | None = None
    disconnected: datetime | None = None
    recording_lands: datetime | None = None
    recording_size: int = 0  # bytes
    ivr_recording: bool = False

    def contact_at(self, moment: datetime) -> Mapping[str, Any] | None:
        """Return ``Contact`` as DescribeContact answers it, or None before the call was initiated."""
        if moment < self.initiated:
            return None

        def known(event: datetime | None) -> datetime | None:
            return event if event and event <= moment else None

        agent = {
            "Id": _AGENT_ID if known(self.offered) else None,
            "ConnectedToAgentTimestamp": known(self.connected_to_agent),
            "AfterContactWorkStartTimestamp": known(self.agent_left),
            "AfterContactWorkEndTimestamp": known(self.work_ended),
        }
        queue = {"Id": _QUEUE_ID, "EnqueueTimestamp": self.enqueued} if known(self.enqueued) else None
        contact = {
            "Arn": f"{_ACCOUNT}:instance/{UUID(int=0)}/contact/{self.contact_id}",
            "Id": self.contact_id,
            "PreviousContactId": self.previous_contact_id,
            "InitialContactId": self.previous_contact_id,
            "InitiationMethod": self.method,
            "Channel": self.channel,
            "QueueInfo": queue,
            "AgentInfo": {name: value for name, value in agent.items() if value} or None,
            "InitiationTimestamp": self.initiated,
            "ConnectedToSystemTimestamp": known(self.connected_to_system),
            "DisconnectTimestamp": known(self.disconnected),
        }
        return {name: value for name, value in contact.items() if value is not None}

    def recording_key(self, prefix: str) -> str:
        """Return the key Connect gives the recording of the agent's conversation."""
        connected = (self.connected_to_agent or self.initiated).astimezone(UTC)
        return f"{prefix}/{connected:%Y/%m/%d}/{self.contact_id}_{connected:%Y%m%dT%H:%M}_UTC.wav"

    @property
    def ended(self) -> datetime | None:
        """The later of the disconnect and the end of after-contact work."""
        return max(filter(None, (self.disconnected, self.work_ended)), default=None)

    @property
    def recording_expected(self) -> bool:
        """Whether an agent recording should come of this call."""
        return (
            self.channel == "VOICE"
            and self.connected_to_agent is not None
            and self.switched_off is None
            and (self.method != "OUTBOUND" or self.connected_to_system is not None)
        )

    def truth(self, moment: datetime, failure_after: timedelta) -> Truth:
        """Return what is true at a moment.

        :param failure_after: how long after its end a call without a recording has failed.
        """
        agent = self.connected_to_agent is not None and self.connected_to_agent <= moment
        over = self.disconnected is not None and self.disconnected <= moment
        if not over:
            return Truth("IN_PROGRESS - AGENT" if agent else "IN_PROGRESS - QUEUE/IVR", None)
        if not agent:
            return Truth(None, None)
        return Truth(
            "COMPLETED - AGENT", self._verdict(moment, failure_after) if self.recording_expected else None
        )

    def _verdict(self, moment: datetime, failure_after: timedelta) -> str | None:
        if self.recording_lands and self.recording_lands <= moment and self.recording_size > HEADER_BYTES:
            return "CALL_RECORDED_SUCCESS"
        ended = self.ended
        return "CALL_RECORDED_FAILURE" if ended and moment >= ended + failure_after else None


class CallWriter:
    """Writes the lives of calls with the dice it is given."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice

    def write(self, kind: str, initiated: datetime) -> SimulatedCall:
        """Return a call of a kind of :data:`KINDS`."""
        return KINDS[kind](self, self._new(kind, initiated))

    def _new(self, kind: str, initiated: datetime) -> SimulatedCall:
        contact_id = str(UUID(int=self._dice.getrandbits(128), version=4))
        return SimulatedCall(
            contact_id=contact_id,
            kind=kind,
            initiated=initiated,
            connected_to_system=initiated,
            recording_set=initiated + self._seconds(1, 4),
        )

    def _seconds(self, low: float, high: float) -> timedelta:
        return timedelta(milliseconds=round(1000 * self._dice.uniform(low, high)))

    def _queued(self, call: SimulatedCall) -> SimulatedCall:
        return replace(call, enqueued=call.initiated + self._seconds(5, 15))

    def _answered(self, call: SimulatedCall) -> SimulatedCall:
        call = self._queued(call)
        offered = (call.enqueued or call.initiated) + self._seconds(2, 120)
        connected = offered + self._seconds(2, 10)
        left = connected + self._seconds(15, 150)
        return replace(
            call,
            offered=offered,
            connected_to_agent=connected,
            agent_left=left,
            work_ended=left + self._seconds(1, 60),
            disconnected=left,
        )

    def _recorded(self, call: SimulatedCall, after: timedelta | None = None) -> SimulatedCall:
        assert call.connected_to_agent and call.agent_left and call.ended  # noqa: PT018, S101
        return replace(
            call,
            recording_lands=call.ended + (after or self._seconds(15, 75)),
            recording_size=size_of(call.agent_left - call.connected_to_agent),
        )

    def spoke_to_agent(self, call: SimulatedCall) -> SimulatedCall:
        """The ordinary case: the recording is there within a minute or so."""
        return self._recorded(self._answered(call))

    def recorded_late(self, call: SimulatedCall) -> SimulatedCall:
        """The recording takes its time, but less than half an hour."""
        return self._recorded(self._answered(call), after=self._seconds(5 * 60, 25 * 60))

    def leaked(self, call: SimulatedCall) -> SimulatedCall:
        """What it is all about: the recording never comes."""
        return self._answered(call)

    def recorded_empty(self, call: SimulatedCall) -> SimulatedCall:
        """There is a file, and nothing but a header in it."""
        return replace(self._recorded(self._answered(call)), recording_size=HEADER_BYTES)

    def only_ivr_recorded(self, call: SimulatedCall) -> SimulatedCall:
        """The automated interaction was recorded, the conversation was not."""
        return replace(self._answered(call), ivr_recording=True)

    def long_after_contact_work(self, call: SimulatedCall) -> SimulatedCall:
        """The agent works on for a while, and the recording waits for it."""
        call = self._answered(call)
        return self._recorded(
            replace(call, work_ended=(call.agent_left or call.initiated) + self._seconds(600, 1500))
        )

    def switched_off_again(self, call: SimulatedCall) -> SimulatedCall:
        """A later block switches recording off before the agent joins: no recording is expected."""
        call = self._answered(call)
        return replace(call, switched_off=call.enqueued)

    def answered_outbound(self, call: SimulatedCall) -> SimulatedCall:
        """An agent dials, the customer answers."""
        return replace(self._recorded(self._answered(call)), method="OUTBOUND")

    def unanswered_outbound(self, call: SimulatedCall) -> SimulatedCall:
        """An agent dials, the customer never answers: there is nothing to record."""
        return replace(self._answered(call), method="OUTBOUND", connected_to_system=None)

    def transferred(self, call: SimulatedCall) -> SimulatedCall:
        """The second leg of a call, which has a recording of its own."""
        previous = str(UUID(int=self._dice.getrandbits(128), version=4))
        return replace(self._recorded(self._answered(call)), method="TRANSFER", previous_contact_id=previous)

    def chat(self, call: SimulatedCall) -> SimulatedCall:
        """A chat whose flow runs the same block."""
        return replace(self._answered(call), channel="CHAT")

    def abandoned_in_ivr(self, call: SimulatedCall) -> SimulatedCall:
        """The customer hangs up before the queue."""
        return replace(call, disconnected=call.initiated + self._seconds(5, 60))

    def abandoned_in_queue(self, call: SimulatedCall) -> SimulatedCall:
        """The customer hangs up in the queue."""
        call = self._queued(call)
        return replace(call, disconnected=(call.enqueued or call.initiated) + self._seconds(10, 400))

    def missed_offer(self, call: SimulatedCall) -> SimulatedCall:
        """An agent is offered the call and does not take it; the customer hangs up."""
        call = self.abandoned_in_queue(call)
        return replace(call, offered=(call.enqueued or call.initiated) + timedelta(seconds=5))


#: What may become of a call, by name.
KINDS: Mapping[str, Callable[[CallWriter, SimulatedCall], SimulatedCall]] = {
    life.__name__: life
    for life in (
        CallWriter.spoke_to_agent,
        CallWriter.recorded_late,
        CallWriter.leaked,
        CallWriter.recorded_empty,
        CallWriter.only_ivr_recorded,
        CallWriter.long_after_contact_work,
        CallWriter.switched_off_again,
        CallWriter.answered_outbound,
        CallWriter.unanswered_outbound,
        CallWriter.transferred,
        CallWriter.chat,
        CallWriter.abandoned_in_ivr,
        CallWriter.abandoned_in_queue,
        CallWriter.missed_offer,
    )
}
