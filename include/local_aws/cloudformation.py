"""What moto's CloudFormation does otherwise than AWS's, put right."""

from typing import Any

from moto.cloudformation import parsing

_resolve = parsing.clean_json


def _resolve_without_nothing(resource_json: Any, resources_map: Any) -> Any:  # noqa: ANN401  # JSON
    """Leave out what is ``AWS::NoValue`` from lists, too; moto does so from objects only and keeps a null."""
    resolved = _resolve(resource_json, resources_map)
    return [each for each in resolved if each is not None] if isinstance(resource_json, list) else resolved


def leave_out_no_value() -> None:
    """Have moto do as CloudFormation does, for the rest of this process."""
    parsing.clean_json = _resolve_without_nothing
