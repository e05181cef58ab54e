"""Sets of flows, made by dice: small ones that do anything, and large ones for the benchmark."""

import json
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from audio_leakage.flow_audit.flow import MODULE, Flow, read_flow
from local_aws.contact_centre.flow_player import PublishedFlow

Flows = Mapping[str, PublishedFlow]
Action = dict[str, Any]

#: What the small sets consist of: modules, whisper and queue flows under their default names or others.
_KINDS = (
    ("CONTACT_FLOW", "Inbound"),
    ("CONTACT_FLOW", "Inbound"),
    ("QUEUE_TRANSFER", "Transfer"),
    ("AGENT_TRANSFER", "Transfer to agent"),
    ("OUTBOUND_WHISPER", "Outbound"),
    ("CUSTOMER_QUEUE", "Default customer queue"),
    ("CUSTOMER_QUEUE", "Other queue flow"),
    ("AGENT_WHISPER", "Default agent whisper"),
    ("AGENT_WHISPER", "Other agent whisper"),
    ("CUSTOMER_WHISPER", "Default customer whisper"),
    (MODULE, "Module"),
    (MODULE, "Module"),
)
_ARN = "arn:aws:connect:eu-west-2:111122223333:instance/00000000-0000-4000-8000-000000000000"
_HEARD: Sequence[Sequence[str]] = (["Agent", "Customer"], ["Agent", "Customer"], ["Agent"], ["Customer"], [])
_LOGGING = ("Enabled", "Enabled", "Disabled")
_EVENTS = (
    ("AgentWhisper", "AGENT_WHISPER"),
    ("CustomerWhisper", "CUSTOMER_WHISPER"),
    ("CustomerQueue", "CUSTOMER_QUEUE"),
)
_PLAIN = ("MessageParticipant", "CheckHoursOfOperation", "InvokeLambdaFunction", "DistributeByPercentage")


def read(flows: Flows) -> list[Flow]:
    """Return the same flows as the audit reads them."""
    return [
        read_flow(key, flow.name, flow.type, json.dumps(flow.content)) for key, flow in sorted(flows.items())
    ]


def any_flows(dice: Random, most_blocks: int = 7) -> Flows:
    """Make a small set of flows that do anything that the flow language allows."""
    kinds = {f"f{place}": kind for place, kind in enumerate(_KINDS) if dice.random() < 0.75}
    return {
        key: PublishedFlow(
            f"{name} {key}" if not name.startswith("Default") else name,
            kind,
            _any_content(dice, kind, kinds, most_blocks),
        )
        for key, (kind, name) in kinds.items()
    }


def _any_content(
    dice: Random, kind: str, kinds: Mapping[str, tuple[str, str]], most_blocks: int
) -> dict[str, Any]:
    names = [f"b{number}" for number in range(dice.randint(1, most_blocks))]
    actions = [_any_action(dice, name, names, kind, kinds) for name in names]
    if dice.random() < 0.5:  # as most flows begin
        actions[0] |= {
            "Type": "UpdateFlowLoggingBehavior",
            "Parameters": {"FlowLoggingBehavior": "Enabled"},
        }
        actions[min(1, len(actions) - 1)] |= recording(["Agent", "Customer"])
    actions.append({"Identifier": "end", "Type": _end(dice, kind), "Parameters": {}, "Transitions": {}})
    return {"Version": "2019-10-30", "StartAction": (names or ["end"])[0], "Actions": actions}


def _end(dice: Random, kind: str) -> str:
    if kind == MODULE:
        return dice.choice(["EndFlowModuleExecution", "EndFlowModuleExecution", "DisconnectParticipant"])
    return dice.choice(["EndFlowExecution", "DisconnectParticipant"])


def _any_action(
    dice: Random, name: str, names: Sequence[str], kind: str, kinds: Mapping[str, tuple[str, str]]
) -> Action:
    later = [*names[names.index(name) + 1 :], "end"]
    targets = later if dice.random() < 0.9 else [*names, "end"]
    action = _any_block(dice, kind, kinds)
    ways: dict[str, Any] = {"NextAction": later[0] if dice.random() < 0.7 else dice.choice(targets)}
    if dice.random() < 0.25 or action["Type"] == "Compare":
        operand = "VOICE" if dice.random() < 0.5 else "CHAT"
        condition = {"Operator": "Equals", "Operands": [operand]}
        ways["Conditions"] = [{"NextAction": dice.choice(targets), "Condition": condition}]
    if dice.random() < 0.5:
        error = "NoMatchingCondition" if action["Type"] == "Compare" else "NoMatchingError"
        ways["Errors"] = [{"NextAction": dice.choice(targets), "ErrorType": error}]
        if action["Type"].endswith("AnalyticsBehavior"):
            ways["Errors"].append({"NextAction": dice.choice(targets), "ErrorType": "ChannelMismatch"})
    return {"Identifier": name, "Transitions": ways} | action


def _any_block(dice: Random, kind: str, kinds: Mapping[str, tuple[str, str]]) -> Action:
    """Make a block without its branches: of those that matter, more than a real flow has."""

    def named(wanted: str) -> str:
        some = [key for key, (each, _) in kinds.items() if each == wanted]
        roll = dice.random()
        if roll < 0.1 or not some:
            return "$.Attributes.flow"
        return "$.FlowAttributes.flow" if roll < 0.25 else f"{_ARN}/contact-flow/{dice.choice(some)}"

    def hook() -> Action:
        event, wanted = dice.choice(_EVENTS)
        disabled = {event: {"DisableExecution": dice.choice(["true", "false", "false"])}}
        return block(
            "UpdateContactEventHooks", EventHooks={event: named(wanted)}, EventHooksConfiguration=disabled
        )

    def attribute() -> Action:
        value = named(dice.choice(["AGENT_WHISPER", "CUSTOMER_QUEUE", MODULE]))
        return block("UpdateFlowAttributes", FlowAttributes={"flow": {"Value": value}})

    make: Callable[[], Action] = dice.choice(
        [
            *3 * [lambda: recording(dice.choice(_HEARD), newer=dice.random() < 0.5)],
            *4 * [lambda: block(_handing_on(dice, kind))],
            *4 * [lambda: block(dice.choice(_PLAIN))],
            lambda: block("UpdateFlowLoggingBehavior", FlowLoggingBehavior=dice.choice(_LOGGING)),
            hook,
            attribute,
            lambda: block("InvokeFlowModule", FlowModuleId=named(MODULE)),
            lambda: block("TransferToFlow", ContactFlowId=named("CONTACT_FLOW")),
            lambda: block("CreateCallbackContact" if dice.random() < 0.3 else "MessageParticipant"),
            lambda: block("Compare", ComparisonValue=dice.choice(["$.Channel", "$.Attributes.language"])),
        ]
    )
    return make()


def block(kind: str, **parameters: Any) -> Action:
    """Make a block without its branches."""
    return {"Type": kind, "Parameters": parameters}


def _handing_on(dice: Random, kind: str) -> str:
    usual = {"CUSTOMER_QUEUE": "DequeueContactAndTransferToQueue", "AGENT_TRANSFER": "TransferContactToAgent"}
    wrong = ["TransferContactToQueue", "DequeueContactAndTransferToQueue", "TransferContactToAgent"]
    return usual.get(kind, "TransferContactToQueue") if dice.random() < 0.9 else dice.choice(wrong)


def recording(participants: Sequence[str], *, newer: bool = False) -> Action:
    """Make a recording block without its branches."""
    behavior = {"RecordedParticipants": list(participants), "IVRRecordingBehavior": "Disabled"}
    if newer:
        return {
            "Type": "UpdateContactRecordingAndAnalyticsBehavior",
            "Parameters": {"VoiceBehavior": {"VoiceRecordingBehavior": behavior}},
        }
    return {"Type": "UpdateContactRecordingBehavior", "Parameters": {"RecordingBehavior": behavior}}


def linked(*actions: Action) -> dict[str, Any]:
    """Make a flow of blocks in a row; ``Errors`` and ``Conditions`` of a block name places in that row.

    A block may have ``Errors`` (place by error type) and ``Conditions`` (place by operand) for branches.
    """
    made = []
    for place, action in enumerate(actions):
        ways: dict[str, Any] = {"NextAction": str(place + 1)} if place + 1 < len(actions) else {}
        ways["Errors"] = [
            {"ErrorType": error, "NextAction": str(target)}
            for error, target in action.get("Errors", {}).items()
        ]
        ways["Conditions"] = [
            {"Condition": {"Operator": "Equals", "Operands": [operand]}, "NextAction": str(target)}
            for operand, target in action.get("Conditions", {}).items()
        ]
        rest = {name: action[name] for name in ("Type", "Parameters")}
        made.append({"Identifier": str(place), "Transitions": ways} | rest)
    return {"Version": "2019-10-30", "StartAction": "0", "Actions": made}


def large_flows(
    dice: Random, flows: int, blocks: int, every: int = 25, *, are_recorded: bool = False
) -> Flows:
    """Make an instance of many large flows that lead into each other, with modules, whispers and queue flows.

    :param every: one block in so many matters: it sets recording, logging or a whisper flow, or hands calls on.
    :param are_recorded: each flow begins with logging and recording, and none switches them off.
    """
    few = [("CONTACT_FLOW", "Inbound")] * (flows - 5 * len(_KINDS)) + 5 * list(_KINDS)
    kinds = {f"f{place}": kind for place, kind in enumerate(few)}
    made = {
        key: PublishedFlow(f"{name} {key}", kind, _large_content(dice, kind, kinds, blocks, every))
        for key, (kind, name) in kinds.items()
    }
    for flow in made.values() if are_recorded else ():
        _record(flow.content["Actions"])
    return made


def _record(actions: Sequence[Action]) -> None:
    log = block("UpdateFlowLoggingBehavior", FlowLoggingBehavior="Enabled")
    for place, action in enumerate(actions):
        if place == 0 or action["Type"] == log["Type"]:
            action.update(log)
        elif place == 1 or "Recording" in action["Type"]:
            action.update(recording(["Agent", "Customer"]))
        elif action["Type"] in ("DequeueContactAndTransferToQueue", "CreateCallbackContact"):
            action.update(block("MessageParticipant"))
    actions[0]["Transitions"] = {"NextAction": actions[1]["Identifier"]}
    actions[1]["Transitions"] = {"NextAction": actions[2]["Identifier"]}


def _large_content(
    dice: Random, kind: str, kinds: Mapping[str, tuple[str, str]], blocks: int, every: int
) -> dict[str, Any]:
    names = [f"b{number}" for number in range(blocks - 1)]
    actions = [_any_action(dice, name, names, kind, kinds) for name in names]
    for action in actions:
        if dice.random() < 1 - 1 / every:
            action.update(block(dice.choice(_PLAIN)))
    actions.append({"Identifier": "end", "Type": _end(dice, kind), "Parameters": {}, "Transitions": {}})
    return {"Version": "2019-10-30", "StartAction": names[0], "Actions": actions}
