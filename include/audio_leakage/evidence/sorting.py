"""Rows of a large day in order, without holding them all in memory."""

import gzip
import json
from collections.abc import Iterable, Iterator
from heapq import merge
from io import BytesIO
from urllib.parse import quote

from audio_leakage.evidence.files import EvidenceFile, Json, JsonLines, canonical

_SORTED_AT_ONCE = 20_000


class SortedRows:
    """Rows that are sorted without holding them all in memory.

    We sort as many as fit, compress them, and merge what we have sorted. Rows with the same key are in the
    order of their bytes.
    """

    def __init__(self) -> None:
        self._waiting: list[bytes] = []
        self._runs: list[bytes] = []

    def add(self, key: str, row: Json) -> None:
        """Add one row.

        :param key: what it is sorted by.
        """
        self._waiting.append(b"%s %s" % (quote(key, safe="").encode(), canonical(row)))
        if len(self._waiting) == _SORTED_AT_ONCE:
            self._sort()

    def lines(self) -> Iterator[bytes]:
        """Yield each row as canonical JSON, in the order of the keys. After that you can add no row."""
        self._sort()
        runs = (gzip.GzipFile(fileobj=BytesIO(run)) for run in self._runs)
        return (line.partition(b" ")[2] for line in merge(*runs))

    def rows(self) -> Iterator[Json]:
        """Yield each row in the order of the keys. After that you can add no row."""
        return (json.loads(line) for line in self.lines())

    def _sort(self) -> None:
        self._runs.append(gzip.compress(b"".join(sorted(self._waiting)), compresslevel=1))
        self._waiting.clear()


def sorted_lines(name: str, rows: Iterable[Json]) -> EvidenceFile:
    """Return a compressed file of rows, sorted by ``contact_id``."""
    sorted_rows, lines = SortedRows(), JsonLines(name)
    for row in rows:
        sorted_rows.add(str(row["contact_id"]), row)
    for line in sorted_rows.lines():
        lines.write_line(line)
    return lines.close()
