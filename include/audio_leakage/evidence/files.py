"""The files of a day, byte for byte: canonical JSON, JSON Lines and what their hashes are taken of.

Canonical JSON has sorted keys, no spaces, UTF-8, and no numbers but integers. So the same facts give the same
bytes on every machine. We hash the uncompressed bytes, too, because compression differs between versions.
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Self

from audio_leakage.errors import BrokenEvidence
from audio_leakage.evidence.members import Members

#: What a row or a document is made of: objects, lists, texts, integers, truth values and null.
Json = Mapping[str, Any]

_COMPRESSED = ".gz"
_LINES_AT_ONCE = 100
#: What cannot be relied on when a file is broken, unless its reader says something else.
COMPUTED = "what is computed from it"
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_DECODER = json.JSONDecoder()
#: Reading raises these when bytes are not a whole gzip file, or not rows.
_UNREADABLE = (EOFError, OSError, RecursionError, ValueError, zlib.error)


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """One file as it is stored."""

    name: str
    """Path below the folder of its revision."""
    stored: bytes
    content_sha256: str
    """Hex digest of the uncompressed bytes."""
    rows: int | None = None
    """Number of lines, of a file that has one row a line."""

    @property
    def sha256(self) -> str:
        """Hex digest of the bytes as they are stored."""
        return sha256(self.stored)

    @classmethod
    def read(cls, name: str, stored: bytes) -> Self:
        """Return a compressed file of rows as it was written earlier.

        :raises BrokenEvidence: when it is not a whole gzip file.
        """
        digest, rows = hashlib.sha256(), 0
        with _readable(name, stored), gzip.GzipFile(fileobj=BytesIO(stored)) as lines:
            for line in lines:
                digest.update(line)
                rows += 1
        return cls(name, stored, digest.hexdigest(), rows)

    def each_row(self) -> Iterator[Json]:
        """Yield the rows of a compressed file of rows.

        :raises BrokenEvidence: at the first row that cannot be read.
        """
        return rows_of(self.stored, self.name)


def sha256(content: bytes) -> str:
    """Return the hex digest of some bytes."""
    return hashlib.sha256(content).hexdigest()


def canonical(document: Json) -> bytes:
    """Return a document as canonical JSON, with a newline at its end."""
    return f"{_ENCODER.encode(document)}\n".encode()


def document(name: str, content: Json) -> EvidenceFile:
    """Return a file that holds one JSON document."""
    return text(name, canonical(content))


def text(name: str, content: bytes) -> EvidenceFile:
    """Return a file that is stored as it is."""
    return EvidenceFile(name, content, sha256(content))


class JsonLines:
    """A compressed file of rows that is written row by row, so that a large day fits into memory.

    :param name: path below the folder of its revision, ending in ``.jsonl.gz``.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._stored = BytesIO()
        self._compressed = gzip.GzipFile(
            fileobj=self._stored, mode="wb", filename="", compresslevel=6, mtime=0
        )
        self._digest = hashlib.sha256()
        self._rows = 0
        self._waiting: list[bytes] = []

    def write(self, row: Json) -> None:
        """Add one row."""
        self.write_line(canonical(row))

    def write_line(self, line: bytes) -> None:
        """Add one row that is canonical JSON already."""
        self._waiting.append(line)
        self._rows += 1
        if len(self._waiting) == _LINES_AT_ONCE:
            self._flush()

    def close(self) -> EvidenceFile:
        """Return the file. After that you can add no row."""
        self._flush()
        self._compressed.close()
        return EvidenceFile(self._name, self._stored.getvalue(), self._digest.hexdigest(), self._rows)

    def _flush(self) -> None:
        lines = b"".join(self._waiting)
        self._waiting.clear()
        self._compressed.write(lines)
        self._digest.update(lines)


def json_lines(name: str, rows: Iterable[Json]) -> EvidenceFile:
    """Return a compressed file of rows."""
    lines = JsonLines(name)
    for row in rows:
        lines.write(row)
    return lines.close()


def rows_of(stored: bytes, name: str) -> Iterator[Json]:
    """Yield the rows of a compressed file of rows.

    :param name: the key of the file, for the error.
    :raises BrokenEvidence: at the first row that cannot be read.
    """
    with (
        _readable(name, stored),
        gzip.open(BytesIO(stored), "rt", encoding="utf-8", newline="\n") as lines,
    ):
        yield from (Members(_row(line), name, COMPUTED) for line in lines)


@contextmanager
def _readable(name: str, stored: bytes, affects: str = COMPUTED) -> Iterator[None]:
    try:
        if not stored:
            raise EOFError("it is empty")
        yield
    except _UNREADABLE as error:
        raise BrokenEvidence(f"{name} cannot be read: {error}", affects) from None


def _row(line: str) -> Json:
    row = _DECODER.decode(line)
    if not isinstance(row, dict):
        raise ValueError("a row is no JSON object")  # noqa: TRY004
    return row


def uncompressed(name: str, stored: bytes) -> bytes:
    """Return the bytes behind a stored file.

    :raises ValueError: when a compressed file cannot be read.
    """
    if not name.endswith(_COMPRESSED):
        return stored
    try:
        return gzip.decompress(stored)
    except _UNREADABLE as error:
        raise ValueError(f"{name} is not a whole gzip file: {error}") from None


def read_document(stored: bytes, name: str, affects: str = COMPUTED) -> dict[str, Any]:
    """Return the JSON document that a file holds.

    :param name: the key of the file, for the error.
    :param affects: what we cannot rely on when the file is broken, for the error.
    :raises BrokenEvidence: when the file holds no JSON object.
    """
    with _readable(name, stored, affects):
        content = json.loads(stored)
        if not isinstance(content, dict):
            raise ValueError("it is no JSON object")  # noqa: TRY004
    return Members(content, name, affects)


def csv(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> EvidenceFile:
    """Return a file of comma-separated values (RFC 4180).

    A cell that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    lines = [",".join(map(_cell, row)) for row in (head, *rows)]
    return text(name, "".join(f"{line}\r\n" for line in lines).encode())


def _cell(value: object) -> str:
    cell = "" if value is None else str(value)
    if cell.startswith(("=", "+", "-", "@")):
        cell = f"'{cell}"
    quote = any(sign in cell for sign in ',"\r\n')
    return '"{}"'.format(cell.replace('"', '""')) if quote else cell
