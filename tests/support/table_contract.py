"""The rules of the contact table, as tests that the fake and the real table both pass."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ParamValidationError

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.states import ClosedReason, ContactState, RecordedState
from audio_leakage.errors import RefusedError
from audio_leakage.ports import ContactTable
from support.fakes import CONTACT_ID, MINUTE, at, contact, ended_with_agent, number

#: Writes an item without any condition, as another system would.
Write = Callable[[Mapping[str, Any]], None]

LEFT = ContactState.COMPLETED_QUEUE_IVR
ON, OFF = "2023-08-29T10:29:58.000Z ALL", "2023-08-29T10:30:05.000Z OFF"
#: The fake asserts what botocore and DynamoDB refuse.
REFUSED = (AssertionError, ParamValidationError, RefusedError)
#: Batches that DynamoDB refuses: none and more than a hundred.
WRONG_SIZES: tuple[list[str], ...] = ([], [number(position) for position in range(101)])
TWICE = [CONTACT_ID, CONTACT_ID]


def get(table: ContactTable, contact_id: str = CONTACT_ID) -> Mapping[str, Any] | None:
    return next(iter(table.get_many([contact_id])), None)


def ids(items: object) -> list[str]:
    return [item["ContactId"] for item in items]  # type: ignore[attr-defined]


def foreign(table: ContactTable) -> list[Mapping[str, Any]]:
    """Return what a scan for items of another system finds on all pages."""
    return [item for page, _ in table.never_indexed(None) for item in page]


class ContactTableContract:
    """Subclass it with the fixtures ``table``, which is empty, and ``write``."""

    # Creating

    def test_a_table_keeps_its_id(self, table: ContactTable) -> None:
        assert table.table_id() == table.table_id()

    def test_a_new_item_is_created_once(self, table: ContactTable) -> None:
        assert table.create(contact().to_item())
        assert not table.create(contact(ContactState.COMPLETED_AGENT).to_item())
        assert get(table) == contact().to_item()

    def test_an_item_with_a_float_is_refused(self, table: ContactTable) -> None:
        with pytest.raises(TypeError, match="Float"):
            table.create({**contact().to_item(), "RecordingSeconds": 1.5})

    @pytest.mark.parametrize("name", ["OpenState", "NextCheckAt", "InitialisedHour", "InitialisedAt"])
    def test_an_item_with_null_in_an_index_key_is_refused(self, table: ContactTable, name: str) -> None:
        with pytest.raises(REFUSED):
            table.create({**contact(initialised_at=at("10:30")).to_item(), name: None})

    # Updating

    def test_an_update_writes_the_difference_and_touches_nothing_else(
        self, table: ContactTable, write: Write
    ) -> None:
        before = contact(agent_id="a", queue_id="q").to_item()
        write({**before, "SomebodyElses": "note"})
        after = ended_with_agent(agent_id="b").to_item()
        assert table.update(before, after)
        assert get(table) == {**after, "SomebodyElses": "note"}

    def test_an_update_that_only_removes_attributes_is_written(self, table: ContactTable) -> None:
        before = contact(attempts=3, last_error="denied").to_item()
        table.create(before)
        assert table.update(before, contact().to_item())
        assert get(table) == contact().to_item()

    def test_an_update_without_a_difference_is_true_and_writes_nothing(self, table: ContactTable) -> None:
        assert table.update(contact().to_item(), contact().to_item())
        assert get(table) is None

    @pytest.mark.parametrize(
        "meanwhile",
        [
            {"State": "COMPLETED - AGENT"},
            {"RecordedState": "CALL_RECORDED_SUCCESS"},
            {"ClosedReason": "NO_AGENT"},
            {"RecordingBlocks": [ON, OFF]},
        ],
    )
    def test_an_update_gives_way_to_another_writer(
        self, table: ContactTable, write: Write, meanwhile: dict[str, Any]
    ) -> None:
        before = contact().to_item()
        write({**before, **meanwhile})
        assert not table.update(before, contact(ContactState.IN_PROGRESS_AGENT).to_item())
        assert get(table) == {**before, **meanwhile}

    @pytest.mark.parametrize(
        "read",
        [
            {"recorded_state": RecordedState.CALL_RECORDED_FAILURE},
            {"closed_reason": ClosedReason.NOT_FOUND},
            {"recording_blocks": (ON,)},
        ],
    )
    def test_an_update_gives_way_when_an_attribute_is_gone(
        self, table: ContactTable, read: dict[str, Any]
    ) -> None:
        table.create(contact().to_item())
        before = contact(**read)
        assert not table.update(before.to_item(), replace(before, agent_id="a").to_item())
        assert get(table) == contact().to_item()

    def test_an_update_that_only_removes_attributes_gives_way_too(self, table: ContactTable) -> None:
        stored = contact(ContactState.COMPLETED_AGENT, attempts=3).to_item()
        table.create(stored)
        assert not table.update(contact(attempts=3).to_item(), contact().to_item())
        assert get(table) == stored

    def test_an_update_does_not_give_way_to_other_attributes(self, table: ContactTable, write: Write) -> None:
        before = contact().to_item()
        write({**before, "AgentId": "b", "NextCheckAt": "2023-08-29T11:00:00.000Z"})
        assert table.update(before, {**before, "QueueId": "q"})
        assert get(table) == {
            **before,
            "AgentId": "b",
            "QueueId": "q",
            "NextCheckAt": "2023-08-29T11:00:00.000Z",
        }

    def test_an_update_guards_blocks_under_their_earlier_name_too(self, table: ContactTable) -> None:
        earlier = contact(recording_blocks=(ON,)).to_item()
        earlier["RecordingSettings"] = earlier.pop("RecordingBlocks")
        table.create(earlier)
        before = Contact.from_item(earlier)
        other = replace(before, recording_blocks=("2023-08-29T10:29:58.000Z OFF",))
        after = replace(before, recording_blocks=(*before.recording_blocks, OFF))
        assert not table.update(other.to_item(), after.to_item())
        assert table.update(before.to_item(), after.to_item())
        assert table.update(after.to_item(), replace(after, agent_id="a").to_item())
        assert not table.update(before.to_item(), after.to_item())

    def test_an_update_never_brings_back_a_deleted_item(self, table: ContactTable) -> None:
        before = contact().to_item()
        assert not table.update(before, contact(ContactState.IN_PROGRESS_AGENT).to_item())
        assert get(table) is None

    def test_an_update_of_the_contact_id_is_refused(self, table: ContactTable) -> None:
        before = contact().to_item()
        table.create(before)
        with pytest.raises(REFUSED):
            table.update(before, contact(contact_id=number(1)).to_item())

    def test_null_counts_as_missing_in_an_item_of_another_system(
        self, table: ContactTable, write: Write
    ) -> None:
        write({"ContactId": CONTACT_ID, "State": "COMPLETED - AGENT", "RecordedState": None, "Channel": None})
        (item,) = foreign(table)
        before = {"ContactId": CONTACT_ID, "State": "COMPLETED - AGENT"}
        assert table.update(before, ended_with_agent().to_item())
        assert item["ContactId"] == CONTACT_ID
        assert foreign(table) == []

    def test_a_late_update_puts_a_contact_into_the_index_whole(self, table: ContactTable) -> None:
        """Regression: a run put a failure off while another one was done with it; half of the key was left."""
        failed = ended_with_agent(recorded_state=RecordedState.CALL_RECORDED_FAILURE)
        table.create(failed.to_item())
        assert table.update(failed.to_item(), replace(failed, next_check_at=None).to_item())
        assert table.update(failed.to_item(), replace(failed, next_check_at=at("10:40")).to_item())
        assert ids(table.due("COMPLETED - AGENT", "9999")) == [CONTACT_ID]

    # Purging

    @pytest.mark.parametrize("state", list(ContactState))
    def test_a_purge_hits_only_calls_that_ended_without_an_agent(
        self, table: ContactTable, state: ContactState
    ) -> None:
        table.create(contact(state).to_item())
        assert table.purge(CONTACT_ID) == (state is LEFT)
        assert (get(table) is None) == (state is LEFT)

    def test_a_purge_never_hits_a_call_that_met_an_agent(self, table: ContactTable) -> None:
        met = contact(LEFT, connected_to_agent_timestamp=at("10:30"))
        table.create(met.to_item())
        assert not table.purge(CONTACT_ID)
        assert not table.purge(number(1))
        assert get(table) == met.to_item()

    def test_a_purge_takes_null_for_no_agent(self, table: ContactTable, write: Write) -> None:
        write({**contact(LEFT).to_item(), "ConnectedToAgentTimestamp": None})
        assert table.purge(CONTACT_ID)

    def test_a_purge_takes_an_empty_agent_time_for_an_agent(self, table: ContactTable, write: Write) -> None:
        write({**contact(LEFT).to_item(), "ConnectedToAgentTimestamp": ""})
        assert not table.purge(CONTACT_ID)
        assert not table.purge_all([CONTACT_ID])

    def test_a_purge_of_many_takes_all_of_them_or_none(self, table: ContactTable) -> None:
        left = [number(position) for position in range(100)]
        for contact_id in left:
            table.create(contact(LEFT, contact_id=contact_id).to_item())
        table.create(contact(ContactState.IN_PROGRESS_QUEUE_IVR).to_item())
        assert not table.purge_all([*left[:99], CONTACT_ID])
        assert table.count_due("COMPLETED - QUEUE/IVR", "9999") == 100
        assert table.purge_all(left)
        assert ids(table.get_many([*left[:99], CONTACT_ID])) == [CONTACT_ID]

    def test_a_purge_of_many_takes_none_if_one_met_an_agent_or_is_gone(self, table: ContactTable) -> None:
        table.create(contact(LEFT).to_item())
        table.create(contact(LEFT, contact_id=number(1), connected_to_agent_timestamp=at("10:30")).to_item())
        assert not table.purge_all([CONTACT_ID, number(1)])
        assert not table.purge_all([CONTACT_ID, number(2)])
        assert sorted(ids(table.get_many([CONTACT_ID, number(1)]))) == [number(1), CONTACT_ID]

    @pytest.mark.parametrize("batch", WRONG_SIZES, ids=["none", "101"])
    def test_a_purge_of_none_or_of_more_than_a_hundred_is_refused(
        self, table: ContactTable, batch: list[str]
    ) -> None:
        table.create(contact(LEFT).to_item())
        table.create(contact(LEFT, contact_id=number(1)).to_item())
        with pytest.raises(REFUSED):
            table.purge_all(batch)
        assert table.count_due("COMPLETED - QUEUE/IVR", "9999") == 2

    def test_a_purge_of_one_id_twice_purges_nothing(self, table: ContactTable) -> None:
        table.create(contact(LEFT).to_item())
        purged = False
        with suppress(*REFUSED):  # DynamoDB refuses it, DynamoDB Local says that a condition failed
            purged = table.purge_all(TWICE)
        assert not purged
        assert get(table) == contact(LEFT).to_item()

    # Reading by id

    def test_a_hundred_items_are_read_at_once_and_unknown_ids_left_out(self, table: ContactTable) -> None:
        wanted = [number(position) for position in range(100)]
        for contact_id in wanted[:60]:
            table.create(contact(contact_id=contact_id).to_item())
        assert sorted(ids(table.get_many(wanted))) == wanted[:60]

    @pytest.mark.parametrize("batch", [*WRONG_SIZES, TWICE], ids=["none", "101", "twice"])
    def test_a_read_of_a_wrong_batch_is_refused(self, table: ContactTable, batch: list[str]) -> None:
        with pytest.raises(REFUSED):
            list(table.get_many(batch))

    # Reading what is due

    def test_due_contacts_come_the_longest_due_first_up_to_the_bound(self, table: ContactTable) -> None:
        for position in range(5):
            table.create(
                contact(contact_id=number(position), next_check_at=at("10:30") - position * MINUTE).to_item()
            )
        late = contact(contact_id=number(8), next_check_at=at("10:30") + timedelta(milliseconds=1))
        table.create(late.to_item())
        table.create(contact(ContactState.COMPLETED_AGENT, contact_id=number(9)).to_item())
        until = "2023-08-29T10:30:00.000Z"
        longest_first = [number(position) for position in reversed(range(5))]
        assert ids(table.due("INITIALISED", until)) == longest_first
        assert table.count_due("INITIALISED", until) == 5
        assert ids(table.longest_due("INITIALISED", until, 3)) == longest_first[:3]
        assert ids(table.longest_due("INITIALISED", until, 9)) == longest_first

    def test_due_contacts_can_be_read_since_a_time(self, table: ContactTable) -> None:
        for position, time in enumerate(("10:29", "10:30", "10:31", "10:32")):
            table.create(contact(contact_id=number(position), next_check_at=at(time)).to_item())
        found = table.due("INITIALISED", "2023-08-29T10:31:00.000Z", "2023-08-29T10:30:00.000Z")
        assert ids(found) == [number(1), number(2)]

    def test_a_count_of_due_contacts_stops_at_enough_at_the_earliest(self, table: ContactTable) -> None:
        for position in range(5):
            table.create(contact(contact_id=number(position)).to_item())
        assert 2 <= table.count_due("INITIALISED", "9999", 2) <= 5
        assert table.count_due("INITIALISED", "9999", 9) == 5
        assert table.count_due("COMPLETED - AGENT", "9999", 1) == 0

    def test_the_longest_due_of_no_contacts_is_refused(self, table: ContactTable) -> None:
        with pytest.raises(REFUSED):
            table.longest_due("INITIALISED", "9999", 0)

    def test_a_contact_without_a_next_check_is_not_due(self, table: ContactTable) -> None:
        before = contact()
        table.create(before.to_item())
        assert table.update(before.to_item(), replace(before, next_check_at=None).to_item())
        assert ids(table.due("INITIALISED", "9999")) == []
        assert table.count_due("INITIALISED", "9999") == 0

    # Reading a window

    def test_a_window_spans_hours_in_order_and_excludes_its_end(self, table: ContactTable) -> None:
        for position, time in reversed([*enumerate(["10:54:59", "10:55", "10:59", "11:04:59.999", "11:05"])]):
            table.create(contact(contact_id=number(position), initialised_at=at(time)).to_item())
        start, end = "2023-08-29T10:55:00.000Z", "2023-08-29T11:05:00.000Z"
        found = table.initialised(["2023-08-29T10", "2023-08-29T11"], start, end)
        assert ids(found) == [number(1), number(2), number(3)]
        assert ids(table.initialised(["2023-08-29T11"], start, end)) == [number(3)]

    def test_a_window_without_width_has_no_contacts(self, table: ContactTable) -> None:
        table.create(contact(initialised_at=at("10:30")).to_item())
        moment = "2023-08-29T10:30:00.000Z"
        assert list(table.initialised(["2023-08-29T10"], moment, moment)) == []

    def test_an_item_with_half_of_the_window_key_is_in_no_window(
        self, table: ContactTable, write: Write
    ) -> None:
        write({"ContactId": CONTACT_ID, "State": "INITIALISED", "InitialisedHour": "2023-08-29T10"})
        start, end = "2023-08-29T10:00:00.000Z", "2023-08-29T11:00:00.000Z"
        assert list(table.initialised(["2023-08-29T10"], start, end)) == []

    # Scanning for items of another system

    @pytest.mark.parametrize("half", ["OpenState", "NextCheckAt"])
    def test_an_item_with_half_of_the_index_key_is_found_by_the_scan(
        self, table: ContactTable, write: Write, half: str
    ) -> None:
        """Regression: with OpenState alone it was in no index, and no scan gave it either."""
        write({"ContactId": CONTACT_ID, "State": "INITIALISED", half: "INITIALISED"})
        assert list(table.due("INITIALISED", "9999")) == []
        assert ids(foreign(table)) == [CONTACT_ID]

    def test_the_scan_leaves_out_due_judged_and_closed_contacts(self, table: ContactTable) -> None:
        judged = ended_with_agent(
            contact_id=number(1), recorded_state=RecordedState.CALL_RECORDED_SUCCESS, next_check_at=None
        )
        closed = contact(contact_id=number(2)).closed(ClosedReason.NO_AGENT)
        for stored in (contact(), judged, closed):
            table.create(stored.to_item())
        assert foreign(table) == []

    @pytest.mark.parametrize("name", ["RecordedState", "ClosedReason"])
    def test_the_scan_takes_an_empty_verdict_for_a_verdict(
        self, table: ContactTable, write: Write, name: str
    ) -> None:
        write({"ContactId": CONTACT_ID, "State": "INITIALISED", name: ""})
        assert foreign(table) == []

    def test_the_scan_goes_on_after_the_contact_it_stopped_at(
        self, table: ContactTable, write: Write
    ) -> None:
        stored = {number(position) for position in range(8)}
        for contact_id in stored:
            write({"ContactId": contact_id, "State": "INITIALISED", "Padding": "x" * 300_000})
        (first, start), *rest = table.never_indexed(None)
        assert start
        assert rest, "a page is 1 MB"
        later = [item for page, _ in table.never_indexed(start) for item in page]
        assert {item["ContactId"] for item in [*first, *later]} == stored
        assert len(first) + len(later) == len(stored)

    def test_the_last_page_of_a_scan_names_no_next_one(self, table: ContactTable) -> None:
        assert list(table.never_indexed(None)) == [([], None)]
        table.create(contact().to_item())
        assert [start for _, start in table.never_indexed(None)] == [None]
        assert list(table.never_indexed(CONTACT_ID)) == [([], None)]
