"""Items that another system wrote are taken up where they stand."""

from dataclasses import replace

import pytest

from audio_leakage.contacts.states import ClosedReason, ContactState, RecordedState
from audio_leakage.use_cases.polling import poll_initialised
from support.fakes import (
    CONTACT_ID,
    World,
    answer,
    at,
    contact,
    ended_with_agent,
    number,
)


@pytest.fixture
def world() -> World:
    return World()


def test_items_of_another_system_are_taken_up_in_every_state(world: World) -> None:
    for position, state in enumerate(ContactState):
        world.contacts.items[number(position)] = {
            "ContactId": number(position),
            "State": str(state),
            "RecordedState": None,
        }
    world.connect.answers = {number(position): answer(number(position)) for position in range(5)}
    run = world.run(at("10:35"), adopts=True)
    assert poll_initialised(run)["adopted"] == 5
    assert all(item["OpenState"] == item["State"] for item in world.contacts.items.values())


@pytest.mark.parametrize(
    "half", [{"NextCheckAt": "2023-08-29T10:00:00.000Z"}, {"OpenState": "COMPLETED - AGENT"}]
)
def test_an_item_that_is_half_in_the_index_is_put_there_whole(world: World, half: dict[str, str]) -> None:
    world.contacts.items[CONTACT_ID] = {"ContactId": CONTACT_ID, "State": "COMPLETED - AGENT", **half}
    poll_initialised(world.run(at("10:35"), adopts=True))
    assert world.contacts.items[CONTACT_ID]["OpenState"] == "COMPLETED - AGENT"
    assert world.contacts.items[CONTACT_ID]["NextCheckAt"] == "2023-08-29T10:35:00.000Z"


def test_a_scan_ends_when_the_time_is_up(world: World) -> None:
    for position in range(100):
        world.contacts.items[number(position)] = {"ContactId": number(position), "State": "INITIALISED"}
    run = world.run(at("10:35"), adopts=True, seconds_left=lambda: 75 * (world.contacts.writes.total() < 10))
    assert poll_initialised(run)["adopted"] == 10


def test_a_scan_that_finds_nothing_leaves_half_of_the_time_to_those_who_are_due(world: World) -> None:
    """Regression: a table of some weeks was read to its end, and the task was killed before it polled."""
    judged = ended_with_agent(recorded_state=RecordedState.CALL_RECORDED_SUCCESS, next_check_at=None)
    world.contacts.put(*(replace(judged, contact_id=number(position)) for position in range(1000)))
    world.contacts.put(contact())
    world.connect.answers[CONTACT_ID] = answer()
    seconds = iter(range(75, -1000, -1))
    run = world.run(at("10:35"), adopts=True, seconds_left=lambda: next(seconds))
    assert poll_initialised(run)["COMPLETED - AGENT"] == 1


def test_what_is_judged_closed_or_due_is_nobody_elses(world: World) -> None:
    judged = ended_with_agent(recorded_state=RecordedState.CALL_RECORDED_SUCCESS, next_check_at=None)
    closed = contact(contact_id=number(2)).closed(ClosedReason.NO_AGENT)
    world.contacts.put(judged, closed, contact(contact_id=number(3), next_check_at=at("11:00")))
    counts = poll_initialised(world.run(at("10:35"), adopts=True))
    assert counts == {"due": 0, "adopted": 0, "not_adoptable": 0}


def test_an_item_with_an_unknown_state_is_counted_and_left_alone(world: World) -> None:
    world.contacts.items[number(1)] = {"ContactId": number(1), "State": "ENDED"}
    assert poll_initialised(world.run(at("10:35"), adopts=True))["not_adoptable"] == 1
    assert world.contacts.items[number(1)] == {"ContactId": number(1), "State": "ENDED"}


def test_a_run_that_does_not_adopt_never_reads_the_whole_table(world: World) -> None:
    world.contacts.never_indexed = None  # type: ignore[method-assign, assignment]
    assert poll_initialised(world.run(at("10:35"))) == {"due": 0}
