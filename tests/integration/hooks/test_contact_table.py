"""The contact table over real HTTP: every page, every condition, and errors that say what to do."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.states import ContactState, RecordedState
from audio_leakage.errors import ServiceUnavailable, SetupError
from audio_leakage_aws.contact_table import ContactTable
from audio_leakage_hooks.contact_table_hook import ContactTableHook
from support.fakes import (
    CONTACT_ID,
    at,
    contact,
    ended_with_agent,
    number,
)
from support.first_errors import meet_first_errors_at_once
from support.stage import TABLE, Stage


def get(table: ContactTable) -> Mapping[str, Any] | None:
    return next(table.get_many([CONTACT_ID]), None)


@pytest.mark.table
def foreign(table: ContactTable) -> list[Mapping[str, Any]]:
    return [item for page, _ in table.never_indexed(None) for item in page]


class TestContactTable:
    @pytest.fixture
    def table(self, stage: Stage) -> ContactTable:
        del stage
        return ContactTableHook(aws_conn_id=None).table(TABLE)

    def test_a_new_item_is_written_once(self, table: ContactTable) -> None:
        assert table.create(contact().to_item())
        assert not table.create(contact(ContactState.COMPLETED_AGENT).to_item())
        assert get(table) == contact().to_item()

    def test_the_index_gives_what_is_due_the_longest_due_first_through_all_pages(
        self, stage: Stage, table: ContactTable
    ) -> None:
        padding = "x" * 60_000  # moto pages at 1 MB, as DynamoDB does
        for position in range(25):
            due = contact(
                contact_id=number(position), next_check_at=at("10:30") - timedelta(minutes=position)
            )
            stage.put({**due.to_item(), "Padding": padding})
        stage.put(contact(contact_id=number(99), next_check_at=at("10:31")).to_item())
        due_ids = [item["ContactId"] for item in table.due("INITIALISED", "2023-08-29T10:30:00.000Z")]
        assert due_ids == [number(position) for position in reversed(range(25))]

    def test_a_window_takes_the_index_by_hour_across_hours_and_excludes_its_end(
        self, table: ContactTable
    ) -> None:
        for position, time in enumerate(["10:54:59", "10:55", "11:04:59.999", "11:05"]):
            table.create(contact(contact_id=number(position), initialised_at=at(time)).to_item())
        start, end = "2023-08-29T10:55:00.000Z", "2023-08-29T11:05:00.000Z"
        found = table.initialised(["2023-08-29T10", "2023-08-29T11"], start, end)
        assert [item["ContactId"] for item in found] == [number(1), number(2)]

    def test_an_update_writes_the_difference_and_touches_nothing_else(
        self, stage: Stage, table: ContactTable
    ) -> None:
        before = contact(agent_id="a", queue_id="q").to_item()
        stage.put({**before, "SomebodyElses": "note"})
        after = ended_with_agent(agent_id="b").to_item()
        assert table.update(before, after)
        assert get(table) == {**after, "SomebodyElses": "note"}

    @pytest.mark.parametrize(
        "meanwhile",
        [
            {"State": "COMPLETED - AGENT"},
            {"RecordedState": "CALL_RECORDED_SUCCESS"},
            {"ClosedReason": "NO_AGENT"},
        ],
    )
    def test_an_update_gives_way_to_whoever_was_faster(
        self, stage: Stage, table: ContactTable, meanwhile: dict[str, str]
    ) -> None:
        before = contact().to_item()
        stage.put({**before, **meanwhile})
        assert not table.update(before, contact(ContactState.IN_PROGRESS_AGENT).to_item())
        assert get(table) == {**before, **meanwhile}

    def test_an_item_of_an_earlier_version_is_guarded_by_its_blocks_under_their_earlier_name(
        self, table: ContactTable
    ) -> None:
        earlier = contact(recording_blocks=("2023-08-29T10:29:58.000Z ALL",)).to_item()
        earlier["RecordingSettings"] = earlier.pop("RecordingBlocks")
        table.create(earlier)
        before = Contact.from_item(earlier)
        other = replace(before, recording_blocks=("2023-08-29T10:29:58.000Z OFF",))
        after = replace(before, recording_blocks=(*before.recording_blocks, "2023-08-29T10:30:05.000Z OFF"))
        assert not table.update(other.to_item(), after.to_item())
        assert table.update(before.to_item(), after.to_item())
        assert table.update(after.to_item(), replace(after, agent_id="a").to_item())
        assert not table.update(before.to_item(), after.to_item())

    def test_an_update_never_brings_back_what_was_deleted(self, table: ContactTable) -> None:
        before = contact().to_item()
        assert not table.update(before, contact(ContactState.IN_PROGRESS_AGENT).to_item())
        assert get(table) is None

    def test_null_counts_as_missing_as_other_writers_leave_it(
        self, stage: Stage, table: ContactTable
    ) -> None:
        stage.put(
            {"ContactId": CONTACT_ID, "State": "COMPLETED - AGENT", "RecordedState": None, "Channel": None}
        )
        (item,) = foreign(table)
        before = {"ContactId": CONTACT_ID, "State": "COMPLETED - AGENT"}
        assert table.update(before, ended_with_agent().to_item())
        assert item["ContactId"] == CONTACT_ID
        assert foreign(table) == []

    def test_a_write_that_comes_late_puts_a_contact_into_the_index_whole(self, table: ContactTable) -> None:
        """Regression: who put a failure aside while another run was done with it left half of the index's key."""
        failed = ended_with_agent(recorded_state=RecordedState.CALL_RECORDED_FAILURE)
        table.create(failed.to_item())
        assert table.update(failed.to_item(), replace(failed, next_check_at=None).to_item())
        assert table.update(failed.to_item(), replace(failed, next_check_at=at("10:40")).to_item())
        assert [item["ContactId"] for item in table.due("COMPLETED - AGENT", "9999")] == [CONTACT_ID]

    @pytest.mark.parametrize("half", ["OpenState", "NextCheckAt"])
    def test_an_item_with_half_of_the_indexs_key_is_found_by_the_scan(
        self, stage: Stage, table: ContactTable, half: str
    ) -> None:
        """Regression: with OpenState alone it was in no index, and no scan gave it either."""
        stage.put({"ContactId": CONTACT_ID, "State": "INITIALISED", half: "INITIALISED"})
        assert list(table.due("INITIALISED", "9999")) == []
        assert [item["ContactId"] for item in foreign(table)] == [CONTACT_ID]

    def test_a_scan_goes_on_after_the_contact_it_stopped_at(self, stage: Stage, table: ContactTable) -> None:
        ids = {number(position) for position in range(8)}
        stage.put(
            *(
                {"ContactId": contact_id, "State": "INITIALISED", "Padding": "x" * 300_000}
                for contact_id in ids
            )
        )
        (first, start), *rest = table.never_indexed(None)
        assert start
        assert rest, "a page is 1 MB"
        later = [item for page, _ in table.never_indexed(start) for item in page]
        assert {item["ContactId"] for item in [*first, *later]} == ids
        assert len(first) + len(later) == len(ids)

    def test_the_progress_is_kept_and_never_moves_back(self, table: ContactTable) -> None:
        assert table.progress() is None
        item = {"ContactId": "flow-log-progress", "ReadUntil": "2023-08-29T10:30:00.000Z"}
        assert table.keep_progress(item)
        assert not table.keep_progress(item | {"ReadUntil": "2023-08-29T10:25:00.000Z"})
        assert table.keep_progress(item | {"ReadUntil": "2023-08-29T10:35:00.000Z"})
        assert table.progress() == item | {"ReadUntil": "2023-08-29T10:35:00.000Z"}
        assert foreign(table) == []

    def test_contacts_can_be_asked_for_that_are_due_since_a_time(self, table: ContactTable) -> None:
        for position, time in enumerate(("10:29", "10:30", "10:31", "10:32")):
            table.create(contact(contact_id=number(position), next_check_at=at(time)).to_item())
        found = table.due("INITIALISED", "2023-08-29T10:31:00.000Z", "2023-08-29T10:30:00.000Z")
        assert [item["ContactId"] for item in found] == [number(1), number(2)]

    def test_more_than_one_answer_can_hold_is_asked_for_again(
        self, stage: Stage, table: ContactTable
    ) -> None:
        ids = {number(position) for position in range(45)}
        stage.put(*({"ContactId": contact_id, "Padding": "x" * 390_000} for contact_id in ids))  # > 16 MB
        assert {item["ContactId"] for item in table.get_many(sorted(ids))} == ids

    def test_a_window_without_width_has_no_contacts(self, table: ContactTable) -> None:
        table.create(contact(initialised_at=at("10:30")).to_item())
        moment = "2023-08-29T10:30:00.000Z"
        assert list(table.initialised(["2023-08-29T10"], moment, moment)) == []

    @pytest.mark.parametrize("state", list(ContactState))
    def test_a_purge_hits_only_calls_that_ended_without_an_agent(
        self, table: ContactTable, state: ContactState
    ) -> None:
        table.create(contact(state).to_item())
        assert table.purge(CONTACT_ID) == (state is ContactState.COMPLETED_QUEUE_IVR)
        assert (get(table) is None) == (state is ContactState.COMPLETED_QUEUE_IVR)

    def test_a_purge_never_hits_a_call_that_met_an_agent(self, table: ContactTable) -> None:
        met = contact(ContactState.COMPLETED_QUEUE_IVR, connected_to_agent_timestamp=at("10:30"))
        table.create(met.to_item())
        assert not table.purge(CONTACT_ID)
        assert not table.purge(number(1))

    def test_a_purge_of_many_takes_all_of_them_or_none(self, table: ContactTable) -> None:
        left = [number(position) for position in range(100)]
        for contact_id in left:
            table.create(contact(ContactState.COMPLETED_QUEUE_IVR, contact_id=contact_id).to_item())
        table.create(contact(ContactState.IN_PROGRESS_QUEUE_IVR).to_item())
        assert not table.purge_all([*left[:99], CONTACT_ID])
        assert table.count_due("COMPLETED - QUEUE/IVR", "9999") == 100
        assert table.purge_all(left)
        assert [item["ContactId"] for item in table.get_many([*left[:99], CONTACT_ID])] == [CONTACT_ID]

    def test_nobody_counts_on_once_there_are_enough(self, table: ContactTable) -> None:
        for position in range(6):
            stored = contact(contact_id=number(position)).to_item() | {"LastError": "x" * 390_000}
            table.create(stored)
        assert table.count_due("INITIALISED", "9999") == 6
        assert table.count_due("INITIALISED", "9999", enough=1) < 6  # a page is 1 MB

    def test_threads_that_write_side_by_side_keep_their_conditions_apart(self, table: ContactTable) -> None:
        before = [contact(contact_id=number(position), agent_id=str(position)) for position in range(80)]
        for each in before:
            table.create(each.to_item())

        def write(each: Contact) -> bool:
            after = replace(each, state=ContactState.IN_PROGRESS_AGENT, queue_id=each.agent_id)
            stale = replace(each, recorded_state=RecordedState.CALL_RECORDED_FAILURE)
            refused = table.update(stale.to_item(), replace(after, agent_id="wrong").to_item())
            return table.update(each.to_item(), after.to_item()) and not refused

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(write, before))
        written = table.get_many([each.contact_id for each in before])
        assert all(
            item["QueueId"] == item["AgentId"] == str(int(item["ContactId"][-12:])) for item in written
        )

    def test_threads_that_lose_their_first_races_at_once_give_way(
        self, table: ContactTable, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Regression: two conditions that did not hold at once passed for a refusal that somebody must lift."""
        meet_first_errors_at_once(table.conn.meta.client, monkeypatch)
        table.create(contact().to_item())
        assert not table.create(contact().to_item())
        assert not table.update(ended_with_agent().to_item(), contact().to_item())
        assert not table.purge(CONTACT_ID)
        assert not table.purge_all([CONTACT_ID, number(1)])

    def test_a_write_into_somebody_elses_transaction_is_worth_another_try(self, table: ContactTable) -> None:
        """Regression: a purge that had the item at that moment passed for a refusal that somebody must lift."""
        with Stubber(table.conn.meta.client) as client:
            client.add_client_error("update_item", "TransactionConflictException", http_status_code=400)
            with pytest.raises(ServiceUnavailable, match="TransactionConflictException"):
                table.update(contact().to_item(), contact(ContactState.IN_PROGRESS_AGENT).to_item())

    def test_a_missing_table_is_said_by_name(self, table: ContactTable) -> None:
        nowhere = ContactTable(table.conn, "nowhere")
        with pytest.raises(
            SetupError, match="table 'nowhere' does not exist: create it, or correct 'contact_table'"
        ):
            list(nowhere.due("INITIALISED", "2023"))
        with pytest.raises(SetupError, match="table 'nowhere' does not exist"):
            nowhere.purge(CONTACT_ID)
