"""Correct moto's S3 where it differs from AWS's: of many who write one object with a condition, one wins."""

from threading import RLock

from moto.core.common_types import TYPE_RESPONSE
from moto.s3.responses import S3Response

_one_at_a_time = RLock()
_put_object = S3Response.put_object


def write_one_at_a_time() -> None:
    """Let no write come between another one's condition and its write, for the rest of this process."""
    S3Response.put_object = _put_in_turn  # type: ignore[assignment, method-assign]


def _put_in_turn(response: S3Response) -> TYPE_RESPONSE:
    with _one_at_a_time:
        return _put_object(response)
