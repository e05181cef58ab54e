"""Where the recording of a contact lies, and what counts as one.

Every rule here is a fact of docs/amazon-connect.md, "Where a recording lies" and "The file".
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from audio_leakage.contacts.contact import Contact, check_contact_id

_WAV_HEADER_BYTES = 44
_BYTES_PER_SECOND = 32_000  # pcm_s16le, 8000 Hz, 2 channels
_FRAME_BYTES = 640  # 20 ms
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_LONGEST_KEY = 1024  # bytes
_NAME_AFTER_ID = re.compile(r"\d{8}T\d{2}:\d{2}_UTC\.wav")
_NOT_THE_CONVERSATION = re.compile(
    r"(^|/)(ivr/\d{4}/|Analysis/Voice/|[^/]*voice-?_?mails?[^/]*/)|(^|/)[^/]*voicemail[^/]*$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class RecordingStorage:
    """The bucket and prefix (no date, no slash at either end) an instance lays its recordings under."""

    bucket: str
    prefix: str


def seconds_in(size: int) -> int:
    """Return the length of the audio in a recording of a size in bytes."""
    return max(size - _WAV_HEADER_BYTES, 0) // _BYTES_PER_SECOND


def has_audio(size: int) -> bool:
    """Tell whether a recording of a size in bytes has at least one frame of audio behind its WAV header."""
    return size >= _WAV_HEADER_BYTES + _FRAME_BYTES


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object as a listing shows it."""

    bucket: str
    key: str
    size: int
    """In bytes."""
    last_modified: datetime
    """Aware."""

    @property
    def seconds(self) -> int:
        """The length of the audio, from the size alone: nothing is downloaded, nothing decrypted."""
        return seconds_in(self.size)

    @property
    def has_audio(self) -> bool:
        """Whether there is at least one frame of audio behind the WAV header."""
        return has_audio(self.size)


@dataclass(frozen=True, slots=True)
class Place:
    """One listing to ask for: everything in ``bucket`` whose key begins with ``prefix``."""

    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"{self.bucket}/{self.prefix}"


def candidate_places(contact: Contact, storage: RecordingStorage) -> Iterator[Place]:
    """Yield the places where the recording may lie, the likeliest first.

    These are :func:`likely_places`, and one day either side of both days. Each place is one LIST that only
    this contact's objects can answer.

    :raises InvalidContact: when the contact's id is not one.
    """
    yield from likely_places(contact, storage)
    days = _days(contact)
    for day in dict.fromkeys(day + timedelta(days=offset) for day in days for offset in (-1, 1)):
        if day not in days:
            yield _place(contact, storage, day)


def likely_places(contact: Contact, storage: RecordingStorage) -> Iterator[Place]:
    """Yield Connect's own pointer, then the UTC day the agent connected and the day of the disconnect.

    :raises InvalidContact: when the contact's id is not one.
    """
    pointer = pointed_place(contact)
    if pointer:
        yield pointer
    for day in _days(contact):
        yield _place(contact, storage, day)


def pointed_place(contact: Contact) -> Place | None:
    """Return the place Connect's own pointer names, if there is one and S3 can be asked for it."""
    bucket, _, key = (contact.recording_location or "").partition("/")
    possible = _BUCKET.fullmatch(bucket) and key.isprintable() and 0 < len(key.encode()) <= _LONGEST_KEY
    return Place(bucket, key) if possible else None


def is_conversation(key: str) -> bool:
    """Tell whether a key may be an agent recording; IVR audio, Contact Lens output and voicemail are not."""
    return key.endswith(".wav") and not _NOT_THE_CONVERSATION.search(key)


def matches(contact: Contact, place: Place, found: StoredObject) -> bool:
    """Tell whether an object listed at a place is this contact's agent recording.

    The key must be the pointer's own, or lie directly in the day's folder under the name
    ``{contactId}_{YYYYMMDD}T{HH:MM}_UTC.wav``.
    """
    if place == pointed_place(contact):
        return found.key == place.prefix and is_conversation(found.key)
    return _NAME_AFTER_ID.fullmatch(found.key.removeprefix(place.prefix)) is not None


def longest(recordings: Iterable[StoredObject]) -> StoredObject | None:
    """Return the longest of several recordings."""
    return max(recordings, key=lambda recording: recording.size, default=None)


def _days(contact: Contact) -> list[date]:
    moments = (contact.connected_to_agent_timestamp, contact.left_at)
    return list(dict.fromkeys(moment.astimezone(UTC).date() for moment in moments if moment))


def _place(contact: Contact, storage: RecordingStorage, day: date) -> Place:
    contact_id = check_contact_id(contact.contact_id).lower()  # as Connect writes it into keys
    return Place(
        storage.bucket, "/".join(filter(None, (storage.prefix, f"{day:%Y/%m/%d}", f"{contact_id}_")))
    )
