"""A run asks for the instance and its recording storage once, and only if it must."""

from dataclasses import replace

import pytest

from audio_leakage.contacts.states import ContactState
from audio_leakage.errors import RefusedError, SetupError
from audio_leakage.use_cases.checking import check_recordings
from audio_leakage.use_cases.polling import poll_initialised
from support.fakes import (
    CONTACT_ID,
    INSTANCE_ID,
    SETTINGS,
    World,
    at,
    contact,
    ended_with_agent,
    key_of,
    number,
)


@pytest.fixture
def world() -> World:
    return World()


def test_a_missing_instance_fails_the_task_and_closes_no_contact(world: World) -> None:
    world.contacts.put(*(contact(contact_id=number(position)) for position in range(20)))
    world.connect.instance_exists = False
    with pytest.raises(SetupError, match=f"'{INSTANCE_ID}' does not exist"):
        poll_initialised(world.run(at("12:00")))
    assert all(item["State"] == "INITIALISED" for item in world.contacts.items.values())
    assert not any("ClosedReason" in item for item in world.contacts.items.values())


def test_a_missing_instance_is_named_when_connect_refuses_its_contacts(world: World) -> None:
    world.contacts.put(*(contact(contact_id=number(position)) for position in range(3)))
    world.connect.answers = {number(position): RefusedError("InvalidParameter") for position in range(3)}
    world.connect.instance_exists = False
    with pytest.raises(SetupError, match=f"'{INSTANCE_ID}' does not exist"):
        poll_initialised(world.run(at("12:00")))


def test_the_instance_is_checked_once_for_many_unknown_contacts(world: World) -> None:
    world.contacts.put(*(contact(contact_id=number(position)) for position in range(20)))
    poll_initialised(world.run(at("10:31")))
    assert world.connect.calls["check_instance"] == 1


def test_the_recording_storage_is_asked_for_once_if_it_is_not_set(world: World) -> None:
    world.contacts.put(*(ended_with_agent(contact_id=number(position)) for position in range(3)))
    for position in range(3):
        world.bucket.put(key_of(number(position)))
    asking = replace(SETTINGS, recording_bucket=None, recording_prefix=None)
    assert check_recordings(world.run(at("10:35"), asking))["CALL_RECORDED_SUCCESS"] == 3
    assert world.connect.calls == {"recording_storage": 1}


@pytest.mark.parametrize(
    ("only_window", "due", "state", "is_written"),
    [
        pytest.param(True, "10:40", ContactState.INITIALISED, False, id="a backfill looked out of turn, and nothing changed"),
        pytest.param(True, None, ContactState.INITIALISED, False, id="it looked although no look was due any more"),
        pytest.param(True, "10:40", ContactState.COMPLETED_AGENT, True, id="it looked out of turn, and the call had ended"),
        pytest.param(True, "10:35", ContactState.INITIALISED, True, id="it looked in turn"),
        pytest.param(False, "10:40", ContactState.INITIALISED, True, id="a scheduled run writes its every look"),
    ],
)  # fmt: skip
def test_only_a_backfill_that_looks_out_of_turn_and_finds_nothing_new_writes_nothing(
    world: World, only_window: bool, due: str | None, state: ContactState, is_written: bool
) -> None:
    before = contact(next_check_at=at(due) if due else None)
    after = replace(before, state=state, attempts=1, next_check_at=at("10:45"))
    world.contacts.put(before)
    assert world.run(at("10:35"), only_window=only_window).save(before, after)
    assert world.contacts.items[CONTACT_ID] == (after if is_written else before).to_item()
