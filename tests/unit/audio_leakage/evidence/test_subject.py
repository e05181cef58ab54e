"""What the row of a contact says, and which source it has that from."""

from datetime import timedelta
from typing import Any

import pytest

from audio_leakage.evidence.files import Json
from audio_leakage.evidence.ledger import CONTACTS, Inputs, ledger_of
from audio_leakage.times import format_time
from support.evidence import connected_at, inputs, item, leg, must, recording

#: The member of a row, and of an item, that says the same as a leg's member of that name.
OF_BOTH = {
    "agent_id": "AgentId",
    "connected_at": "ConnectedToAgentTimestamp",
    "disconnected_at": "DisconnectTimestamp",
    "initiated_at": "InitiationTimestamp",
    "initiation_method": "InitiationMethod",
    "queue_id": "QueueId",
}
LATER = format_time(connected_at(1) + timedelta(seconds=5))


def row(given: Inputs) -> Json:
    (file,) = (each for each in ledger_of(given, must).files if each.name == CONTACTS)
    (only,) = file.each_row()
    return only


def value(member: str) -> str:
    """Return what an item says otherwise than the leg does."""
    return LATER if member.endswith("_at") else "EXTERNAL" if member == "initiation_method" else "another"


@pytest.mark.parametrize(("member", "attribute"), OF_BOTH.items())
def test_the_population_is_asked_first_and_the_item_if_it_does_not_say(member: str, attribute: str) -> None:
    its_own = {attribute: value(member)}
    assert row(inputs([leg(1)], [item(1, **its_own)]))[member] == leg(1)[member]
    assert row(inputs([leg(1)], [item(1, **{attribute: None})]))[member] == leg(1)[member]
    assert row(inputs([], [item(1, **its_own)], [recording(1)]))[member] == value(member)
    if member != "connected_at":  # a contact without it is no contact of the population
        assert row(inputs([leg(1, **{member: None})], [item(1, **its_own)]))[member] == value(member)


@pytest.mark.parametrize(
    ("given", "sources"),
    [
        (([leg(1)], [item(1)], [recording(1)]), ["BUCKET", "FLOW_LOG", "POPULATION", "TABLE"]),
        (([leg(1)], [], []), ["POPULATION"]),
        (([leg(1)], [], [recording(1)]), ["BUCKET", "POPULATION"]),
        (([], [item(1)], [recording(1)]), ["BUCKET", "FLOW_LOG", "TABLE"]),
        (([leg(1)], [item(1, RecordingBlocks=None, ExpectedBy="POLICY")], []), ["POPULATION", "TABLE"]),
    ],
)
def test_a_row_names_the_sources_that_know_the_contact(
    given: tuple[Any, Any, Any], sources: list[str]
) -> None:
    assert row(inputs(*given))["sources"] == sources
