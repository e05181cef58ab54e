"""What may become of a call: each kind writes the life of one."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from local_aws.contact_centre.blind_kinds import BLIND_KINDS, BlindKinds
from local_aws.contact_centre.calls import SimulatedCall
from local_aws.contact_centre.flow_kinds import FlowKinds
from local_aws.contact_centre.recordings import HEADER_BYTES, File, Pointer, size_of

#: A header as long as some writers make it, and no audio behind it.
_LONG_HEADER_BYTES = 78
_IVR_BYTES, _VOICEMAIL_BYTES = 100_000, 640_044
_VOICEMAIL_FOLDERS = ("Voicemail", "Voicemails", "voicemail", "VoiceMail")


class CallWriter(FlowKinds, BlindKinds):
    """Writes the lives of calls with the dice it is given; each further method is a kind."""

    def write(self, kind: str, initiated: datetime) -> SimulatedCall:
        """Return a call of a kind of :data:`KINDS` or :data:`BLIND_KINDS`, of several legs the last one."""
        return {**KINDS, **BLIND_KINDS}[kind](self, self._new(kind, initiated))

    # The ordinary ones.

    def spoke_to_agent(self, call: SimulatedCall) -> SimulatedCall:
        """The recording is there within a minute or so."""
        return self._recorded(self._answered(call))

    def recorded_late(self, call: SimulatedCall) -> SimulatedCall:
        """The recording takes its time, but less than half an hour."""
        return self._recorded(self._answered(call), after=self._seconds(5 * 60, 25 * 60))

    def leaked(self, call: SimulatedCall) -> SimulatedCall:
        """What it is all about: the recording never comes."""
        return self._answered(call)

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

    def abandoned_in_ivr(self, call: SimulatedCall) -> SimulatedCall:
        """The customer hangs up before the queue."""
        return replace(call, disconnected=call.initiated + self._seconds(5, 60))

    def abandoned_in_queue(self, call: SimulatedCall) -> SimulatedCall:
        """The customer hangs up in the queue."""
        return self._abandoned(call)

    def missed_offer(self, call: SimulatedCall) -> SimulatedCall:
        """An agent is offered the call and does not take it; the customer hangs up."""
        call = self.abandoned_in_queue(call)
        return replace(call, offered=(call.enqueued or call.initiated) + timedelta(seconds=5))

    # A file that is none, or not enough of one.

    def recorded_empty(self, call: SimulatedCall) -> SimulatedCall:
        """There is a file, and nothing but a header in it."""
        return replace(self._recorded(self._answered(call)), recording_size=HEADER_BYTES)

    def header_only(self, call: SimulatedCall) -> SimulatedCall:
        """There is a file with a longer header, and no frame of audio in it."""
        return replace(self._recorded(self._answered(call)), recording_size=_LONG_HEADER_BYTES)

    def recorded_short(self, call: SimulatedCall) -> SimulatedCall:
        """The recording stops long before the talk does."""
        call = self._recorded(self._answered(call))
        assert call.connected_to_agent and call.agent_left  # noqa: PT018, S101
        return replace(call, recording_size=size_of((call.agent_left - call.connected_to_agent) / 10))

    def only_ivr_recorded(self, call: SimulatedCall) -> SimulatedCall:
        """The automated interaction was recorded, the conversation was not."""
        call = self._answered(call)
        assert call.disconnected  # noqa: S101
        file = File(call.recording_key(f"{call.prefix}/ivr"), _IVR_BYTES, call.disconnected)
        return replace(call, other_files=(file,), pointers=(Pointer(file.key, file.lands, "IVR"),))

    def voicemail_only(self, call: SimulatedCall) -> SimulatedCall:
        """The customer left a message for another agent, and that is all there is to hear."""
        call = self._answered(call)
        assert call.ended  # noqa: S101
        folder = f"{call.prefix.rpartition('/')[0]}/{self._dice.choice(_VOICEMAIL_FOLDERS)}"
        file = File(call.recording_key(folder), _VOICEMAIL_BYTES, call.ended + self._seconds(15, 75))
        return replace(call, other_files=(file,), pointers=(Pointer(file.key, file.lands),))

    # After-contact work, and calls that Connect never ends.

    def long_after_contact_work(self, call: SimulatedCall) -> SimulatedCall:
        """The agent works on for a while, and the recording waits for it."""
        return self._worked_for(call, 600, 1500)

    def work_for_ninety_minutes(self, call: SimulatedCall) -> SimulatedCall:
        """The agent works on for longer than it takes to fail."""
        return self._worked_for(call, 90 * 60, 95 * 60)

    def _worked_for(self, call: SimulatedCall, low: float, high: float) -> SimulatedCall:
        call = self._answered(call)
        return self._recorded(
            replace(call, work_ended=(call.agent_left or call.initiated) + self._seconds(low, high))
        )

    def work_never_ends(self, call: SimulatedCall) -> SimulatedCall:
        """After-contact work begins and never ends, and the recording never comes."""
        return replace(self._answered(call), work_ended=None)

    def never_disconnected(self, call: SimulatedCall) -> SimulatedCall:
        """The call is over and recorded, and Connect never says that it ended."""
        return self._not_ended(self._recorded(self._answered(call)))

    def never_disconnected_leaked(self, call: SimulatedCall) -> SimulatedCall:
        """The same, and the recording never comes."""
        return self._not_ended(self._answered(call))

    def _not_ended(self, call: SimulatedCall) -> SimulatedCall:
        call = replace(call, disconnected=None)
        return call if self._dice.random() < 0.5 else replace(call, agent_left=None, work_ended=None)

    def never_disconnected_in_queue(self, call: SimulatedCall) -> SimulatedCall:
        """No agent takes the call, and Connect never says that it ended."""
        return self._queued(call)

    def callback_waits(self, call: SimulatedCall) -> SimulatedCall:
        """A callback that nobody dials."""
        return replace(self._queued(call), method="CALLBACK", connected_to_system=None)

    # What Connect knows, and what is no call.

    def unknown_to_connect(self, call: SimulatedCall) -> SimulatedCall:
        """The flow speaks of a contact that Connect never knows."""
        return replace(self._answered(call), known_from=None)

    def known_late(self, call: SimulatedCall) -> SimulatedCall:
        """Connect knows the contact ninety minutes after it began."""
        call = self._recorded(self._answered(call))
        return replace(call, known_from=call.initiated + timedelta(minutes=90))

    def chat(self, call: SimulatedCall) -> SimulatedCall:
        """A chat whose flow runs the same block, and that waits for hours."""
        waits = self._seconds(6 * 3600, 12 * 3600)
        call = self._queued(call)
        joined = call.initiated + waits
        left = joined + self._seconds(300, 3600)
        return replace(
            call,
            channel="CHAT",
            offered=joined,
            connected_to_agent=joined,
            agent_left=left,
            disconnected=left,
        )

    def task(self, call: SimulatedCall) -> SimulatedCall:
        """A task, which is no call either."""
        return replace(self.chat(call), channel="TASK")

    def expired(self, call: SimulatedCall) -> SimulatedCall:
        """Connect names a recording, and the bucket's lifecycle has removed it."""
        call = self._answered(call)
        assert call.ended  # noqa: S101
        return replace(call, pointers=(Pointer(call.recording_key(call.prefix), call.ended),))


#: What may become of a call that the flow log tells of, by name.
KINDS: Mapping[str, Callable[[CallWriter, SimulatedCall], SimulatedCall]] = {
    name: getattr(CallWriter, name)
    for name in dir(CallWriter)
    if name[0] != "_" and name not in ("write", *BLIND_KINDS)
}
