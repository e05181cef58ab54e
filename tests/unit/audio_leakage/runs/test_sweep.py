"""An error of one contact stops no other, and no run overwrites another one's change."""

from contextlib import suppress

import pytest

from audio_leakage.contacts.states import ContactState
from audio_leakage.errors import ServiceUnavailable, SetupError
from audio_leakage.runs.due import due
from audio_leakage.use_cases.polling import poll_initialised
from support.fakes import (
    CONTACT_ID,
    MINUTE,
    World,
    answer,
    at,
    contact,
    number,
)

THROTTLED = ServiceUnavailable(
    "connect:DescribeContact is unavailable for now: ThrottlingException (HTTP 429)"
)
DENIED = SetupError("connect:DescribeContact was denied: grant connect:DescribeContact")


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("error", [THROTTLED, DENIED, {}])
def test_an_error_of_one_contact_stops_no_other(world: World, error: Exception | dict[str, object]) -> None:
    world.contacts.put(*(contact(contact_id=number(position)) for position in range(5)))
    world.connect.answers = {number(position): answer(number(position)) for position in range(5)}
    world.connect.answers[number(2)] = error
    try:
        poll_initialised(world.run(at("10:32")))
    except SetupError:
        assert error is DENIED
    states = [world.contacts.contact(number(position)).state for position in range(5)]
    assert states.count(ContactState.COMPLETED_AGENT) == 4
    assert states[2] == ContactState.INITIALISED
    assert world.contacts.contact(number(2)).next_check_at


def test_an_unreadable_item_stops_no_other_contact(world: World) -> None:
    world.contacts.put(contact(contact_id=number(1)), contact(contact_id=number(2)))
    world.contacts.items[number(1)]["State"] = "ENDED"
    world.contacts.items["not an id"] = {**world.contacts.items[number(2)], "ContactId": "not an id"}
    world.connect.answers[number(2)] = answer(number(2))
    counts = poll_initialised(world.run(at("10:32")))
    assert counts == {"due": 3, "unreadable": 2, str(ContactState.COMPLETED_AGENT): 1}
    assert set(world.connect.calls) == {number(2)}


def test_a_throttled_contact_stays_due_behind_the_others(world: World) -> None:
    world.contacts.put(contact(contact_id=number(1)), contact(contact_id=number(2)))
    world.connect.answers = {number(1): THROTTLED, number(2): answer(number(2))}
    counts = poll_initialised(world.run(at("10:32")))
    assert counts == {"due": 2, "unavailable": 1, str(ContactState.COMPLETED_AGENT): 1}
    after = world.contacts.contact(number(1))
    assert (after.state, after.next_check_at) == (ContactState.INITIALISED, at("10:32:00.001"))
    assert after.last_error == str(THROTTLED)


@pytest.mark.parametrize("how_many", [1, 4, 50])
def test_a_task_that_could_look_at_no_contact_fails_and_so_do_its_retries(
    world: World, how_many: int
) -> None:
    world.contacts.put(*(contact(contact_id=number(position)) for position in range(how_many)))
    world.connect.answers = dict.fromkeys(world.contacts.items, THROTTLED)
    for retry in range(3):
        with pytest.raises(ServiceUnavailable, match=f"none of {how_many} due contacts could be looked at"):
            poll_initialised(world.run(at("10:32") + retry * MINUTE / 4))
    assert world.connect.calls.total() == 3 * min(how_many, 5)  # it gave up, and left the rest
    assert all(item["State"] == "INITIALISED" for item in world.contacts.items.values())


@pytest.mark.parametrize(("answered", "attempts"), [(0, 3), (1, 4), (2, 4)])
def test_an_outage_says_nothing_about_one_contact(world: World, answered: int, attempts: int) -> None:
    world.contacts.put(
        contact(attempts=3), *(contact(contact_id=number(position)) for position in range(answered))
    )
    world.connect.answers = {number(position): answer(number(position)) for position in range(answered)}
    world.connect.answers[CONTACT_ID] = THROTTLED
    with suppress(ServiceUnavailable):
        poll_initialised(world.run(at("10:32")))
    assert world.contacts.contact(CONTACT_ID).attempts == attempts


def test_contacts_that_always_fail_do_not_keep_others_from_their_turn(world: World) -> None:
    """Regression: they stayed at the head of the queue, and the task gave up before it reached any other."""
    world.contacts.put(*(contact(contact_id=number(p), next_check_at=at("09:00")) for p in range(20)))
    world.contacts.put(contact(contact_id=number(99)))
    world.connect.answers = dict.fromkeys(world.contacts.items, THROTTLED)
    world.connect.answers[number(99)] = answer(number(99))
    for minutes in range(0, 40, 5):
        try:
            poll_initialised(world.run(at("10:32") + minutes * MINUTE))
        except ServiceUnavailable:
            continue
    assert world.contacts.contact(number(99)).state is ContactState.COMPLETED_AGENT


def test_a_missing_table_fails_the_task_by_name(world: World) -> None:
    world.contacts.error = SetupError("table 'contacts' does not exist")
    with pytest.raises(SetupError, match="does not exist"):
        poll_initialised(world.run(at("10:32")))


def test_contacts_due_for_longest_go_first_and_the_rest_is_left(world: World) -> None:
    world.contacts.put(
        *(contact(contact_id=number(p), next_check_at=at("10:30") - p * MINUTE) for p in range(5))
    )
    world.connect.answers = {number(p): answer(number(p)) for p in range(5)}
    run = world.run(at("10:32"), seconds_left=lambda: 75 * (len(world.connect.calls) < 2))
    counts = poll_initialised(run)
    assert counts == {"due": 5, "left_for_next_run": 3, str(ContactState.COMPLETED_AGENT): 2}
    assert set(world.connect.calls) == {number(4), number(3)}


def test_a_contact_that_changed_meanwhile_is_not_overwritten(world: World) -> None:
    world.contacts.put(contact())
    world.connect.answers[CONTACT_ID] = answer()
    run = world.run(at("10:32"))
    items = list(due(run, ContactState.INITIALISED))
    world.contacts.due = lambda *args: iter(items if len(args) > 2 else [])  # type: ignore[method-assign]
    world.contacts.put(contact(ContactState.COMPLETED_QUEUE_IVR))
    assert poll_initialised(run) == {"due": 1, "changed_meanwhile": 1}
    assert world.contacts.contact().state == ContactState.COMPLETED_QUEUE_IVR


def test_a_contact_that_was_deleted_meanwhile_is_not_brought_back(world: World) -> None:
    world.contacts.put(contact())
    world.connect.answers[CONTACT_ID] = answer()
    run = world.run(at("10:32"))
    items = list(due(run, ContactState.INITIALISED))
    world.contacts.due = lambda *args: iter(items if len(args) > 2 else [])  # type: ignore[method-assign]
    del world.contacts.items[CONTACT_ID]
    assert poll_initialised(run) == {"due": 1, "changed_meanwhile": 1}
    assert world.contacts.items == {}
