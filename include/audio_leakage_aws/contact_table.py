"""The contact table in DynamoDB; boto3 only, so that the Lambda can use it, too."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase, Key
from botocore import xform_name
from botocore.exceptions import ClientError

from audio_leakage.errors import ServiceUnavailable
from audio_leakage_aws.errors import code_of, domain_errors, member
from audio_leakage_aws.expressions import Part, absent, condition_as, together, update_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from types_boto3_dynamodb.service_resource import DynamoDBServiceResource

_TRIES = 5
#: What a write is conditional on: where the contact stood when it was read.
_GUARDS = ("State", "RecordedState", "ClosedReason", "RecordingBlocks")
#: What an item written before version 0.1.0 has instead of a guard.
_EARLIER_NAMES = {"RecordingBlocks": "RecordingSettings"}


class ContactTable:
    """Read and write the contact table.

    Every write is conditional. A condition that does not hold is a normal outcome and returned as False.
    Every method raises the domain's ``SetupError`` and ``ServiceUnavailable``.

    :param conn: boto3's resource for DynamoDB.
    :param name: name of the table.
    """

    def __init__(self, conn: DynamoDBServiceResource, name: str) -> None:
        self.conn = conn
        self.name = name
        self._named = (f"table '{name}'", "contact_table")

    def table_id(self) -> str | None:
        """Return the id that DynamoDB gave this table; a table that is made or restored anew has another.

        .. seealso::
            - :external+boto3:py:meth:`DynamoDB.Client.describe_table`

        :return: None where the answer has none.
        """
        with domain_errors("dynamodb:DescribeTable", *self._named):
            answer = self._client.describe_table(TableName=self.name)
        table_id: str | None = member(answer, "Table").get("TableId")
        return table_id

    def due(self, open_state: str, until: str, since: str = "") -> Iterator[Mapping[str, Any]]:
        """Query the sparse index ``open-contacts``; all pages are followed.

        .. seealso::
            - :external+boto3:py:meth:`DynamoDB.Client.query`

        :param open_state: the partition, which is the contact's state.
        :param until: the items' NextCheckAt is not after this time.
        :param since: the items' NextCheckAt is not before this time.
        :return: the items, the longest due first.
        """
        for page in self._pages("query", **_due(open_state, until, since)):
            yield from member(page, "Items")

    def count_due(self, open_state: str, until: str, enough: float = math.inf) -> int:
        """Count what :meth:`due` gives; nothing is transferred.

        .. seealso::
            - :external+boto3:py:meth:`DynamoDB.Client.query`

        :param open_state: the partition, which is the contact's state.
        :param until: the items' NextCheckAt is not after this time.
        :param enough: the number after which no further page is read.
        """
        count = 0
        for page in self._pages("query", Select="COUNT", **_due(open_state, until)):
            count += member(page, "Count")
            if count >= enough:
                break
        return count

    def longest_due(self, open_state: str, until: str, limit: int) -> list[Mapping[str, Any]]:
        """Query the sparse index ``open-contacts`` once, however many more there are.

        .. seealso::
            - :external+boto3:py:meth:`DynamoDB.Client.query`

        :param open_state: the partition, which is the contact's state.
        :param until: the items' NextCheckAt is not after this time.
        :param limit: maximum number of items.
        :return: the items, the longest due first.
        """
        with domain_errors("dynamodb:Query", *self._named):
            answer = self._client.query(TableName=self.name, Limit=limit, **_due(open_state, until))
        return list(member(answer, "Items"))

    def initialised(self, hours: list[str], start: str, end: str) -> Iterator[Mapping[str, Any]]:
        """Query the index ``contacts-by-hour``; all pages are followed.

        .. seealso::
            - :external+boto3:py:meth:`DynamoDB.Client.query`

        :param hours: the partitions, every InitialisedHour between start and end.
        :param start: the items' InitialisedAt is not before this time.
        :param end: the items' InitialisedAt is before this time.
        :return: the items, in the order of InitialisedAt.
        """
        for hour in hours:
            # BETWEEN includes its upper bound, and a sort key takes one condition only.
            condition = Key("InitialisedHour").eq(hour) & Key("InitialisedAt").between(start, end)
            query = condition_as("KeyConditionExpression", condition)
            for page in self._pages("query", IndexName="contacts-by-hour", **query):
                yield from (item for item in member(page, "Items") if item["InitialisedAt"] < end)

    def never_indexed(self, start: str | None) -> Iterator[tuple[list[Mapping[str, Any]], str | None]]:
        """Scan for items that nobody judged or closed and the index lacks.

        An index has only the items that have its whole key: half of it makes nobody due.

        .. seealso::
            - :external+boto3:py:meth:`DynamoDB.Client.scan`

        :param start: the ContactId after which the scan goes on; None begins at the beginning.
        :return: pages of items, each with the ContactId after which the next one begins; None at the end. A
            page may hold nothing, and so may thousands of them.
        """
        unindexed = absent("OpenState") | absent("NextCheckAt")
        condition = unindexed & absent("RecordedState") & absent("ClosedReason")
        request = condition_as("FilterExpression", condition)
        if start:
            request["ExclusiveStartKey"] = {"ContactId": start}
        for page in self._pages("scan", **request):
            yield list(member(page, "Items")), page.get("LastEvaluatedKey", {}).get("ContactId")

    def get_many(self, contact_ids: list[str]) -> Iterator[Mapping[str, Any]]:
        """Read items as they are now; what DynamoDB leaves unprocessed is asked for again.

        .. seealso::
            - :external+boto3:py:meth:`DynamoDB.ServiceResource.batch_get_item`

        :param contact_ids: 1 to 100 ids.
        :return: the items that there are, in no order.
        """
        keys = [{"ContactId": contact_id} for contact_id in contact_ids]
        asked: dict[str, Any] = {self.name: {"Keys": keys, "ConsistentRead": True}}
        with domain_errors("dynamodb:BatchGetItem", *self._named):
            for _ in range(_TRIES):
                answer = self.conn.batch_get_item(RequestItems=asked)
                yield from member(answer, "Responses").get(self.name, [])
                asked = dict(member(answer, "UnprocessedKeys"))
                if not asked:
                    return
        raise ServiceUnavailable(
            f"dynamodb:BatchGetItem on table '{self.name}' leaves keys unprocessed for now"
        )

    def create(self, item: Mapping[str, Any]) -> bool:
        """Put a new item.

        .. seealso::
            - :external+boto3:py:meth:`DynamoDB.Table.put_item`

        :param item: the attributes, ContactId among them.
        :return: False when there is an item with that id already; it stays as it is.
        """
        condition = condition_as("ConditionExpression", Attr("ContactId").not_exists())
        return self._write("PutItem", Item=dict(item), **condition)

    def update(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
        """Write the attributes in which two versions of an item differ; nothing is sent when none does.

        .. seealso::
            - :external+boto3:py:meth:`DynamoDB.Table.update_item`

        :param before: the attributes as they were read.
        :param after: the attributes as they shall be; those that are missing here are removed.
        :return: False when state, verdict or reason are no longer those of ``before``.
        """
        put = {name: value for name, value in after.items() if before.get(name) != value}
        if "NextCheckAt" in put and "OpenState" in after:  # half of its key keeps an item out of the index
            put["OpenState"] = after["OpenState"]
        remove = [name for name in before if name not in after]
        if not put and not remove:
            return True
        condition: ConditionBase = Attr("ContactId").exists()
        for name in _GUARDS:
            condition &= _holds(name, before[name]) if name in before else absent(name)
        update = together(update_of(put, remove), condition_as("ConditionExpression", condition))
        return self._write("UpdateItem", Key={"ContactId": before["ContactId"]}, **update)

    def purge(self, contact_id: str) -> bool:
        """Delete an item that ended without ever reaching an agent. No other item can be deleted.

        .. seealso::
            - :external+boto3:py:meth:`DynamoDB.Table.delete_item`

        :param contact_id: the item's id.
        :return: False when the item is not COMPLETED - QUEUE/IVR, has met an agent, or is gone.
        """
        return self._write("DeleteItem", Key={"ContactId": contact_id}, **_left_without_agent())

    def purge_all(self, contact_ids: list[str]) -> bool:
        """Delete items as :meth:`purge` does, all of them or none.

        .. seealso::
            - :external+boto3:py:meth:`DynamoDB.Client.transact_write_items`

        :param contact_ids: at most 100 different ids.
        :return: False when one of them must not be deleted, or is being changed; then each is still there.
        """
        condition = _left_without_agent()
        deletes = [
            {"Delete": {"TableName": self.name, "Key": {"ContactId": contact_id}, **condition}}
            for contact_id in contact_ids
        ]
        with domain_errors("dynamodb:DeleteItem", *self._named):
            try:
                self._client.transact_write_items(TransactItems=deletes)
            except ClientError as error:
                if code_of(error) != "TransactionCanceledException":
                    raise
                return False
        return True

    @property
    def _client(self) -> Any:  # noqa: ANN401  # the client that takes and gives Python's types
        return self.conn.meta.client

    def _pages(self, operation: str, **request: Any) -> Iterator[Mapping[str, Any]]:
        with domain_errors(f"dynamodb:{operation.capitalize()}", *self._named):
            yield from self._client.get_paginator(operation).paginate(TableName=self.name, **request)

    def _write(self, operation: str, **request: Any) -> bool:
        with domain_errors(f"dynamodb:{operation}", *self._named):
            try:
                getattr(self._client, xform_name(operation))(TableName=self.name, **request)
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise
                return False
        return True


def _due(open_state: str, until: str, since: str = "") -> Part:
    in_time = Key("NextCheckAt").between(since, until) if since else Key("NextCheckAt").lte(until)
    condition = Key("OpenState").eq(open_state) & in_time
    return {"IndexName": "open-contacts", **condition_as("KeyConditionExpression", condition)}


def _holds(name: str, value: object) -> ConditionBase:
    """Match an attribute's value, which an earlier item has under the earlier name."""
    earlier = _EARLIER_NAMES.get(name)
    holds: ConditionBase = Attr(name).eq(value)
    return holds | (absent(name) & Attr(earlier).eq(value)) if earlier else holds


def _left_without_agent() -> Part:
    condition = Attr("State").eq("COMPLETED - QUEUE/IVR") & absent("ConnectedToAgentTimestamp")
    return condition_as("ConditionExpression", condition)
