"""How moto keeps recordings, at less cost: hours of silence fit into memory, and no listing copies them."""

import zlib
from types import SimpleNamespace

from moto.s3 import models


class _Packed:
    """The bytes of an object, compressed; as much of a file as moto uses."""

    def __init__(self, max_size: int = 0) -> None:
        del max_size  # of what is kept in memory: all of it
        self._packed, self._place = zlib.compress(b""), 0

    def seek(self, place: int) -> None:
        self._place = place

    def truncate(self) -> None:
        self._packed = zlib.compress(self._bytes()[: self._place])

    def write(self, data: bytes) -> None:
        kept = self._bytes()
        self._packed = zlib.compress(kept[: self._place] + data + kept[self._place + len(data) :], 1)
        self._place += len(data)

    def read(self, size: int = -1) -> bytes:
        rest = self._bytes()[self._place :]
        found = rest if size < 0 else rest[:size]
        self._place += len(found)
        return found

    def close(self) -> None:
        """Keep the bytes: an object in a listing shares them with the one in the bucket."""

    def _bytes(self) -> bytes:
        return zlib.decompress(self._packed)


def _listed(key: models.FakeKey, _memo: object) -> models.FakeKey:
    listed = object.__new__(models.FakeKey)
    vars(listed).update(vars(key), disposed=True)  # moto warns of an object that nobody disposed of
    return listed


def pack_recordings() -> None:
    """Have moto keep objects compressed, and list them without a copy, for the rest of this process."""
    models.tempfile = SimpleNamespace(SpooledTemporaryFile=_Packed)  # type: ignore[assignment,attr-defined]
    models.FakeKey.__deepcopy__ = _listed  # type: ignore[attr-defined]
