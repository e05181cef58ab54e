"""A run asks for the instance and the recordings' place once, and only if it must."""

from dataclasses import replace

import pytest

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


def test_that_the_instance_is_gone_is_said_and_closes_nobody(world: World) -> None:
    world.contacts.put(*(contact(contact_id=number(position)) for position in range(20)))
    world.connect.instance_exists = False
    with pytest.raises(SetupError, match=f"'{INSTANCE_ID}' does not exist"):
        poll_initialised(world.run(at("12:00")))
    assert all(item["State"] == "INITIALISED" for item in world.contacts.items.values())
    assert not any("ClosedReason" in item for item in world.contacts.items.values())


def test_when_connect_refuses_the_instance_too_no_contact_is_to_blame(world: World) -> None:
    world.contacts.put(*(contact(contact_id=number(position)) for position in range(3)))
    world.connect.answers = {number(position): RefusedError("InvalidParameter") for position in range(3)}
    world.connect.instance_exists = False
    with pytest.raises(SetupError, match=f"'{INSTANCE_ID}' does not exist"):
        poll_initialised(world.run(at("12:00")))


def test_the_instance_is_asked_for_once_however_many_contacts_it_does_not_know(world: World) -> None:
    world.contacts.put(*(contact(contact_id=number(position)) for position in range(20)))
    poll_initialised(world.run(at("10:31")))
    assert world.connect.calls["check_instance"] == 1


def test_where_recordings_lie_is_asked_once_a_run_and_only_if_it_is_not_set(world: World) -> None:
    world.contacts.put(*(ended_with_agent(contact_id=number(position)) for position in range(3)))
    for position in range(3):
        world.bucket.put(key_of(number(position)))
    asking = replace(SETTINGS, recording_bucket=None, recording_prefix=None)
    assert check_recordings(world.run(at("10:35"), asking))["CALL_RECORDED_SUCCESS"] == 3
    assert world.connect.calls == {"recording_storage": 1}
