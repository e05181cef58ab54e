"""Contacts enter the table the same, however often and in any order their lines arrive."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_leakage.contacts.states import ClosedReason, ContactState, RecordedState
from audio_leakage.errors import ServiceUnavailable
from audio_leakage.flow_log.ingest import blocks_in, ingest, with_blocks
from audio_leakage.ports import Item
from audio_leakage.use_cases.checking import check_recordings
from audio_leakage.use_cases.polling import poll_initialised
from support.fakes import (
    CONTACT_ID,
    FakeTable,
    World,
    answer,
    at,
    contact,
    number,
)
from support.flow_lines import line, option

ON = line(Timestamp="2023-08-29T10:29:58.000Z")
OFF = line(Timestamp="2023-08-29T10:30:05.000Z", Parameters=option("Disable"))
ON_AGAIN = line(Timestamp="2023-08-29T10:30:06.000Z")
FAILED = line(Timestamp="2023-08-29T10:30:01.000Z", Results="Error")
AGENT_ONLY = line(Timestamp="2023-08-29T10:30:03.000Z", Parameters=option("Enable", "Agent"))


def take(contacts: FakeTable, *messages: str) -> Counter[str]:
    """Take lines in one by one, as if each came in a delivery of its own."""
    return sum((Counter(ingest([(at("10:30"), message)], contacts)) for message in messages), Counter())


def test_a_contact_with_recording_switched_on_enters_as_initialised() -> None:
    contacts = FakeTable()
    assert take(contacts, ON) == {"entered": 1}
    assert contacts.items[CONTACT_ID] == {
        "ContactId": CONTACT_ID,
        "State": "INITIALISED",
        "OpenState": "INITIALISED",
        "NextCheckAt": "2023-08-29T10:29:58.000Z",
        "InitialisedAt": "2023-08-29T10:29:58.000Z",
        "InitialisedHour": "2023-08-29T10",
        "RecordingPolicy": "ALL",
        "RecordingBlocks": ["2023-08-29T10:29:58.000Z ALL"],
    }


def test_a_repeated_line_changes_nothing_in_any_state() -> None:
    contacts = FakeTable()
    take(contacts, ON)
    for state in ContactState:
        contacts.items[CONTACT_ID] |= {"State": str(state), "RecordedState": "CALL_RECORDED_SUCCESS"}
        before = dict(contacts.items[CONTACT_ID])
        assert take(contacts, ON) == {"known": 1}
        assert contacts.items[CONTACT_ID] == before


@pytest.mark.parametrize(
    "lines", [(ON, OFF), (ON, FAILED, AGENT_ONLY), (OFF, FAILED), (ON, ON, OFF, AGENT_ONLY)]
)
def test_lines_give_the_same_item_in_any_order(lines: tuple[str, ...]) -> None:
    results = []
    for order in permutations(lines):
        contacts = FakeTable()
        take(contacts, *order)
        results.append(contacts.items)
    assert all(result == results[0] for result in results)


LINES = st.lists(st.sampled_from([ON, OFF, FAILED, AGENT_ONLY]), min_size=1)


@given(LINES.flatmap(lambda lines: st.tuples(st.just(lines), st.permutations(lines))))
def test_lines_give_the_same_item_however_often_each_arrives(
    lines_and_shuffled: tuple[list[str], list[str]],
) -> None:
    straight, shuffled = FakeTable(), FakeTable()
    take(straight, *lines_and_shuffled[0])
    take(shuffled, *lines_and_shuffled[1])
    assert straight.items == shuffled.items


def test_a_contact_that_was_only_switched_off_is_checked_an_hour_later() -> None:
    contacts = FakeTable()
    take(contacts, OFF)
    waiting = contacts.contact()
    assert (waiting.next_check_at, waiting.closed_reason) == (at("10:30:05"), None)


def test_an_earlier_on_makes_a_contact_that_was_switched_off_due_earlier() -> None:
    contacts = FakeTable()
    take(contacts, OFF, ON)
    assert contacts.contact().next_check_at == at("10:29:58")


def test_a_contact_switched_off_before_its_agent_joined_is_closed() -> None:
    world = World()
    take(world.contacts, ON, OFF)
    world.connect.answers[CONTACT_ID] = answer()  # the agent joins at 10:30:11
    poll_initialised(world.run(at("10:32")))
    assert check_recordings(world.run(at("12:00"))) == {"due": 1, "RECORDING_SWITCHED_OFF": 1}
    assert world.contacts.contact().recorded_state is None


def test_a_contact_switched_off_after_its_agent_joined_fails() -> None:
    world = World()
    late_off = line(Timestamp="2023-08-29T10:30:30.000Z", Parameters=option("Disable"))
    take(world.contacts, ON, late_off)
    world.connect.answers[CONTACT_ID] = answer()
    poll_initialised(world.run(at("10:32")))
    assert check_recordings(world.run(at("12:00"))) == {"due": 1, "CALL_RECORDED_FAILURE": 1}


def test_a_late_line_reopens_a_contact_that_was_closed_as_switched_off() -> None:
    world = World()
    take(world.contacts, ON, OFF)
    world.connect.answers[CONTACT_ID] = answer()
    poll_initialised(world.run(at("10:32")))
    check_recordings(world.run(at("10:40")))
    on_again = line(Timestamp="2023-08-29T10:30:08.000Z")
    assert take(world.contacts, on_again) == {"known": 1}
    world.bucket.put()
    assert check_recordings(world.run(at("10:45"))) == {"due": 1, "CALL_RECORDED_SUCCESS": 1}


def test_a_contact_that_a_late_line_reopens_does_not_leave_the_table() -> None:
    contacts = FakeTable()
    take(contacts, OFF)
    closed = contacts.contact().closed(ClosedReason.RECORDING_SWITCHED_OFF)
    contacts.put(replace(closed, expires_at=int(at("12:00").timestamp())))
    take(contacts, ON_AGAIN)
    reopened = contacts.contact()
    assert (reopened.closed_reason, reopened.expires_at) == (None, None)


def test_a_failed_block_is_the_cause_of_a_missing_recording() -> None:
    world = World()
    take(world.contacts, FAILED)
    world.connect.answers[CONTACT_ID] = answer()
    poll_initialised(world.run(at("10:32")))
    check_recordings(world.run(at("12:00")))
    assert world.contacts.contact().failure_cause == "RECORDING_BLOCK_FAILED"


def test_unreadable_and_foreign_lines_write_nothing() -> None:
    contacts = FakeTable()
    assert take(contacts, "{", line(ContactFlowModuleType="PlayPrompt")) == {"unreadable_lines": 1}
    assert not contacts.items


def test_an_unreadable_item_keeps_no_other_contact_out() -> None:
    """Regression: one such item failed every run and every delivery that spoke of it."""
    contacts = FakeTable()
    contacts.items[CONTACT_ID] = {
        "ContactId": CONTACT_ID,
        "State": "INITIALISED",
        "InitialisedAt": "yesterday",
    }
    lines = [(at("10:30"), ON), (at("10:30"), line(ContactId=number(1)))]
    assert ingest(lines, contacts) == {"unreadable_items": 1, "entered": 1}


#: A contact as commit 5942487 wrote it; the attribute is RecordingBlocks now.
EARLIER_ITEM = {
    "ContactId": CONTACT_ID,
    "State": "INITIALISED",
    "OpenState": "INITIALISED",
    "NextCheckAt": "2023-08-29T10:29:58.000Z",
    "InitialisedAt": "2023-08-29T10:29:58.000Z",
    "InitialisedHour": "2023-08-29T10",
    "RecordingPolicy": "ALL",
    "RecordingSettings": ["2023-08-29T10:29:58.000Z ALL"],
}


def test_an_item_of_an_earlier_version_keeps_its_blocks_and_takes_more() -> None:
    contacts = FakeTable({CONTACT_ID: dict(EARLIER_ITEM)})
    assert take(contacts, ON, AGENT_ONLY) == {"known": 2}
    assert contacts.contact().recording_blocks == (
        "2023-08-29T10:29:58.000Z ALL",
        "2023-08-29T10:30:03.000Z AGENT",
    )


def test_an_item_of_an_earlier_version_is_judged() -> None:
    world = World(contacts=FakeTable({CONTACT_ID: dict(EARLIER_ITEM)}))
    world.connect.answers[CONTACT_ID] = answer()
    poll_initialised(world.run(at("10:35")))
    check_recordings(world.run(at("11:40")))
    assert world.contacts.contact().recorded_state is RecordedState.CALL_RECORDED_FAILURE


def test_known_contacts_are_read_in_batches_and_not_written() -> None:
    contacts = FakeTable()
    lines = [(at("10:30"), line(ContactId=number(n))) for n in range(250)]
    assert ingest(lines, contacts) == {"entered": 250}
    written = contacts.writes.total()
    assert ingest(lines, contacts) == {"known": 250}
    assert contacts.batches == [100, 100, 50] * 2
    assert contacts.writes.total() == written


@dataclass
class BusyTable(FakeTable):
    """Somebody else changes a contact just before each of our first writes of it."""

    faster: list[Callable[[FakeTable], object]] = field(default_factory=list)

    def _meanwhile(self, contact_id: str) -> None:
        if contact_id == CONTACT_ID and self.faster:
            self.faster.pop(0)(self)

    def create(self, item: Item) -> bool:
        self._meanwhile(item["ContactId"])
        return super().create(item)

    def update(self, before: Item, after: Item) -> bool:
        self._meanwhile(before["ContactId"])
        return super().update(before, after)


def others_block(second: int) -> Callable[[FakeTable], object]:
    """Return a change of somebody who takes in another line of the contact."""
    message = line(Timestamp=f"2023-08-29T10:31:{second:02d}.000Z")
    return lambda table: FakeTable.put(
        table,
        with_blocks(
            table.contact() if CONTACT_ID in table.items else contact(),
            blocks_in([(at("10:31"), message)]),
        ),
    )


def purged(table: FakeTable) -> None:
    table.items.clear()


def seconds_of(contacts: FakeTable) -> list[str]:
    return [block.split(" ")[0][17:19] for block in contacts.contact().recording_blocks]


def test_a_contact_that_somebody_enters_meanwhile_keeps_the_blocks_of_both() -> None:
    contacts = BusyTable(faster=[others_block(1)])
    assert take(contacts, ON) == {"known": 1}
    assert seconds_of(contacts) == ["58", "01"]


def test_a_contact_that_is_purged_meanwhile_is_entered_again() -> None:
    contacts = BusyTable()
    take(contacts, ON)
    contacts.faster = [purged]
    assert take(contacts, ON_AGAIN) == {"entered": 1}
    assert seconds_of(contacts) == ["06"]


@pytest.mark.parametrize("is_known", [True, False])
def test_a_contact_may_change_four_times_while_a_line_is_taken_in(is_known: bool) -> None:
    contacts = BusyTable()
    if is_known:
        take(contacts, ON)
    contacts.faster = [others_block(second) for second in range(4)]
    assert take(contacts, ON_AGAIN) == {"known": 1}
    assert seconds_of(contacts) == [*(["58"] if is_known else []), "06", "00", "01", "02", "03"]


def test_a_line_that_is_never_written_fails_but_keeps_no_other_out() -> None:
    """Nobody asks for a line again that passed for written, so its call could leak unseen."""
    contacts = BusyTable(faster=[others_block(second) for second in range(5)])
    lines = [(at("10:30"), ON), (at("10:30"), line(ContactId=number(1)))]
    with pytest.raises(ServiceUnavailable) as caught:
        ingest(lines, contacts)
    assert str(caught.value) == f"contact {CONTACT_ID} changed 5 times while a line was ingested"
    assert "58" not in seconds_of(contacts)
    assert number(1) in contacts.items


def test_a_late_line_changes_nothing_of_when_a_contact_is_looked_at_again() -> None:
    """It may have been looked at by now, or it may be backing off."""
    contacts = FakeTable()
    take(contacts, ON)
    contacts.put(replace(contacts.contact(), next_check_at=at("11:45"), attempts=5))
    assert take(contacts, OFF) == {"known": 1}
    assert len(contacts.contact().recording_blocks) == 2
    assert contacts.contact().next_check_at == at("11:45")


def test_a_late_line_makes_no_adopted_contact_due_that_is_finished() -> None:
    """Somebody else wrote it, so nobody knows when it began."""
    contacts = FakeTable()
    contacts.put(contact(next_check_at=None, recorded_state=RecordedState.CALL_RECORDED_SUCCESS))
    assert take(contacts, ON) == {"known": 1}
    finished = contacts.contact()
    assert (finished.initialised_at, finished.next_check_at) == (at("10:29:58"), None)
