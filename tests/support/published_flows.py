"""The published flows of an instance in memory."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from audio_leakage.errors import AudioLeakageError, MissingError
from local_aws.contact_centre.flow_player import PublishedFlow


@dataclass
class FakeFlows:
    """Flows by ID. With an error set, an operation raises it."""

    flows: dict[str, PublishedFlow] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    queues: tuple[str, ...] = ()
    unpublished: set[str] = field(default_factory=set)
    errors: dict[str, AudioLeakageError] = field(default_factory=dict)
    read: Counter[str] = field(default_factory=Counter)
    """How often the content of each flow was read."""

    def inventory(self, instance_id: str) -> Iterator[Mapping[str, str]]:
        assert instance_id
        if "inventory" in self.errors:
            raise self.errors["inventory"]
        for flow_id, flow in self.flows.items():
            sha256 = hashlib.sha256(json.dumps(flow.content).encode()).hexdigest()
            yield {"id": flow_id, "name": flow.name, "type": flow.type, "sha256": sha256}

    def content(self, instance_id: str, flow_id: str, flow_type: str) -> str | None:
        assert instance_id
        if flow_id in self.errors:
            raise self.errors[flow_id]
        self.read[flow_id] += 1
        if flow_id not in self.flows:
            raise MissingError(f"flow {flow_id} does not exist")
        assert self.flows[flow_id].type == flow_type
        return None if flow_id in self.unpublished else json.dumps(self.flows[flow_id].content)

    def phone_numbers(self, instance_id: str) -> Mapping[str, str]:
        assert instance_id
        return self.numbers

    def queue_ids(self, instance_id: str) -> Iterable[str]:
        assert instance_id
        return self.queues


#: The last block of a module.
END: Mapping[str, object] = {"Type": "EndFlowModuleExecution", "Parameters": {}}
QUEUE = "54b468a3-86b1-4746-aeb5-c31b62eecaa2"


def flow(name: str, kind: str, *actions: Mapping[str, object]) -> PublishedFlow:
    """Return a flow of blocks that follow each other; it ends with the last one."""
    blocks = [
        {
            "Identifier": str(place),
            "Transitions": {"NextAction": str(place + 1)} if place + 1 < len(actions) else {},
            **action,
        }
        for place, action in enumerate(actions)
    ]
    return PublishedFlow(name, kind, {"Version": "2019-10-30", "StartAction": "0", "Actions": blocks})


def leaking(name: str, queue: str = QUEUE) -> PublishedFlow:
    """Return an inbound flow that brings calls to a queue and sets no recording."""
    return flow(name, "CONTACT_FLOW", *_to_queue(queue))


def recorded(name: str, queue: str = QUEUE) -> PublishedFlow:
    """Return an inbound flow that sets recording first, and logs it."""
    voices = {"RecordedParticipants": ["Agent", "Customer"]}
    return flow(
        name,
        "CONTACT_FLOW",
        {"Type": "UpdateFlowLoggingBehavior", "Parameters": {"FlowLoggingBehavior": "Enabled"}},
        {"Type": "UpdateContactRecordingBehavior", "Parameters": {"RecordingBehavior": voices}},
        *_to_queue(queue),
    )


def _to_queue(queue: str) -> tuple[Mapping[str, object], ...]:
    return (
        {"Type": "UpdateContactTargetQueue", "Parameters": {"QueueId": queue}},
        {"Type": "TransferContactToQueue", "Parameters": {}},
    )
