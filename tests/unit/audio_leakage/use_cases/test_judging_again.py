"""Contacts that the monitor must look at again, because the population says something else."""

from datetime import date
from typing import Any

import pytest

from audio_leakage.contacts.states import ClosedReason, ContactState, ExpectedBy, RecordedState
from audio_leakage.evidence.files import EvidenceFile, json_lines
from audio_leakage.evidence.population_rows import row_of_member
from audio_leakage.population.member import Member
from audio_leakage.ports import Item
from audio_leakage.use_cases.judging_again import judge_again
from support.day import DailyWorld
from support.fakes import at, ended_with_agent, number
from support.population import result

DAY = date(2023, 8, 29)
NOW = at("2023-08-30T06:40")
ONE, TWO = number(1), number(2)


def population(*contact_ids: str) -> EvidenceFile:
    members = (Member.from_result(result(each)) for each in contact_ids)
    return json_lines("population.jsonl.gz", map(row_of_member, members))


def judged(world: DailyWorld, *contact_ids: str) -> dict[str, int]:
    """Look at some contacts again, of a population of two."""
    return judge_again(world.run(DAY, NOW), contact_ids, population(ONE, TWO))


def test_nothing_is_read_for_nobody() -> None:
    world = DailyWorld()
    assert judged(world) == {"made_due": 0, "entered": 0}
    assert world.ports.contacts.batches == []


def test_a_contact_that_nobody_watches_is_entered_by_the_policy() -> None:
    world = DailyWorld()
    assert judged(world, ONE) == {"made_due": 0, "entered": 1}
    (entered,) = world.ports.contacts.items
    assert entered == ONE
    assert world.ports.contacts.contact(ONE).expected_by is ExpectedBy.POLICY


@pytest.mark.parametrize(
    ("fields", "made_due"),
    [
        ({"closed_reason": ClosedReason.NO_AGENT}, 1),
        ({"recorded_state": RecordedState.CALL_RECORDED_FAILURE}, 1),
        ({"recorded_state": RecordedState.CALL_RECORDED_SUCCESS}, 0),
    ],
)
def test_a_contact_that_is_not_proven_is_due_again(fields: dict[str, Any], made_due: int) -> None:
    world = DailyWorld()
    known = ended_with_agent(contact_id=ONE, **({"next_check_at": None} | fields))
    world.ports.contacts.put(known)
    assert judged(world, ONE) == {"made_due": made_due, "entered": 0}
    after = world.ports.contacts.contact(ONE)
    assert after.next_check_at == (NOW if made_due else None)
    assert after.state is ContactState.COMPLETED_AGENT


def test_an_item_that_cannot_be_read_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    world, odd = DailyWorld(), {"ContactId": ONE, "State": "?"}
    world.ports.contacts.items[ONE] = dict(odd)
    assert judged(world, ONE, TWO) == {"made_due": 0, "entered": 1}
    assert world.ports.contacts.items[ONE] == odd
    assert f"contact {ONE} left alone: " in caplog.text


def test_a_contact_that_somebody_else_writes_meanwhile_is_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    world = DailyWorld()
    contacts = world.ports.contacts
    contacts.put(ended_with_agent(contact_id=ONE, next_check_at=None, closed_reason=ClosedReason.NO_AGENT))
    update, create = contacts.update, contacts.create

    def judged_meanwhile(before: Item, after: Item) -> bool:
        contacts.items[ONE]["RecordedState"] = "CALL_RECORDED_SUCCESS"
        return update(before, after)

    def entered_meanwhile(item: Item) -> bool:
        contacts.put(ended_with_agent(contact_id=TWO))
        return create(item)

    monkeypatch.setattr(contacts, "update", judged_meanwhile)
    monkeypatch.setattr(contacts, "create", entered_meanwhile)
    assert judged(world, ONE, TWO) == {"made_due": 0, "entered": 0}
    assert "NextCheckAt" not in contacts.items[ONE]
    assert contacts.contact(TWO) == ended_with_agent(contact_id=TWO)
