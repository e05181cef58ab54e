"""What somebody has done about an exception of a day: a cause and a ticket, beside the measured figures.

An acknowledgement never changes a verdict, a class or a measured figure. It holds for the class that stood
when it was made. If the class of a contact changes, the contact is open again.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple, Self

from audio_leakage.evidence.classes import Count
from audio_leakage.evidence.coverage import Tally
from audio_leakage.evidence.files import Json, canonical

#: The folder of all acknowledgements, below the folder of the instance.
ACKNOWLEDGEMENTS = "acknowledgements/"


class AcknowledgedCause(StrEnum):
    """What somebody found out: why it happened, or what came of it."""

    FLOW_WITHOUT_RECORDING = "FLOW_WITHOUT_RECORDING"
    FLOW_CONFIGURATION = "FLOW_CONFIGURATION"
    RECORDING_BLOCK_FAILED = "RECORDING_BLOCK_FAILED"
    STORAGE_CONFIGURATION = "STORAGE_CONFIGURATION"
    KEY_OR_POLICY = "KEY_OR_POLICY"
    UPLOAD_FAILED = "UPLOAD_FAILED"
    DELETED_BY_PERSON = "DELETED_BY_PERSON"
    DELETED_BY_LIFECYCLE = "DELETED_BY_LIFECYCLE"
    STOPPED_BY_AGENT = "STOPPED_BY_AGENT"
    MAINTENANCE_WINDOW = "MAINTENANCE_WINDOW"
    TEST_CALL = "TEST_CALL"
    SERVICE_BEHIND = "SERVICE_BEHIND"
    FALSE_POSITIVE = "FALSE_POSITIVE"
    OTHER = "OTHER"
    NO_FURTHER_ACTION = "NO_FURTHER_ACTION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """One acknowledgement of contacts of one day, as its object has it."""

    id: str
    instance: str
    day: str
    revision: int
    """The revision that stood when it was made."""
    manifest_sha256: str
    """Of that revision."""
    cause: str
    ticket: str | None
    valid_until: str | None
    """The last day on which it holds; None: for as long as the class stands."""
    acknowledged_at: str
    acknowledged_by: str | None
    """Airflow's name of the user; None where Airflow does not tell, and its audit log does."""
    run_id: str
    contacts: tuple[Json, ...]
    """``contact_id``, ``class`` and ``counts_as`` of each contact, as they stood."""

    @property
    def path(self) -> str:
        """The key of its object, below the folder of the instance."""
        return f"{folder_of_day(self.day)}{self.id}.json"

    def words_for(self, row: Json) -> str:
        """Return what the item of one of its contacts keeps: time, class, cause and ticket."""
        words = (self.acknowledged_at, row["class"], self.cause, self.ticket)
        return " ".join(filter(None, words))

    def holds_on(self, day: date) -> bool:
        """Tell whether it has not run out."""
        return self.valid_until is None or day <= date.fromisoformat(self.valid_until)

    def to_bytes(self) -> bytes:
        """Return the object as it is stored."""
        return canonical({each.name: getattr(self, each.name) for each in fields(self)})

    @classmethod
    def from_bytes(cls, stored: bytes) -> Self:
        """Read a stored acknowledgement.

        :raises ValueError: when it is anything else than what :meth:`to_bytes` writes.
        """
        try:
            members: dict[str, Any] = json.loads(stored)
            read = cls(**members | {"contacts": tuple(members["contacts"])})
        except (KeyError, RecursionError, TypeError, ValueError):
            raise ValueError("it is no acknowledgement") from None
        if read.to_bytes() != stored:
            raise ValueError("it is no acknowledgement as we write it")
        return read


class Acknowledged(NamedTuple):
    """One contact of an acknowledgement that stands."""

    acknowledgement: Acknowledgement
    row: Json
    """``contact_id``, ``class`` and ``counts_as``."""


def folder_of_day(day: str) -> str:
    """Return the folder of a day's acknowledgements, below the folder of the instance."""
    return f"{ACKNOWLEDGEMENTS}day={day}/"


def in_force(
    acknowledgements: Iterable[Acknowledgement], changed_in: Mapping[str, int], on: date
) -> dict[str, Acknowledged]:
    """Return the contacts whose acknowledgement stands, each with the last one.

    :param acknowledgements: those of one day, in the order of their links.
    :param changed_in: the last revision in which the class of a contact became another one.
    :param on: the day on which we ask.
    """
    return {
        row["contact_id"]: Acknowledged(each, row)
        for each in acknowledgements
        for row in each.contacts
        if each.holds_on(on) and changed_in.get(row["contact_id"], 0) <= each.revision
    }


def after_acknowledgement(total: Json, acknowledged: Iterable[Acknowledged], *, is_proven: bool) -> Json:
    """Return the figure that stands beside the measured coverage: that of the contacts still open.

    :param total: the measured sums of the day.
    :param is_proven: whether the population of the day is proven to be complete.
    """
    counts = [each.row["counts_as"] for each in acknowledged]
    rest = Tally(
        proven=total["proven"],
        lost=total["lost"] - counts.count(Count.LOST),
        undecided=total["undecided"] - counts.count(Count.UNDECIDED),
    )
    figures = rest.figures(population_is_proven=is_proven)
    return {"acknowledged": len(counts), "coverage_after_acknowledgement": figures["coverage_percent"]}
