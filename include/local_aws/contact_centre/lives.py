"""What the kinds of calls have in common."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from local_aws.contact_centre.blocks import SHAPES_OF, Block, Wish
from local_aws.contact_centre.calls import SimulatedCall
from local_aws.contact_centre.recordings import Pointer, size_of


class Lives:
    """The parts that lives are made of, with the dice it is given.

    :param bucket: where the calls' recordings would lie, under ``prefix``.
    """

    def __init__(
        self, dice: Random, *, bucket: str = "recordings", prefix: str = "connect/acme/CallRecordings"
    ) -> None:
        self._dice = dice
        self._bucket = bucket
        self._prefix = prefix

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

    def _abandoned(self, call: SimulatedCall) -> SimulatedCall:
        """Let the customer hang up in the queue."""
        call = self._queued(call)
        return replace(call, disconnected=(call.enqueued or call.initiated) + self._seconds(10, 400))
