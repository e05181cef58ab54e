"""Whisper and queue flows that do nothing the audit looks at, such as those that only play a prompt.

A call is the same behind such a flow as if there were none. So calls that differ only in the prompt that an
agent hears are followed once.
"""

from collections.abc import Mapping

from audio_leakage.flow_audit.blocks import branches_taken, changes_nothing
from audio_leakage.flow_audit.content import Block
from audio_leakage.flow_audit.flow import Flow
from audio_leakage.flow_audit.places import Phase
from audio_leakage.flow_audit.state import State

#: Blocks that end such a flow, or choose a branch by the call's data.
_ALLOWED = ("Compare", "DisconnectParticipant", "EndFlowExecution")


class IdleFlows:
    """The idle flows among some, each looked at once.

    :param flows: flows and modules by ID.
    """

    def __init__(self, flows: Mapping[str, Flow]) -> None:
        self._flows = flows
        self._known: dict[tuple[str, Phase], bool] = {}

    def __contains__(self, each: tuple[str, Phase]) -> bool:
        if each not in self._known:
            flow_id, phase = each
            flow = self._flows.get(flow_id)
            is_set_by_calls = phase not in (Phase.FLOW, Phase.OUTBOUND_WHISPER)
            self._known[each] = flow is not None and is_set_by_calls and _is_idle(flow, phase)
        return self._known[each]


def _is_idle(flow: Flow, phase: Phase) -> bool:
    # In a queue flow an agent may answer at any block. A whisper flow has to end.
    if flow.unreadable:
        return False
    waiting, reached, ends = [flow.start], {flow.start}, phase is Phase.QUEUE
    for identifier in waiting:  # it grows meanwhile
        block = flow.blocks.get(identifier)
        if block is None or not _is_idle_block(block):
            return False
        targets = {branch.target for branch, _ in branches_taken(block, State())}
        ends = ends or not targets or block.type == "EndFlowExecution"
        waiting += targets - reached
        reached |= targets
    return ends


def _is_idle_block(block: Block) -> bool:
    return block.type in _ALLOWED or changes_nothing(block)
