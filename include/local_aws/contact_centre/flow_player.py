"""Play a voice call by the flows of an instance, block by block, as Amazon Connect would.

The player rolls dice where the caller, the clock or a Lambda function decides, and wherever AWS does not say
what happens. Enough plays show what flows can do. It shares no code with the audit that predicts it.
"""

from collections.abc import Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal, NamedTuple

Where = Literal["flow", "queue", "whisper", "outbound"]
Action = Mapping[str, Any]

#: The caller hangs up after this number of blocks.
_PATIENCE = 100
_MODULES_DEEP = 5
_STANDARD = {
    "CustomerQueue": ("CUSTOMER_QUEUE", "Default customer queue"),
    "AgentWhisper": ("AGENT_WHISPER", "Default agent whisper"),
    "CustomerWhisper": ("CUSTOMER_WHISPER", "Default customer whisper"),
}


class PublishedFlow(NamedTuple):
    """A flow or a module (type ``MODULE``), as an instance has it."""

    name: str
    type: str
    content: Mapping[str, Any]
    """The flow language's object."""


class Conversation(NamedTuple):
    """A customer and an agent talk."""

    recorded: frozenset[str]
    """The recorded voices: Agent, Customer."""
    in_log: bool
    """The block that set recording last wrote a line to the flow log."""


@dataclass
class _Call:
    recorded: frozenset[str] = frozenset()
    in_log: bool = False
    logging: bool = False
    hooks: dict[str, str | None] = field(default_factory=dict)
    """Flow by event; None if nothing is to run."""
    variables: list[dict[str, str]] = field(default_factory=list)
    """The flow attributes of the flow, and of each module that it is in."""
    blocks: int = 0


class _AgentAnswers(Exception):
    """An agent accepts the call."""


class _CallEnds(Exception):
    """Somebody hangs up."""


class _LosesPatience(Exception):
    """The caller hangs up after :data:`_PATIENCE` blocks."""


class _FlowEnds(Exception):
    """The flow is over."""


class _GoesToQueue(Exception):
    """The call waits in a queue, from the beginning of the queue's flow."""


class FlowPlayer:
    """Plays calls by flows.

    :param flows: flows and modules by ID.
    :param dice: decides what flows leave open.
    """

    def __init__(self, flows: Mapping[str, PublishedFlow], dice: Random) -> None:
        self._flows = flows
        self._dice = dice
        self._talks: list[Conversation] = []

    def inbound(self, flow_id: str) -> list[Conversation]:
        """Play a call that begins in an inbound or a transfer flow; return its conversations with agents."""
        self._talks = []
        with suppress(_LosesPatience):
            self._call_in(_Call(), flow_id)
        return self._talks

    def outbound(self, flow_id: str) -> list[Conversation]:
        """Play a call that an agent dials; the flow is the queue's outbound whisper flow."""
        self._talks = []
        with suppress(_LosesPatience):
            self._dial(_Call(), flow_id)
        return self._talks

    def _call_in(self, call: _Call, flow_id: str) -> None:
        try:
            self._flow(call, flow_id, "flow")
        except _GoesToQueue:
            self._wait(call)
        except _AgentAnswers:
            self._accept(call)
        except (_CallEnds, _FlowEnds):
            return

    def _wait(self, call: _Call) -> None:
        while True:
            queue_flow = self._hook(call, "CustomerQueue")
            try:
                if queue_flow:
                    self._flow(call, queue_flow, "queue")
            except _GoesToQueue:
                self._new_segment(call)
                continue
            except _CallEnds:
                return
            except (_AgentAnswers, _FlowEnds):
                pass
            self._accept(call)
            return

    def _accept(self, call: _Call) -> None:
        for event in ("AgentWhisper", "CustomerWhisper"):
            self._whisper(call, self._hook(call, event))
        self._join(call)

    def _call_back(self, call: _Call) -> None:
        later = deepcopy(call)
        self._new_segment(later)
        self._whisper(later, self._hook(later, "AgentWhisper"))
        outbound = [each for each, flow in self._flows.items() if flow.type == "OUTBOUND_WHISPER"]
        self._dial(later, self._dice.choice(outbound) if outbound else None)

    def _dial(self, call: _Call, flow_id: str | None) -> None:
        try:
            if flow_id:
                self._flow(call, flow_id, "outbound")
        except _CallEnds:
            return
        except _FlowEnds:
            pass
        self._join(call)

    def _join(self, call: _Call) -> None:
        self._talks.append(Conversation(call.recorded, call.in_log))

    def _whisper(self, call: _Call, flow_id: str | None) -> None:
        try:
            if flow_id:
                self._flow(call, flow_id, "whisper")
        except (_FlowEnds, _CallEnds):
            return

    def _hook(self, call: _Call, event: str) -> str | None:
        if event in call.hooks:
            return call.hooks[event]
        return next(
            (key for key, flow in self._flows.items() if (flow.type, flow.name) == _STANDARD[event]), None
        )

    def _new_segment(self, call: _Call) -> None:
        """Decide what a new segment takes along, because AWS does not say."""
        if self._maybe():
            call.recorded = frozenset()
        call.hooks = {event: flow for event, flow in call.hooks.items() if self._maybe()}

    def _maybe(self) -> bool:
        return self._dice.random() < 0.5

    def _flow(self, call: _Call, flow_id: str, where: Where) -> None:
        """Run a flow until it hands the call on, in whatever way."""
        call.variables = [{}]
        self._run(call, flow_id, where)
        raise _FlowEnds

    def _run(self, call: _Call, flow_id: str, where: Where) -> None:
        """Run a flow or a module; return where a module gives the call back."""
        content = self._flows[flow_id].content
        actions = {action["Identifier"]: action for action in content["Actions"]}
        at: str | None = content["StartAction"]
        while at is not None:
            call.blocks += 1
            if call.blocks > _PATIENCE:
                raise _LosesPatience
            if where == "queue" and self._dice.random() < 0.25:
                raise _AgentAnswers
            action = actions[at]
            if action["Type"] == "EndFlowModuleExecution":
                return
            at = self._act(call, action, where)
        raise _FlowEnds

    def _act(self, call: _Call, action: Action, where: Where) -> str | None:
        """Run one block; return the next one, None if there is none."""
        ways = action.get("Transitions", {})
        errors = [
            each["NextAction"] for each in ways.get("Errors", ()) if each["ErrorType"] != "ChannelMismatch"
        ]
        if action["Type"] == "Compare" and action["Parameters"]["ComparisonValue"] == "$.Channel":
            return _for_voice(ways)
        if errors and self._dice.random() < 0.3:
            return str(self._dice.choice(errors))
        if self._does_it(call, action, where):
            further = [each["NextAction"] for each in ways.get("Conditions", ())]
            further += [ways["NextAction"]] if ways.get("NextAction") else []
            return str(self._dice.choice(further)) if further else None
        return str(self._dice.choice(errors)) if errors else None

    def _does_it(self, call: _Call, action: Action, where: Where) -> bool:
        """Do what a block does; return whether it succeeded."""
        parameters = action.get("Parameters", {})
        match action["Type"], where:
            case "UpdateContactRecordingBehavior" | "UpdateContactRecordingAndAnalyticsBehavior", _:
                self._record(call, parameters)
            case "UpdateFlowLoggingBehavior", _:
                call.logging = parameters["FlowLoggingBehavior"] == "Enabled"
            case "UpdateContactEventHooks", _:
                self._set_hooks(call, parameters)
            case "UpdateFlowAttributes", _:
                values = {name: each["Value"] for name, each in parameters["FlowAttributes"].items()}
                call.variables[-1] = call.variables[-1] | values
            case kind, _:
                return self._goes_elsewhere(call, kind, parameters, where) and self._leaves(kind, where)
        return True

    def _goes_elsewhere(self, call: _Call, kind: str, parameters: Mapping[str, Any], where: Where) -> bool:
        match kind, where:
            case "InvokeFlowModule", _:
                return self._module(call, parameters, where)
            case "TransferToFlow", "flow":
                return self._jump(call, parameters)
            case "CreateCallbackContact", "flow" | "queue":
                self._call_back(call)
        return True

    def _leaves(self, kind: str, where: Where) -> bool:
        match kind, where:
            case ("TransferContactToQueue", "flow") | ("DequeueContactAndTransferToQueue", "queue"):
                raise _GoesToQueue
            case "TransferContactToAgent", "flow":
                raise _AgentAnswers
            case "DisconnectParticipant", _:
                raise _CallEnds
            case "EndFlowExecution", _:
                raise _FlowEnds
            case _ if kind.startswith(
                ("Transfer", "Dequeue", "CreateCallback")
            ):  # not in a flow of this type
                return False
        return True

    def _record(self, call: _Call, parameters: Mapping[str, Any]) -> None:
        behavior = parameters.get("RecordingBehavior") or parameters.get("VoiceBehavior", {}).get(
            "VoiceRecordingBehavior", {}
        )
        if "RecordedParticipants" in behavior:
            call.recorded = frozenset(behavior["RecordedParticipants"])
            call.in_log = call.logging

    def _set_hooks(self, call: _Call, parameters: Mapping[str, Any]) -> None:
        for event, value in parameters["EventHooks"].items():
            settings = parameters.get("EventHooksConfiguration", {}).get(event, {})
            if settings.get("DisableExecution") == "true":
                call.hooks[event] = None
            else:
                kind, _ = _STANDARD.get(event, ("CONTACT_FLOW", ""))
                call.hooks[event] = self._named(call, value, kind)

    def _module(self, call: _Call, parameters: Mapping[str, Any], where: Where) -> bool:
        module = self._named(call, parameters["FlowModuleId"], "MODULE")
        if module is None or len(call.variables) > _MODULES_DEEP:
            return False
        call.variables.append({})
        self._run(call, module, where)
        call.variables.pop()
        return True

    def _jump(self, call: _Call, parameters: Mapping[str, Any]) -> bool:
        flow = self._named(call, parameters["ContactFlowId"], "CONTACT_FLOW")
        if flow is None:
            return False
        self._flow(call, flow, "flow")
        return True

    def _named(self, call: _Call, value: str, kind: str) -> str | None:
        """Return the flow that a parameter names. If the call's data name it, it may be any of its kind."""
        if value.startswith("$.FlowAttributes."):
            value = call.variables[-1].get(value.rsplit(".", 1)[1], "$.")
        if value.startswith("$."):
            some = [each for each, flow in self._flows.items() if flow.type == kind]
            return self._dice.choice(some) if some else None
        return value.rsplit("/", 1)[-1]


def _for_voice(ways: Mapping[str, Any]) -> str | None:
    for each in ways.get("Conditions", ()):
        if each["Condition"]["Operands"] == ["VOICE"]:
            return str(each["NextAction"])
    return next((str(each["NextAction"]) for each in ways.get("Errors", ())), ways.get("NextAction"))
