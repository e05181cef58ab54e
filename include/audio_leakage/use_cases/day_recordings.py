"""The use case ``list_recordings``: the day's folder of recordings, listed for the evidence itself.

So the evidence does not rest on the monitor's own word.
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, date
from itertools import islice
from typing import Any

from audio_leakage.contacts.contact import check_contact_id
from audio_leakage.contacts.recording import RecordingStorage, is_conversation
from audio_leakage.contacts.snapshot import ContactSnapshot
from audio_leakage.errors import AwsError, ContactNotFound, InvalidContact, MissingError
from audio_leakage.evidence.files import EvidenceFile, Json
from audio_leakage.evidence.sorting import sorted_lines
from audio_leakage.evidence.sources import DELETE_MARKER, NOT_ASKED, OTHER_DAY, UNRECOGNISED_OBJECT
from audio_leakage.evidence.stored import rows_at
from audio_leakage.times import format_time
from audio_leakage.use_cases.day_context import DayContext
from audio_leakage.use_cases.day_items import items_of

log = logging.getLogger(__name__)

#: At most this many recordings without a contact are asked Connect about each day, and as many that are gone.
_MOST_STRAYS = 200


def list_recordings(run: DayContext) -> dict[str, Any]:
    """List the folder of the day in the recording bucket, and keep the listing."""
    storage = run.storage()
    folder = _folder_of(storage, run.day)
    found = run.bucket.list_objects(storage.bucket, folder)
    key = f"{_listings(run)}{format_time(run.now)}.jsonl.gz"
    listing = sorted_lines(key, (_listed(storage.bucket, folder, each) for each in found))
    run.store.write(key, listing.stored)
    return {"objects": listing.rows, "listing": key}


def is_listed(run: DayContext) -> bool:
    """Tell whether the folder of the day was listed to its end."""
    return any(True for _ in run.store.keys(_listings(run)))


def recordings_of(run: DayContext, known: Collection[str], items: EvidenceFile) -> Iterator[Json]:
    """Yield the last listing, and the recordings that the monitor found outside the day's folder.

    :param known: ids of the contacts of the day. For each other recording we say what is known.
    :param items: the items of the day's contacts.
    """
    strays: list[Json] = []
    without = set(known)
    for row in _listing(run):
        without.discard(row["contact_id"])
        if row["known"] is None and row["contact_id"] not in known:
            strays.append(row)
        else:
            yield row
    answers = _known_about(run, sorted({row["contact_id"] for row in strays}))
    yield from ({**row, "known": answers.get(row["contact_id"])} for row in strays)
    yield from _elsewhere(run, items)
    yield from _deleted(run, items, without)


def _listing(run: DayContext) -> Iterable[Json]:
    last = max(run.store.keys(_listings(run)), default=None)
    return rows_at(run.store, last) if last else ()


def _known_about(run: DayContext, strays: list[str]) -> dict[str, str | None]:
    """Return what is known of contacts that are not the day's and have a recording in its folder."""
    answers: dict[str, str | None] = {item["ContactId"].lower(): OTHER_DAY for item in items_of(run, strays)}
    unknown = [each for each in strays if each not in answers]
    answers |= {each: _ask_connect(run, each) for each in unknown[:_MOST_STRAYS]}
    return answers | dict.fromkeys(unknown[_MOST_STRAYS:], NOT_ASKED)


def _ask_connect(run: DayContext, contact_id: str) -> str | None:
    """Return what Connect knows of a contact that has a recording; None if it knows nothing."""
    try:
        answer = run.connect.describe_contact(run.settings.connect_instance_id, contact_id)
        snapshot = ContactSnapshot.from_answer(contact_id, answer, run.now)
    except (ContactNotFound, InvalidContact):
        return None
    connected = snapshot.connected_to_agent_timestamp
    if connected is None or connected.astimezone(UTC).date() != run.day:
        return OTHER_DAY
    return "VOICE" if snapshot.channel == "VOICE" else None


def _elsewhere(run: DayContext, items: EvidenceFile) -> Iterator[Json]:
    """Yield recordings that lie outside the day's folder or in another bucket, where the monitor found them.

    :raises AwsError: when a bucket cannot be listed. Else its recordings would count as deleted.
    """
    storage = run.storage()
    folder = _folder_of(storage, run.day)
    for item in items.each_row():
        key, bucket = item.get("RecordingKey"), _bucket_of(run, item)
        is_in_listing = bucket == storage.bucket and str(key).startswith(folder)
        if key is None or is_in_listing:
            continue
        try:
            found = [each for each in run.bucket.list_objects(bucket, key) if each["Key"] == key]
        except MissingError as error:
            log.warning("contact %s: its recording is gone with its bucket: %s", item["ContactId"], error)
            continue
        contact_id = item["ContactId"].lower()
        yield from ({**_listed(bucket, "", each), "contact_id": contact_id, "known": None} for each in found)


def _deleted(run: DayContext, items: EvidenceFile, without: Collection[str]) -> Iterator[Json]:
    """Yield what a delete marker says of recordings that the monitor has found and that are gone.

    :param without: the contacts without an object in the day's folder.
    """
    gone = (
        (item["ContactId"].lower(), item["RecordingKey"], _bucket_of(run, item))
        for item in items.each_row()
        if item["ContactId"].lower() in without and item.get("RecordingKey")
    )
    for contact_id, key, bucket in islice(gone, _MOST_STRAYS):
        try:
            is_marked = run.bucket.has_delete_marker(bucket, key)
        except AwsError as error:
            log.info("contact %s: versions could not be listed: %s", contact_id, error)
            return
        if is_marked:
            yield {
                "bucket": bucket,
                "contact_id": contact_id,
                "etag": "",
                "key": key,
                "known": DELETE_MARKER,
                "last_modified": None,
                "size": 0,
                "storage_class": "",
            }


def _bucket_of(run: DayContext, item: Json) -> str:
    """Return the bucket in which the monitor found the recording of an item."""
    return str(item.get("RecordingLocation", run.storage().bucket)).partition("/")[0]


def _listed(bucket: str, folder: str, found: Mapping[str, Any]) -> Json:
    """Return an object of a listing as it is kept."""
    key = str(found["Key"])
    contact_id, _, rest = key.removeprefix(folder).partition("_")
    try:
        is_recording = bool(check_contact_id(contact_id)) and "/" not in rest and is_conversation(key)
    except InvalidContact:
        is_recording = False
    return {
        "bucket": bucket,
        "contact_id": contact_id.lower() if is_recording else "",
        "etag": str(found.get("ETag", "")).strip('"'),
        "key": key,
        "known": None if is_recording else UNRECOGNISED_OBJECT,
        "last_modified": format_time(found["LastModified"]),
        "size": int(found["Size"]),
        "storage_class": str(found.get("StorageClass", "STANDARD")),
    }


def _listings(run: DayContext) -> str:
    return f"listings/day={run.day.isoformat()}/"


def _folder_of(storage: RecordingStorage, day: date) -> str:
    return "/".join(filter(None, (storage.prefix, f"{day:%Y/%m/%d}"))) + "/"
