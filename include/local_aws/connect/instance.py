"""What an instance is configured like: where it stores, and which of its features are on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local_aws.connect.limits import check_limits
from local_aws.connect.tokens import page_of

#: The most that ListInstanceStorageConfigs gives in a page, and what it gives if nobody says how many.
_PAGE = 10


@dataclass
class InstanceConfiguration:
    """The configuration of an instance, for tests to change."""

    storage: list[dict[str, Any]]
    """The ``S3Config`` of each place of call recordings."""
    attributes: dict[str, str] = field(default_factory=lambda: {"CONTACTFLOW_LOGS": "true"})
    """Value by type; any other is ``false``."""


def list_storage_configs(storage: Sequence[Mapping[str, Any]], query: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return one page of ListInstanceStorageConfigs.

    :raises ValueError: names what the request may not ask for.
    """
    check_limits("ListInstanceStorageConfigs", query)
    configs = [
        {"AssociationId": str(place), "StorageType": "S3", "S3Config": config}
        for place, config in enumerate(storage, start=1)
        if query["ResourceType"] == "CALL_RECORDINGS"
    ]
    page, more = page_of("ListInstanceStorageConfigs", query, configs, query.get("MaxResults") or _PAGE)
    return {"StorageConfigs": page, **more}


def instance_attribute(attributes: Mapping[str, str], query: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the answer of DescribeInstanceAttribute.

    :raises ValueError: names what the request may not ask for.
    """
    check_limits("DescribeInstanceAttribute", query)
    kind = query["AttributeType"]
    return {"Attribute": {"AttributeType": kind, "Value": attributes.get(kind, "false")}}
