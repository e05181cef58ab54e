"""Polls follow each due contact to where Connect says it is."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from audio_leakage.contacts.states import ContactState
from audio_leakage.runs.window import Window
from audio_leakage.use_cases.polling import poll_in_progress, poll_initialised
from support.fakes import (
    CONTACT_ID,
    MINUTE,
    SETTINGS,
    World,
    answer,
    at,
    contact,
)


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(
    ("members", "state", "next_check"),
    [
        ({"DisconnectTimestamp": None}, ContactState.IN_PROGRESS_AGENT, "10:36"),
        ({"DisconnectTimestamp": None, "connected": None}, ContactState.IN_PROGRESS_QUEUE_IVR, "10:36"),
        ({}, ContactState.COMPLETED_AGENT, "10:33:10.343"),
        ({"connected": None}, ContactState.COMPLETED_QUEUE_IVR, "10:32"),
    ],
)
def test_an_initialised_contact_moves_to_the_state_connect_reports(
    world: World, members: dict[str, Any], state: ContactState, next_check: str
) -> None:
    world.contacts.put(contact())
    world.connect.answers[CONTACT_ID] = answer(**members)
    assert poll_initialised(world.run(at("10:32"))) == {"due": 1, str(state): 1}
    after = world.contacts.contact()
    assert (after.state, after.next_check_at) == (state, at(next_check))


def test_the_facts_that_connect_reports_are_stored(world: World) -> None:
    world.contacts.put(contact())
    world.connect.answers[CONTACT_ID] = answer(QueueInfo={"Id": "queue"})
    poll_initialised(world.run(at("10:32")))
    item = world.contacts.items[CONTACT_ID]
    assert item["Channel"] == "VOICE"
    assert item["InitiationMethod"] == "INBOUND"
    assert item["QueueId"] == "queue"
    assert item["ConnectedToAgentTimestamp"] == "2023-08-29T10:30:11.038Z"
    assert item["DisconnectTimestamp"] == "2023-08-29T10:31:10.343Z"


def test_a_call_in_progress_is_followed_to_its_end(world: World) -> None:
    world.contacts.put(contact(ContactState.IN_PROGRESS_QUEUE_IVR))
    world.connect.answers[CONTACT_ID] = answer(DisconnectTimestamp=None)
    assert poll_in_progress(world.run(at("10:31")))[ContactState.IN_PROGRESS_AGENT] == 1
    world.connect.answers[CONTACT_ID] = answer()
    assert poll_in_progress(world.run(at("10:35")))[ContactState.COMPLETED_AGENT] == 1


def test_a_contact_that_is_not_due_costs_no_request_and_no_write(world: World) -> None:
    world.contacts.put(contact(next_check_at=at("10:40")))
    assert poll_initialised(world.run(at("10:35"))) == {"due": 0}
    assert not world.connect.calls
    assert not world.contacts.writes


def test_a_good_answer_resets_the_failed_attempts(world: World) -> None:
    world.contacts.put(contact(attempts=9, last_error="many"))
    world.connect.answers[CONTACT_ID] = answer()
    poll_initialised(world.run(at("10:32")))
    assert (world.contacts.contact().attempts, world.contacts.contact().last_error) == (None, None)


@pytest.mark.parametrize(
    ("days", "only_window", "is_said"),
    [(1, True, False), (9, True, False), (11, True, True), (11, False, False)],
)
def test_only_a_backfill_of_a_window_whose_items_have_left_the_table_says_so(
    world: World, caplog: pytest.LogCaptureFixture, days: int, only_window: bool, is_said: bool
) -> None:
    start = at("10:30") - timedelta(days=days)
    keeps = replace(SETTINGS, keep_items_days=10)
    poll_initialised(
        world.run(at("10:35"), keeps, only_window=only_window, window=Window(start, start + 5 * MINUTE))
    )
    assert ("have left the table" in caplog.text) == is_said
