"""What a contact of a day is known from, and the words that its sources use."""

from collections.abc import Callable
from typing import NamedTuple, Self

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.recording import has_audio
from audio_leakage.errors import InvalidContact
from audio_leakage.evidence.files import Json
from audio_leakage.population.policy import Requirement

#: Class of an object in the day's folder whose name is no recording's.
UNRECOGNISED_OBJECT = "UNRECOGNISED_OBJECT"
#: Class of a recording that belongs to a contact of another day, which that day's evidence counts.
OTHER_DAY = "OTHER_DAY"
#: Class of a recording without a contact, if we did not ask Connect about it.
NOT_ASKED = "NOT_ASKED"

#: What is known of a recording that was there once, where the bucket keeps versions.
DELETE_MARKER = "DELETE_MARKER"

#: Member of an item that has left the contact table: the revision that had it last.
FROM_REVISION = "FromRevision"

POPULATION, ITEM, RECORDING, BEFORE = range(4)


class Decision(NamedTuple):
    """What the policy says of a contact."""

    requirement: Requirement | None
    """None: it says nothing."""
    rule: str | None
    """The id of the rule; None for the default."""


#: What the policy says of a row of the population.
Policy = Callable[[Json], Decision]


class Known(NamedTuple):
    """Everything that is known of one contact id on a day."""

    leg: Json | None
    """Its row of the population."""
    item: Json | None
    """Its item of the contact table."""
    contact: Contact | None
    """The item, read; None for one that makes no sense, which is then undecided."""
    objects: list[Json]
    """What lies in the bucket under its name."""
    recording: Json | None
    """The largest of these with audio."""
    before: Json | None
    """Its row in the revision before."""

    @classmethod
    def of(cls, sources: dict[int, list[Json]]) -> Self:
        """Return what the rows of each source say.

        :param sources: the rows, by :data:`POPULATION`, :data:`ITEM`, :data:`RECORDING` and :data:`BEFORE`.
        """
        item, objects = _first(sources, ITEM), sources.get(RECORDING, [])
        heard = (found for found in objects if has_audio(found["size"]))
        return cls(
            _first(sources, POPULATION),
            item,
            _read(item),
            objects,
            max(heard, key=lambda found: (found["size"], found["key"]), default=None),
            _first(sources, BEFORE),
        )


def _first(sources: dict[int, list[Json]], source: int) -> Json | None:
    return next(iter(sources.get(source, ())), None)


def _read(item: Json | None) -> Contact | None:
    try:
        return Contact.from_item(item) if item is not None else None
    except InvalidContact:
        return None
