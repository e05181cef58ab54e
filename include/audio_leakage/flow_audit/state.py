"""What a call carries from block to block."""

from enum import StrEnum
from typing import NamedTuple

from audio_leakage.contacts.states import RecordingPolicy


class Recording(StrEnum):
    """Which voices of the agent's conversation are recorded, once an agent joins."""

    OFF = "OFF"
    ALL = RecordingPolicy.ALL
    AGENT = RecordingPolicy.AGENT
    CUSTOMER = RecordingPolicy.CUSTOMER
    UNSURE = "UNSURE"
    """It was on, and nobody documents whether that holds any longer."""
    UNREADABLE = "UNREADABLE"
    """A block set it that cannot be read."""


class Whisper(StrEnum):
    """Which flow runs at an event, where no flow's ID says so."""

    DEFAULT = "DEFAULT"
    """The instance's default flow."""
    DISABLED = "DISABLED"
    """None."""
    DYNAMIC = "DYNAMIC"
    """The one that the call's own data name."""
    UNSURE = "UNSURE"
    """A flow was set, and nobody documents whether that holds any longer."""


class State(NamedTuple):
    """What a call carries from block to block."""

    recording: Recording = Recording.OFF
    has_failed: bool = False
    """A block failed that sets recording or leads to a flow that may, and none has set it since."""
    is_logged: bool = False
    """The block that set recording wrote a line to the flow log."""
    logging: bool = False
    """Blocks write lines to the flow log."""
    agent_whisper: str = Whisper.DEFAULT
    """A flow's ID, or a :class:`Whisper`; so are the next two."""
    customer_whisper: str = Whisper.DEFAULT
    customer_queue: str = Whisper.DEFAULT
    attributes: tuple[tuple[str, str], ...] = ()
    """The flow attributes that name flows, modules or queues, in order."""


def relevant(state: State) -> State:
    """Return a state without what can make no difference any more, so that fewer states are told apart.

    A failed block matters only while recording is off, and the flow log only while both voices are recorded:
    whatever sets recording later also sets these two.
    """
    if state.has_failed and state.recording is not Recording.OFF:
        state = state._replace(has_failed=False)
    if state.is_logged and state.recording is not Recording.ALL:
        state = state._replace(is_logged=False)
    return state


def in_new_segment(state: State) -> State:
    """Return what a call carries into a new segment: a transfer from queue to queue, or a callback.

    Logging is inherited. AWS documents nothing about recording and whisper flows, so what was set before is
    unsure (docs/flow-audit.md, "What the audit does not know").
    """
    return State(
        recording=Recording.OFF if state.recording is Recording.OFF else Recording.UNSURE,
        logging=state.logging,
        is_logged=state.is_logged,
        agent_whisper=_unsure(state.agent_whisper),
        customer_whisper=_unsure(state.customer_whisper),
        customer_queue=_unsure(state.customer_queue),
    )


def _unsure(flow: str) -> str:
    return flow if flow == Whisper.DEFAULT else Whisper.UNSURE
