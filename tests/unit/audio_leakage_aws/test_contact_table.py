"""What the contact table asks DynamoDB for that neither moto nor AWS's local engine answers."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from audio_leakage.errors import ServiceUnavailable
from audio_leakage_aws.contact_table import ContactTable
from support.fakes import number

#: How often keys are asked for that DynamoDB leaves unprocessed.
TRIES = 5


@pytest.fixture
def conn() -> Any:  # noqa: ANN401  # boto3's own class
    return boto3.resource(
        "dynamodb",
        region_name="af-south-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",
    )


@pytest.fixture
def stub(conn: Any) -> Iterator[Stubber]:  # noqa: ANN401
    with Stubber(conn.meta.client) as stub:
        yield stub


@pytest.mark.parametrize("table_id", ["12345678-0123-4567-8901-123456789012", None])
def test_the_id_of_a_table_is_the_one_that_dynamodb_gave_it(
    conn: Any,  # noqa: ANN401
    stub: Stubber,
    table_id: str | None,
) -> None:
    stub.add_response(
        "describe_table", {"Table": {"TableId": table_id} if table_id else {"TableName": "contacts"}}
    )
    assert ContactTable(conn, "contacts").table_id() == table_id


def asks(stub: Stubber, contact_ids: list[str], found: list[str], left: list[str]) -> None:
    """Expect the ids to be asked for; give some of the items, and leave some keys unprocessed."""

    def keys(ids: list[str], *, as_sent: bool) -> dict[str, Any]:
        key = [{"ContactId": {"S": each} if as_sent else each} for each in ids]
        return {"contacts": {"Keys": key, "ConsistentRead": True}} if ids else {}

    items = [{"ContactId": {"S": each}} for each in found]
    stub.add_response(
        "batch_get_item",
        {"Responses": {"contacts": items} if items else {}, "UnprocessedKeys": keys(left, as_sent=True)},
        {"RequestItems": keys(contact_ids, as_sent=False)},
    )


def test_keys_that_stay_unprocessed_are_asked_for_until_each_was_read(
    conn: Any,  # noqa: ANN401
    stub: Stubber,
) -> None:
    ids = [number(position) for position in range(TRIES)]
    for turn in range(TRIES):
        asks(stub, ids[turn:], [ids[turn]], ids[turn + 1 :])
    assert [item["ContactId"] for item in ContactTable(conn, "contacts").get_many(ids)] == ids
    stub.assert_no_pending_responses()


def test_keys_never_processed_are_unavailable_and_not_taken_for_absent(
    conn: Any,  # noqa: ANN401
    stub: Stubber,
) -> None:
    asks(stub, [number(1), number(2)], [number(1)], [number(2)])
    for _ in range(TRIES - 1):
        asks(stub, [number(2)], [], [number(2)])
    found = ContactTable(conn, "contacts").get_many([number(1), number(2)])
    assert next(iter(found))["ContactId"] == number(1)
    with pytest.raises(ServiceUnavailable, match="BatchGetItem on table 'contacts' leaves keys unprocessed"):
        list(found)
    stub.assert_no_pending_responses()
