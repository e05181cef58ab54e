"""The walk leaves out what makes no difference: a plain walk of every place comes to the same results."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain, combinations
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audio_leakage.flow_audit import places, routes, walk
from audio_leakage.flow_audit.audit import EntryKind, audit, entries_of
from audio_leakage.flow_audit.flow import Flow
from audio_leakage.flow_audit.idle import IdleFlows
from audio_leakage.flow_audit.places import Ending, Move, Outcome, Phase, Place
from audio_leakage.flow_audit.results import AuditResult, is_certain, result_of
from audio_leakage.flow_audit.routes import Routes
from audio_leakage.flow_audit.state import State
from conftest import ROOT
from local_aws.contact_centre.flow_player import PublishedFlow
from support.flow_sets import any_flows, block, large_flows, linked, read, recording

END = block("EndFlowExecution")
#: More places than a small set of flows ever has in a plain walk. Sets beyond it are not compared.
MOST = 20_000


class TooLarge(Exception):
    """A set has more places than a plain walk follows."""


def every_attribute(flow: Flow) -> Mapping[str, frozenset[str]]:
    return dict.fromkeys(flow.blocks, flow.named_attributes)


def plain_results(flows: list[Flow]) -> Iterator[tuple[str, AuditResult]]:
    """Yield the result of each entry, from all its places, none of which counts as another."""
    by_id = {flow.id: flow for flow in flows}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(places, "relevant", lambda state: state)
        patch.setattr(routes, "attributes_read_later", every_attribute)
        patch.setattr(IdleFlows, "__contains__", lambda *_: False)
        every = Routes(by_id)
        for entry in entries_of(by_id, {}):
            phase = Phase.OUTBOUND_WHISPER if entry.kind is EntryKind.OUTBOUND else Phase.FLOW
            waiting: list[Place | Outcome] = [every.enter(entry.flow.id, phase, State())]
            found = set(waiting)
            for place in waiting:  # it grows meanwhile
                moves = every.moves(place) if isinstance(place, Place) else ()
                new = {move.to for move in moves} - found
                found |= new
                waiting += new
                if len(found) > MOST:
                    raise TooLarge
            endings = {place.ending for place in found if isinstance(place, Outcome)}
            yield entry.flow.id, result_of(endings)[0]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9))
def test_every_result_is_that_of_a_plain_walk(seed: int) -> None:
    flows = read(any_flows(Random(seed)))
    try:
        expected = dict(plain_results(flows))
    except TooLarge:
        return
    assert {audited.entry.flow.id: audited.result for audited in audit(flows)} == expected


@pytest.mark.parametrize("first", [1, 2, 4, 16])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**9))
def test_no_result_depends_on_when_we_look_which_results_are_certain(
    first: int, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    flows = read(any_flows(Random(seed)))
    expected = {audited.entry.flow.id: audited.result for audited in audit(flows)}
    with monkeypatch.context() as patch:
        patch.setattr(walk, "_FIRST_PLACES", first)
        assert {audited.entry.flow.id: audited.result for audited in audit(flows)} == expected


#: Prints the entries of some sets of flows, each with its way.
WAYS = """
from dataclasses import replace
from random import Random
from audio_leakage.flow_audit.audit import audit
from support.flow_sets import large_flows, read
found = [audit(read(large_flows(Random(seed), flows=30, blocks=60, every=4))) for seed in range(4)]
print([(str(each.result), *((step.flow.id, step.block) for step in each.route)) for every in found for each in every])
"""


def test_a_way_in_words_does_not_depend_on_the_hashes_of_this_process() -> None:
    path = os.pathsep.join(map(str, (ROOT / "include", ROOT / "tests")))
    said = {
        subprocess.run(
            [sys.executable, "-c", WAYS],
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for seed in ("1", "2", "3", "4")
    }
    assert len(said) == 1


def some_endings() -> Iterator[frozenset[Ending]]:
    counts = range(len(Ending) + 1)
    return map(frozenset, chain.from_iterable(combinations(Ending, count) for count in counts))


def test_a_result_that_is_certain_is_kept_whatever_is_found_later() -> None:
    certain = [endings for endings in some_endings() if is_certain(endings)]
    assert frozenset({Ending.NOT_RECORDED, Ending.RECORDED}) in certain
    assert frozenset(Ending) - {Ending.NOT_RECORDED} not in certain
    for endings in certain:
        assert {result_of(endings | further) for further in some_endings()} == {result_of(endings)}


@pytest.mark.parametrize(
    ("phase", "flow", "is_idle"),
    [
        (Phase.AGENT_WHISPER, linked(block("MessageParticipant"), END), True),
        (Phase.AGENT_WHISPER, linked(block("MessageParticipant"), block("DisconnectParticipant")), True),
        (Phase.AGENT_WHISPER, linked(block("Loop") | {"Errors": {"NoMatchingError": 0}}), False),
        (Phase.AGENT_WHISPER, linked(recording(["Agent", "Customer"]), END), False),
        (Phase.AGENT_WHISPER, linked(block("InvokeFlowModule", FlowModuleId="m"), END), False),
        (Phase.AGENT_WHISPER, linked(block("TransferContactToMoon"), END), False),
        (Phase.QUEUE, linked(block("Loop") | {"Errors": {"NoMatchingError": 0}}), True),
        (Phase.QUEUE, linked(block("DequeueContactAndTransferToQueue"), END), False),
    ],
)
def test_a_flow_that_only_plays_prompts_is_passed_over(
    phase: Phase, flow: dict[str, Any], is_idle: bool
) -> None:
    flows = {each.id: each for each in read({"w": PublishedFlow("W", "AGENT_WHISPER", flow)})}
    assert (("w", phase) in IdleFlows(flows)) is is_idle


def test_flows_that_all_lead_to_each_other_are_walked_no_further_than_their_results_need(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    walked: list[Place] = []
    moves = Routes.moves

    def counted(self: Routes, place: Place) -> Iterator[Move]:
        walked.append(place)
        return moves(self, place)

    monkeypatch.setattr(Routes, "moves", counted)
    entries = audit(read(large_flows(Random(1), flows=120, blocks=120, every=3)))
    assert {AuditResult.SOMETIMES, AuditResult.NEVER} <= {audited.result for audited in entries}
    assert len(walked) < 6_000  # of more than 60,000


def test_prompts_for_agents_and_customers_make_no_call_another_one() -> None:
    """Three menus of ten choices each: what ten agent whispers and so on say does not multiply."""
    prompt = linked(block("MessageParticipant"), END)
    events = {"AgentWhisper": "AGENT_WHISPER", "CustomerWhisper": "CUSTOMER_WHISPER"}
    flows = {
        f"{event}-{place}".lower(): PublishedFlow(f"{event} {place}", kind, prompt)
        for event, kind in (*events.items(), ("CustomerQueue", "CUSTOMER_QUEUE"))
        for place in range(10)
    }
    blocks = [
        block("UpdateFlowLoggingBehavior", FlowLoggingBehavior="Enabled"),
        recording(["Agent", "Customer"]),
    ]
    for event in (*events, "CustomerQueue"):
        menu = len(blocks)
        choices = {str(place): menu + 1 + place for place in range(10)}
        blocks.append(block("GetParticipantInput") | {"Conditions": choices})
        for place in range(10):
            hook = block("UpdateContactEventHooks", EventHooks={event: f"{event}-{place}"})
            blocks.append(hook | {"Errors": {"NoMatchingError": menu + 11}})
    flows["main"] = PublishedFlow("Main", "CONTACT_FLOW", linked(*blocks, block("TransferContactToQueue")))
    (audited,) = audit(read(flows), most_places=200)
    assert audited.result is AuditResult.ALWAYS


def test_a_flow_that_cannot_be_read_or_is_not_there_is_not_passed_over() -> None:
    (prompts,) = read({"w": PublishedFlow("W", "AGENT_WHISPER", linked(block("MessageParticipant"), END))})
    unreadable = replace(prompts, unreadable="its content is no JSON")
    assert ("w", Phase.AGENT_WHISPER) in IdleFlows({"w": prompts})
    assert ("w", Phase.AGENT_WHISPER) not in IdleFlows({"w": unreadable})
    assert ("w", Phase.AGENT_WHISPER) not in IdleFlows({})


@pytest.mark.parametrize("phase", Phase)
def test_only_a_flow_that_calls_choose_is_passed_over(phase: Phase) -> None:
    (prompts,) = read({"w": PublishedFlow("W", "AGENT_WHISPER", linked(block("MessageParticipant"), END))})
    is_idle = ("w", phase) in IdleFlows({"w": prompts})
    assert is_idle is (phase not in (Phase.FLOW, Phase.OUTBOUND_WHISPER))
