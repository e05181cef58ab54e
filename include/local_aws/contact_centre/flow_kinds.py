"""The kinds of calls whose flow says something else than "on" once, in time."""

from dataclasses import replace
from datetime import timedelta

from local_aws.contact_centre.blocks import FAILED_RESULTS, UNKNOWN_NAMES, Block, Wish
from local_aws.contact_centre.calls import SimulatedCall
from local_aws.contact_centre.lives import Lives


class FlowKinds(Lives):
    """Each method is a kind: what a flow wanted, and what its lines are about."""

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
        return self._abandoned(replace(call, blocks=(Block(first.at, self._shape(Wish.OFF)),)))

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
