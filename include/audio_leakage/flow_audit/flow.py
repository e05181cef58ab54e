"""A flow or a flow module, read from its content.

The content is the flow language's JSON, as DescribeContactFlow gives it. Somebody else wrote it, so it may be
anything. If we cannot read it, we say why and raise no error. Source: docs/flow-audit.md, "What each block
does".
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from audio_leakage.flow_audit.content import Block, Unreadable, read_content

#: The flow type that we give to flow modules; the other types are DescribeContactFlow's own.
MODULE = "MODULE"
#: The flow types, as DescribeContactFlow names them.
FLOW_TYPES = (
    "CONTACT_FLOW",
    "CUSTOMER_QUEUE",
    "CUSTOMER_HOLD",
    "CUSTOMER_WHISPER",
    "AGENT_HOLD",
    "AGENT_WHISPER",
    "OUTBOUND_WHISPER",
    "AGENT_TRANSFER",
    "QUEUE_TRANSFER",
    "CAMPAIGN",
    MODULE,
)
#: How a parameter names a flow attribute.
FLOW_ATTRIBUTE = "$.FlowAttributes."
#: The blocks whose parameters name flows and modules.
_NAMING = ("UpdateContactEventHooks", "UpdateFlowAttributes", "TransferToFlow", "InvokeFlowModule")


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow or a flow module."""

    id: str
    name: str
    type: str
    """One of :data:`FLOW_TYPES`."""
    start: str = ""
    """The identifier of its first block."""
    blocks: Mapping[str, Block] = field(default_factory=dict)
    """By identifier."""
    named_attributes: frozenset[str] = frozenset()
    """The flow attributes that may name a flow or a module."""
    goes_on_to: frozenset[str] = frozenset()
    """The IDs of the flows and modules that it hands calls to, as far as they stand in it."""
    queues: frozenset[str] = frozenset()
    """The IDs of the queues that it sets as the target of a call, as far as they stand in it."""
    unreadable: str | None = None
    """Why its content cannot be read; None if it can."""


def read_flow(flow_id: str, name: str, flow_type: str, content: str) -> Flow:
    """Read a flow or a module.

    :param flow_id: its UUID or ARN.
    :param name: as administrators see it.
    :param flow_type: one of :data:`FLOW_TYPES`.
    :param content: the flow language's JSON. It may be anything.
    :return: the flow. ``unreadable`` says what is wrong with its content.
    """
    resource = resource_id(flow_id)
    try:
        start, blocks = read_content(content)
    except Unreadable as error:
        return Flow(resource, name, flow_type, unreadable=str(error))
    return Flow(
        resource,
        name,
        flow_type,
        start,
        blocks,
        named_attributes=frozenset[str]().union(*map(_attributes_read, blocks.values())),
        goes_on_to=frozenset(_goes_on_to(blocks.values())),
        queues=frozenset(_queues(blocks.values())),
    )


def resource_id(text: str) -> str:
    """Return the ID in an ARN or an ID, without the alias or the version behind it.

    >>> resource_id("arn:aws:connect:eu-west-2:111122223333:instance/i/contact-flow/F1:$SAVED")
    'f1'
    """
    return text.rpartition("/")[2].partition(":")[0].lower()


def attributes_read_later(flow: Flow) -> Mapping[str, frozenset[str]]:
    """Return for each block the flow attributes that it or a later block may read as the ID of a flow."""
    later = {identifier: _attributes_read(block) for identifier, block in flow.blocks.items()}
    before: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for block in flow.blocks.values():
        for branch in block.branches:
            overwritten = frozenset() if branch.error else _attributes_set(block)
            before.setdefault(branch.target, []).append((block.identifier, overwritten))
    waiting = [identifier for identifier, names in later.items() if names]
    while waiting:
        identifier = waiting.pop()
        for earlier, overwritten in before.get(identifier, ()):
            names = later[identifier] - overwritten
            if not names <= later[earlier]:
                later[earlier] |= names
                waiting.append(earlier)
    return later


def _attributes_read(block: Block) -> frozenset[str]:
    texts = _texts(block.parameters) if block.type in _NAMING else ()
    return frozenset(text.removeprefix(FLOW_ATTRIBUTE) for text in texts if text.startswith(FLOW_ATTRIBUTE))


def _attributes_set(block: Block) -> frozenset[str]:
    values = block.parameters.get("FlowAttributes") if block.type == "UpdateFlowAttributes" else None
    return frozenset(values) if isinstance(values, Mapping) else frozenset()


def _goes_on_to(blocks: Collection[Block]) -> Iterator[str]:
    """Yield the IDs that its blocks hand calls to, or that its flow attributes hold if these name one."""
    handing_on = [block for block in blocks if block.type in ("TransferToFlow", "InvokeFlowModule")]
    named = [text for block in handing_on for text in _texts(block.parameters)]
    yield from (resource_id(text) for text in named if not text.startswith("$"))
    if any(text.startswith(FLOW_ATTRIBUTE) for text in named):
        set_here = (block.parameters for block in blocks if block.type == "UpdateFlowAttributes")
        yield from (resource_id(text) for parameters in set_here for text in _texts(parameters))


def _queues(blocks: Iterable[Block]) -> Iterator[str]:
    """Yield the IDs of the queues that its blocks set as the target of a call."""
    named = (block.parameters.get("QueueId") for block in blocks if block.type == "UpdateContactTargetQueue")
    yield from (resource_id(each) for each in named if isinstance(each, str) and not each.startswith("$"))


def _texts(value: object) -> Iterator[str]:
    """Yield the texts in a parameter, three levels deep, as far as the flow language goes."""
    level: list[object] = [value]
    for _ in range(4):
        yield from (each for each in level if isinstance(each, str))
        level = [inner for each in level if isinstance(each, Mapping) for inner in each.values()]
