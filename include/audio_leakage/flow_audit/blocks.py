"""What each block does to what a call carries.

Blocks that are not on this page change nothing of it. Source: docs/flow-audit.md, "What each block does".
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from audio_leakage.flow_audit.content import Block, Branch, is_about_recording
from audio_leakage.flow_audit.flow import FLOW_ATTRIBUTE, resource_id
from audio_leakage.flow_audit.state import Recording, State, Whisper

RECORDING_BLOCKS = ("UpdateContactRecordingBehavior", "UpdateContactRecordingAndAnalyticsBehavior")
#: Where a recording block names the recorded voices.
_VOICES = (("RecordingBehavior",), ("VoiceBehavior", "VoiceRecordingBehavior"))
#: Blocks that set no recording. If one fails, a flow or module that would have set it does not run.
_MAY_LEAD_TO_RECORDING = (
    "InvokeFlowModule",
    "TransferToFlow",
    "UpdateContactEventHooks",
    "UpdateFlowAttributes",
)
#: Blocks that hand a call on without saying so in the beginning of their name.
_HANDING_ON = (
    "CreateCallbackContact",
    "DisconnectParticipant",
    "EndFlowExecution",
    "EndFlowModuleExecution",
    "InvokeFlowModule",
)
_HOOKS = {
    "AgentWhisper": "agent_whisper",
    "CustomerWhisper": "customer_whisper",
    "CustomerQueue": "customer_queue",
}


def changes_nothing(block: Block) -> bool:
    """Tell whether a block leaves everything as it is, and lets the call out by any of its branches."""
    return not (
        is_about_recording(block.type)
        or block.type == "Compare"
        or block.type in _EFFECTS
        or may_hand_on(block)
    )


def may_hand_on(block: Block) -> bool:
    """Tell whether a block hands a call on, or may do so in a way that we do not know."""
    is_named_so = block.type.startswith(("Transfer", "Dequeue"))
    return block.type in _HANDING_ON or (is_named_so and block.type != "TransferParticipantToThirdParty")


def branches_taken(block: Block, state: State) -> Iterator[tuple[Branch, State]]:
    """Yield the branches that a voice call may leave a block by, and what it carries then."""
    if is_about_recording(block.type):
        yield from _recording(block, state)
    elif block.type == "Compare":
        yield from ((branch, state) for branch in _compared(block))
    else:
        effect = _EFFECTS.get(block.type)
        after = effect(block, state) if effect else state
        failed = state._replace(has_failed=True) if block.type in _MAY_LEAD_TO_RECORDING else state
        for branch in block.branches:
            yield branch, failed if branch.error else after


def recorded_by(block: Block) -> Recording | None:
    """Return what a recording block sets for the agent's conversation; None if it is about something else."""
    if block.type not in RECORDING_BLOCKS:
        return Recording.UNREADABLE
    for path in _VOICES:
        behavior: object = block.parameters
        for name in path:
            if not isinstance(behavior, Mapping):  # the call's own data decide, or nobody knows
                return Recording.UNREADABLE
            behavior = behavior.get(name, {})
        if not isinstance(behavior, Mapping):
            return Recording.UNREADABLE
        if "RecordedParticipants" in behavior:
            return _participants(behavior["RecordedParticipants"])
    return None


def resolved(value: object, state: State) -> str | None:
    """Return the ID that a parameter names; None if only the call's own data name it."""
    if not isinstance(value, str) or not value:
        return None
    if value.startswith(FLOW_ATTRIBUTE):
        return dict(state.attributes).get(value.removeprefix(FLOW_ATTRIBUTE)) or None
    return None if "$." in value else resource_id(value)


def _recording(block: Block, state: State) -> Iterator[tuple[Branch, State]]:
    wanted = recorded_by(block)
    if wanted is None:
        yield from ((branch, state) for branch in block.branches)
        return
    applied = state._replace(recording=wanted, has_failed=False, is_logged=state.logging)
    failed = state._replace(has_failed=state.has_failed or wanted is not Recording.OFF)
    for branch in block.branches:
        if branch.error != "ChannelMismatch":  # a voice call matches a block about voice
            yield branch, failed if branch.error else applied


def _participants(participants: object) -> Recording:
    if not isinstance(participants, list):
        return Recording.UNREADABLE
    named = frozenset(each.upper() if isinstance(each, str) else "" for each in participants)
    if not named <= {"AGENT", "CUSTOMER"}:
        return Recording.UNREADABLE
    if len(named) == 2:
        return Recording.ALL
    return Recording(next(iter(named), Recording.OFF))


def _compared(block: Block) -> Iterator[Branch]:
    """Yield the branches that a voice call may take. Where channels are compared, we know which."""
    if block.parameters.get("ComparisonValue") != "$.Channel":
        yield from block.branches
        return
    equal = [branch for branch in block.branches if branch.operator == "Equals"]
    voice = [branch for branch in equal if "VOICE" in (operand.upper() for operand in branch.operands)]
    yield from voice[:1] or (branch for branch in block.branches if branch not in equal)


def _logging(block: Block, state: State) -> State:
    return state._replace(logging=block.parameters.get("FlowLoggingBehavior") == "Enabled")


def _hooks(block: Block, state: State) -> State:
    hooks = _object(block.parameters.get("EventHooks"))
    settings = _object(block.parameters.get("EventHooksConfiguration"))
    changed = {
        name: _hook(hooks.get(hook), _object(settings.get(hook)), state)
        for hook, name in _HOOKS.items()
        if hook in hooks or hook in settings
    }
    return state._replace(**changed)  # type: ignore[arg-type]  # the names of three texts


def _hook(flow: object, settings: Mapping[str, Any], state: State) -> str:
    if str(settings.get("DisableExecution", "false")).lower() == "true":
        return Whisper.DISABLED
    return resolved(flow, state) or Whisper.DYNAMIC


def _attributes(block: Block, state: State) -> State:
    values = _object(block.parameters.get("FlowAttributes"))
    given = {name: resolved(_object(value).get("Value"), state) or "" for name, value in values.items()}
    return state._replace(attributes=tuple(sorted((dict(state.attributes) | given).items())))


_EFFECTS: Mapping[str, Callable[[Block, State], State]] = {
    "UpdateFlowLoggingBehavior": _logging,
    "UpdateContactEventHooks": _hooks,
    "UpdateFlowAttributes": _attributes,
}


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
