"""Each contact of a population has one class."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.states import ClosedReason, ContactState, ExpectedBy
from audio_leakage.population.classes import Class, classified, is_to_be_recorded
from audio_leakage.population.figures import Figures
from audio_leakage.population.member import Member
from audio_leakage.population.policy import Default, Policy, Requirement, Rule
from support.fakes import contact, number
from support.population import QUEUE, result

END = date(2100, 1, 1)
TEST = {"SegmentAttributes": {"connect:ValidationTestType": {"ValueString": "SIMULATED"}}}


def policy(default: str, recording: str | None) -> Policy:
    rules = (Rule(id="r", recording=Requirement(recording), queues=frozenset({QUEUE})),) if recording else ()
    return Policy(Default(default), rules)


def item(expected_by: str | None, **fields: Any) -> Contact:
    by = ExpectedBy(expected_by) if expected_by else None
    return contact(ContactState.COMPLETED_AGENT, contact_id=number(1), expected_by=by, **fields)


@pytest.mark.parametrize(
    ("default", "rule", "known", "is_leg", "members", "expected"),
    [
        ("must", None, None, False, {}, Class.ENTERED_BY_POLICY),
        ("as_flow", None, None, False, {}, Class.UNEXPLAINED),
        ("as_flow", None, None, True, {}, Class.ENTERED_BY_CALL),
        ("as_flow", "must", None, False, {}, Class.ENTERED_BY_POLICY),
        ("as_flow", "may", None, True, {}, Class.EXCLUDED),
        ("must", "may", None, False, {}, Class.EXCLUDED),
        ("must", "must_not", None, False, {}, Class.EXCLUDED),
        ("must", "must_not", item(None), False, {}, Class.EXCLUDED),
        ("must", "may", item(None), False, {}, Class.WATCHED),
        ("must", None, item(None), False, {}, Class.WATCHED),
        ("must", None, item("FLOW"), False, {}, Class.WATCHED),
        ("as_flow", None, item("POLICY"), False, {}, Class.ENTERED_BY_POLICY),
        ("must", None, item("CALL"), False, {}, Class.ENTERED_BY_CALL),
        ("must", None, None, False, {"InitiationMethod": "MONITOR"}, Class.EXCLUDED),
        ("must", None, None, True, {"InitiationMethod": "EXTERNAL_OUTBOUND"}, Class.EXCLUDED),
        ("must", "must", None, False, TEST, Class.EXCLUDED),
        ("must", None, None, False, {"InitiationMethod": "NEW_WORD"}, Class.ENTERED_BY_POLICY),
    ],
)
def test_a_contact_is_in_the_first_class_that_holds(
    default: str,
    rule: str | None,
    known: Contact | None,
    is_leg: bool,
    members: dict[str, Any],
    expected: Class,
) -> None:
    member = Member.from_result(result(number(1), **members))
    each = classified(member, policy(default, rule), known, is_leg_of_recorded_call=is_leg)
    assert each.kind is expected
    assert each.is_new is (known is None and expected in (Class.ENTERED_BY_POLICY, Class.ENTERED_BY_CALL))
    assert bool(each.reason) is (expected is Class.EXCLUDED)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["INBOUND", "TRANSFER", "MONITOR", "OUTBOUND"]),
            st.sampled_from([None, item(None), item("POLICY"), item("CALL")]),
            st.booleans(),
            st.sampled_from([{}, TEST]),
        )
    ),
    st.sampled_from(["must", "as_flow"]),
    st.sampled_from([None, "must", "may", "must_not"]),
)
def test_the_population_is_the_sum_of_its_classes(calls: list[Any], default: str, rule: str | None) -> None:
    figures = Figures()
    for method, known, is_leg, members in calls:
        member = Member.from_result(result(number(1), InitiationMethod=method, **members))
        figures.add(classified(member, policy(default, rule), known, is_leg_of_recorded_call=is_leg))
    values = figures.to_values()
    assert values["population"] == len(calls) == sum(values[kind.lower()] for kind in Class)
    assert sum(values["excluded_by_reason"].values()) == values["excluded"]
    assert sum(values["unexplained_by_queue"].values()) == values["unexplained"]


def test_a_leg_demands_nothing_of_later_legs_if_its_flow_said_off() -> None:
    assert is_to_be_recorded(item(None))
    assert not is_to_be_recorded(item(None, closed_reason=ClosedReason.RECORDING_SWITCHED_OFF))


def test_a_member_keeps_nothing_but_the_few_members_we_know() -> None:
    member = Member.from_result(result(number(1), Name="Ann", Tags={"caller": "Ann"}, Description="Ann"))
    assert "Ann" not in repr(member)
    assert Member.from_row(member.to_row()) == member
    assert member.connected_to_agent_timestamp < datetime.now(UTC)
