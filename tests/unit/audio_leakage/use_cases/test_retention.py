"""Which items may leave the contact table."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.states import ClosedReason, RecordedState
from audio_leakage.use_cases.retention import let_items_expire
from support.day import DAILY, DailyWorld
from support.fakes import CONTACT_ID, at, ended_with_agent, number

DAY = date(2023, 8, 29)
AFTER = int(datetime(2023, 9, 9, tzinfo=UTC).timestamp())
SUCCESS = RecordedState.CALL_RECORDED_SUCCESS


def world_of(*contacts: Contact) -> DailyWorld:
    world = DailyWorld(settings=replace(DAILY, keep_items_days=10))
    world.ports.contacts.put(*contacts)
    return world


def finished(**fields: Any) -> Contact:
    facts = {"initialised_at": at("10:29:58"), "next_check_at": None, "recorded_state": SUCCESS}
    return ended_with_agent(**(facts | fields))


@pytest.mark.parametrize(
    ("fields", "leaves"),
    [
        ({}, True),
        ({"recorded_state": RecordedState.CALL_RECORDED_FAILURE}, True),
        ({"recorded_state": None, "closed_reason": ClosedReason.NO_AGENT}, True),
        ({"recorded_state": None}, False),
        ({"next_check_at": at("11:00")}, False),
        ({"expires_at": 1}, False),
        ({"connected_to_agent_timestamp": at("00:00")}, True),
        ({"connected_to_agent_timestamp": at("23:59:59.999")}, True),
        ({"connected_to_agent_timestamp": at("2023-08-30T00:00")}, False),
        ({"connected_to_agent_timestamp": at("2023-08-28T23:59:59.999")}, False),
        ({"connected_to_agent_timestamp": None}, True),
        ({"connected_to_agent_timestamp": None, "initialised_at": at("2023-08-28T23:59")}, False),
        ({"initialised_at": at("2023-08-28T00:00")}, True),
        ({"initialised_at": at("2023-08-27T23:59:59.999")}, False),
        ({"initialised_at": at("23:59"), "connected_to_agent_timestamp": at("23:59:30")}, True),
    ],
)
def test_only_a_finished_item_of_the_day_leaves(fields: dict[str, Any], leaves: bool) -> None:
    world = world_of(finished(**fields))
    assert let_items_expire(world.run(DAY)) == leaves
    assert world.ports.contacts.contact().expires_at == (AFTER if leaves else fields.get("expires_at"))


def test_an_item_that_cannot_be_read_stays_and_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    world = world_of(finished(), finished(contact_id=number(1)))
    world.ports.contacts.items[CONTACT_ID]["State"] = "?"
    odd = dict(world.ports.contacts.items[CONTACT_ID])
    assert let_items_expire(world.run(DAY)) == 1
    assert world.ports.contacts.items[CONTACT_ID] == odd
    assert f"contact '{CONTACT_ID}' stays in the table: " in caplog.text


def test_no_item_leaves_where_nobody_named_a_time() -> None:
    world = world_of(finished())
    assert let_items_expire(world.run(DAY, settings=DAILY)) == 0
    assert world.ports.contacts.contact().expires_at is None
