"""What may become of a call: each kind writes the life of one."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from local_aws.contact_centre.blocks import FAILED_RESULTS, SHAPES_OF, UNKNOWN_NAMES, Block, Wish
from local_aws.contact_centre.calls import File, Pointer, SimulatedCall
from local_aws.contact_centre.recordings import HEADER_BYTES, size_of

#: A header as long as some writers make it, and no audio behind it.
_LONG_HEADER_BYTES = 78
_IVR_BYTES, _VOICEMAIL_BYTES = 100_000, 640_044
_VOICEMAIL_FOLDERS = ("Voicemail", "Voicemails", "voicemail", "VoiceMail")


class CallWriter:
    """Writes the lives of calls with the dice it is given.

    :param bucket: where the calls' recordings would lie, under ``prefix``.
    """

    def __init__(
        self, dice: Random, *, bucket: str = "recordings", prefix: str = "connect/acme/CallRecordings"
    ) -> None:
        self._dice = dice
        self._bucket = bucket
        self._prefix = prefix

    def write(self, kind: str, initiated: datetime) -> SimulatedCall:
        """Return a call of a kind of :data:`KINDS`."""
        return KINDS[kind](self, self._new(kind, initiated))

    def _new(self, kind: str, initiated: datetime) -> SimulatedCall:
        initiated = initiated.replace(microsecond=initiated.microsecond // 1000 * 1000)  # as Connect has it
        return SimulatedCall(
            contact_id=str(UUID(int=self._dice.getrandbits(128), version=4)),
            kind=kind,
            initiated=initiated,
            known_from=initiated,
            bucket=self._bucket,
            prefix=self._prefix,
            connected_to_system=initiated,
            blocks=(Block(initiated + self._seconds(1, 4)),),
        )

    def _seconds(self, low: float, high: float) -> timedelta:
        return timedelta(milliseconds=round(1000 * self._dice.uniform(low, high)))

    def _shape(self, wish: Wish) -> str:
        return self._dice.choice(SHAPES_OF[wish])

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
        lands = call.ended + (after or self._seconds(15, 75))
        pointer = Pointer(call.recording_key(call.prefix), lands, self._dice.choice((None, None, "ALL")))
        return replace(
            call,
            recording_lands=lands,
            recording_size=size_of(call.agent_left - call.connected_to_agent),
            pointers=(pointer,) if self._dice.random() < 0.5 else (),
        )

    def _then(self, call: SimulatedCall, *blocks: Block) -> SimulatedCall:
        return replace(call, blocks=(*call.blocks, *blocks))

    def _off_first(self, call: SimulatedCall) -> SimulatedCall:
        """Let an agent take a call whose flow says "off" where others say "on"."""
        (first,) = call.blocks
        return self._answered(replace(call, blocks=(Block(first.at, self._shape(Wish.OFF)),)))

    def _after_joining(self, call: SimulatedCall, low: float, high: float) -> datetime:
        assert call.connected_to_agent  # noqa: S101
        return call.connected_to_agent + self._seconds(low, high)

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
        call = self._queued(call)
        return replace(call, disconnected=(call.enqueued or call.initiated) + self._seconds(10, 400))

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

    # What the flow wanted.

    def switched_off_again(self, call: SimulatedCall) -> SimulatedCall:
        """A later block switches recording off before the agent joins: no recording is expected."""
        call = self._answered(call)
        assert call.enqueued  # noqa: S101
        return self._then(call, Block(call.enqueued, self._shape(Wish.OFF)))

    def switched_off_late(self, call: SimulatedCall) -> SimulatedCall:
        """Recording is switched off when the agent has joined, or in the same moment."""
        call = self._answered(call)
        return self._then(call, Block(self._after_joining(call, -0.4, 14), self._shape(Wish.OFF)))

    def switching_off_failed(self, call: SimulatedCall) -> SimulatedCall:
        """A block would have switched recording off, and failed."""
        call = self._recorded(self._answered(call))
        assert call.enqueued  # noqa: S101
        result = self._dice.choice(FAILED_RESULTS)
        return self._then(call, Block(call.enqueued, self._shape(Wish.OFF), result))

    def switched_on_late(self, call: SimulatedCall) -> SimulatedCall:
        """Recording is switched on when the agent has joined, and nothing comes of it."""
        call = self._answered(call)
        return replace(call, blocks=(Block(self._after_joining(call, 0.062, 14), self._shape(Wish.ON)),))

    def off_then_on(self, call: SimulatedCall) -> SimulatedCall:
        """AWS's recipe for another setting: off first, then on."""
        call = self._recorded(self._off_first(call))
        assert call.enqueued  # noqa: S101
        return self._then(call, Block(call.enqueued, self._shape(Wish.ON)))

    def off_then_on_late(self, call: SimulatedCall) -> SimulatedCall:
        """The same in a whisper flow: "on" comes when the agent has joined, and nothing comes of it."""
        call = self._off_first(call)
        return self._then(call, Block(self._after_joining(call, 0.062, 14), self._shape(Wish.ON)))

    def off_then_on_failed(self, call: SimulatedCall) -> SimulatedCall:
        """The same recipe, and the block that switches recording on fails."""
        call = self._off_first(call)
        assert call.enqueued  # noqa: S101
        result = self._dice.choice(FAILED_RESULTS)
        return self._then(call, Block(call.enqueued, self._shape(Wish.ON), result))

    def recorded_though_off(self, call: SimulatedCall) -> SimulatedCall:
        """The flow switched recording off in time, and there is a recording."""
        return self._recorded(self.switched_off_again(call))

    def only_off(self, call: SimulatedCall) -> SimulatedCall:
        """The flow only ever said "off", and an agent takes the call."""
        return self._off_first(call)

    def only_off_abandoned(self, call: SimulatedCall) -> SimulatedCall:
        """The flow only ever said "off", and the customer hangs up before an agent takes the call."""
        (first,) = call.blocks
        return self.abandoned_in_queue(replace(call, blocks=(Block(first.at, self._shape(Wish.OFF)),)))

    # What the lines are about.

    def screen_block_only(self, call: SimulatedCall) -> SimulatedCall:
        """The flow only sets something that is not the conversation: the screen, chat, IVR, analytics."""
        (first,) = call.blocks
        return replace(self._answered(call), blocks=(Block(first.at, self._shape(Wish.ELSE)),))

    def screen_and_voice(self, call: SimulatedCall) -> SimulatedCall:
        """One block sets the screen and the next one the voice, as AWS demands."""
        (first,) = call.blocks
        screen = Block(first.at, "screen")
        voice = Block(first.at + timedelta(milliseconds=40), "voice")
        return self._recorded(self._answered(replace(call, blocks=(screen, voice))))

    def unknown_block_name(self, call: SimulatedCall) -> SimulatedCall:
        """AWS has renamed the block once more, its parameters are known, and the recording never comes."""
        (first,) = call.blocks
        block = Block(first.at, self._shape(Wish.ON), name=self._dice.choice(UNKNOWN_NAMES))
        return self._answered(replace(call, blocks=(block,)))

    def unreadable_block(self, call: SimulatedCall) -> SimulatedCall:
        """A second block has a name and parameters that nobody has seen."""
        call = self._recorded(self._answered(call))
        assert call.enqueued  # noqa: S101
        block = Block(call.enqueued, self._shape(Wish.UNREADABLE), name=self._dice.choice(UNKNOWN_NAMES))
        return self._then(call, block)

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


#: What may become of a call, by name.
KINDS: Mapping[str, Callable[[CallWriter, SimulatedCall], SimulatedCall]] = {
    name: life for name, life in vars(CallWriter).items() if name[0] != "_" and name != "write"
}
