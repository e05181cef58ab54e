"""Recordings as Connect writes them: WAV, pcm_s16le, 8000 Hz, two channels.

Source: docs/amazon-connect.md, "The file".
"""

import struct
from datetime import timedelta

HEADER_BYTES = 44
_RATE = 8000
_FRAME_BYTES = 4


def size_of(length: timedelta) -> int:
    """Return the size in bytes of a recording of a length."""
    return HEADER_BYTES + round(length.total_seconds() * _RATE) * _FRAME_BYTES


def wav(size: int) -> bytes:
    """Return silence of a size in bytes, header included; a size of zero has not even that."""
    if size < HEADER_BYTES:
        return b""
    audio = size - HEADER_BYTES
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, _RATE, _RATE * _FRAME_BYTES, _FRAME_BYTES, 16)
    return (
        b"RIFF"
        + struct.pack("<I", size - 8)
        + b"WAVE"
        + form
        + b"data"
        + struct.pack("<I", audio)
        + bytes(audio)
    )
