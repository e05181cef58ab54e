"""What the class of a contact is decided from. In doubt, a flow asked for the recording."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from audio_leakage.contacts.contact import Contact
from audio_leakage.evidence.class_facts import facts_of
from audio_leakage.evidence.sources import Decision, Known
from audio_leakage.times import format_time
from support.evidence import connected_at, item, leg, recording

NOTHING = Decision(None, None)
UNKNOWN = Known(None, None, None, [], None, None)
SECOND_BEFORE = format_time(connected_at(1) - timedelta(seconds=1))


def known(**attributes: Any) -> Known:
    """Return a leg of the population whose item has some attributes."""
    found = item(1, **attributes)
    return UNKNOWN._replace(leg=leg(1), item=found, contact=Contact.from_item(found))


@pytest.mark.parametrize(
    ("blocks", "intent"),
    [
        ((f"{SECOND_BEFORE} ALL",), "ON"),
        ((f"{SECOND_BEFORE} OFF",), "OFF"),
        ((f"{SECOND_BEFORE} FAILED",), "FAILED"),
        (("yesterday OFF",), "ON"),
        ((f"{SECOND_BEFORE} MUTED",), "ON"),
        ((f"{SECOND_BEFORE} OFF", "garbled"), "ON"),
        ((), "ON"),
    ],
)
def test_blocks_that_cannot_be_read_asked_for_a_recording(blocks: tuple[str, ...], intent: str) -> None:
    found = known()
    assert found.contact
    contact = replace(found.contact, recording_blocks=blocks)
    assert facts_of(found._replace(contact=contact), NOTHING).intent == intent


def test_the_population_tells_when_the_agent_joined_if_the_monitor_does_not() -> None:
    found = known(ConnectedToAgentTimestamp=None, RecordingBlocks=[f"{SECOND_BEFORE} OFF"])
    assert facts_of(found, NOTHING).intent == "OFF"
    late = leg(1, connected_at=SECOND_BEFORE)
    assert facts_of(found._replace(leg=late), NOTHING).intent == "ON"


def test_the_monitor_knows_best_when_the_agent_joined() -> None:
    found = known(RecordingBlocks=[f"{SECOND_BEFORE} OFF"])
    early = leg(1, connected_at=SECOND_BEFORE)
    assert facts_of(found._replace(leg=early), NOTHING).intent == "OFF"


def test_a_recording_was_switched_off_before_an_agent_whom_nobody_knows() -> None:
    found = known(ConnectedToAgentTimestamp=None, RecordingBlocks=[f"{SECOND_BEFORE} OFF"])
    assert facts_of(found._replace(leg=None), NOTHING).intent == "OFF"


def test_a_contact_that_only_the_policy_entered_was_asked_for_by_no_flow() -> None:
    assert facts_of(known(RecordingBlocks=None, ExpectedBy="POLICY"), NOTHING).intent is None
    assert facts_of(known(RecordingBlocks=None), NOTHING).intent == "ON"


def test_an_item_that_cannot_be_read_asked_for_a_recording_and_is_open() -> None:
    facts = facts_of(UNKNOWN._replace(leg=leg(1), item={"ContactId": "?"}), NOTHING)
    assert (facts.intent, facts.judgement) == ("ON", "OPEN")


@pytest.mark.parametrize(
    ("size", "etag", "seen", "judged", "has_changed"),
    [
        (44, "a", {"size": 44, "etag": "a"}, None, False),
        (45, "a", {"size": 44, "etag": "a"}, None, True),
        (44, "b", {"size": 44, "etag": "a"}, None, True),
        (44, "a", {"size": 44, "etag": "a"}, 45, False),
        (44, "a", {"size": None, "etag": None}, 44, False),
        (44, "a", {"size": None, "etag": None}, 45, True),
        (44, "a", None, 45, True),
        (44, "a", None, None, False),
    ],
)
def test_a_recording_is_compared_with_the_one_seen_first_or_judged(
    size: int, etag: str, seen: dict[str, Any] | None, judged: int | None, has_changed: bool
) -> None:
    found = known(RecordingSize=judged)
    found = found._replace(recording=recording(1, size=size, etag=etag), before=seen)
    assert facts_of(found, NOTHING).has_changed is has_changed
    assert not facts_of(found._replace(recording=None), NOTHING).has_changed


@pytest.mark.parametrize(
    ("members", "exclusion"),
    [
        ({}, None),
        ({"is_test": True}, "TEST"),
        ({"initiation_method": "MONITOR"}, "NO_RECORDING_OF_ITS_OWN"),
        ({"initiation_method": "EXTERNAL_OUTBOUND"}, "NO_RECORDING_OF_ITS_OWN"),
        ({"initiation_method": "OUTBOUND"}, None),
    ],
)
def test_some_legs_have_no_recording_of_their_own(members: dict[str, Any], exclusion: str | None) -> None:
    found = known()._replace(leg=leg(1, **members))
    assert facts_of(found, NOTHING).exclusion == exclusion
