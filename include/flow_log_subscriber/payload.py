"""Decode the events that CloudWatch Logs sends to a subscribed Lambda.

``event["awslogs"]["data"]`` is JSON, compressed with gzip, in base64. See "Using CloudWatch Logs subscription
filters" in the CloudWatch Logs user guide.
"""

import base64
import binascii
import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

#: Maximum size of the unpacked data, in bytes. The function has 256 MB of memory.
_LONGEST = 32 * 1024 * 1024


class UnreadablePayload(ValueError):
    """CloudWatch Logs cannot have sent the event. The message names the step that failed."""


def log_events(event: Mapping[str, Any]) -> Iterator[tuple[datetime, str]]:
    """Yield time and message of each log event in an invocation.

    CloudWatch Logs sends control messages to probe the function. They yield nothing.

    :param event: the Lambda's event.
    :return: pairs of an aware time and a text.
    :raises UnreadablePayload: names the step that failed.
    """
    payload = _decoded(event)
    if payload.get("messageType") == "CONTROL_MESSAGE":
        return
    try:
        for log_event in payload["logEvents"]:
            yield datetime.fromtimestamp(log_event["timestamp"] / 1000, UTC), _text(log_event["message"])
    except (LookupError, TypeError, OverflowError, OSError, ValueError) as error:
        raise UnreadablePayload(f"a log event lacks a member or has a wrong one: {error!r}") from error


def _text(message: object) -> str:
    if not isinstance(message, str):
        raise TypeError("a message is not a text")
    return message


def _decoded(event: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        zipped = base64.b64decode(event["awslogs"]["data"], validate=True)
    except (LookupError, TypeError, binascii.Error, ValueError) as error:
        raise UnreadablePayload(f"the event has no base64 under awslogs.data: {error!r}") from error
    try:
        with gzip.GzipFile(fileobj=BytesIO(zipped)) as opened:
            text = opened.read(_LONGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadablePayload(f"the data is not gzip: {error!r}") from error
    if len(text) > _LONGEST:
        raise UnreadablePayload(f"the data is longer than {_LONGEST} bytes")
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError) as error:
        kind = type(error).__name__  # not its text, which quotes all bytes that are not UTF-8
        raise UnreadablePayload(f"the data is not JSON: {kind}") from None
    if not isinstance(payload, dict):
        raise UnreadablePayload("the data is JSON, but not an object")
    return payload
