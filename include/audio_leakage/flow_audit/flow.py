"""A flow or a flow module, read from its content.

The content is the flow language's JSON, as DescribeContactFlow gives it. Somebody else wrote it, so it may be
anything. If we cannot read it, we say why and raise no error. Source: docs/flow-audit.md, "What each block
does".
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

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
#: AWS allows 250 blocks a flow. A content with more than this is no flow.
_MOST_BLOCKS = 5_000


class Branch(NamedTuple):
    """One way out of a block."""

    target: str
    """The block it leads to, which may be missing."""
    error: str | None = None
    """The error that takes this branch, such as NoMatchingError; None if no error does."""
    operator: str | None = None
    """How a condition compares, such as Equals; None if no condition takes this branch."""
    operands: tuple[str, ...] = ()


class Block(NamedTuple):
    """One block of a flow; the flow language calls it an action."""

    identifier: str
    type: str
    """As the flow language names it, such as ``TransferContactToQueue``."""
    parameters: Mapping[str, Any]
    branches: tuple[Branch, ...] = ()


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow or a flow module."""

    id: str
    name: str
    type: str
    """One of :data:`FLOW_TYPES`."""
    start: str = ""
    """The identifier of its first block."""
    blocks: Mapping[str, Block] = field(default_factory=dict, hash=False)
    """By identifier."""
    named_attributes: frozenset[str] = frozenset()
    """The flow attributes that may name a flow or a module."""
    goes_on_to: frozenset[str] = frozenset()
    """The IDs of the flows and modules that it hands calls to, as far as they stand in it."""
    queues: frozenset[str] = frozenset()
    """The IDs of the queues that it sets as the target of a call, as far as they stand in it."""
    unreadable: str | None = None
    """Why its content cannot be read; None if it can."""


class _Unreadable(Exception):
    """A content is no flow. The message says why and quotes nothing of it."""


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
        start, blocks = _read(content)
    except _Unreadable as error:
        return Flow(resource, name, flow_type, unreadable=str(error))
    return Flow(
        resource,
        name,
        flow_type,
        start,
        blocks,
        named_attributes=_named_attributes(blocks.values()),
        goes_on_to=frozenset(_goes_on_to(blocks.values())),
        queues=frozenset(_queues(blocks.values())),
    )


def resource_id(text: str) -> str:
    """Return the ID in an ARN or an ID, without the alias or the version behind it.

    >>> resource_id("arn:aws:connect:eu-west-2:111122223333:instance/i/contact-flow/F1:$SAVED")
    'f1'
    """
    return text.rpartition("/")[2].partition(":")[0].lower()


def _named_attributes(blocks: Iterable[Block]) -> frozenset[str]:
    texts = (text for block in blocks if block.type in _NAMING for text in _texts(block.parameters))
    return frozenset(text.removeprefix(FLOW_ATTRIBUTE) for text in texts if text.startswith(FLOW_ATTRIBUTE))


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


def _read(content: str) -> tuple[str, dict[str, Block]]:
    document = _document(content)
    if isinstance(document, Mapping) and "modules" in document and "Actions" not in document:
        raise _Unreadable(
            "it is the old export of the flow designer: export it again, or read it through the API"
        )
    if not isinstance(document, Mapping) or not isinstance(document.get("Actions"), list):
        raise _Unreadable("its content has no list of actions")
    if len(document["Actions"]) > _MOST_BLOCKS:
        raise _Unreadable(f"its content has more than {_MOST_BLOCKS} blocks")
    blocks: dict[str, Block] = {}
    for action in document["Actions"]:
        block = _block(action)
        if block.identifier in blocks:
            raise _Unreadable("two of its blocks have the same identifier")
        blocks[block.identifier] = block
    start = document.get("StartAction")
    if not isinstance(start, str) or start not in blocks:
        raise _Unreadable("its first block is missing")
    return start, blocks


def _document(content: object) -> Any:  # noqa: ANN401  # JSON
    if not isinstance(content, str):
        raise _Unreadable("it has no content")
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise _Unreadable("its content is no JSON") from None


def _block(action: object) -> Block:
    if not isinstance(action, Mapping):
        raise _Unreadable("one of its actions is no object")
    identifier, kind = action.get("Identifier"), action.get("Type")
    if not isinstance(identifier, str) or not isinstance(kind, str):
        raise _Unreadable("one of its blocks has no identifier or no type")
    parameters, transitions = action.get("Parameters") or {}, action.get("Transitions") or {}
    if not isinstance(parameters, Mapping) or not isinstance(transitions, Mapping):
        raise _Unreadable("parameters or transitions of one of its blocks are no object")
    return Block(identifier, kind, parameters, tuple(_branches(transitions)))


def _branches(transitions: Mapping[str, Any]) -> Iterator[Branch]:
    if transitions.get("NextAction") not in (None, ""):
        yield Branch(_target(transitions))
    for condition in _objects(transitions.get("Conditions")):
        compared = condition.get("Condition") or {}
        if not isinstance(compared, Mapping):
            raise _Unreadable("a condition of one of its blocks is no object")
        operands = compared.get("Operands") or []
        yield Branch(
            _target(condition),
            operator=_word(compared.get("Operator")),
            operands=tuple(each for each in operands if isinstance(each, str))
            if isinstance(operands, list)
            else (),
        )
    for error in _objects(transitions.get("Errors")):
        yield Branch(_target(error), error=_word(error.get("ErrorType")))


def _target(branch: Mapping[str, Any]) -> str:
    target = branch.get("NextAction")
    if not isinstance(target, str):
        raise _Unreadable("a branch of one of its blocks leads nowhere")
    return target


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    if value is None:
        return
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise _Unreadable("the branches of one of its blocks are no list of objects")
    yield from value


def _word(value: object) -> str:
    """Return a word of the flow language; of anything else only that it is another one."""
    return value if isinstance(value, str) and re.fullmatch(r"[A-Za-z]{1,40}", value) else "another"
