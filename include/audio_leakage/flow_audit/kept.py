"""What is kept of a flow, so that tomorrow's audit need not read it again: never its content.

The audit gives the same result on what is kept as on the flow itself. Prompts, texts, the names and values of
attributes, and what a flow compares a call with are dropped.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from audio_leakage.flow_audit.blocks import recorded_by
from audio_leakage.flow_audit.content import Block, Branch, is_about_recording
from audio_leakage.flow_audit.flow import FLOW_ATTRIBUTE, Flow, resource_id
from audio_leakage.flow_audit.state import Recording

Kept = Mapping[str, Any]

#: Words of the flow language among the values of these parameters, and among compared channels.
_WORDS = frozenset({"$.Channel", "Enabled", "Disabled", "true", "false", "True", "False"})
#: The members of these parameters, beside the attributes that name flows.
_MEMBERS = frozenset({"AgentWhisper", "CustomerQueue", "CustomerWhisper", "DisableExecution", "Value"})
_CHANNELS = frozenset({"VOICE", "CHAT", "TASK", "EMAIL"})
#: Stands for a value that only the call's own data name, or that the audit does not need.
_DROPPED = "$."
#: What a recording block says, by what it sets.
_RECORDING: Mapping[Recording | None, Mapping[str, Any]] = {
    None: {},
    Recording.OFF: {"RecordingBehavior": {"RecordedParticipants": []}},
    Recording.ALL: {"RecordingBehavior": {"RecordedParticipants": ["Agent", "Customer"]}},
    Recording.AGENT: {"RecordingBehavior": {"RecordedParticipants": ["Agent"]}},
    Recording.CUSTOMER: {"RecordingBehavior": {"RecordedParticipants": ["Customer"]}},
    Recording.UNREADABLE: {"RecordingBehavior": _DROPPED},
}


def kept_of(flow: Flow, known: Collection[str]) -> Kept:
    """Return what is kept of a flow.

    :param known: the IDs of all flows, modules and queues of the instance. Other values may be a customer's.
    """
    return {
        "blocks": [_kept_block(flow, block, known) for block in flow.blocks.values()],
        "goes_on_to": sorted(flow.goes_on_to & set(known)),
        "id": flow.id,
        "name": flow.name,
        "named_attributes": sorted(flow.named_attributes),
        "queues": sorted(flow.queues & set(known)),
        "start": flow.start,
        "type": flow.type,
        "unreadable": flow.unreadable,
    }


def flow_of(kept: Kept) -> Flow:
    """Return the flow as the audit takes it, from what was kept of it."""
    return Flow(
        kept["id"],
        kept["name"],
        kept["type"],
        kept["start"],
        {each["id"]: _block_of(each) for each in kept["blocks"]},
        named_attributes=frozenset(kept["named_attributes"]),
        goes_on_to=frozenset(kept["goes_on_to"]),
        queues=frozenset(kept["queues"]),
        unreadable=kept["unreadable"],
    )


def _kept_block(flow: Flow, block: Block, known: Collection[str]) -> Mapping[str, Any]:
    return {
        "branches": [list(_kept_branch(block, branch)) for branch in block.branches],
        "id": block.identifier,
        "parameters": _kept_parameters(flow, block, known),
        "type": block.type,
    }


def _kept_branch(block: Block, branch: Branch) -> Iterator[Any]:
    is_channel = block.parameters.get("ComparisonValue") == "$.Channel"
    words = [each.upper() for each in branch.operands] if is_channel else []
    yield from (branch.target, branch.error, branch.operator)
    yield [each if each in _CHANNELS else "" for each in words]


def _kept_parameters(flow: Flow, block: Block, known: Collection[str]) -> Mapping[str, Any]:
    if is_about_recording(block.type):
        return _RECORDING[recorded_by(block)]
    members = _MEMBERS | flow.named_attributes
    return {name: _kept_value(value, members, known) for name, value in block.parameters.items()}


def _kept_value(value: object, members: Collection[str], known: Collection[str]) -> Any:  # noqa: ANN401  # JSON
    if isinstance(value, Mapping):
        return {name: _kept_value(inner, members, known) for name, inner in value.items() if name in members}
    if isinstance(value, bool) or value in ("", None):
        return value
    if not isinstance(value, str):
        return _DROPPED
    is_ours = value in _WORDS or value.startswith(FLOW_ATTRIBUTE) or resource_id(value) in known
    return value if is_ours else _DROPPED


def _block_of(kept: Mapping[str, Any]) -> Block:
    branches = tuple(
        Branch(target, error, operator, tuple(operands))
        for target, error, operator, operands in kept["branches"]
    )
    return Block(kept["id"], kept["type"], kept["parameters"], branches)
