"""What the files of the evidence store hold. An error names the key of the file that cannot be read."""

from collections.abc import Iterator
from typing import Any

from audio_leakage.errors import BrokenEvidence
from audio_leakage.evidence.files import COMPUTED, Json, read_document, rows_of
from audio_leakage.evidence.ports import EvidenceStore
from audio_leakage.evidence.reports import Day


def rows_at(store: EvidenceStore, key: str) -> Iterator[Json]:
    """Yield the rows of a compressed file of rows.

    :raises MissingError: at once, when there is no such file.
    :raises BrokenEvidence: at the first row that cannot be read.
    """
    return rows_of(store.read(key), key)


def document_at(store: EvidenceStore, key: str, affects: str = COMPUTED) -> dict[str, Any]:
    """Return the JSON document that a file holds.

    :param affects: what we cannot rely on when the file is broken, for the error.
    :raises MissingError: when there is no such file.
    :raises BrokenEvidence: when it holds no JSON object. The document raises it, too, when you ask for
        a member that it lacks.
    """
    return read_document(store.read(key), key, affects)


def day_at(store: EvidenceStore, key: str) -> Day:
    """Return what a file says that was known about a day beside its contacts.

    :raises MissingError: when there is no such file.
    :raises BrokenEvidence: when it lacks something, or has something that this version does not know.
    """
    facts = document_at(store, key)
    if unknown := sorted(facts.keys() - set(Day.__slots__)):
        raise BrokenEvidence(f"{key} has unknown members: {', '.join(unknown)}", COMPUTED)
    return Day(**{name: facts[name] for name in Day.__slots__})
