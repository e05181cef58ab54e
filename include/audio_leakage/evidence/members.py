"""The members of a JSON object that was read from the evidence store."""

from collections.abc import Mapping
from typing import Any, NoReturn

from audio_leakage.errors import BrokenEvidence


class Members(dict[str, Any]):
    """The members by name. To ask for one that is not there raises ``BrokenEvidence``.

    :param content: the object.
    :param name: the key of its file, for the error.
    :param affects: what we cannot rely on without the member, for the error.
    """

    __slots__ = ("_affects", "_name")

    def __init__(self, content: Mapping[str, Any], name: str, affects: str) -> None:
        super().__init__(content)
        self._name, self._affects = name, affects

    def __missing__(self, member: str) -> NoReturn:
        """Name the file and the member."""
        raise BrokenEvidence(f"{self._name} has no {member!r}", self._affects)
