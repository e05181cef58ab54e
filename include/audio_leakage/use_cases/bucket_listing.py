"""One listing for many contacts of a day, where that takes fewer requests than one for each of them.

S3 lists a thousand keys with one request, in the order of the keys. The keys of a day's folder begin with
contact ids, which are random. So the first thousand tell how many there are.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from threading import Lock
from typing import Any

from audio_leakage.contacts.recording import Place, StoredObject
from audio_leakage.errors import AwsError
from audio_leakage.ports import RecordingBucket

log = logging.getLogger(__name__)

_PAGE = 1000
#: Contacts of a day from which on we find out how large the folder is.
_MANY = 50
#: Pages come one after the other, while single contacts are listed side by side.
_REQUESTS_PER_PAGE = 8


class BucketListing:
    """The listings of one task, so that nothing is listed twice."""

    def __init__(self, bucket: RecordingBucket) -> None:
        self._bucket = bucket
        self._known: dict[Place, list[StoredObject]] = {}
        self._wanted: dict[Place, list[Place]] = {}
        self._lock = Lock()

    def objects_at(self, place: Place) -> Iterator[StoredObject]:
        """Yield the objects at a place, from an earlier listing or with one request."""
        self._list_wanted(_folder_of(place))
        yield from self._known.get(place) or ()
        if place not in self._known:
            yield from _objects(place.bucket, self._bucket.list_objects(place.bucket, place.prefix))

    def expect(self, places: Iterable[Place]) -> None:
        """Say which places may be asked for, and forget earlier listings.

        If many of them lie in one folder, the first request for one lists the whole folder, if that is
        cheaper than listing each place.
        """
        self._known = {}
        folders: defaultdict[Place, list[Place]] = defaultdict(list)
        for place in places:
            folders[_folder_of(place)].append(place)
        self._wanted = {folder: wanted for folder, wanted in folders.items() if len(wanted) >= _MANY}

    def _list_wanted(self, folder: Place) -> None:
        with self._lock:
            wanted = self._wanted.pop(folder, None)
            if wanted is None:
                return
            try:
                self._list_folder(folder, sorted(wanted, key=lambda place: place.prefix))
            except AwsError as error:
                log.warning("%s could not be listed, its contacts are listed one by one: %s", folder, error)

    def _list_folder(self, folder: Place, wanted: Sequence[Place]) -> None:
        listed = _objects(folder.bucket, self._bucket.list_objects(folder.bucket, folder.prefix))
        by_prefix: dict[str, list[StoredObject]] = {place.prefix: [] for place in wanted}
        first = list(islice(listed, _PAGE))
        is_whole = len(first) < _PAGE
        if not is_whole and _pages(folder, first[-1]) * _REQUESTS_PER_PAGE <= len(wanted):
            _sort_in(listed, by_prefix)
            is_whole = True
        _sort_in(first, by_prefix)
        # The last key's own contact may have more objects on the page that was not asked for.
        seen = [place for place in wanted if is_whole or place.prefix < first[-1].key[: len(place.prefix)]]
        self._known |= {place: by_prefix[place.prefix] for place in seen}
        log.info("%s: listed for %d of %d contacts", folder, len(seen), len(wanted))


def _folder_of(place: Place) -> Place:
    return Place(place.bucket, place.prefix.rpartition("/")[0] + "/")


def _sort_in(listed: Iterable[StoredObject], by_prefix: Mapping[str, list[StoredObject]]) -> None:
    length = len(next(iter(by_prefix)))
    for found in listed:
        if found.key[:length] in by_prefix:
            by_prefix[found.key[:length]].append(found)


def _pages(folder: Place, last_of_first_page: StoredObject) -> float:
    """Estimate how many pages a folder has, from how far into the contact ids the first one reaches."""
    reached = 0
    with suppress(ValueError):  # a key that begins with no contact id
        reached = int(last_of_first_page.key.removeprefix(folder.prefix)[:8], 16)
    return 16**8 / reached if reached else float("inf")


def _objects(bucket: str, answers: Iterable[Mapping[str, Any]]) -> Iterator[StoredObject]:
    return (StoredObject(bucket, answer["Key"], answer["Size"], answer["LastModified"]) for answer in answers)
