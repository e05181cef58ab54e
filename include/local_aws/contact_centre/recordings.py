"""Recordings as Connect writes them: WAV, pcm_s16le, 8000 Hz, two channels.

Source: docs/amazon-connect.md, "The file".
"""

import struct
from dataclasses import dataclass
from datetime import datetime, timedelta

HEADER_BYTES = 44
_RATE = 8000
_SAMPLE_BYTES = 4  # of both channels
#: Audio comes in frames of 20 ms: a file with less than one of them has none.
_FRAME_BYTES = _RATE // 50 * _SAMPLE_BYTES


@dataclass(frozen=True, slots=True)
class Pointer:
    """An entry of ``Contact.Recordings``."""

    key: str
    appears: datetime
    participant: str | None = None


@dataclass(frozen=True, slots=True)
class File:
    """An object that lands in the recording bucket."""

    key: str
    size: int  # bytes
    lands: datetime


def size_of(length: timedelta) -> int:
    """Return the size in bytes of a recording of a length."""
    return HEADER_BYTES + round(length.total_seconds() * _RATE) * _SAMPLE_BYTES


def length_of(size: int) -> timedelta:
    """Return the length of a recording of a size in bytes."""
    return timedelta(seconds=max(size - HEADER_BYTES, 0) / (_RATE * _SAMPLE_BYTES))


def has_audio(size: int) -> bool:
    """Tell whether a recording of a size in bytes has at least one frame."""
    return size - HEADER_BYTES >= _FRAME_BYTES


def wav(size: int) -> bytes:
    """Return silence of a size in bytes, header included; a size of zero has not even that."""
    if size < HEADER_BYTES:
        return b""
    audio = size - HEADER_BYTES
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, _RATE, _RATE * _SAMPLE_BYTES, _SAMPLE_BYTES, 16)
    return (
        b"RIFF"
        + struct.pack("<I", size - 8)
        + b"WAVE"
        + form
        + b"data"
        + struct.pack("<I", audio)
        + bytes(audio)
    )
