"""The monitor adopts items that another system wrote."""

from dataclasses import replace

import pytest

from audio_leakage.contacts.states import ClosedReason, ContactState, RecordedState
from audio_leakage.use_cases.polling import poll_in_progress, poll_initialised
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


def test_an_item_of_another_system_is_adopted_in_every_state(world: World) -> None:
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
def test_an_item_with_half_of_the_index_key_is_adopted(world: World, half: dict[str, str]) -> None:
    world.contacts.items[CONTACT_ID] = {"ContactId": CONTACT_ID, "State": "COMPLETED - AGENT", **half}
    poll_initialised(world.run(at("10:35"), adopts=True))
    assert world.contacts.items[CONTACT_ID]["OpenState"] == "COMPLETED - AGENT"
    assert world.contacts.items[CONTACT_ID]["NextCheckAt"] == "2023-08-29T10:35:00.000Z"


def test_a_scan_for_adoption_ends_when_the_time_is_up(world: World) -> None:
    for position in range(100):
        world.contacts.items[number(position)] = {"ContactId": number(position), "State": "INITIALISED"}
    run = world.run(at("10:35"), adopts=True, seconds_left=lambda: 75 * (world.contacts.writes.total() < 10))
    assert poll_initialised(run)["adopted"] == 10


def test_a_scan_for_adoption_leaves_half_the_time_to_due_contacts(world: World) -> None:
    """Regression: a table of some weeks was read to its end, and the task was killed before it polled."""
    judged = ended_with_agent(recorded_state=RecordedState.CALL_RECORDED_SUCCESS, next_check_at=None)
    world.contacts.put(*(replace(judged, contact_id=number(position)) for position in range(1000)))
    world.contacts.put(contact())
    world.connect.answers[CONTACT_ID] = answer()
    seconds = iter(range(75, -1000, -1))
    run = world.run(at("10:35"), adopts=True, seconds_left=lambda: next(seconds))
    assert poll_initialised(run)["COMPLETED - AGENT"] == 1


def test_a_judged_closed_or_due_contact_is_not_adopted(world: World) -> None:
    judged = ended_with_agent(recorded_state=RecordedState.CALL_RECORDED_SUCCESS, next_check_at=None)
    closed = contact(contact_id=number(2)).closed(ClosedReason.NO_AGENT)
    world.contacts.put(judged, closed, contact(contact_id=number(3), next_check_at=at("11:00")))
    counts = poll_initialised(world.run(at("10:35"), adopts=True))
    assert counts == {"due": 0, "adopted": 0, "not_adoptable": 0}


def test_an_item_in_an_unknown_state_is_counted_and_not_adopted(world: World) -> None:
    world.contacts.items[number(1)] = {"ContactId": number(1), "State": "ENDED"}
    assert poll_initialised(world.run(at("10:35"), adopts=True))["not_adoptable"] == 1
    assert world.contacts.items[number(1)] == {"ContactId": number(1), "State": "ENDED"}


def test_a_run_that_does_not_adopt_never_scans_the_table(world: World) -> None:
    world.contacts.never_indexed = None  # type: ignore[method-assign, assignment]
    assert poll_initialised(world.run(at("10:35"))) == {"due": 0}


@pytest.mark.parametrize("state", [ContactState.INITIALISED, ContactState.IN_PROGRESS_QUEUE_IVR])
def test_an_adopted_call_that_goes_on_is_followed_from_when_connect_says_it_began(
    world: World, state: ContactState
) -> None:
    world.contacts.items[CONTACT_ID] = {"ContactId": CONTACT_ID, "State": str(state)}
    world.connect.answers[CONTACT_ID] = answer(
        InitiationTimestamp=at("05:35"), connected=None, DisconnectTimestamp=None
    )
    run = world.run(at("10:35"), adopts=True)
    poll_initialised(run)
    poll_in_progress(run)
    after = world.contacts.contact()
    assert (after.state, after.initialised_at) == (ContactState.IN_PROGRESS_QUEUE_IVR, None)
    assert after.next_check_at == at("11:05"), "a tenth of the five hours that it has lasted"


def test_an_adopted_call_that_connect_has_forgotten_is_closed_after_an_hour_and_not_at_once(
    world: World,
) -> None:
    world.contacts.items[CONTACT_ID] = {"ContactId": CONTACT_ID, "State": "IN_PROGRESS - AGENT"}
    world.contacts.put(contact(contact_id=number(1)))
    world.connect.answers[number(1)] = answer(number(1))
    poll_initialised(world.run(at("10:35"), adopts=True))
    poll_in_progress(world.run(at("10:35")))
    assert world.contacts.contact().closed_reason is None
    assert world.contacts.contact().not_found_since == at("10:35")
    poll_in_progress(world.run(at("11:35")))
    assert world.contacts.contact().closed_reason is ClosedReason.NOT_FOUND


def test_an_item_that_its_own_system_changed_meanwhile_is_left_to_the_next_scan(world: World) -> None:
    item = {"ContactId": CONTACT_ID, "State": "INITIALISED"}
    world.contacts.never_indexed = lambda _start: iter([([item], None)])  # type: ignore[method-assign, assignment]
    world.contacts.items[CONTACT_ID] = {**item, "State": "IN_PROGRESS - AGENT"}
    assert poll_initialised(world.run(at("10:35"), adopts=True))["adopted"] == 0
    assert world.contacts.items[CONTACT_ID] == {**item, "State": "IN_PROGRESS - AGENT"}
