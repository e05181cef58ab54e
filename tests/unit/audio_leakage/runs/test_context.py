"""A run asks for the instance and its recording storage once, and only if it must."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from audio_leakage.contacts.states import RecordedState
from audio_leakage.errors import RefusedError, SetupError
from audio_leakage.use_cases.checking import check_recordings
from audio_leakage.use_cases.polling import poll_initialised
from support.fakes import (
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
    ("only_window", "next_check_at", "after", "is_written"),
    [
        (True, at("13:00"), {"attempts": 1}, False),
        (True, None, {"attempts": 1}, False),
        (True, at("13:00"), {"recorded_state": RecordedState.CALL_RECORDED_SUCCESS}, True),
        (True, at("12:00"), {"attempts": 1}, True),
        (False, at("13:00"), {"attempts": 1}, True),
        (False, None, {"attempts": 1}, True),
    ],
)
def test_only_a_backfill_leaves_a_contact_alone_that_was_not_due_and_did_not_change(
    world: World, only_window: bool, next_check_at: datetime | None, after: dict[str, Any], is_written: bool
) -> None:
    before = ended_with_agent(next_check_at=next_check_at)
    world.contacts.put(before)
    assert world.run(at("12:00"), only_window=only_window).save(before, replace(before, **after))
    assert (world.contacts.contact() != before) is is_written
