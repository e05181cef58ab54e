"""The kinds of calls whose legs the flow log does not show, or not all of them.

A kind with several legs gives the last one. The others come before it in its ``legs``.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from local_aws.contact_centre.calls import SimulatedCall
from local_aws.contact_centre.lives import Lives
from local_aws.contact_centre.queues import AN_AGENTS, SALES


class BlindKinds(Lives):
    """Each method is a kind: why the flow log is silent, and whether there is a recording."""

    # Flows.

    def flow_without_block(self, call: SimulatedCall) -> SimulatedCall:
        """The flow has no recording block, and nothing is recorded."""
        return self._answered(replace(call, blocks=(), queue_id=SALES.queue_id))

    def logging_off_recorded(self, call: SimulatedCall) -> SimulatedCall:
        """The flow switches recording on and logs nothing; there is a recording."""
        return self._recorded(self._answered(replace(call, is_logged=False)))

    def logging_off_leaked(self, call: SimulatedCall) -> SimulatedCall:
        """The flow switches recording on and logs nothing; the recording never comes."""
        return self._answered(replace(call, is_logged=False))

    def direct_to_agent(self, call: SimulatedCall) -> SimulatedCall:
        """The call goes to an agent's own queue, and everything is as it should be."""
        return self._recorded(self._answered(replace(call, queue_id=AN_AGENTS.queue_id)))

    def test_case(self, call: SimulatedCall) -> SimulatedCall:
        """AWS's test of a flow that has no recording block: nobody speaks, nothing is to be recorded."""
        return self._answered(replace(call, blocks=(), is_test=True))

    # The leg after an agent's transfer, whose flow is the stock one without a block.

    def quick_connect_recorded(self, call: SimulatedCall) -> SimulatedCall:
        """The second leg is recorded as the first one was."""
        return self._recorded(self._transferred(self._recorded(self._answered(call))))

    def quick_connect_leaked(self, call: SimulatedCall) -> SimulatedCall:
        """The second leg is not recorded."""
        return self._transferred(self._recorded(self._answered(call)))

    def transferred_twice_leaked(self, call: SimulatedCall) -> SimulatedCall:
        """The third leg is not recorded."""
        second = self._transferred(self._recorded(self._answered(call)))
        return self._transferred(self._recorded(second))

    def transferred_though_off(self, call: SimulatedCall) -> SimulatedCall:
        """The flow switched recording off for the first leg, and no leg is recorded."""
        return self._transferred(self._off_first(call))

    def transferred_unlogged(self, call: SimulatedCall) -> SimulatedCall:
        """The flow of the first leg logs nothing, and the second leg is not recorded."""
        return self._transferred(self._recorded(self._answered(replace(call, is_logged=False))))

    # The leg after a wait in another queue. No agent took the first leg, so its item is purged.

    def moved_between_queues_recorded(self, call: SimulatedCall) -> SimulatedCall:
        """The customer queue flow moves the call to another queue, where it is recorded."""
        return self._recorded(self._moved(call))

    def moved_between_queues_leaked(self, call: SimulatedCall) -> SimulatedCall:
        """The same, and the recording never comes."""
        return self._moved(call)

    # Callbacks that are dialled when the next UTC day has begun.

    def callback_recorded(self, call: SimulatedCall) -> SimulatedCall:
        """The customer asked for a callback, answers it, and the conversation is recorded."""
        return self._recorded(self._called_back(call))

    def callback_leaked(self, call: SimulatedCall) -> SimulatedCall:
        """The same, and the recording never comes."""
        return self._called_back(call)

    def callback_unanswered(self, call: SimulatedCall) -> SimulatedCall:
        """The agent takes the callback, and the customer never answers it."""
        return replace(self._called_back(call), connected_to_system=None)

    # Legs that have no recording of their own.

    def monitored(self, call: SimulatedCall) -> SimulatedCall:
        """A supervisor listens to a call that is recorded."""
        return self._beside(call, "MONITOR")

    def external_outbound(self, call: SimulatedCall) -> SimulatedCall:
        """The agent of a call that is recorded brings somebody from outside in."""
        return self._beside(call, "EXTERNAL_OUTBOUND")

    def _leg(self, previous: SimulatedCall, method: str, initiated: datetime) -> SimulatedCall:
        """Return the beginning of the leg after another one."""
        return SimulatedCall(
            contact_id=str(UUID(int=self._dice.getrandbits(128), version=4)),
            kind=previous.kind,
            initiated=initiated,
            known_from=initiated,
            bucket=self._bucket,
            prefix=self._prefix,
            connected_to_system=initiated,
            method=method,
            previous=replace(previous, kind=f"{previous.kind} leg {len(previous.legs)}"),
            previous_contact_id=previous.contact_id,
            queue_id=previous.queue_id,
        )

    def _transferred(self, first: SimulatedCall) -> SimulatedCall:
        """Let the agent transfer the call by quick connect: the first contact ends at that moment."""
        assert first.disconnected  # noqa: S101
        return self._answered(self._leg(first, "TRANSFER", first.disconnected))

    def _moved(self, call: SimulatedCall) -> SimulatedCall:
        first = self._abandoned(call)
        assert first.disconnected  # noqa: S101
        return self._answered(
            replace(self._leg(first, "QUEUE_TRANSFER", first.disconnected), queue_id=SALES.queue_id)
        )

    def _called_back(self, call: SimulatedCall) -> SimulatedCall:
        first = self._abandoned(call)
        assert first.enqueued and first.disconnected  # noqa: PT018, S101
        leg = self._leg(first, "CALLBACK", first.disconnected)
        midnight = first.disconnected.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        joined = midnight + timedelta(days=1) + self._seconds(60, 3600)
        answered, left = joined + self._seconds(5, 20), joined + self._seconds(60, 300)
        return replace(
            leg,
            enqueued=leg.initiated,
            offered=joined - self._seconds(2, 10),
            connected_to_agent=joined,
            connected_to_system=answered,
            agent_left=left,
            work_ended=left + self._seconds(1, 60),
            disconnected=left,
        )

    def _beside(self, call: SimulatedCall, method: str) -> SimulatedCall:
        """Return a leg that runs beside a recorded one, without a queue."""
        first = self._recorded(self._answered(call))
        assert first.connected_to_agent and first.disconnected  # noqa: PT018, S101
        joined = first.connected_to_agent + timedelta(seconds=5)
        leg = self._leg(first, method, joined - timedelta(seconds=2))
        return replace(
            leg,
            queue_id=None,
            offered=leg.initiated,
            connected_to_agent=joined,
            agent_left=first.disconnected,
            work_ended=first.disconnected,
            disconnected=first.disconnected,
        )


#: The same kinds by name.
BLIND_KINDS: Mapping[str, Callable[[Any, SimulatedCall], SimulatedCall]] = {
    name: method for name, method in vars(BlindKinds).items() if name[0] != "_"
}
