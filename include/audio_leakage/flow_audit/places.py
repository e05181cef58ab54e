"""Where a call may be, and how an agent's conversation may begin."""

from enum import StrEnum
from typing import NamedTuple

from audio_leakage.flow_audit.content import Branch
from audio_leakage.flow_audit.flow import Flow
from audio_leakage.flow_audit.state import Recording, State, relevant


class Phase(StrEnum):
    """Which of a call's flows runs."""

    FLOW = "FLOW"
    """The inbound or transfer flow. The call is in no queue yet."""
    QUEUE = "QUEUE"
    """The customer queue flow. An agent may answer after any of its blocks."""
    AGENT_WHISPER = "AGENT_WHISPER"
    """The agent has accepted, and the customer whisper flow comes next."""
    CUSTOMER_WHISPER = "CUSTOMER_WHISPER"
    """The agent joins after it."""
    CALLBACK_WHISPER = "CALLBACK_WHISPER"
    """The agent whisper flow of a callback; the outbound whisper flow comes next."""
    OUTBOUND_WHISPER = "OUTBOUND_WHISPER"
    """The agent joins after it."""


#: The hook of a phase, and type and name of the flow that runs if the hook is not set.
HOOKS = {
    Phase.QUEUE: ("customer_queue", ("CUSTOMER_QUEUE", "default customer queue")),
    Phase.AGENT_WHISPER: ("agent_whisper", ("AGENT_WHISPER", "default agent whisper")),
    Phase.CALLBACK_WHISPER: ("agent_whisper", ("AGENT_WHISPER", "default agent whisper")),
    Phase.CUSTOMER_WHISPER: ("customer_whisper", ("CUSTOMER_WHISPER", "default customer whisper")),
}
#: What follows when the flow of a phase has ended. After the last one, the agent joins.
FOLLOWING = {
    Phase.QUEUE: Phase.AGENT_WHISPER,
    Phase.AGENT_WHISPER: Phase.CUSTOMER_WHISPER,
    Phase.CALLBACK_WHISPER: Phase.OUTBOUND_WHISPER,
}


class Ending(StrEnum):
    """How an agent's conversation begins."""

    RECORDED = "RECORDED"
    UNLOGGED = "UNLOGGED"
    """Recorded, and the flow log does not say so."""
    PARTIAL = "PARTIAL"
    """Only one of the voices is recorded."""
    NOT_RECORDED = "NOT_RECORDED"
    FAILED = "FAILED"
    """Not recorded, after a block failed that asked for it or leads to a flow that may."""
    UNKNOWN = "UNKNOWN"
    """Nobody can say before the call runs."""


class Outcome(NamedTuple):
    """The end of a route: an agent joins, or the audit cannot follow it."""

    ending: Ending
    reason: str = ""
    """Why the ending is UNKNOWN."""


#: The modules a call is in: flow and block that invoked each, and the flow attributes there.
Modules = tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]


class Place(NamedTuple):
    """A call about to run a block."""

    flow: str
    """The flow's ID."""
    block: str
    """The block's identifier."""
    phase: Phase
    modules: Modules
    state: State


class Move(NamedTuple):
    """One step of a route."""

    to: Place | Outcome
    branch: Branch | None = None
    """The branch it takes; None if the flow ends or hands the call on."""


_UNSURE_RECORDINGS = {
    Recording.UNSURE: "AWS does not say whether recording stays on in a new segment of the call",
    Recording.UNREADABLE: "a recording block cannot be read before the call runs",
}


def first(flow: Flow, phase: Phase, modules: Modules, state: State) -> Place | Outcome:
    """Return the first block of a flow, or why it cannot be followed."""
    if flow.unreadable:
        return Outcome(Ending.UNKNOWN, f"a flow on the way cannot be read: {flow.unreadable}")
    return Place(flow.id, flow.start, phase, modules, relevant(state))


def at(flow: Flow, branch: Branch, phase: Phase, modules: Modules, state: State) -> Place | Outcome:
    """Return the block that a branch of a flow leads to, or why it cannot be followed."""
    if branch.target not in flow.blocks:
        return Outcome(Ending.UNKNOWN, "a branch leads to a block that is not there")
    return Place(flow.id, branch.target, phase, modules, relevant(state))


def outcome_of(state: State) -> Outcome:
    """Return how the agent's conversation begins, from what the call carries when the agent joins."""
    if state.recording in _UNSURE_RECORDINGS:
        return Outcome(Ending.UNKNOWN, _UNSURE_RECORDINGS[state.recording])
    if state.recording is Recording.OFF:
        return Outcome(Ending.FAILED if state.has_failed else Ending.NOT_RECORDED)
    if state.recording is not Recording.ALL:
        return Outcome(Ending.PARTIAL)
    return Outcome(Ending.RECORDED if state.is_logged else Ending.UNLOGGED)
