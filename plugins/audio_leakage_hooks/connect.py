"""Amazon Connect."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook
from botocore.exceptions import ClientError

from audio_leakage.errors import ContactNotFound, ServiceUnavailable, SetupError
from audio_leakage_aws.errors import code_of, domain_errors, member
from audio_leakage_aws.pages import complete
from audio_leakage_hooks.rate_limit import LONGEST_WAIT, RateLimiter, shared_limiter
from audio_leakage_hooks.retrying_hook import RetryingHook

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from types_boto3_connect.client import ConnectClient
    from types_boto3_connect.literals import QueueTypeType
    from types_boto3_connect.type_defs import (
        ContactSearchSummaryTypeDef,
        DescribeContactResponseTypeDef,
        QueueSummaryTypeDef,
    )

    TimeRangeType = Literal["INITIATION_TIMESTAMP", "CONNECTED_TO_AGENT_TIMESTAMP", "DISCONNECT_TIMESTAMP"]

_SETTING = "connect_instance_id"
_UNKNOWN = ("ResourceNotFoundException", "InvalidRequestException", "InvalidParameterException")


#: The members of a result of SearchContacts that leave this hook: no names, tags, endpoints or attributes.
_ALLOWED = (
    "Id",
    "InitialContactId",
    "PreviousContactId",
    "InitiationMethod",
    "Channel",
    "InitiationTimestamp",
    "DisconnectTimestamp",
)
_ALLOWED_WITHIN = {
    "QueueInfo": ("Id",),
    "AgentInfo": ("Id", "ConnectedToAgentTimestamp"),
    "SegmentAttributes": ("connect:Subtype", "connect:ValidationTestType"),
}
#: Values of one filter of GetMetricDataV2, and pages of an answer that has one.
_QUEUES_AT_ONCE, _MOST_PAGES = 100, 100


class ConnectHook(RetryingHook, AwsGenericHook["ConnectClient"]):
    """Interact with Amazon Connect.

    Provide thin wrapper around :external+boto3:py:class:`boto3.client("connect") <Connect.Client>`.

    Additional arguments (such as ``aws_conn_id``) may be specified and are passed down to the underlying
    AwsBaseHook. Every method raises the domain's ``SetupError`` and ``ServiceUnavailable``.

    .. seealso::
        - :class:`airflow.providers.amazon.aws.hooks.base_aws.AwsBaseHook`
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["client_type"] = "connect"
        super().__init__(*args, **kwargs)
        self._limiters: dict[str, RateLimiter] = {}

    @cached_property
    def conn(self) -> ConnectClient:
        """The client, made when it is first used, with the rates that were set."""
        client: ConnectClient = super().conn
        for operation, limiter in self._limiters.items():
            client.meta.events.register(f"before-send.connect.{operation}", limiter)
        return client

    def limit_rate(self, operation: str, per_second: float, longest_wait: float = LONGEST_WAIT) -> None:
        """Limit how often this process calls an operation, retries included; call this before any request.

        All callers of an account and Region share Connect's quotas (docs/amazon-connect.md, "Quotas").

        :param operation: the operation as AWS spells it, such as ``DescribeContact``.
        :param per_second: calls per second.
        :param longest_wait: seconds after which waiting for a turn would outlast the task.
        """
        self._limiters[operation] = shared_limiter(operation, per_second, longest_wait)

    def describe_contact(self, instance_id: str, contact_id: str) -> DescribeContactResponseTypeDef:
        """Describe one contact.

        .. seealso::
            - :external+boto3:py:meth:`Connect.Client.describe_contact`

        :param instance_id: the instance's UUID.
        :param contact_id: the contact's UUID.
        :return: the answer as boto3 gives it.
        :raises ContactNotFound: when Connect does not know the contact (yet): eventual consistency shows as
            ResourceNotFoundException or InvalidRequestException for minutes.
        """
        with domain_errors("connect:DescribeContact", f"Connect instance '{instance_id}'", _SETTING):
            try:
                return self.conn.describe_contact(InstanceId=instance_id, ContactId=contact_id)
            except ClientError as error:
                if code_of(error) not in _UNKNOWN:
                    raise
                raise ContactNotFound(f"Connect does not know contact {contact_id}") from error

    def search_contacts(
        self,
        instance_id: str,
        kind: TimeRangeType,
        start: datetime,
        end: datetime,
    ) -> Iterator[ContactSearchSummaryTypeDef]:
        """Search the voice contacts of a time range, the newest first; all pages are followed.

        .. seealso::
            - :external+boto3:py:meth:`Connect.Client.search_contacts`

        :param instance_id: the instance's UUID.
        :param kind: which of a contact's timestamps must lie in the range.
        :param start: aware; the range is at most eight weeks long.
        :param end: aware.
        :return: the contacts, 100 a request.
        """
        with domain_errors("connect:SearchContacts", f"Connect instance '{instance_id}'", _SETTING):
            pages = self.conn.get_paginator("search_contacts").paginate(
                InstanceId=instance_id,
                TimeRange={"Type": kind, "StartTime": start, "EndTime": end},
                SearchCriteria={"Channels": ["VOICE"]},
                Sort={"FieldName": kind, "Order": "DESCENDING"},
                PaginationConfig={"PageSize": 100},
            )
            for page in complete(pages, "NextToken"):
                yield from map(_allowed, member(page, "Contacts"))

    def population(
        self, instance_id: str, start: datetime, end: datetime
    ) -> Iterator[tuple[list[Mapping[str, Any]], int]]:
        """Search the voice contacts that an agent took in a time range, the earliest first, page by page.

        .. seealso::
            - :external+boto3:py:meth:`Connect.Client.search_contacts`

        :param instance_id: the instance's UUID.
        :param start: aware; included.
        :param end: aware; included.
        :return: at most 100 contacts a page, each page with ``TotalCount``.
        """
        with domain_errors("connect:SearchContacts", f"Connect instance '{instance_id}'", _SETTING):
            pages = self.conn.get_paginator("search_contacts").paginate(
                **_of_agents(instance_id, start, end), PaginationConfig={"PageSize": 100}
            )
            for page in complete(pages, "NextToken"):
                yield list(map(_allowed, member(page, "Contacts"))), member(page, "TotalCount")

    def count_population(self, instance_id: str, start: datetime, end: datetime) -> int:
        """Count the voice contacts that an agent took in a time range, with one request.

        .. seealso::
            - :external+boto3:py:meth:`Connect.Client.search_contacts`

        :param instance_id: the instance's UUID.
        :param start: aware; included.
        :param end: aware; included.
        """
        with domain_errors("connect:SearchContacts", f"Connect instance '{instance_id}'", _SETTING):
            answer = self.conn.search_contacts(**_of_agents(instance_id, start, end), MaxResults=1)
            return int(member(answer, "TotalCount"))

    def standard_queues(self, instance_id: str) -> dict[str, str]:
        """List the queues that are no agent's own.

        .. seealso::
            - :external+boto3:py:meth:`Connect.Client.list_queues`

        :param instance_id: the instance's UUID.
        :return: ARN by id.
        """
        return {queue["Id"]: queue["Arn"] for queue in self._queues(instance_id, "STANDARD")}

    def unknown_queues(self, instance_id: str, queue_ids: Iterable[str]) -> set[str]:
        """Return those ids that are no queue of the instance. Pages are followed until all are found.

        .. seealso::
            - :external+boto3:py:meth:`Connect.Client.list_queues`

        :param instance_id: the instance's UUID.
        :param queue_ids: ids of standard queues, or of agents' own, in small letters.
        """
        unknown = set(queue_ids)
        for queue in self._queues(instance_id, "STANDARD", "AGENT"):
            unknown.discard(queue["Id"].lower())
            if not unknown:
                break
        return unknown

    def _queues(self, instance_id: str, *types: QueueTypeType) -> Iterator[QueueSummaryTypeDef]:
        with domain_errors("connect:ListQueues", f"Connect instance '{instance_id}'", _SETTING):
            pages = self.conn.get_paginator("list_queues").paginate(
                InstanceId=instance_id, QueueTypes=types, PaginationConfig={"PageSize": 1000}
            )
            for page in complete(pages, "NextToken"):
                yield from member(page, "QueueSummaryList")

    def contacts_handled(self, queues: Mapping[str, str], start: datetime, end: datetime) -> float:
        """Return the metric CONTACTS_HANDLED_BY_CONNECTED_TO_AGENT for voice, summed over some queues.

        .. seealso::
            - :external+boto3:py:meth:`Connect.Client.get_metric_data_v2`

        :param queues: ARN by id of each queue, at least one. The service takes a hundred in a request.
        :param start: aware; the service aligns it.
        :param end: aware.
        """
        instance_arn = next(iter(queues.values())).partition("/queue/")[0]
        ids, total = sorted(queues), 0.0
        with domain_errors("connect:GetMetricDataV2", f"'{instance_arn}'", _SETTING):
            for first in range(0, len(ids), _QUEUES_AT_ONCE):
                total += self._handled(instance_arn, ids[first : first + _QUEUES_AT_ONCE], start, end)
        return total

    def _handled(self, instance_arn: str, queue_ids: list[str], start: datetime, end: datetime) -> float:
        token: dict[str, Any] = {}
        total = 0.0
        for _ in range(_MOST_PAGES):
            answer = self.conn.get_metric_data_v2(
                ResourceArn=instance_arn,
                StartTime=start,
                EndTime=end,
                Filters=[
                    {"FilterKey": "QUEUE", "FilterValues": queue_ids},
                    {"FilterKey": "CHANNEL", "FilterValues": ["VOICE"]},
                ],
                Metrics=[{"Name": "CONTACTS_HANDLED_BY_CONNECTED_TO_AGENT"}],
                **token,
            )
            total += sum(
                float(collection.get("Value", 0))
                for result in member(answer, "MetricResults")
                for collection in result.get("Collections", [])
            )
            if not answer.get("NextToken"):
                return total
            token = {"NextToken": answer["NextToken"]}
        raise ServiceUnavailable(f"a metric has more than {_MOST_PAGES} pages")

    def recording_storage(self, instance_id: str) -> tuple[str, str]:
        """Return where an instance lays its call recordings.

        .. seealso::
            - :external+boto3:py:meth:`Connect.Client.list_instance_storage_configs`

        :param instance_id: the instance's UUID.
        :return: bucket and prefix, without slash at the end.
        :raises SetupError: when the instance keeps no call recordings in S3.
        """
        configs = self._storage_configs(instance_id)
        storage = next((config["S3Config"] for config in configs if "S3Config" in config), None)
        if storage is None:
            raise SetupError(
                f"Connect instance '{instance_id}' has no S3 storage for call recordings: "
                "add it to the instance, or set 'recording_bucket' and 'recording_prefix'"
            )
        return storage["BucketName"], storage["BucketPrefix"].rstrip("/")

    def check_instance(self, instance_id: str) -> None:
        """Make sure that it is the contact that Connect does not know, and not the instance.

        :param instance_id: the instance's UUID.
        :raises SetupError: when there is no such instance, or when it may not be asked.
        """
        next(self._storage_configs(instance_id), None)

    def _storage_configs(self, instance_id: str) -> Iterator[Mapping[str, Any]]:
        with domain_errors(
            "connect:ListInstanceStorageConfigs", f"Connect instance '{instance_id}'", _SETTING
        ):
            pages = self.conn.get_paginator("list_instance_storage_configs").paginate(
                InstanceId=instance_id, ResourceType="CALL_RECORDINGS"
            )
            for page in complete(pages, "NextToken"):
                yield from member(page, "StorageConfigs")


def _of_agents(instance_id: str, start: datetime, end: datetime) -> dict[str, Any]:
    """Return the search for voice contacts by the time that their agent was connected."""
    return {
        "InstanceId": instance_id,
        "TimeRange": {"Type": "CONNECTED_TO_AGENT_TIMESTAMP", "StartTime": start, "EndTime": end},
        "SearchCriteria": {"Channels": ["VOICE"]},
        "Sort": {"FieldName": "CONNECTED_TO_AGENT_TIMESTAMP", "Order": "ASCENDING"},
    }


def _allowed(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the few members of a result that we may know."""
    within = {
        name: {inner: structure[inner] for inner in allowed if inner in structure}
        for name, allowed in _ALLOWED_WITHIN.items()
        if isinstance(structure := found.get(name), dict)
    }
    return {name: found[name] for name in _ALLOWED if name in found} | within
