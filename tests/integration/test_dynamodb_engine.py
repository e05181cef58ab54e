"""Rules of DynamoDB that moto does not have: DynamoDB Local only."""

from itertools import chain, repeat

import pytest

from audio_leakage.contacts.states import ContactState
from audio_leakage.errors import MissingError, SetupError
from audio_leakage_aws.contact_table import ContactTable
from audio_leakage_hooks.contact_table_hook import ContactTableHook
from support.fakes import CONTACT_ID, contact, number
from support.stage import TABLE, Stage

pytestmark = pytest.mark.engine


@pytest.fixture
def table(stage: Stage) -> ContactTable:
    del stage
    return ContactTableHook(aws_conn_id=None).table(TABLE)


def test_a_purge_whose_answer_is_lost_counts_as_made(table: ContactTable) -> None:
    """Its token tells the second request from a new one, which would find its contacts gone."""
    ids = [number(1), number(2)]
    for contact_id in ids:
        table.create(contact(ContactState.COMPLETED_QUEUE_IVR, contact_id=contact_id).to_item())
    again = chain([0], repeat(None))
    events = table.conn.meta.client.meta.events
    events.register("needs-retry.dynamodb.TransactWriteItems", lambda **_: next(again))  # type: ignore[arg-type]
    assert table.purge_all(ids)
    assert list(table.get_many(ids)) == []


def test_a_purge_of_many_from_a_missing_table_names_it(table: ContactTable) -> None:
    with pytest.raises(MissingError, match="table 'nowhere' does not exist"):
        ContactTable(table.conn, "nowhere").purge_all([CONTACT_ID, number(1)])


def test_a_table_without_its_index_is_refused_by_the_name_of_the_index(
    stage: Stage, table: ContactTable
) -> None:
    stage.aws.client("dynamodb").create_table(
        TableName="bare",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "ContactId", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "ContactId", "KeyType": "HASH"}],
    )
    with pytest.raises(SetupError, match=r"table 'bare' was refused: .*index: open-contacts"):
        list(ContactTable(table.conn, "bare").due("INITIALISED", "9999"))


def test_a_window_that_ends_before_it_starts_is_refused(
    table: ContactTable,
) -> None:
    start, end = "2023-08-29T10:35:00.000Z", "2023-08-29T10:30:00.000Z"
    with pytest.raises(SetupError, match="BETWEEN operator requires upper bound"):
        list(table.initialised(["2023-08-29T10"], start, end))
