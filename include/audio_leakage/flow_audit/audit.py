"""Flows and phone numbers -> entries with their results."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from audio_leakage.flow_audit.content import Branch
from audio_leakage.flow_audit.flow import MODULE, Flow, resource_id
from audio_leakage.flow_audit.places import Outcome, Phase, Place
from audio_leakage.flow_audit.results import AuditResult, result_of
from audio_leakage.flow_audit.routes import Routes
from audio_leakage.flow_audit.state import State
from audio_leakage.flow_audit.walk import MOST_PLACES, Walk


class EntryKind(StrEnum):
    """How calls come into a flow."""

    PHONE_NUMBER = "PHONE_NUMBER"
    """A customer dials a number of the instance."""
    TRANSFER = "TRANSFER"
    """An agent uses a quick connect."""
    OUTBOUND = "OUTBOUND"
    """An agent dials, and the outbound whisper flow runs."""
    API = "API"
    """No number and no other flow leads to it, so an application may."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A flow that calls begin in."""

    kind: EntryKind
    flow: Flow
    numbers: tuple[str, ...] = ()
    """The IDs of the phone numbers that lead to it, in order; the numbers themselves are not read."""


@dataclass(frozen=True, slots=True)
class Step:
    """One block of a route."""

    flow: Flow
    block: str
    """The block's identifier."""
    branch: Branch | None
    """The branch that the call leaves it by; None if the flow ends or hands the call on."""


@dataclass(frozen=True, slots=True)
class AuditedEntry:
    """An entry, and what the flows will do with its calls."""

    entry: Entry
    result: AuditResult
    reason: str = ""
    """Why it is UNKNOWN."""
    route: tuple[Step, ...] = ()
    """A route that explains the result."""


def audit(
    flows: Iterable[Flow], numbers: Mapping[str, str] | None = None, most_places: int = MOST_PLACES
) -> list[AuditedEntry]:
    """Say for each entry what the flows will do with its calls.

    :param flows: the published flows and modules of an instance.
    :param numbers: flow by phone number, each as ID or ARN; None if that is not known.
    :param most_places: bound of the walk, in places.
    :return: every entry with its result.
    """
    by_id = {flow.id: flow for flow in flows}
    entries = list(entries_of(by_id, numbers or {}))
    routes = Routes(by_id)
    starts = [_start(routes, entry) for entry in entries]
    walk = Walk(routes, starts, most_places)
    return [_audited(by_id, routes, walk, entry, start) for entry, start in zip(entries, starts, strict=True)]


def entries_of(flows: Mapping[str, Flow], numbers: Mapping[str, str]) -> Iterator[Entry]:
    """Yield every flow that calls begin in, by name.

    :param flows: flows and modules by ID.
    :param numbers: flow by phone number, each as ID or ARN.
    """
    by_flow: dict[str, list[str]] = {}
    for number, flow_id in sorted(numbers.items()):
        by_flow.setdefault(resource_id(flow_id), []).append(resource_id(number))
    led_to = _led_to(flows, by_flow)
    for flow in sorted(flows.values(), key=lambda flow: (flow.name, flow.id)):
        if flow.id in by_flow:
            yield Entry(EntryKind.PHONE_NUMBER, flow, tuple(by_flow[flow.id]))
        elif flow.type in _KINDS and not (flow.type == "CONTACT_FLOW" and flow.id in led_to):
            yield Entry(_KINDS[flow.type], flow)


def _led_to(flows: Mapping[str, Flow], by_flow: Collection[str]) -> set[str]:
    """Return the flows that need no entry of their own, because calls of another entry come to them."""
    inner = frozenset[str]().union(*(flow.goes_on_to for flow in flows.values()))
    # Flows that lead to each other in a circle have no beginning: the first by ID is taken for it.
    starts = (flow.id for flow in flows.values() if flow.type != MODULE)
    in_order = sorted(starts, key=lambda each: (each not in by_flow, each in inner, each))
    led_to: set[str] = set()
    for start in in_order:
        waiting = [] if start in led_to else [start]
        while waiting:
            flow = flows.get(waiting.pop())
            further = (flow.goes_on_to if flow else frozenset()) - led_to - {start}
            led_to |= further
            waiting += further
    return led_to


#: The types of the flows that calls begin in where no number leads to them.
_KINDS = {
    "CONTACT_FLOW": EntryKind.API,
    "QUEUE_TRANSFER": EntryKind.TRANSFER,
    "AGENT_TRANSFER": EntryKind.TRANSFER,
    "OUTBOUND_WHISPER": EntryKind.OUTBOUND,
}


def _start(routes: Routes, entry: Entry) -> Place | Outcome:
    phase = Phase.OUTBOUND_WHISPER if entry.kind is EntryKind.OUTBOUND else Phase.FLOW
    return routes.enter(entry.flow.id, phase, State())


def _audited(
    flows: Mapping[str, Flow], routes: Routes, walk: Walk, entry: Entry, start: Place | Outcome
) -> AuditedEntry:
    result, ending = result_of(walk.endings(start))
    if ending is None:
        return AuditedEntry(entry, result)
    route = list(walk.route(start, ending))
    end = route[-1]
    reason = end.reason if isinstance(end, Outcome) else ""
    return AuditedEntry(entry, result, reason, tuple(_steps(flows, routes, route)))


def _steps(flows: Mapping[str, Flow], routes: Routes, route: Sequence[Place | Outcome]) -> Iterator[Step]:
    for place, following in pairwise(route):
        if isinstance(place, Place):
            branch = next((move.branch for move in routes.moves(place) if move.to == following), None)
            yield Step(flows[place.flow], place.block, branch)
