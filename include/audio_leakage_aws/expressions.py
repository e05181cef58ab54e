"""Parts of a request to DynamoDB: conditions and updates, with a placeholder for every name.

``State`` is a reserved word. Each kind of part has placeholders of its own, so that parts go together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase, ConditionExpressionBuilder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Part = dict[str, Any]


def absent(name: str) -> ConditionBase:
    """Match what other writers leave: the attribute is missing, or NULL."""
    return Attr(name).not_exists() | Attr(name).attribute_type("NULL")


def condition_as(parameter: str, condition: ConditionBase) -> Part:
    """Build a condition here: boto3 does it with one builder per client, which threads must not share.

    :param parameter: such as ``KeyConditionExpression``.
    """
    is_key_condition = parameter == "KeyConditionExpression"
    built = ConditionExpressionBuilder().build_expression(condition, is_key_condition=is_key_condition)
    part = {
        parameter: built.condition_expression,
        "ExpressionAttributeNames": built.attribute_name_placeholders,
        "ExpressionAttributeValues": built.attribute_value_placeholders,
    }
    return {name: value for name, value in part.items() if value}


def update_of(put: Mapping[str, Any], remove: Sequence[str]) -> Part:
    """Set some attributes and remove others."""
    names = {f"#{place}": name for place, name in enumerate([*put, *remove])}
    values = {f":{place}": value for place, value in enumerate(put.values())}
    assignments = ", ".join(f"#{place} = :{place}" for place in range(len(put)))
    removals = ", ".join(f"#{place}" for place in range(len(put), len(names)))
    clauses = [f"SET {assignments}" if put else "", f"REMOVE {removals}" if remove else ""]
    part: Part = {"UpdateExpression": " ".join(filter(None, clauses)), "ExpressionAttributeNames": names}
    return part | ({"ExpressionAttributeValues": values} if values else {})


def together(*parts: Part) -> Part:
    """Put parts of one request together; they may share placeholders' names and values, and nothing else."""
    whole: Part = {}
    for part in parts:
        for name, value in part.items():
            whole[name] = whole.get(name, {}) | value if isinstance(value, dict) else value
    return whole
