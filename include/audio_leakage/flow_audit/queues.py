"""Which calls a queue gets, as far as the flows say: the entries whose flows set it as the target."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from audio_leakage.flow_audit.audit import AuditedEntry
from audio_leakage.flow_audit.flow import Flow, resource_id


def entries_by_queue(
    flows: Iterable[Flow], entries: Iterable[AuditedEntry]
) -> Mapping[str, Sequence[AuditedEntry]]:
    """Return the audited entries that lead to each queue, by the queue's ID.

    A queue that a flow chooses while the call runs is not known here.

    :param flows: the flows and modules that were audited.
    :param entries: all of them, audited.
    """
    by_id = {flow.id: flow for flow in flows}
    led_to: dict[str, list[AuditedEntry]] = {}
    for audited in entries:
        queues = {queue for flow in _reached(by_id, audited.entry.flow) for queue in flow.queues}
        for queue in sorted(queues):
            led_to.setdefault(queue, []).append(audited)
    return led_to


def _reached(flows: Mapping[str, Flow], start: Flow) -> Iterator[Flow]:
    """Yield a flow and each further flow and module that its calls may come to."""
    waiting, seen = [start], {start.id}
    while waiting:
        flow = waiting.pop()
        yield flow
        for following in (*flow.goes_on_to, *_hooks(flow)):
            if following in flows and following not in seen:
                seen.add(following)
                waiting.append(flows[following])


def _hooks(flow: Flow) -> Iterator[str]:
    """Yield the whisper and queue flows that a flow sets by their IDs."""
    for block in flow.blocks.values():
        hooks = block.parameters.get("EventHooks") if block.type == "UpdateContactEventHooks" else None
        if isinstance(hooks, Mapping):
            yield from (resource_id(each) for each in hooks.values() if isinstance(each, str))
