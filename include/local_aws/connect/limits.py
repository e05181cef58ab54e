"""The limits of what an operation is sent, by the service model; botocore checks only some of them."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape


def check_limits(operation: str, members: Mapping[str, Any]) -> None:
    """Check that required members are there, every length and number against its limits, words against enums.

    :param operation: such as ``SearchContacts``.
    :param members: of its request, as they came over the wire.
    :raises ValueError: names every member that is missing or out of its limits, and what is allowed.
    """
    shape = service_model().operation_model(operation).input_shape
    wrong = list(_wrong(shape, members, operation)) if shape else []
    if wrong:
        raise ValueError("; ".join(wrong))


@cache
def service_model() -> ServiceModel:
    """Return botocore's model of Amazon Connect."""
    return botocore.session.get_session().get_service_model("connect")


def _wrong(shape: Shape, value: Any, path: str) -> Iterator[str]:  # noqa: ANN401  # JSON
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    size = value if isinstance(value, int) else len(value) if isinstance(value, str | list | dict) else None
    if size is not None and not (low or size) <= size <= (size if high is None else high):
        yield f"{path} is {size}, allowed is {low} to {high}"
    words = shape.metadata.get("enum")
    if words and value not in words:
        yield f"{path} is no such word, allowed are {', '.join(words)}"
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        yield from (f"{path}.{name} is missing" for name in shape.required_members if name not in value)
    for name, part, member in _parts(shape, value):
        yield from _wrong(member, part, f"{path}.{name}")


def _parts(shape: Shape, value: Any) -> Iterator[tuple[str, Any, Shape]]:  # noqa: ANN401  # JSON
    match shape, value:
        case StructureShape(), dict():
            yield from ((name, value[name], part) for name, part in shape.members.items() if name in value)
        case ListShape(), list():
            yield from ((str(place), part, shape.member) for place, part in enumerate(value))
        case MapShape(), dict():
            yield from ((str(name), part, shape.value) for name, part in value.items())
