"""How one attribute of a contact is stored, and how it is read back."""

from datetime import datetime
from enum import StrEnum
from typing import Any, get_args

from audio_leakage.errors import InvalidContact
from audio_leakage.times import format_time, parse_time


def stored(value: object) -> object:
    """Return a value as DynamoDB keeps it: times and enums are texts, tuples are lists."""
    match value:
        case datetime():
            return format_time(value)
        case tuple():
            return list(value)
        case StrEnum():
            return str(value)
    return value


def read(attribute: str, value: Any, kind: type) -> Any:  # noqa: ANN401  # as wide as an item
    """Return a stored value as an object of its kind.

    :param attribute: the attribute's name, for the error.
    :param value: what the item has there.
    :param kind: the class behind the field's annotation, see :func:`kind_of`.
    :raises InvalidContact: when it cannot be read; names the attribute and what is allowed there.
    """
    try:
        if kind is datetime:
            return parse_time(str(value))
        if kind is tuple:
            return _texts(attribute, value)
        return kind(value)
    except (OverflowError, TypeError, ValueError):
        # Without the value: it may be about a person, and this ends up in logs and alerts.
        raise InvalidContact(f"{attribute} cannot be read; allowed {_allowed(kind)}") from None


def _texts(attribute: str, value: Any) -> tuple[str, ...]:  # noqa: ANN401  # as wide as an item
    """Return the texts of a list, or a single text.

    A write is conditional on RecordingBlocks. If they were not a list, no write could ever succeed.
    """
    if attribute == "RecordingBlocks" and not (isinstance(value, list) and value):
        raise TypeError
    return tuple(str(part) for part in value) if isinstance(value, list) else (str(value),)


def _allowed(kind: type) -> str:
    if issubclass(kind, StrEnum):
        return f"are {choices(kind)}"
    if kind is tuple:
        return "is a list of texts, or no attribute"
    return "is a time in ISO-8601 with its offset" if kind is datetime else "is a whole number"


def choices(kind: type[StrEnum]) -> str:
    """Return the members of an enum for an error message."""
    return ", ".join(f"'{choice}'" for choice in kind)


def kind_of(annotation: Any) -> type:  # noqa: ANN401  # annotations have no common type
    """Return the class behind ``X``, ``X | None`` or ``tuple[X, ...]``."""
    if isinstance(annotation, type):
        return annotation
    if getattr(annotation, "__origin__", None) is tuple:
        return tuple
    return next(kind_of(part) for part in get_args(annotation) if part is not type(None))
