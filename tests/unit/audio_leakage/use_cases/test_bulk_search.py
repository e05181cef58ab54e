"""Searches answer for contacts that there is no time to describe, with the same result."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from threading import Event
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from audio_leakage.contacts.states import ClosedReason, ContactState, RecordedState
from audio_leakage.errors import ContactNotFound, ServiceUnavailable, SetupError
from audio_leakage.ports import TimeRangeType
from audio_leakage.runs.sweep import Sweep
from audio_leakage.runs.window import Window
from audio_leakage.use_cases import bulk_search, check_recordings, purge_ivr
from audio_leakage.use_cases.bulk_search import (
    CONNECTED_TO_AGENT,
    DISCONNECTED,
    INITIATED,
    BulkSearch,
    TimeRangeSearch,
    newest_first,
)
from audio_leakage.use_cases.polling import poll_in_progress, poll_initialised
from local_aws.contact_centre.kinds import KINDS, CallWriter
from support.fakes import BUCKET, CONTACT_ID, MINUTE, SETTINGS, World, answer, at, contact, number

NOW = at("10:40")
#: Describing is so slow that not a single contact can be described in time, yet time is never up.
TOO_SLOW: dict[str, Any] = {"seconds_left": lambda: 0.01}
TALKING, WAITING = ContactState.IN_PROGRESS_AGENT, ContactState.IN_PROGRESS_QUEUE_IVR


def talking(position: int) -> dict[str, Any]:
    return answer(number(position), DisconnectTimestamp=None, connected=at("10:20"))


def ended(position: int, moment: datetime = at("10:38")) -> dict[str, Any]:
    return answer(number(position), DisconnectTimestamp=moment, connected=at("10:20"))


def world_of(answers: list[dict[str, Any]], state: ContactState = TALKING) -> World:
    """Return a world in which all contacts of the answers are due in a state."""
    world = World()
    world.connect.answers = {told["Contact"]["Id"]: told for told in answers}
    world.contacts.put(*(contact(state, contact_id=contact_id) for contact_id in world.connect.answers))
    return world


def described(world: World) -> set[str]:
    return world.connect.calls.keys() - {"SearchContacts"}


def test_every_contact_is_described_if_there_is_time() -> None:
    world = world_of([talking(1), ended(2)])
    poll_in_progress(world.run(NOW))
    assert world.connect.calls == {number(1): 1, number(2): 1}


def test_ten_thousand_contacts_cost_one_search_per_hundred_ended_calls() -> None:
    world = world_of([*(ended(n) for n in range(2000)), *(talking(n) for n in range(2000, 10_000))])
    counts = poll_in_progress(world.run(NOW, at_once=8))
    assert counts == {"due": 10_000, "COMPLETED - AGENT": 2000, "unchanged": 8000}
    assert world.connect.calls == {"SearchContacts": 20}
    assert world.contacts.writes.total() == 2000


@pytest.mark.slow
@hypothesis_settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), minutes=st.integers(0, 60), at_once=st.sampled_from([1, 8]))
def test_searching_gives_the_same_result_as_describing_each_contact(
    seed: int, minutes: int, at_once: int
) -> None:
    writer = CallWriter(Random(seed))
    calls = [writer.write(kind, NOW) for kind in KINDS for _ in range(3)]
    now = NOW + minutes * MINUTE
    answers = [{"Contact": told} for call in calls if (told := call.contact_at(now))]

    def outcome(**limits: Any) -> Mapping[str, tuple[Any, ...]]:
        world = world_of(answers, ContactState.INITIALISED)
        for call in calls:
            for file in call.files:
                world.bucket.objects[f"{BUCKET}/{file.key}"] = (file.size, file.lands)
        window = Window(NOW, now + MINUTE)
        for use_case in (poll_initialised, poll_in_progress, purge_ivr):
            use_case(world.run(now, window=window, at_once=at_once, **limits))
        for hours in (0, 1, 3):
            check_recordings(world.run(now + timedelta(hours=hours), at_once=at_once))
        told = ("State", "RecordedState", "ClosedReason", "FailureCause", "Warnings", "RecordingKey")
        return {id_: tuple(item.get(name) for name in told) for id_, item in world.contacts.items.items()}

    assert outcome(**TOO_SLOW) == outcome()


def test_a_waiting_contact_is_described_because_no_search_shows_it() -> None:
    waiting = answer(number(1), DisconnectTimestamp=None, connected=None)
    world = world_of([waiting, talking(2)])
    world.contacts.put(contact(WAITING, contact_id=number(1)))
    poll_in_progress(world.run(NOW, **TOO_SLOW))
    assert described(world) == {number(1)}


def test_contacts_are_described_while_the_search_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Regression: the first contact was described only when the search had ended."""
    waiting = answer(number(1), DisconnectTimestamp=None, connected=None)
    world = world_of([waiting, talking(2)])
    world.contacts.put(contact(WAITING, contact_id=number(1)))
    was_described, describe = Event(), world.connect.describe_contact

    def describing(instance_id: str, contact_id: str) -> Mapping[str, Any]:
        was_described.set()
        return describe(instance_id, contact_id)

    def searching(*_: object) -> list[Mapping[str, Any]]:
        assert was_described.wait(timeout=30)
        return []

    monkeypatch.setattr(world.connect, "describe_contact", describing)
    monkeypatch.setattr(world.connect, "search_contacts", searching)
    assert poll_in_progress(world.run(NOW, **TOO_SLOW)) == {"due": 2, "unchanged": 2}


def test_a_contact_missing_from_searches_for_an_hour_is_described() -> None:
    world = world_of([ended(1, at("10:31")), talking(2)])
    world.connect.not_indexed = {number(1)}
    poll_in_progress(world.run(NOW, **TOO_SLOW))
    assert world.contacts.contact(number(1)).state is TALKING
    poll_in_progress(world.run(at("11:31"), **TOO_SLOW))
    assert world.contacts.contact(number(1)).state is ContactState.COMPLETED_AGENT


def test_a_search_result_alone_never_leads_to_a_purge(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index may lag behind in what it shows of a contact; deleting cannot be taken back."""
    world = world_of([answer(number(1)), talking(2)], WAITING)
    shown = answer(number(1), connected=None)
    search = world.connect.search_contacts

    def lagging(*args: Any) -> list[Mapping[str, Any]]:
        return [shown["Contact"] if found["Id"] == number(1) else found for found in search(*args)]

    monkeypatch.setattr(world.connect, "search_contacts", lagging)
    poll_in_progress(world.run(NOW, window=Window(at("10:30"), NOW), **TOO_SLOW))
    assert world.contacts.contact(number(1)).state is ContactState.COMPLETED_AGENT


def test_a_searched_contact_unknown_to_describing_stops_no_other() -> None:
    """Regression: the error ended the task, and every contact behind this one stayed where it was."""
    left = {"connected": None, "DisconnectTimestamp": at("10:38")}
    world = world_of([answer(number(1), **left), answer(number(2), **left)], WAITING)
    world.connect.known_from = {number(1): at("10:41")}
    search = BulkSearch(
        Sweep(world.run(NOW)), [TimeRangeSearch(DISCONNECTED, at("10:30"), NOW)], frozenset({WAITING})
    )
    search.run()
    assert world.contacts.contact(number(1)).not_found_since == NOW
    assert world.contacts.contact(number(2)).state is ContactState.COMPLETED_QUEUE_IVR


def test_a_contact_in_two_searches_is_followed_once() -> None:
    """Regression: a page of nothing but contacts already answered asked the table for no items, which it refuses."""
    world = world_of([ended(1), ended(2)])
    both = [TimeRangeSearch(kind, at("10:15"), NOW) for kind in (DISCONNECTED, CONNECTED_TO_AGENT)]
    search = BulkSearch(Sweep(world.run(NOW)), both, frozenset({TALKING}))
    search.run()
    assert search.is_complete
    assert search.sweep.result() == {"due": 2, "COMPLETED - AGENT": 2}


def test_searched_contacts_that_are_unknown_or_done_are_ignored() -> None:
    world = world_of([ended(1), ended(2), ended(3), talking(4), talking(5)])
    world.contacts.put(contact(ContactState.COMPLETED_AGENT, contact_id=number(1), next_check_at=at("23:00")))
    del world.contacts.items[number(2)]
    counts = poll_in_progress(world.run(NOW, **TOO_SLOW))
    assert counts == {"due": 3, "COMPLETED - AGENT": 1, "unchanged": 2}
    assert set(world.contacts.writes) == {number(3)}


def test_a_search_of_a_backfill_touches_no_contact_of_other_windows() -> None:
    world = world_of([ended(1), ended(2)])
    world.contacts.put(
        contact(contact_id=number(1), initialised_at=at("10:31")),
        contact(contact_id=number(2), initialised_at=at("10:36")),
    )
    run = world.run(NOW, only_window=True, window=Window(at("10:30"), at("10:35")), **TOO_SLOW)
    poll_initialised(run)
    states = [world.contacts.contact(number(position)).state for position in (1, 2)]
    assert states == [ContactState.COMPLETED_AGENT, ContactState.INITIALISED]


@pytest.mark.parametrize(
    "error", [ServiceUnavailable("HTTP 429"), SetupError("grant connect:SearchContacts")]
)
def test_every_contact_is_described_if_the_search_fails(error: ServiceUnavailable | SetupError) -> None:
    world = world_of([ended(1), talking(2)])
    world.connect.search_error = error
    if isinstance(error, SetupError):
        with pytest.raises(SetupError, match="grant connect:SearchContacts"):
            poll_in_progress(world.run(NOW, **TOO_SLOW))
    else:
        assert poll_in_progress(world.run(NOW, **TOO_SLOW)) == {
            "due": 2,
            "COMPLETED - AGENT": 1,
            "unchanged": 1,
        }
    assert world.contacts.contact(number(1)).state is ContactState.COMPLETED_AGENT
    assert described(world) == {number(1), number(2)}


def test_contacts_not_reached_in_time_are_left_for_the_next_run() -> None:
    world = world_of([ended(n, at("10:38") - n * timedelta(seconds=1)) for n in range(300)])
    spent: dict[str, Any] = {"seconds_left": lambda: 0.01 * (world.connect.calls["SearchContacts"] < 2)}
    counts = poll_in_progress(world.run(NOW, **spent))
    assert counts["due"] == 300
    assert counts["COMPLETED - AGENT"] + counts["left_for_next_run"] == 300
    assert counts["left_for_next_run"] > 0
    counts = poll_in_progress(world.run(NOW, **TOO_SLOW))
    assert counts["COMPLETED - AGENT"] + 300 - counts["due"] == 300


def test_a_search_with_more_results_than_connect_shows_is_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_search, "MOST_RESULTS", 250)
    world = world_of([ended(n, at("10:38") - n * timedelta(seconds=1)) for n in range(1000)])
    found = newest_first(world.run(NOW), TimeRangeSearch(DISCONNECTED, at("10:00"), NOW))
    assert {told["Id"] for told in found} == {number(n) for n in range(1000)}
    assert len(world.connect.searches) == 5
    assert all(start == at("10:00") for _, start, _ in world.connect.searches)


def test_a_search_is_split_at_whole_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Regression: of the second it was split in, the contacts that came first were never found."""
    monkeypatch.setattr(bulk_search, "MOST_RESULTS", 250)
    world = world_of([ended(n, at("10:38") - n * timedelta(milliseconds=7)) for n in range(1000)])
    found = newest_first(world.run(NOW), TimeRangeSearch(DISCONNECTED, at("10:00"), NOW))
    assert {told["Id"] for told in found} == {number(n) for n in range(1000)}


def test_a_search_that_cannot_be_split_is_incomplete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_search, "MOST_RESULTS", 250)
    world = world_of([ended(n) for n in range(300)])
    poll_in_progress(world.run(NOW, **TOO_SLOW))
    assert all(world.contacts.contact(number(n)).state is ContactState.COMPLETED_AGENT for n in range(300))


def test_a_search_covers_at_most_eight_weeks() -> None:
    world = World()
    list(newest_first(world.run(NOW), TimeRangeSearch(DISCONNECTED, NOW - timedelta(days=365), NOW)))
    assert world.connect.searches == [(DISCONNECTED, NOW - timedelta(weeks=8), NOW)]


def test_an_unreadable_search_result_stops_no_other_contact() -> None:
    nonsense = ended(1)
    del nonsense["Contact"]["InitiationMethod"]
    world = world_of([nonsense, ended(2), talking(3)])
    counts = poll_in_progress(world.run(NOW, **TOO_SLOW))
    assert counts["put_off"] == 1
    assert world.contacts.contact(number(2)).state is ContactState.COMPLETED_AGENT


def test_a_single_contact_is_described_without_a_search() -> None:
    world = world_of([ended(1)])
    world.contacts.items = {CONTACT_ID: contact().to_item()}
    poll_initialised(world.run(NOW))
    assert "SearchContacts" not in world.connect.calls


@pytest.mark.parametrize(
    "lagging", [ContactNotFound("not yet"), answer(DisconnectTimestamp=None, InitiationMethod="OUTBOUND")]
)
def test_an_outbound_call_is_not_closed_while_describing_lags_behind(
    lagging: Mapping[str, Any] | ContactNotFound,
) -> None:
    """Regression: no search tells that the customer answered, so the call was closed and its leak never told."""
    whole = answer(InitiationMethod="OUTBOUND", ConnectedToSystemTimestamp=at("10:30:12"))
    world = world_of([whole])
    poll_in_progress(world.run(NOW, **TOO_SLOW))
    for now, said in (("10:40", lagging), ("10:45", whole), ("11:45", whole)):
        world.connect.answers[CONTACT_ID] = said
        check_recordings(world.run(at(now)))
    assert world.contacts.contact().recorded_state is RecordedState.CALL_RECORDED_FAILURE


def test_a_silent_call_is_described_in_its_turn_in_a_full_queue() -> None:
    """Regression: it came after all that wait, so that a full queue kept it from being described for ever."""
    waiting = [answer(number(n), DisconnectTimestamp=None, connected=None) for n in range(1, 30)]
    world = world_of([ended(0), *waiting], WAITING)
    world.contacts.put(contact(contact_id=number(0), state=TALKING, next_check_at=NOW - timedelta(hours=2)))
    world.connect.not_indexed = {number(0)}

    def seconds_left() -> float:
        return 10.0 - sum(world.connect.calls[contact_id] for contact_id in described(world))

    poll_in_progress(world.run(NOW, replace(SETTINGS, describe_contact_rps=1), seconds_left=seconds_left))
    assert world.contacts.contact(number(0)).state is ContactState.COMPLETED_AGENT


def test_a_backfill_without_a_search_describes_due_contacts() -> None:
    """Regression: a contact that Connect did not know has no NextCheckAt, and the task failed over that."""
    world = world_of([ended(1)])
    unknown = {"closed_reason": ClosedReason.NOT_FOUND, "not_found_since": at("08:00"), "next_check_at": None}
    world.contacts.put(
        contact(TALKING, contact_id=number(1), initialised_at=at("10:29")),
        contact(TALKING, contact_id=number(2), initialised_at=at("10:29"), **unknown),
    )
    world.connect.search_error = ServiceUnavailable("HTTP 429")
    window = Window(at("10:25"), at("10:30"))
    poll_in_progress(world.run(NOW, window=window, only_window=True, **TOO_SLOW))
    assert world.contacts.contact(number(1)).state is ContactState.COMPLETED_AGENT


@pytest.mark.parametrize(
    ("kind", "found", "moment"),
    [
        (INITIATED, {"InitiationTimestamp": at("10:30")}, at("10:30")),
        (DISCONNECTED, {"DisconnectTimestamp": at("10:31")}, at("10:31")),
        (CONNECTED_TO_AGENT, {"AgentInfo": {"ConnectedToAgentTimestamp": at("10:32")}}, at("10:32")),
        (CONNECTED_TO_AGENT, {"ConnectedToAgentTimestamp": at("10:32")}, None),
        (CONNECTED_TO_AGENT, {"AgentInfo": None}, None),
        (CONNECTED_TO_AGENT, {}, None),
        (INITIATED, {"AgentInfo": {"InitiationTimestamp": at("10:30")}}, None),
        (INITIATED, {"InitiationTimestamp": "2023-08-29T10:30:00Z"}, None),
    ],
)
def test_a_search_reads_the_event_that_it_searched_for(
    kind: TimeRangeType, found: dict[str, Any], moment: datetime | None
) -> None:
    assert TimeRangeSearch(kind, at("10:00"), at("11:00")).event_of(found) == moment
