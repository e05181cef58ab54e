"""The kinds of calls of which the flow log does not tell: their legs, their classes, and the truth about them."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from local_aws.contact_centre.blind_kinds import BLIND_KINDS
from local_aws.contact_centre.calls import SimulatedCall, Truth
from local_aws.contact_centre.centre import BLIND_WEIGHTS, WEIGHTS, ContactCentre
from local_aws.contact_centre.described import PERSON
from local_aws.contact_centre.flow_log import lines_of
from local_aws.contact_centre.kinds import KINDS, CallWriter
from local_aws.contact_centre.watching import AS_FLOW, BY_LOG, MUST, Watch, class_of, is_in_population
from support.fakes import at

JOINED = at("10:30:11")
HOUR, FORTNIGHT = timedelta(hours=1), timedelta(days=14)
FLOWS, POLICY = Watch(AS_FLOW), Watch(MUST)
WITHHELD, FLOWS_WITHHELD = Watch(MUST, reads_log=False), Watch(AS_FLOW, reads_log=False)
SERVED = "COMPLETED - AGENT"
SUCCESS, FAILURE = "CALL_RECORDED_SUCCESS", "CALL_RECORDED_FAILURE"
GONE = Truth(None, None)
RECORDED = Truth(SERVED, SUCCESS, warnings=frozenset())
LEAKED = Truth(SERVED, FAILURE, cause="NEVER_ASKED", warnings=frozenset())
UNANSWERED = Truth(SERVED, None, "CUSTOMER_NEVER_ANSWERED")

EXCLUDED, WATCHED, UNEXPLAINED = "EXCLUDED", "WATCHED", "UNEXPLAINED"
BY_CALL, BY_POLICY = "ENTERED_BY_CALL", "ENTERED_BY_POLICY"

#: Of each kind, class and truth in the end: where each flow decides, and where the policy says "must".
IN_THE_END = {
    "flow_without_block": (UNEXPLAINED, GONE, BY_POLICY, LEAKED),
    "logging_off_recorded": (UNEXPLAINED, GONE, BY_POLICY, RECORDED),
    "logging_off_leaked": (UNEXPLAINED, GONE, BY_POLICY, LEAKED),
    "direct_to_agent": (WATCHED, RECORDED, WATCHED, RECORDED),
    "test_case": (EXCLUDED, GONE, EXCLUDED, GONE),
    "quick_connect_recorded": (BY_CALL, RECORDED, BY_POLICY, RECORDED),
    "quick_connect_leaked": (BY_CALL, LEAKED, BY_POLICY, LEAKED),
    "transferred_twice_leaked": (BY_CALL, LEAKED, BY_POLICY, LEAKED),
    "transferred_though_off": (UNEXPLAINED, GONE, BY_POLICY, LEAKED),
    "transferred_unlogged": (UNEXPLAINED, GONE, BY_POLICY, LEAKED),
    "moved_between_queues_recorded": (BY_CALL, RECORDED, BY_POLICY, RECORDED),
    "moved_between_queues_leaked": (BY_CALL, LEAKED, BY_POLICY, LEAKED),
    "callback_recorded": (BY_CALL, RECORDED, BY_POLICY, RECORDED),
    "callback_leaked": (BY_CALL, LEAKED, BY_POLICY, LEAKED),
    "callback_unanswered": (BY_CALL, UNANSWERED, BY_POLICY, UNANSWERED),
    "monitored": (EXCLUDED, GONE, EXCLUDED, GONE),
    "external_outbound": (EXCLUDED, GONE, EXCLUDED, GONE),
}


def written(kind: str, seed: int = 1) -> SimulatedCall:
    return CallWriter(Random(seed)).write(kind, JOINED)


def in_the_end(call: SimulatedCall, watch: Watch) -> Truth:
    return call.truth(JOINED + FORTNIGHT, HOUR, watch=watch)


def facts(truth: Truth) -> tuple[object, ...]:
    return truth, truth.closed_reason, truth.cause, truth.warnings


def test_every_blind_kind_has_its_truth_in_this_table() -> None:
    assert set(IN_THE_END) == set(BLIND_KINDS) == set(BLIND_WEIGHTS)
    assert not set(BLIND_KINDS) & set(KINDS)


@pytest.mark.parametrize("kind", sorted(BLIND_KINDS))
def test_a_blind_kind_ends_as_the_table_says(kind: str) -> None:
    class_by_flow, truth_by_flow, class_by_policy, truth_by_policy = IN_THE_END[kind]
    for seed in range(20):
        call = written(kind, seed)
        assert (class_of(call, FLOWS), class_of(call, POLICY)) == (class_by_flow, class_by_policy)
        assert facts(in_the_end(call, FLOWS)) == facts(truth_by_flow)
        assert facts(in_the_end(call, POLICY)) == facts(truth_by_policy)


@pytest.mark.parametrize("kind", sorted(set(BLIND_KINDS) - {"direct_to_agent"}))
def test_the_flow_log_alone_never_tells_of_a_blind_contact(kind: str) -> None:
    call = written(kind)
    assert class_of(call, BY_LOG) is None
    assert in_the_end(call, BY_LOG) == GONE
    assert not [line for _, line in lines_of(call) if "Recording" in line.partition("Identifier")[0]]


@pytest.mark.parametrize("kind", sorted(BLIND_KINDS))
def test_every_blind_contact_is_in_the_population(kind: str) -> None:
    assert is_in_population(written(kind))


@pytest.mark.parametrize("kind", sorted({**KINDS, **BLIND_KINDS}))
def test_without_flow_logs_nobody_is_told_by_a_flow(kind: str) -> None:
    for leg in written(kind).legs:
        watched = (
            is_in_population(leg) and not leg.is_test and leg.method not in ("MONITOR", "EXTERNAL_OUTBOUND")
        )
        assert (class_of(leg, WITHHELD) == BY_POLICY) is watched
        assert class_of(leg, FLOWS_WITHHELD) in (None, EXCLUDED, UNEXPLAINED)
        assert in_the_end(leg, FLOWS_WITHHELD) == GONE


#: Their flow switched recording off in time. Without the log nobody knows, and "must" makes them leaks.
SWITCHED_OFF = {"only_off", "switched_off_again", "transferred_though_off leg 1"}


@pytest.mark.parametrize("kind", sorted({**KINDS, **BLIND_KINDS}))
def test_a_policy_gives_the_same_verdicts_without_flow_logs(kind: str) -> None:
    for seed in range(10):
        for leg in written(kind, seed).legs:
            with_log, without = (in_the_end(leg, watch).recorded_state for watch in (POLICY, WITHHELD))
            assert (with_log, without) == (
                (None, FAILURE) if leg.kind in SWITCHED_OFF else (with_log, with_log)
            )


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"screen_block_only"}))
def test_the_population_changes_nothing_for_calls_that_the_log_tells_of(kind: str) -> None:
    for seed in range(10):
        call = written(kind, seed)
        expected = facts(in_the_end(call, BY_LOG))
        assert facts(in_the_end(call, FLOWS)) == facts(in_the_end(call, POLICY)) == expected


def test_a_blind_contact_is_noticed_after_its_hour() -> None:
    call = replace(written("logging_off_leaked"), connected_to_agent=at("10:59:59.999"))
    states = [call.truth(at(moment), HOUR, watch=POLICY).state for moment in ("11:19:59", "11:20")]
    assert states == [None, SERVED]
    assert call.truth(at("11:20"), HOUR, watch=POLICY).recorded_state is None


def test_a_leg_names_the_one_before_it_and_the_first() -> None:
    third = written("transferred_twice_leaked")
    first, second, last = third.legs
    assert last is third
    assert [leg.kind for leg in third.legs] == [f"{third.kind} leg 1", f"{third.kind} leg 2", third.kind]
    assert second.initiated == first.disconnected
    assert third.initiated == second.disconnected
    contact = third.contact_at(JOINED + FORTNIGHT) or {}
    assert (contact["PreviousContactId"], contact["InitialContactId"]) == (
        second.contact_id,
        first.contact_id,
    )
    assert "InitialContactId" not in (first.contact_at(JOINED + FORTNIGHT) or {})


def test_a_callback_is_taken_on_the_next_day() -> None:
    for seed in range(20):
        callback = written("callback_leaked", seed)
        assert callback.connected_to_agent
        assert callback.initiated.date() < callback.connected_to_agent.date()
        assert callback.method == "CALLBACK"


def test_supervisors_and_outside_parties_have_no_queue() -> None:
    for kind, method in (("monitored", "MONITOR"), ("external_outbound", "EXTERNAL_OUTBOUND")):
        contact = written(kind).contact_at(JOINED + FORTNIGHT) or {}
        assert contact["InitiationMethod"] == method
        assert "QueueInfo" not in contact


def test_a_test_case_says_so_in_its_segment_attributes() -> None:
    for kind, is_test in (("test_case", True), ("spoke_to_agent", False)):
        contact = written(kind).contact_at(JOINED + FORTNIGHT) or {}
        assert ("connect:ValidationTestType" in contact["SegmentAttributes"]) is is_test


def test_each_contact_has_a_person_in_it() -> None:
    contact = written("spoke_to_agent").contact_at(JOINED + FORTNIGHT) or {}
    for member in ("Name", "Tags", "SegmentAttributes", "CustomerEndpoint", "SystemEndpoint"):
        assert PERSON in str(contact[member])


def day(**changes: object) -> ContactCentre:
    members = {
        "seed": 7,
        "start": at("12:00"),
        "duration": timedelta(hours=6),
        "number_of_calls": 300,
        "bucket": "recordings",
        "prefix": "connect/acme/CallRecordings",
        "weights": {**WEIGHTS, **BLIND_WEIGHTS},
        **changes,
    }
    return ContactCentre(**members)  # type: ignore[arg-type]


def test_a_centre_plays_each_leg_of_its_calls() -> None:
    centre = day()
    ids = [call.contact_id for call in centre.calls]
    assert len(ids) == len(set(ids)) > 300
    assert {call.previous_contact_id for call in centre.calls if call.previous} <= set(ids)
    assert set(BLIND_WEIGHTS) | set(WEIGHTS) <= {call.kind for call in centre.calls}


def test_each_contact_of_a_population_has_exactly_one_class() -> None:
    centre = day()
    ids = {call.contact_id for call in centre.calls if call.connected_to_agent and call.channel == "VOICE"}
    ids -= {call.contact_id for call in centre.calls if call.known_from is None}
    hours = [
        centre.population(at("12:00") + place * HOUR, at("12:00") + (place + 1) * HOUR) for place in range(36)
    ]
    assert sorted(call.contact_id for hour in hours for call in hour) == sorted(ids)
    for watch in (FLOWS, POLICY, WITHHELD):
        classes = [class_of(call, watch) for hour in hours for call in hour]
        assert set(classes) <= {EXCLUDED, WATCHED, BY_CALL, BY_POLICY, UNEXPLAINED}
