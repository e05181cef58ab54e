"""The content of a flow or a flow module -> its blocks.

The content is the flow language's JSON, as DescribeContactFlow gives it. Somebody else wrote it, so it may be
anything. If we cannot read it, we say why and quote nothing of it. Prompts and texts make up most of it. The
audit does not look at them, so they are dropped at once.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

#: AWS allows 250 blocks a flow. A content with more than this is no flow.
_MOST_BLOCKS = 5_000
#: The parameters that the audit looks at, by the type of the block. Of recording blocks it looks at all.
PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "Compare": ("ComparisonValue",),
    "InvokeFlowModule": ("FlowModuleId",),
    "TransferToFlow": ("ContactFlowId",),
    "UpdateContactEventHooks": ("EventHooks", "EventHooksConfiguration"),
    "UpdateContactTargetQueue": ("QueueId",),
    "UpdateFlowAttributes": ("FlowAttributes",),
    "UpdateFlowLoggingBehavior": ("FlowLoggingBehavior",),
}
_NONE: Mapping[str, Any] = {}


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
    """Those that the audit looks at."""
    branches: tuple[Branch, ...] = ()


class Unreadable(Exception):
    """A content is no flow. The message says why and quotes nothing of it."""


def is_about_recording(kind: str) -> bool:
    """Tell whether blocks of a type set recording, or have a new name and may do so."""
    return "recording" in kind.lower()


def read_content(content: str) -> tuple[str, dict[str, Block]]:
    """Return the identifier of the first block, and the blocks by identifier.

    :param content: the flow language's JSON. It may be anything.
    :raises Unreadable: when it is no flow.
    """
    document = _document(content)
    if isinstance(document, Mapping) and "modules" in document and "Actions" not in document:
        raise Unreadable(
            "it is the old export of the flow designer: export it again, or read it through the API"
        )
    if not isinstance(document, Mapping) or not isinstance(document.get("Actions"), list):
        raise Unreadable("its content has no list of actions")
    if len(document["Actions"]) > _MOST_BLOCKS:
        raise Unreadable(f"its content has more than {_MOST_BLOCKS} blocks")
    blocks: dict[str, Block] = {}
    for action in document["Actions"]:
        block = _block(action)
        if block.identifier in blocks:
            raise Unreadable("two of its blocks have the same identifier")
        blocks[block.identifier] = block
    start = document.get("StartAction")
    if not isinstance(start, str) or start not in blocks:
        raise Unreadable("its first block is missing")
    return start, blocks


def _document(content: object) -> Any:  # noqa: ANN401  # JSON
    if not isinstance(content, str):
        raise Unreadable("it has no content")
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise Unreadable("its content is no JSON") from None


def _block(action: object) -> Block:
    if not isinstance(action, Mapping):
        raise Unreadable("one of its actions is no object")
    identifier, kind = action.get("Identifier"), action.get("Type")
    if not isinstance(identifier, str) or not isinstance(kind, str):
        raise Unreadable("one of its blocks has no identifier or no type")
    parameters, transitions = action.get("Parameters") or {}, action.get("Transitions") or {}
    if not isinstance(parameters, Mapping) or not isinstance(transitions, Mapping):
        raise Unreadable("parameters or transitions of one of its blocks are no object")
    # A type or an identifier stands in a flow many times, and is kept once.
    return Block(
        sys.intern(identifier), sys.intern(kind), _looked_at(kind, parameters), tuple(_branches(transitions))
    )


def _looked_at(kind: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    if is_about_recording(kind):
        return parameters
    names = PARAMETERS.get(kind, ())
    return {name: parameters[name] for name in names if name in parameters} or _NONE


def _branches(transitions: Mapping[str, Any]) -> Iterator[Branch]:
    if transitions.get("NextAction") not in (None, ""):
        yield Branch(_target(transitions))
    for condition in _objects(transitions.get("Conditions")):
        compared = condition.get("Condition") or {}
        if not isinstance(compared, Mapping):
            raise Unreadable("a condition of one of its blocks is no object")
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
        raise Unreadable("a branch of one of its blocks leads nowhere")
    return sys.intern(target)


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    if value is None:
        return
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise Unreadable("the branches of one of its blocks are no list of objects")
    yield from value


def _word(value: object) -> str:
    """Return a word of the flow language; of anything else only that it is another one."""
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z]{1,40}", value):
        return sys.intern(value)
    return "another"
