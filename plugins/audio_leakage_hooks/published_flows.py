"""The published flows of an Amazon Connect instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from audio_leakage_aws.errors import code_of, domain_errors, member
from audio_leakage_aws.pages import complete

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from audio_leakage_hooks.connect import ConnectHook

#: The operations that read flows. Each has a quota of 2 requests a second.
OPERATIONS = (
    "SearchContactFlows",
    "SearchContactFlowModules",
    "DescribeContactFlow",
    "DescribeContactFlowModule",
    "ListFlowAssociations",
)
_MODULE = "MODULE"
_ACTIVE = {"StateCondition": "ACTIVE"}
_NOT_PUBLISHED = "ContactFlowNotPublishedException"


class PublishedFlows:
    """Read flows through a connected hook. No content is kept.

    Every method raises the domain's ``SetupError`` and ``ServiceUnavailable``.

    :param connect: the hook, with the rates that were set.
    """

    def __init__(self, connect: ConnectHook) -> None:
        self._connect = connect

    def inventory(self, instance_id: str) -> Iterator[Mapping[str, str]]:
        """List the active flows and modules with the hashes of their contents.

        Which content the hash of a flow with unpublished changes belongs to is not documented. A hash that
        differs only says that the flow is to be read again.

        .. seealso::
            - :external+boto3:py:meth:`Connect.Client.search_contact_flows`
            - :external+boto3:py:meth:`Connect.Client.search_contact_flow_modules`

        :param instance_id: the instance's UUID.
        :return: ``id``, ``name``, ``type`` and ``sha256``; the type of a module is ``MODULE``.
        """
        for flow in self._found("search_contact_flows", "ContactFlows", instance_id):
            yield _summary(flow, flow["Type"], flow.get("FlowContentSha256"))
        for module in self._found("search_contact_flow_modules", "ContactFlowModules", instance_id):
            yield _summary(module, _MODULE, module.get("FlowModuleContentSha256"))

    def content(self, instance_id: str, flow_id: str, flow_type: str) -> str | None:
        """Return the published content of a flow or a module; None if none was ever published.

        .. seealso::
            - :external+boto3:py:meth:`Connect.Client.describe_contact_flow`
            - :external+boto3:py:meth:`Connect.Client.describe_contact_flow_module`

        :param instance_id: the instance's UUID.
        :param flow_id: its UUID.
        :param flow_type: as :meth:`inventory` gives it.
        """
        try:
            if flow_type == _MODULE:
                with _errors("connect:DescribeContactFlowModule", instance_id):
                    answer: Any = self._connect.conn.describe_contact_flow_module(
                        InstanceId=instance_id, ContactFlowModuleId=flow_id
                    )
                    return str(member(answer, "ContactFlowModule").get("Content", ""))
            with _errors("connect:DescribeContactFlow", instance_id):
                return self._flow(instance_id, flow_id)
        except _NotPublished:
            return None

    def phone_numbers(self, instance_id: str) -> Mapping[str, str]:
        """Return the flow of each phone number, both by ARN or ID. The number itself is not asked for.

        .. seealso::
            - :external+boto3:py:meth:`Connect.Client.list_flow_associations`

        :param instance_id: the instance's UUID.
        """
        with _errors("connect:ListFlowAssociations", instance_id):
            pages = self._connect.conn.get_paginator("list_flow_associations").paginate(
                InstanceId=instance_id,
                ResourceType="VOICE_PHONE_NUMBER",
                PaginationConfig={"PageSize": 1000},
            )
            return {
                each["ResourceId"]: each["FlowId"]
                for page in complete(pages, "NextToken")
                for each in member(page, "FlowAssociationSummaryList")
            }

    def queue_ids(self, instance_id: str) -> Iterator[str]:
        """Yield the IDs of the standard queues.

        :param instance_id: the instance's UUID.
        """
        return iter(self._connect.standard_queues(instance_id))

    def _found(self, operation: str, items: str, instance_id: str) -> Iterator[Mapping[str, Any]]:
        action = "connect:" + "".join(word.capitalize() for word in operation.split("_"))
        with _errors(action, instance_id):
            pages = self._connect.conn.get_paginator(operation).paginate(  # type: ignore[call-overload]
                InstanceId=instance_id, SearchCriteria=_ACTIVE, PaginationConfig={"PageSize": 100}
            )
            for page in complete(pages, "NextToken"):
                yield from member(page, items)

    def _flow(self, instance_id: str, flow_id: str) -> str:
        try:
            answer = self._connect.conn.describe_contact_flow(InstanceId=instance_id, ContactFlowId=flow_id)
        except ClientError as error:
            if code_of(error) != _NOT_PUBLISHED:
                raise
            raise _NotPublished from None
        return str(member(answer, "ContactFlow").get("Content", ""))


class _NotPublished(Exception):
    """A flow was saved and never published, so no call runs through it."""


def _summary(found: Mapping[str, Any], flow_type: str, sha256: str | None) -> Mapping[str, str]:
    return {"id": found["Id"], "name": found.get("Name", ""), "sha256": sha256 or "", "type": flow_type}


def _errors(action: str, instance_id: str) -> Any:  # noqa: ANN401  # contextlib's own, private type
    return domain_errors(action, f"Connect instance '{instance_id}'", "connect_instance_id")
