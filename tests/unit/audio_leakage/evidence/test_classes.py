"""The table of classes: one case a row, and the laws that hold for all of it."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_leakage.contacts.states import ClosedReason, ContactWarning, RecordingPolicy
from audio_leakage.evidence.classes import (
    CLASSES,
    ClassFacts,
    ContactClass,
    Count,
    FlowIntent,
    Judgement,
    row_of,
)
from audio_leakage.population.policy import Requirement

MUST, MAY, MUST_NOT = Requirement.MUST, Requirement.MAY, Requirement.MUST_NOT
ON, OFF, FAILED = FlowIntent.ON, FlowIntent.OFF, FlowIntent.FAILED
SUCCESS, FAILURE = Judgement.SUCCESS, Judgement.FAILURE
CLOSED, OPEN = Judgement.CLOSED, Judgement.OPEN


def facts(**members: Any) -> ClassFacts:
    return ClassFacts(**({"in_population": True} | members))


@pytest.mark.parametrize(
    ("members", "expected", "counts_as"),
    [
        ({"requirement": MUST_NOT, "is_recorded": True, "judgement": SUCCESS}, "RECORDED_AGAINST_POLICY", "excluded"),
        ({"requirement": MAY, "is_recorded": True}, "RECORDED_UNASKED", "neither"),
        ({"is_recorded": True}, "RECORDED_UNASKED", "neither"),
        ({}, "UNEXPLAINED", "neither"),
        ({"requirement": MUST_NOT}, "EXCLUDED", "excluded"),
        ({"requirement": MUST, "exclusion": "TEST"}, "EXCLUDED", "excluded"),
        ({"intent": OFF, "judgement": CLOSED}, "EXCLUDED", "excluded"),
        ({"intent": ON, "judgement": SUCCESS}, "DELETED_SINCE", "lost"),
        ({"intent": ON, "judgement": SUCCESS, "is_recorded": True, "has_changed": True}, "CHANGED_SINCE", "undecided"),
        ({"requirement": MUST, "is_recorded": True}, "RECORDED_UNWATCHED", "proven"),
        ({"requirement": MUST, "judgement": SUCCESS, "is_recorded": True}, "RECORDED_UNWATCHED", "proven"),
        ({"intent": ON, "judgement": SUCCESS, "is_recorded": True}, "VERIFIED", "proven"),
        ({"requirement": MUST, "intent": ON, "judgement": SUCCESS, "is_recorded": True,
          "recording_policy": RecordingPolicy.AGENT}, "PARTLY_RECORDED", "proven"),
        ({"intent": ON, "judgement": SUCCESS, "is_recorded": True,
          "recording_policy": RecordingPolicy.AGENT}, "VERIFIED", "proven"),
        ({"intent": ON, "judgement": SUCCESS, "is_recorded": True,
          "warnings": (ContactWarning.LATE,)}, "VERIFIED_LATE", "proven"),
        ({"intent": ON, "judgement": SUCCESS, "is_recorded": True,
          "warnings": (ContactWarning.SHORT,)}, "VERIFIED_SHORT", "proven"),
        ({"requirement": MUST, "judgement": FAILURE}, "NEVER_ASKED", "lost"),
        ({"requirement": MUST, "intent": OFF, "judgement": CLOSED}, "SWITCHED_OFF_AGAINST_POLICY", "lost"),
        ({"requirement": MUST, "intent": FAILED, "judgement": FAILURE}, "MISSING", "lost"),
        ({"intent": ON, "judgement": FAILURE}, "MISSING", "lost"),
        ({"intent": ON, "judgement": FAILURE, "is_recorded": True}, "CONTRADICTED", "undecided"),
        ({"intent": ON, "judgement": CLOSED, "is_recorded": True}, "CONTRADICTED", "undecided"),
        ({"intent": ON, "judgement": CLOSED, "closed_reason": ClosedReason.NO_AGENT}, "CLOSED_THOUGH_SERVED", "undecided"),
        ({"intent": ON, "judgement": OPEN}, "UNDECIDED", "undecided"),
        ({"requirement": MUST}, "UNDECIDED", "undecided"),
        ({"in_population": False, "judgement": SUCCESS, "is_recorded": True}, "NOT_IN_POPULATION", "proven"),
        ({"in_population": False, "judgement": SUCCESS}, "NOT_IN_POPULATION", "lost"),
        ({"in_population": False, "judgement": FAILURE}, "NOT_IN_POPULATION", "lost"),
        ({"in_population": False, "judgement": OPEN}, "NOT_IN_POPULATION", "undecided"),
        ({"in_population": False, "judgement": CLOSED}, "NOT_IN_POPULATION", "excluded"),
        ({"in_population": False, "known_to_connect": True, "is_recorded": True}, "POPULATION_GAP", "undecided"),
        ({"in_population": False, "is_recorded": True}, "ORPHAN", "neither"),
    ],
)  # fmt: skip
def test_a_contact_is_in_its_class(members: dict[str, Any], expected: str, counts_as: str) -> None:
    row = row_of(facts(**members))
    assert (row.contact_class, row.counts_as) == (expected, counts_as)


def test_the_table_has_one_row_for_each_class() -> None:
    assert [row.contact_class for row in CLASSES] == list(ContactClass)


FACTS = st.builds(
    ClassFacts,
    in_population=st.booleans(),
    requirement=st.sampled_from([None, *Requirement]),
    exclusion=st.sampled_from([None, "TEST", "NO_RECORDING_OF_ITS_OWN"]),
    intent=st.sampled_from([None, *FlowIntent]),
    judgement=st.sampled_from([None, *Judgement]),
    closed_reason=st.sampled_from([None, *ClosedReason]),
    warnings=st.sampled_from([(), (ContactWarning.LATE,), (ContactWarning.SHORT,)]),
    recording_policy=st.sampled_from([None, *RecordingPolicy]),
    is_recorded=st.booleans(),
    has_changed=st.booleans(),
    known_to_connect=st.booleans(),
)
#: From the worst to the best.
ORDER = [Count.LOST, Count.UNDECIDED, Count.PROVEN]


@given(FACTS)
def test_every_contact_falls_into_a_class(contact: ClassFacts) -> None:
    assert row_of(contact).counts_as in Count


@given(FACTS)
def test_a_recording_never_worsens_a_required_contact(contact: ClassFacts) -> None:
    if contact.in_population and contact.is_required:
        without = row_of(replace(contact, is_recorded=False, has_changed=False)).counts_as
        found = row_of(replace(contact, is_recorded=True, has_changed=False)).counts_as
        assert ORDER.index(found) >= ORDER.index(without)


@given(FACTS)
def test_an_exclusion_never_makes_a_lost_contact_proven(contact: ClassFacts) -> None:
    excluded = row_of(replace(contact, in_population=True, exclusion="TEST")).counts_as
    assert excluded in (Count.EXCLUDED, Count.NEITHER)


@given(FACTS)
def test_a_contact_that_nobody_judged_is_never_lost(contact: ClassFacts) -> None:
    assert row_of(replace(contact, judgement=None)).counts_as is not Count.LOST


@given(FACTS)
def test_a_contact_without_a_recording_is_never_proven(contact: ClassFacts) -> None:
    assert row_of(replace(contact, is_recorded=False)).counts_as is not Count.PROVEN
