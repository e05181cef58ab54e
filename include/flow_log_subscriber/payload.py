"""What CloudWatch Logs hands to a subscribed Lambda.

``event["awslogs"]["data"]`` is base64 of gzip of JSON; see "Using CloudWatch Logs subscription filters" in
the CloudWatch Logs user guide.
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

#: Unpacked bytes. A delivery is at most a megabyte packed; the function has 256 MB for what becomes of it.
_LONGEST = 32 * 1024 * 1024


class UnreadablePayload(ValueError):
    """The event is not what CloudWatch Logs sends."""


def log_events(event: Mapping[str, Any]) -> Iterator[tuple[datetime, str]]:
    """Give time (aware) and message of each log event in an invocation.

    A control message, with which CloudWatch Logs probes whether the function can be reached, has none.

    :param event: the Lambda's event.
    :raises UnreadablePayload: says at which step it could not be read.
    """
    payload = _decoded(event)
    if payload.get("messageType") == "CONTROL_MESSAGE":
        return
    try:
        for log_event in payload["logEvents"]:
            yield datetime.fromtimestamp(log_event["timestamp"] / 1000, UTC), _text(log_event["message"])
    except (LookupError, TypeError, OverflowError, OSError, ValueError) as error:
        raise UnreadablePayload(f"a log event lacks what it must have: {error!r}") from error


def _text(message: object) -> str:
    if not isinstance(message, str):
        raise TypeError("a message is no text")
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
        kind = type(error).__name__  # and not its text: of bytes that are no UTF-8 it quotes all
        raise UnreadablePayload(f"the data is not JSON: {kind}") from None
    if not isinstance(payload, dict):
        raise UnreadablePayload("the data is JSON, but no object")
    return payload
