"""The flows and modules of an instance, and the phone numbers that lead to them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local_aws.connect.limits import check_limits
from local_aws.connect.queue_listing import instance_arn
from local_aws.connect.tokens import page_of
from local_aws.contact_centre.flow_player import PublishedFlow

_MODULE = "MODULE"
#: What ListFlowAssociations gives in a page, and the searches, if nobody says how many.
_PAGE, _FOUND = 1000, 100


class NotPublished(LookupError):
    """A flow was saved, and never published."""


@dataclass
class InstanceFlows:
    """Flows and modules by ID, for tests to change."""

    published: dict[str, PublishedFlow] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    """Flow by the ID of a phone number."""
    unpublished: set[str] = field(default_factory=set)
    """Flows that were saved and never published."""
    archived: set[str] = field(default_factory=set)
    broken: dict[str, str] = field(default_factory=dict)
    """Contents that are no flow, by the flow's ID."""

    def content(self, flow_id: str) -> str:
        """Return the content of a flow as Connect stores it, as a text."""
        return self.broken.get(flow_id) or json.dumps(self.published[flow_id].content)


def search_flows(
    instance_id: str, flows: InstanceFlows, query: Mapping[str, Any], *, modules: bool
) -> Mapping[str, Any]:
    """Return one page of SearchContactFlows, or of SearchContactFlowModules.

    :raises ValueError: names what the request may not ask for.
    """
    operation = "SearchContactFlowModules" if modules else "SearchContactFlows"
    check_limits(operation, query)
    criteria = dict(query.get("SearchCriteria") or {})
    state = criteria.pop("StateCondition", None)
    if criteria or query.get("SearchFilter"):
        raise ValueError("only the criterion StateCondition is played")
    found = [
        _described(instance_id, flows, flow_id)
        for flow_id, flow in flows.published.items()
        if (flow.type == _MODULE) is modules and state in (None, _state(flows, flow_id))
    ]
    page, more = page_of(operation, query, found, query.get("MaxResults") or _FOUND)
    return {
        operation.removeprefix("Search"): list(page),
        "ApproximateTotalCount": len(found),
        **more,
    }


def describe_flow(
    instance_id: str, flows: InstanceFlows, query: Mapping[str, Any], *, modules: bool
) -> Mapping[str, Any]:
    """Return the answer of DescribeContactFlow, or of DescribeContactFlowModule.

    :raises LookupError: when there is no such flow.
    :raises NotPublished: when it was never published.
    """
    name = "ContactFlowModule" if modules else "ContactFlow"
    check_limits(f"Describe{name}", query)
    flow_id = str(query[f"{name}Id"])
    flow = flows.published.get(flow_id)
    if flow is None or (flow.type == _MODULE) is not modules:
        raise LookupError(f"{name} not found")
    if flow_id in flows.unpublished:
        raise NotPublished(f"{name} is not published")
    return {name: _described(instance_id, flows, flow_id)}


def list_flow_associations(
    instance_id: str, flows: InstanceFlows, query: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return one page of ListFlowAssociations, which names numbers and flows by their ARNs.

    :raises ValueError: names what the request may not ask for.
    """
    check_limits("ListFlowAssociations", query)
    arn = instance_arn(instance_id)
    account = arn.partition(":instance/")[0]
    found = [
        {
            "ResourceId": f"{account}:phone-number/{number}",
            "FlowId": f"{arn}/contact-flow/{flow_id}",
            "ResourceType": "VOICE_PHONE_NUMBER",
        }
        for number, flow_id in sorted(flows.numbers.items())
        if query.get("ResourceType") in (None, "VOICE_PHONE_NUMBER")
    ]
    page, more = page_of("ListFlowAssociations", query, found, query.get("MaxResults") or _PAGE)
    return {"FlowAssociationSummaryList": list(page), **more}


def _state(flows: InstanceFlows, flow_id: str) -> str:
    return "ARCHIVED" if flow_id in flows.archived else "ACTIVE"


def _described(instance_id: str, flows: InstanceFlows, flow_id: str) -> Mapping[str, Any]:
    flow, content = flows.published[flow_id], flows.content(flow_id)
    digest = hashlib.sha256(content.encode()).hexdigest()
    is_module = flow.type == _MODULE
    folder = "flow-module" if is_module else "contact-flow"
    return {
        "Arn": f"{instance_arn(instance_id)}/{folder}/{flow_id}",
        "Id": flow_id,
        "Name": flow.name,
        **({} if is_module else {"Type": flow.type}),
        "State": _state(flows, flow_id),
        "Status": "SAVED" if flow_id in flows.unpublished else "PUBLISHED",
        "Content": content,
        ("FlowModuleContentSha256" if is_module else "FlowContentSha256"): digest,
    }
