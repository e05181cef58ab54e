"""Only a call that ended without an agent is deleted."""

import pytest

from audio_leakage.contacts.states import ContactState
from audio_leakage.use_cases.purging import purge_ivr
from support.fakes import (
    World,
    at,
    contact,
    number,
)


@pytest.fixture
def world() -> World:
    return World()


def test_only_calls_that_ended_without_an_agent_are_purged(world: World) -> None:
    world.contacts.put(
        *(contact(state, contact_id=number(position)) for position, state in enumerate(ContactState))
    )
    assert purge_ivr(world.run(at("10:31"))) == {"due": 1, "purged": 1}
    assert {item["State"] for item in world.contacts.items.values()} == {
        str(state) for state in ContactState if state is not ContactState.COMPLETED_QUEUE_IVR
    }


def test_a_call_that_met_an_agent_is_never_purged_but_put_off(world: World) -> None:
    """Regression: it was refused in silence in each run, and each time a hundred others went one by one."""
    left = [contact(ContactState.COMPLETED_QUEUE_IVR, contact_id=number(place)) for place in range(2)]
    met = contact(ContactState.COMPLETED_QUEUE_IVR, connected_to_agent_timestamp=at("10:30"))
    world.contacts.put(*left, met)
    assert purge_ivr(world.run(at("10:31"))) == {"due": 3, "purged": 2, "put_off": 1}
    assert world.contacts.transactions == [2]
    kept = world.contacts.contact()
    assert (kept.state, kept.attempts) == (met.state, 1)
    assert kept.last_error == "ConnectedToAgentTimestamp contradicts State 'COMPLETED - QUEUE/IVR'"


def left(count: int) -> World:
    world = World()
    world.contacts.put(
        *(contact(ContactState.COMPLETED_QUEUE_IVR, contact_id=number(position)) for position in range(count))
    )
    return world


def test_a_single_contact_is_purged_without_a_transaction() -> None:
    """A transaction costs twice as much."""
    world = left(1)
    assert purge_ivr(world.run(at("10:31"))) == {"due": 1, "purged": 1}
    assert world.contacts.transactions == []


def test_a_hundred_contacts_are_purged_in_one_request() -> None:
    world = left(250)
    assert purge_ivr(world.run(at("10:35"))) == {"due": 250, "purged": 250}
    assert world.contacts.transactions == [100, 100, 50]
    assert not world.contacts.items


def test_a_contact_that_meets_an_agent_meanwhile_blocks_no_other_purge(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = left(150)
    purge_all = world.contacts.purge_all

    def meets_an_agent(contact_ids: list[str]) -> bool:
        world.contacts.items[number(7)]["ConnectedToAgentTimestamp"] = "2023-08-29T10:30:00.000Z"
        return purge_all(contact_ids)

    monkeypatch.setattr(world.contacts, "purge_all", meets_an_agent)
    assert purge_ivr(world.run(at("10:35"))) == {"due": 150, "purged": 149, "changed_meanwhile": 1}
    assert list(world.contacts.items) == [number(7)]
