"""A number for each place, because there may be hundreds of thousands of places."""

from collections.abc import Hashable
from typing import Generic, TypeVar

from audio_leakage.flow_audit.places import Ending, Modules, Outcome, Phase, Place
from audio_leakage.flow_audit.state import State

#: A place's number has three parts of this many bits: block, context and state.
BITS = 21
REST = (1 << 2 * BITS) - 1
_PART = (1 << BITS) - 1

_Value = TypeVar("_Value", bound=Hashable)


class _Numbered(Generic[_Value]):
    """A number for each value, counted from 0."""

    def __init__(self) -> None:
        self.values: list[_Value] = []
        self._numbers: dict[_Value, int] = {}

    def number(self, value: _Value) -> int:
        number = self._numbers.setdefault(value, len(self.values))
        if number == len(self.values):
            self.values.append(value)
        return number


class Keys:
    """One number for each place; a negative one for each outcome."""

    def __init__(self) -> None:
        self._blocks = _Numbered[tuple[str, str]]()
        self._contexts = _Numbered[tuple[Phase, Modules]]()
        self._states = _Numbered[State]()
        self._outcomes = _Numbered[Outcome]()

    def of(self, where: Place | Outcome) -> int:
        """Return the number of a place or an outcome."""
        if isinstance(where, Outcome):
            return -1 - self._outcomes.number(where)
        block = self.block(where)
        context = self._contexts.number((where.phase, where.modules))
        return (block << BITS | context) << BITS | self._states.number(where.state)

    def block(self, place: Place) -> int:
        """Return the part of a place's number that says its block."""
        return self._blocks.number((place.flow, place.block))

    def value(self, key: int) -> Place | Outcome:
        """Return what a number stands for."""
        return self._outcomes.values[-1 - key] if key < 0 else self.place(key)

    def place(self, key: int) -> Place:
        """Return the place that a number stands for."""
        flow, block = self._blocks.values[key >> 2 * BITS]
        phase, modules = self._contexts.values[key >> BITS & _PART]
        return Place(flow, block, phase, modules, self._states.values[key & _PART])

    def ends(self, key: int, ending: Ending) -> bool:
        """Tell whether a number stands for an outcome with this ending."""
        return key < 0 and self._outcomes.values[-1 - key].ending is ending
