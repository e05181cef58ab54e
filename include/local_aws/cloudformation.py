"""Correct moto's CloudFormation where it differs from AWS's."""

from typing import Any

from moto.cloudformation import parsing

_resolve = parsing.clean_json


def _resolve_without_nothing(resource_json: Any, resources_map: Any) -> Any:  # noqa: ANN401  # JSON
    """Drop ``AWS::NoValue`` from lists, too. moto drops it from objects only, and leaves a null in lists."""
    resolved = _resolve(resource_json, resources_map)
    return [each for each in resolved if each is not None] if isinstance(resource_json, list) else resolved


def leave_out_no_value() -> None:
    """Make moto drop ``AWS::NoValue`` like CloudFormation, for the rest of this process."""
    parsing.clean_json = _resolve_without_nothing
