"""A run looks at every due contact, a backfill only at those of its window."""

from datetime import timedelta
from typing import Any

import pytest

from audio_leakage.contacts.states import ClosedReason, ContactState, RecordedState
from audio_leakage.errors import WindowError
from audio_leakage.runs.due import concerns
from audio_leakage.runs.window import Window
from audio_leakage.use_cases.checking import check_recordings
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


def test_a_backfill_finds_a_contact_that_was_closed_as_not_found(world: World) -> None:
    unknown = contact(initialised_at=at("10:29:58")).closed(ClosedReason.NOT_FOUND)
    world.contacts.put(unknown)
    world.connect.answers[CONTACT_ID] = answer()
    window = Window(at("10:25"), at("10:30"))
    counts = poll_initialised(world.run(at("15:00"), only_window=True, window=window))
    assert counts == {"due": 1, "COMPLETED - AGENT": 1}
    assert world.contacts.contact().closed_reason is None


def test_a_backfill_polls_contacts_that_were_set_aside_in_its_window(world: World) -> None:
    world.contacts.put(contact(attempts=9, initialised_at=at("10:30"), next_check_at=at("23:00")))
    world.connect.answers[CONTACT_ID] = answer()
    poll_initialised(world.run(at("12:00"), only_window=True, window=Window(at("10:00"), at("11:00"))))
    assert world.contacts.contact().state is ContactState.COMPLETED_AGENT


WINDOW = Window(at("10:25"), at("10:30"))


def two_windows() -> World:
    """Return contacts of the window and of the next one, in two states."""
    world = World()
    inside, outside = at("10:29:58"), at("10:30")
    world.contacts.put(
        contact(contact_id=number(1), initialised_at=inside),
        contact(contact_id=number(2), initialised_at=outside),
        ended_with_agent(contact_id=number(3), initialised_at=inside),
        ended_with_agent(contact_id=number(4), initialised_at=outside),
        ended_with_agent(contact_id=number(5), initialised_at=inside, next_check_at=at("23:00")),
    )
    world.connect.answers = {number(n): answer(number(n)) for n in range(6)}
    return world


def test_a_backfill_leaves_the_contacts_of_other_windows_alone() -> None:
    world = two_windows()
    run = world.run(at("10:40"), window=WINDOW, only_window=True)
    assert poll_initialised(run)["due"] == 1
    assert check_recordings(run)["due"] == 2  # the one that was polled just now, and number 3
    assert set(world.connect.calls) == {number(1)}
    assert {
        id_
        for listing in world.bucket.listings
        for id_ in (number(1), number(3), number(4), number(5))
        if id_ in listing
    } == {number(1), number(3)}


def test_a_backfill_checks_failures_again_though_they_are_not_due() -> None:
    world = two_windows()
    failed = ended_with_agent(
        initialised_at=at("10:29:58"),
        recorded_state=RecordedState.CALL_RECORDED_FAILURE,
        next_check_at=None,
        failed_at=at("11:31"),
    )
    world.contacts.put(failed)
    world.bucket.put()
    counts = check_recordings(world.run(at("12:00") + timedelta(days=9), window=WINDOW, only_window=True))
    assert counts["CALL_RECORDED_SUCCESS"] == 1
    assert world.contacts.contact().warnings == ("LATE",)


def test_named_contacts_are_looked_at_due_or_not_and_no_others() -> None:
    world = two_windows()
    run = world.run(at("12:00"), only_window=True, contact_ids=(number(4), number(5)))
    assert poll_initialised(run)["due"] == 0
    assert check_recordings(run)["due"] == 2
    assert world.contacts.contact(number(5)).recorded_state is RecordedState.CALL_RECORDED_FAILURE
    assert world.contacts.contact(number(3)).recorded_state is None


def test_a_named_contact_that_failed_heals() -> None:
    world = World()
    failed = ended_with_agent(
        recorded_state=RecordedState.CALL_RECORDED_FAILURE, next_check_at=None, failed_at=at("11:31")
    )
    world.contacts.put(failed)
    world.bucket.put()
    check_recordings(world.run(at("12:00"), only_window=True, contact_ids=(CONTACT_ID,)))
    assert world.contacts.contact().recorded_state is RecordedState.CALL_RECORDED_SUCCESS


def test_a_named_contact_that_the_table_lacks_is_an_error_and_stops_no_other() -> None:
    world = two_windows()
    run = world.run(at("12:00"), only_window=True, contact_ids=(number(1), number(9)))
    with pytest.raises(
        WindowError, match=f"the contact table has no contact {number(9)}; .* name the window"
    ):
        poll_initialised(run)
    assert world.contacts.contact(number(1)).state is ContactState.COMPLETED_AGENT


@pytest.mark.parametrize(
    ("start", "end", "due"),
    [
        pytest.param("10:29:58", "10:29:59", 1, id="the recording block"),
        pytest.param("10:30:11", "10:30:12", 1, id="an agent was connected"),
        pytest.param("10:30:40", "10:30:50", 1, id="in the middle of the talk"),
        pytest.param("10:31:10", "10:31:11", 1, id="the end"),
        pytest.param("10:29:00", "10:29:57", 0, id="before the call"),
        pytest.param("10:31:11", "10:40", 0, id="after the call"),
    ],
)
def test_any_time_of_a_call_finds_it_in_a_named_window(start: str, end: str, due: int) -> None:
    world = World()
    world.contacts.put(
        ended_with_agent(
            initialised_at=at("10:29:58"),
            recorded_state=RecordedState.CALL_RECORDED_FAILURE,
            next_check_at=None,
        )
    )
    window = Window(at(start), at(end))
    run = world.run(at("15:00"), window=window, only_window=True, by_any_time=True)
    assert check_recordings(run)["due"] == due


def test_a_second_backfill_changes_nothing() -> None:
    world = two_windows()
    for _ in range(2):
        run = world.run(at("12:00"), window=WINDOW, only_window=True)
        poll_initialised(run)
        check_recordings(run)
        items = {contact_id: dict(item) for contact_id, item in world.contacts.items.items()}
        writes = world.contacts.writes.total()
    run = world.run(at("12:01"), window=WINDOW, only_window=True)
    poll_initialised(run)
    check_recordings(run)
    assert world.contacts.items == items
    assert world.contacts.writes.total() == writes


NAMED, OTHER = {"ContactId": CONTACT_ID}, {"ContactId": number(1)}
BY_WINDOW = {"only_window": True, "window": WINDOW}


def begun(time: str) -> dict[str, str]:
    return {"ContactId": CONTACT_ID, "InitialisedAt": f"2023-08-29T{time}Z"}


@pytest.mark.parametrize(
    ("scope", "item", "is_concerned"),
    [
        ({}, OTHER, True),
        ({}, begun("01:00:00.000"), True),
        ({"only_window": True, "contact_ids": (CONTACT_ID,)}, NAMED, True),
        ({"only_window": True, "contact_ids": (CONTACT_ID,)}, OTHER, False),
        ({"only_window": True, "contact_ids": (CONTACT_ID,)}, begun("10:20:00.000"), True),
        ({"only_window": True, "contact_ids": (CONTACT_ID,)}, {}, False),
        (BY_WINDOW, begun("10:24:59.999"), False),
        (BY_WINDOW, begun("10:25:00.000"), True),
        (BY_WINDOW, begun("10:29:59.999"), True),
        (BY_WINDOW, begun("10:30:00.000"), False),
        (BY_WINDOW, NAMED, False),
        (BY_WINDOW, begun("10:20:00.000") | {"DisconnectTimestamp": "2023-08-29T10:26:00.000Z"}, False),
        (
            BY_WINDOW | {"by_any_time": True},
            begun("10:20:00.000") | {"DisconnectTimestamp": "2023-08-29T10:26:00.000Z"},
            True,
        ),
        (BY_WINDOW | {"by_any_time": True}, begun("10:20:00.000"), False),
    ],
)
def test_a_run_touches_only_what_it_is_about(
    world: World, scope: dict[str, Any], item: dict[str, str], is_concerned: bool
) -> None:
    run = world.run(at("12:00"), **({"window": WINDOW} | scope))
    assert concerns(run, item) is is_concerned
