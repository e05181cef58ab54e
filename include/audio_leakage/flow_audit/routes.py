"""Where a call may go next: block by block, into modules, queues and whisper flows, until an agent joins.

Source: docs/flow-audit.md, "How a call reaches an agent".
"""

from collections.abc import Callable, Iterator, Mapping

from audio_leakage.flow_audit.blocks import branches_taken, changes_nothing, may_hand_on, resolved
from audio_leakage.flow_audit.content import Block, Branch
from audio_leakage.flow_audit.flow import Flow, attributes_read_later
from audio_leakage.flow_audit.idle import IdleFlows
from audio_leakage.flow_audit.places import (
    FOLLOWING,
    HOOKS,
    Ending,
    Move,
    Outcome,
    Phase,
    Place,
    at,
    first,
    outcome_of,
)
from audio_leakage.flow_audit.state import State, Whisper, in_new_segment

#: Connect nests modules up to this depth.
_DEEPEST = 5


_ANY = tuple(Phase)
_HandOn = Callable[[Block, Place], Iterator[Move]]


class Routes:
    """Every step that a voice call may take.

    :param flows: flows and modules by ID.
    """

    def __init__(self, flows: Mapping[str, Flow]) -> None:
        self._flows = flows
        self._outbound_whispers = [flow.id for flow in flows.values() if flow.type == "OUTBOUND_WHISPER"]
        self._read_later: dict[str, Mapping[str, frozenset[str]]] = {}
        self._idle = IdleFlows(flows)
        self._defaults = {(flow.type, flow.name.strip().lower()): flow.id for flow in flows.values()}
        #: The blocks that hand a call on, and the phases in which they do so. Error branches come on top.
        self._handing_on: Mapping[str, tuple[tuple[Phase, ...], _HandOn]] = {
            "InvokeFlowModule": (_ANY, self._into_module),
            "EndFlowModuleExecution": (_ANY, self._back_from_module),
            "EndFlowExecution": (_ANY, self._end),
            # In a whisper flow the agent has accepted. We take it that the agent joins all the same.
            "DisconnectParticipant": ((Phase.FLOW, Phase.QUEUE, Phase.OUTBOUND_WHISPER), self._hang_up),
            "TransferToFlow": ((Phase.FLOW,), self._to_flow),
            "TransferContactToQueue": ((Phase.FLOW,), self._to_queue),
            "TransferContactToAgent": ((Phase.FLOW,), self._to_agent),
            "DequeueContactAndTransferToQueue": ((Phase.QUEUE,), self._to_another_queue),
            "CreateCallbackContact": ((Phase.FLOW, Phase.QUEUE), self._to_callback),
        }

    def enter(self, flow_id: str, phase: Phase, state: State) -> Place | Outcome:
        """Return the first block of a flow, or why it cannot be followed."""
        flow = self._flows.get(flow_id)
        if flow is None:
            return Outcome(Ending.UNKNOWN, "the call goes on to a flow that was not read")
        return first(flow, phase, (), state._replace(attributes=()))

    def moves(self, place: Place) -> Iterator[Move]:
        """Yield every step that a call may take from a place."""
        flow = self._flows[place.flow]
        block = flow.blocks[place.block]
        phases, hand_on = self._handing_on.get(block.type, ((), self._hang_up))
        if place.phase in phases:
            yield from hand_on(block, place)
            yield from self._branches(place, only_errors=True)
        elif block.type in self._handing_on:  # it fails in any other phase
            yield from list(self._branches(place, only_errors=True)) or self._end(block, place)
        elif may_hand_on(block):
            yield Move(Outcome(Ending.UNKNOWN, "a block that the audit does not know hands the call on"))
        elif block.branches:
            yield from self._branches(place)
        else:
            yield from self._end(block, place)
        if place.phase is Phase.QUEUE:
            yield Move(self.begin(Phase.AGENT_WHISPER, place.state))

    def is_plain(self, place: Place) -> bool:
        """Tell whether a place does nothing but lead to the blocks that its branches name."""
        flow = self._flows[place.flow]
        block = flow.blocks[place.block]
        return (
            place.phase is not Phase.QUEUE
            and changes_nothing(block)
            and bool(block.branches)
            and all(branch.target in flow.blocks for branch in block.branches)
        )

    def targets(self, place: Place) -> Iterator[str]:
        """Yield the blocks that the branches of a place name."""
        return (branch.target for branch in self._flows[place.flow].blocks[place.block].branches)

    def _branches(self, place: Place, *, only_errors: bool = False) -> Iterator[Move]:
        flow = self._flows[place.flow]
        block = flow.blocks[place.block]
        for branch, state in branches_taken(block, place.state):
            if branch.error or not only_errors:
                after = self._without_idle(state) if block.type == "UpdateContactEventHooks" else state
                after = self._without_unread(flow, branch, after)
                yield Move(at(flow, branch, place.phase, place.modules, after), branch)

    def _without_unread(self, flow: Flow, branch: Branch, state: State) -> State:
        """Return a state without the flow attributes that nothing reads where a branch leads to."""
        if not state.attributes:
            return state
        if flow.id not in self._read_later:
            self._read_later[flow.id] = attributes_read_later(flow)
        names = self._read_later[flow.id].get(branch.target, ())
        return state._replace(attributes=tuple(each for each in state.attributes if each[0] in names))

    def _into_module(self, block: Block, place: Place) -> Iterator[Move]:
        module = self._flows.get(resolved(block.parameters.get("FlowModuleId"), place.state) or "")
        modules = (*place.modules, (place.flow, place.block, place.state.attributes))
        if module is None:
            yield Move(Outcome(Ending.UNKNOWN, "a module was not read, or is chosen while the call runs"))
        elif len(modules) > _DEEPEST:
            yield Move(Outcome(Ending.UNKNOWN, f"modules are nested more than {_DEEPEST} deep"))
        else:
            yield Move(first(module, place.phase, modules, place.state._replace(attributes=())))

    def _back_from_module(self, block: Block, place: Place) -> Iterator[Move]:
        if not place.modules:
            yield from self._end(block, place)
            return
        *outer, (flow_id, block_id, attributes) = place.modules
        flow = self._flows[flow_id]
        back = place.state._replace(attributes=attributes)
        for branch in flow.blocks[block_id].branches:
            if not branch.error:
                after = self._without_unread(flow, branch, back)
                yield Move(at(flow, branch, place.phase, tuple(outer), after), branch)

    def _end(self, _: Block, place: Place) -> Iterator[Move]:
        if place.phase is not Phase.FLOW:  # there, the call ends with the flow
            yield Move(self._beyond(place.phase, place.state))

    @staticmethod
    def _hang_up(_block: Block, _place: Place) -> Iterator[Move]:
        return iter(())

    def _to_flow(self, block: Block, place: Place) -> Iterator[Move]:
        flow_id = resolved(block.parameters.get("ContactFlowId"), place.state)
        if flow_id is None:
            yield Move(Outcome(Ending.UNKNOWN, "the next flow is chosen while the call runs"))
        else:
            yield Move(self.enter(flow_id, Phase.FLOW, place.state))

    def _to_queue(self, _: Block, place: Place) -> Iterator[Move]:
        yield Move(self.begin(Phase.QUEUE, place.state))

    def _to_another_queue(self, _: Block, place: Place) -> Iterator[Move]:
        yield Move(self.begin(Phase.QUEUE, in_new_segment(place.state)))

    def _to_agent(self, _: Block, place: Place) -> Iterator[Move]:
        yield Move(self.begin(Phase.AGENT_WHISPER, place.state))

    def _to_callback(self, _: Block, place: Place) -> Iterator[Move]:
        yield Move(self.begin(Phase.CALLBACK_WHISPER, in_new_segment(place.state)))
        yield from self._branches(place)

    def begin(self, phase: Phase, state: State) -> Place | Outcome:
        """Return where a call is when a phase begins: in the phase's flow, or beyond it if none runs.

        :param phase: any but ``FLOW``.
        """
        flow = self._flow_of(phase, state)
        if flow == Whisper.DISABLED or (flow, phase) in self._idle:
            return self._beyond(phase, state)
        if flow in _UNSURE_WHISPERS:
            return Outcome(Ending.UNKNOWN, _UNSURE_WHISPERS[flow])
        return self.enter(flow, phase, state)

    def _without_idle(self, state: State) -> State:
        """Return a state in which whisper and queue flows that do nothing are disabled."""
        for phase, (hook, _) in HOOKS.items():
            if (getattr(state, hook), phase) in self._idle:
                state = state._replace(**{hook: Whisper.DISABLED})  # type: ignore[arg-type]  # three texts
        return state

    def _flow_of(self, phase: Phase, state: State) -> str:
        if phase is Phase.OUTBOUND_WHISPER:  # it belongs to the queue, which the audit does not read
            several = len(self._outbound_whispers) > 1
            return Whisper.DYNAMIC if several else next(iter(self._outbound_whispers), Whisper.DISABLED)
        hook, default = HOOKS[phase]
        flow = str(getattr(state, hook))
        if flow != Whisper.DEFAULT:
            return flow
        return self._defaults.get(default, Whisper.DISABLED)  # AWS's own default sets no recording

    def _beyond(self, phase: Phase, state: State) -> Place | Outcome:
        following = FOLLOWING.get(phase)
        return self.begin(following, state) if following else outcome_of(state)


_UNSURE_WHISPERS: Mapping[str, str] = {
    Whisper.DYNAMIC: "which whisper or queue flow runs is decided while the call runs",
    Whisper.UNSURE: "AWS does not say whether whisper and queue flows stay set in a new segment of the call",
}
