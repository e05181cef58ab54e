"""What AWS's own engine does and moto does not: DynamoDB Local only."""

from itertools import chain, repeat

import pytest

from audio_leakage.errors import MissingError, SetupError
from audio_leakage.states import ContactState
from audio_leakage_hooks.contact_table import ContactTableHook
from fakes import CONTACT_ID, contact, number
from stage import TABLE, Stage

pytestmark = pytest.mark.engine


@pytest.fixture
def hook(stage: Stage) -> ContactTableHook:
    del stage
    return ContactTableHook(aws_conn_id=None)


def test_a_purge_whose_answer_is_lost_was_made_once_and_is_told_as_made(hook: ContactTableHook) -> None:
    """Its token tells the second request from a new one, which would find its contacts gone."""
    ids = [number(1), number(2)]
    for contact_id in ids:
        hook.create(TABLE, contact(ContactState.COMPLETED_QUEUE_IVR, contact_id=contact_id).to_item())
    again = chain([0], repeat(None))
    events = hook.conn.meta.client.meta.events
    events.register("needs-retry.dynamodb.TransactWriteItems", lambda **_: next(again))  # type: ignore[arg-type]
    assert hook.purge_all(TABLE, ids)
    assert list(hook.get_many(TABLE, ids)) == []


def test_a_purge_of_many_from_a_missing_table_says_so_by_name(hook: ContactTableHook) -> None:
    with pytest.raises(MissingError, match="table 'nowhere' does not exist"):
        hook.purge_all("nowhere", [CONTACT_ID, number(1)])


def test_a_table_without_its_index_is_refused_with_the_name_of_the_index(
    stage: Stage, hook: ContactTableHook
) -> None:
    stage.aws.client("dynamodb").create_table(
        TableName="bare",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "ContactId", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "ContactId", "KeyType": "HASH"}],
    )
    with pytest.raises(SetupError, match=r"table 'bare' was refused: .*index: open-contacts"):
        list(hook.due("bare", "INITIALISED", "9999"))


def test_a_window_the_wrong_way_round_is_refused_and_does_not_pass_for_an_empty_one(
    hook: ContactTableHook,
) -> None:
    start, end = "2023-08-29T10:35:00.000Z", "2023-08-29T10:30:00.000Z"
    with pytest.raises(SetupError, match="BETWEEN operator requires upper bound"):
        list(hook.initialised(TABLE, ["2023-08-29T10"], start, end))
