"""The contact table over real HTTP: every page, every condition, and errors that say what to do."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

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


@pytest.mark.table
class TestContactTable:
    @pytest.fixture
    def table(self, stage: Stage) -> ContactTable:
        del stage
        return ContactTableHook(aws_conn_id=None).table(TABLE)

    def test_due_contacts_come_from_all_pages_the_longest_due_first(
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

    def test_items_beyond_the_size_of_one_answer_are_asked_for_again(
        self, stage: Stage, table: ContactTable
    ) -> None:
        ids = {number(position) for position in range(45)}
        stage.put(*({"ContactId": contact_id, "Padding": "x" * 390_000} for contact_id in ids))  # > 16 MB
        assert {item["ContactId"] for item in table.get_many(sorted(ids))} == ids

    def test_a_count_reads_no_further_page_once_there_are_enough(self, table: ContactTable) -> None:
        for position in range(6):
            stored = contact(contact_id=number(position)).to_item() | {"LastError": "x" * 390_000}
            table.create(stored)
        assert table.count_due("INITIALISED", "9999") == 6
        assert table.count_due("INITIALISED", "9999", enough=1) < 6  # a page is 1 MB

    def test_concurrent_writes_keep_their_conditions_apart(self, table: ContactTable) -> None:
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

    def test_a_write_in_conflict_with_a_transaction_is_unavailable(self, table: ContactTable) -> None:
        """Regression: a purge that had the item at that moment passed for a refusal that somebody must lift."""
        with Stubber(table.conn.meta.client) as client:
            client.add_client_error("update_item", "TransactionConflictException", http_status_code=400)
            with pytest.raises(ServiceUnavailable, match="TransactionConflictException"):
                table.update(contact().to_item(), contact(ContactState.IN_PROGRESS_AGENT).to_item())

    def test_a_missing_table_is_named(self, table: ContactTable) -> None:
        nowhere = ContactTable(table.conn, "nowhere")
        with pytest.raises(
            SetupError,
            match=r"table 'nowhere' does not exist: if it was lost, restore it to a point in time, .*create it",
        ):
            list(nowhere.due("INITIALISED", "2023"))
        with pytest.raises(SetupError, match="table 'nowhere' does not exist"):
            nowhere.purge(CONTACT_ID)
