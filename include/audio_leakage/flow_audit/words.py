"""An audited entry in words that an administrator of the contact centre understands.

Flows and blocks carry the names that the flow designer shows. We never quote what flows compare calls
with, because that may be a customer's.
"""

from collections.abc import Iterator
from itertools import groupby

from audio_leakage.flow_audit.audit import AuditedEntry, EntryKind, Step
from audio_leakage.flow_audit.results import AuditResult

#: What each result means for the calls of an entry.
MEANINGS = {
    AuditResult.NO_AGENT: "No call reaches an agent.",
    AuditResult.NEVER: "No call is recorded.",
    AuditResult.SOMETIMES: "Calls that take this way are not recorded.",
    AuditResult.UNKNOWN: "Nobody can say before a call runs whether it is recorded.",
    AuditResult.ERROR_BRANCH: "A call is not recorded if a block on this way fails, and goes on to an agent.",
    AuditResult.PARTIAL: "Calls that take this way are recorded with one of the two voices only.",
    AuditResult.UNLOGGED: "Calls are recorded, but calls that take this way leave no line in the flow log.",
    AuditResult.ALWAYS: "Every call that reaches an agent is recorded, and the flow log says so.",
}
_ENTRIES = {
    EntryKind.PHONE_NUMBER: "phone number",
    EntryKind.TRANSFER: "quick connect",
    EntryKind.OUTBOUND: "calls that agents dial",
    EntryKind.API: "no phone number known",
}
#: The titles that the flow designer gives to blocks. Other blocks go by their name in the flow language.
_TITLES = {
    "Compare": "Check contact attributes",
    "CheckHoursOfOperation": "Check hours of operation",
    "CreateCallbackContact": "Transfer to queue (callback)",
    "DequeueContactAndTransferToQueue": "Transfer to queue",
    "DisconnectParticipant": "Disconnect",
    "DistributeByPercentage": "Distribute by percentage",
    "EndFlowExecution": "End flow",
    "EndFlowModuleExecution": "Return from module",
    "GetParticipantInput": "Get customer input",
    "InvokeFlowModule": "Invoke module",
    "InvokeLambdaFunction": "AWS Lambda function",
    "MessageParticipant": "Play prompt",
    "MessageParticipantIteratively": "Loop prompts",
    "TransferContactToAgent": "Transfer to agent",
    "TransferContactToQueue": "Transfer to queue",
    "TransferToFlow": "Transfer to flow",
    "UpdateContactAttributes": "Set contact attributes",
    "UpdateContactEventHooks": "Set event flow",
    "UpdateContactRecordingAndAnalyticsBehavior": "Set recording, analytics and processing behavior",
    "UpdateContactRecordingBehavior": "Set recording and analytics behavior",
    "UpdateContactTargetQueue": "Set working queue",
    "UpdateFlowAttributes": "Set flow attributes",
    "UpdateFlowLoggingBehavior": "Set logging behavior",
}
#: Blocks shown of a stretch inside one flow; the middle of a longer one is only counted.
_SHOWN = 12


def entry_in_words(audited: AuditedEntry) -> str:
    """Return one line that names an entry."""
    entry = audited.entry
    kind = _ENTRIES[entry.kind]
    if len(entry.numbers) > 1:
        kind = f"{len(entry.numbers)} phone numbers"
    return f"{shown_name(entry.flow.name)} ({kind})"


def in_words(audited: AuditedEntry) -> list[str]:
    """Return the result of an entry in sentences: what happens, by which way, and what to do."""
    meaning = MEANINGS[audited.result]
    return [
        f"{meaning[:-1]}: {audited.reason}." if audited.reason else meaning,
        *(f"In {shown_name(flow)}: {', then '.join(blocks)}." for flow, blocks in stretches(audited.route)),
        *_advice(audited),
    ]


def stretches(route: tuple[Step, ...]) -> Iterator[tuple[str, list[str]]]:
    """Yield each flow on a route with the blocks that the call runs in it, in order."""
    for (_, name), steps in groupby(route, key=lambda step: (step.flow.id, step.flow.name)):
        blocks = [block_in_words(step) for step in steps]
        if len(blocks) > _SHOWN:
            half = _SHOWN // 2
            left_out = f"{len(blocks) - _SHOWN} more blocks"
            blocks = [*blocks[:half], left_out, *blocks[-half:]]
        yield name, blocks


def block_in_words(step: Step) -> str:
    """Return a block's title, and how the call leaves it if that is not the usual way."""
    block = step.flow.blocks[step.block]
    title = _title(step)
    if step.branch and step.branch.error:
        return f"{title} (branch {step.branch.error})"
    if step.branch and step.branch.operator:
        conditions = [each for each in block.branches if each.operator]
        return f"{title} (condition {conditions.index(step.branch) + 1})"
    return title


def _title(step: Step) -> str:
    kind = step.flow.blocks[step.block].type
    return _TITLES.get(kind, shown_name(kind))


def shown_name(name: str) -> str:
    """Return a name that somebody gave, on one line and at most 60 characters long."""
    plain = " ".join("".join(each if each.isprintable() else " " for each in name).split())
    return plain if len(plain) <= 60 else f"{plain[:59]}…"


def _advice(audited: AuditedEntry) -> Iterator[str]:
    if not audited.route:
        return
    last = audited.route[-1]
    flow = shown_name(last.flow.name)
    match audited.result:
        case AuditResult.NEVER | AuditResult.SOMETIMES:
            yield f"Set recording to agent and customer in {flow}, before '{_title(last)}'."
        case AuditResult.ERROR_BRANCH:
            yield (
                "Lead the error branch to a second attempt, or set recording after it in "
                f"{flow}, before '{_title(last)}'."
            )
        case AuditResult.UNLOGGED:
            yield "Enable logging with 'Set logging behavior' before the recording block."
        case AuditResult.PARTIAL:
            yield "Choose agent and customer in the last recording block on this way."
