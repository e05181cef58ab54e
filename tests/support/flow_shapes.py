"""Flows after the shapes of public ones.

They are written anew: what each does follows AWS's sample flows (inbound, A/B test, callback, queue, whispers), the
flows of Voicemail Express (module, in-queue voicemail, hooks from flow attributes), of the CI/CD sample for Terraform
(one flow of each type, linked by flow attributes), of Contact Surveys, and of exports in vendors' manuals.
"""

from collections.abc import Iterator
from typing import Any

from local_aws.contact_centre.flow_player import PublishedFlow
from support.flow_sets import Action, block, recording

_LOG_ON = block("UpdateFlowLoggingBehavior", FlowLoggingBehavior="Enabled")
_RECORD = recording(["Agent", "Customer"])
_RECORD_NEWER = recording(["Agent", "Customer"], newer=True)
_IVR_ONLY = block(
    "UpdateContactRecordingBehavior",
    RecordingBehavior={"RecordedParticipants": [], "IVRRecordingBehavior": "Enabled"},
)
_SAY = block("MessageParticipant", Text="Welcome")
_QUEUE = block("UpdateContactTargetQueue", QueueId="arn:aws:connect:eu-west-2:1:instance/i/queue/q1")
_TO_QUEUE = block("TransferContactToQueue")
_END = block("EndFlowExecution")
_HANG_UP = block("DisconnectParticipant")
_VOICE = block("UpdateContactTextToSpeechVoice", TextToSpeechVoice="Joanna")
_LAMBDA = block(
    "InvokeLambdaFunction", LambdaFunctionARN="$.FlowAttributes.function", InvocationTimeLimitSeconds="3"
)
_MENU = block("GetParticipantInput", StoreInput="False", Text="Press 1")


def _hook(**hooks: str) -> Action:
    return block("UpdateContactEventHooks", EventHooks=hooks)


def _attributes(**values: str) -> Action:
    return block(
        "UpdateFlowAttributes", FlowAttributes={name: {"Value": value} for name, value in values.items()}
    )


def _content(*actions: Action, back_to: int | None = None) -> dict[str, Any]:
    """Make a flow of blocks in a row. Errors lead to the next block, or to the last where the export does so."""
    return {
        "Version": "2019-10-30",
        "StartAction": "0",
        "Metadata": {"entryPointPosition": {"x": 0, "y": 0}},
        "Actions": list(_linked(actions, back_to)),
    }


def _linked(actions: tuple[Action, ...], back_to: int | None) -> Iterator[Action]:
    last = str(len(actions) - 1)
    for place, action in enumerate(actions):
        following = str(place + 1)
        ways: dict[str, Any] = {"NextAction": following}
        match action["Type"]:
            case (
                "DisconnectParticipant"
                | "EndFlowExecution"
                | "EndFlowModuleExecution"
                | "TransferContactToAgent"
            ):
                ways = {}
            case "TransferContactToQueue":
                ways = {
                    "NextAction": last,
                    "Errors": [
                        {"NextAction": last, "ErrorType": "QueueAtCapacity"},
                        {"NextAction": last, "ErrorType": "NoMatchingError"},
                    ],
                }
            case "UpdateContactRecordingAndAnalyticsBehavior":
                ways["Errors"] = [
                    {"NextAction": last, "ErrorType": "NoMatchingError"},
                    {"NextAction": following, "ErrorType": "ChannelMismatch"},
                ]
            case (
                "Compare"
                | "GetParticipantInput"
                | "Loop"
                | "DistributeByPercentage"
                | "CheckHoursOfOperation"
            ):
                target = last if back_to is None else str(back_to)
                condition = {"Operator": "Equals", "Operands": [action.get("Operand", "1")]}
                ways["Conditions"] = [{"NextAction": target, "Condition": condition}]
                ways["Errors"] = [{"NextAction": following, "ErrorType": "NoMatchingCondition"}]
            case kind if not kind.startswith(("UpdateFlow", "UpdateContactRec", "UpdateContactText")):
                ways["Errors"] = [{"NextAction": following, "ErrorType": "NoMatchingError"}]
        yield {"Identifier": str(place), "Transitions": ways} | {
            name: value for name, value in action.items() if name != "Operand"
        }


def _compare(value: str, operand: str) -> Action:
    return block("Compare", ComparisonValue=value) | {"Operand": operand}


_SHAPES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "Sample inbound flow",
        "CONTACT_FLOW",
        _content(_LOG_ON, _VOICE, _RECORD, _SAY, _QUEUE, _TO_QUEUE, _HANG_UP),
    ),
    (
        "Sample inbound flow, newer block",
        "CONTACT_FLOW",
        _content(_LOG_ON, _RECORD_NEWER, _SAY, _QUEUE, _TO_QUEUE, _HANG_UP),
    ),
    (
        "Sample A/B test",
        "CONTACT_FLOW",
        _content(_LOG_ON, block("DistributeByPercentage"), _RECORD, _QUEUE, _TO_QUEUE, _HANG_UP),
    ),
    (
        "Sample with hours",
        "CONTACT_FLOW",
        _content(_LOG_ON, block("CheckHoursOfOperation"), _RECORD, _QUEUE, _TO_QUEUE, _HANG_UP),
    ),
    (
        "Sample callback",
        "CONTACT_FLOW",
        _content(_LOG_ON, _RECORD, _QUEUE, _MENU, block("CreateCallbackContact"), _HANG_UP),
    ),
    ("Sample recording behavior", "CONTACT_FLOW", _content(_SAY, _RECORD, _QUEUE, _TO_QUEUE, _HANG_UP)),
    (
        "Sample secure input",
        "CONTACT_FLOW",
        _content(
            _SAY,
            block("GetParticipantInput", StoreInput="True"),
            block("UpdateContactAttributes"),
            _QUEUE,
            _TO_QUEUE,
            _HANG_UP,
        ),
    ),
    (
        "Sample screen pop",
        "CONTACT_FLOW",
        _content(_SAY, block("UpdateContactAttributes"), _QUEUE, _TO_QUEUE, _HANG_UP),
    ),
    (
        "Lex bot",
        "CONTACT_FLOW",
        _content(_LOG_ON, _RECORD, block("ConnectParticipantWithLexBot"), _MENU, _QUEUE, _TO_QUEUE, _HANG_UP),
    ),
    (
        "Chat and voice",
        "CONTACT_FLOW",
        _content(_LOG_ON, _compare("$.Channel", "CHAT"), _RECORD, _QUEUE, _TO_QUEUE, _HANG_UP),
    ),
    (
        "Vendor export",
        "CONTACT_FLOW",
        _content(_QUEUE, _hook(DisconnectAgentUI="disposition"), _TO_QUEUE, _HANG_UP),
    ),
    (
        "Company main",
        "CONTACT_FLOW",
        _content(
            _LOG_ON,
            _attributes(
                function="arn:aws:lambda:x",
                next="company-transfer",
                module="company-module",
                queueflow="company-queue",
            ),
            _VOICE,
            _SAY,
            _hook(CustomerQueue="$.FlowAttributes.queueflow"),
            block("InvokeFlowModule", FlowModuleId="$.FlowAttributes.module"),
            _LAMBDA,
            block("TransferToFlow", ContactFlowId="$.FlowAttributes.next"),
            _HANG_UP,
        ),
    ),
    (
        "Company transfer",
        "QUEUE_TRANSFER",
        _content(
            _attributes(aw="company-agent-whisper", cw="company-customer-whisper"),
            _hook(CustomerWhisper="$.FlowAttributes.cw"),
            _hook(AgentWhisper="$.FlowAttributes.aw"),
            _TO_QUEUE,
            _HANG_UP,
        ),
    ),
    ("Company queue", "CUSTOMER_QUEUE", _content(block("MessageParticipantIteratively"), _HANG_UP)),
    ("Company agent whisper", "AGENT_WHISPER", _content(_SAY, _END)),
    ("Company customer whisper", "CUSTOMER_WHISPER", _content(_RECORD, _SAY, _END)),
    (
        "Company module",
        "MODULE",
        _content(
            _attributes(queueflow="company-queue"),
            block("UpdateContactAttributes"),
            _hook(CustomerQueue="$.FlowAttributes.queueflow"),
            block("EndFlowModuleExecution"),
        ),
    ),
    ("Company hold", "CUSTOMER_HOLD", _content(block("MessageParticipantIteratively"), _END)),
    ("Company outbound", "OUTBOUND_WHISPER", _content(_LOG_ON, _RECORD, _END)),
    (
        "Voicemail test",
        "CONTACT_FLOW",
        _content(
            _LOG_ON,
            _attributes(core="voicemail-core", qf="voicemail-in-queue", aw="company-agent-whisper"),
            _MENU,
            _hook(CustomerQueue="$.FlowAttributes.qf"),
            _hook(AgentWhisper="$.FlowAttributes.aw"),
            _QUEUE,
            _TO_QUEUE,
            block("InvokeFlowModule", FlowModuleId="$.FlowAttributes.core"),
            _HANG_UP,
        ),
    ),
    (
        "Voicemail core",
        "MODULE",
        _content(
            _LOG_ON,
            _IVR_ONLY,
            _LAMBDA,
            block("UpdateContactAttributes"),
            block("Loop", LoopCount="1"),
            block("EndFlowModuleExecution"),
        ),
    ),
    (
        "Voicemail in queue",
        "CUSTOMER_QUEUE",
        _content(
            _LOG_ON,
            _attributes(aw="company-agent-whisper"),
            block("MessageParticipantIteratively"),
            _MENU,
            _hook(AgentWhisper="$.FlowAttributes.aw"),
            _IVR_ONLY,
            _END,
        ),
    ),
    (
        "Contact survey",
        "CONTACT_FLOW",
        _content(
            _compare("$.Channel", "CHAT"),
            _LAMBDA,
            block("Loop", LoopCount="5"),
            _MENU,
            block("UpdateContactAttributes"),
            _HANG_UP,
        ),
    ),
    (
        "Agent transfer",
        "AGENT_TRANSFER",
        _content(
            _SAY,
            _hook(AgentWhisper="company-agent-whisper"),
            _hook(CustomerWhisper="company-customer-whisper"),
            block("TransferContactToAgent"),
        ),
    ),
    (
        "Whisper from attributes",
        "CONTACT_FLOW",
        _content(_LOG_ON, _RECORD, _hook(AgentWhisper="$.Attributes.whisper"), _QUEUE, _TO_QUEUE, _HANG_UP),
    ),
)

#: Whose flows they follow, by how their names begin.
SOURCES = {
    "AWS's sample flows": ("Sample",),
    "AWS's sample of flows in Terraform": ("Company",),
    "AWS's Voicemail Express": ("Voicemail",),
    "AWS's Contact Surveys": ("Contact survey",),
    "exports in vendors' manuals": ("Lex", "Chat", "Vendor", "Agent transfer", "Whisper"),
}
#: Flows after the shapes of public ones, by ID.
SHAPES = {
    name.lower().replace(" ", "-").replace("/", "-"): PublishedFlow(name, kind, content)
    for name, kind, content in _SHAPES
}
