"""Walk every route of a call once, for all entries together.

The routes form a graph of places. From each kind of ending we search it backwards. That gives the next step
of a shortest route for every place, so an entry costs nothing of its own. Places are kept as numbers, and
blocks that change nothing are stepped over, because there may be hundreds of thousands.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Generic, TypeVar

from audio_leakage.flow_audit.places import Ending, Modules, Outcome, Phase, Place
from audio_leakage.flow_audit.state import State

if TYPE_CHECKING:
    from audio_leakage.flow_audit.routes import Routes

#: Places beyond this number are not walked. A call that comes there has an unknown ending.
MOST_PLACES = 500_000

_TOO_LARGE = Outcome(Ending.UNKNOWN, "the flows are too many or too large to be walked to their end")
#: A place's number has three parts of this many bits: block, context and state.
_BITS = 21
_REST = (1 << 2 * _BITS) - 1
_PART = (1 << _BITS) - 1
_NOWHERE = 0xFFFFFFFF

_Value = TypeVar("_Value", bound=Hashable)


class Walk:
    """All routes from some places.

    :param routes: every step that a call may take.
    :param starts: where calls begin.
    :param most_places: bound of the walk.
    """

    def __init__(
        self, routes: Routes, starts: Sequence[Place | Outcome], most_places: int = MOST_PLACES
    ) -> None:
        self._routes = routes
        self._keys = _Keys()
        self._beyond_plain: dict[int, list[int]] = {}
        self._most_places = most_places
        self._found = array("q")
        index: dict[int, int] = {}
        self._starts = {start: self._add(self._keys.of(start), index) for start in starts}
        edges, first_edge = self._edges(index)
        index.clear()
        backwards = _reversed(edges, first_edge)
        self._steps = {ending: self._steps_to(ending, *backwards) for ending in Ending}

    def endings(self, start: Place | Outcome) -> frozenset[Ending]:
        """Return every ending that a call may come to from one of the starts."""
        place = self._starts[start]
        return frozenset(ending for ending, steps in self._steps.items() if steps[place] != _NOWHERE)

    def route(self, start: Place | Outcome, ending: Ending) -> Iterator[Place | Outcome]:
        """Yield the places of a route from one of the starts to an ending that it may come to.

        No other route passes fewer blocks that matter.
        """
        steps, number = self._steps[ending], self._starts[start]
        place = self._keys.value(self._found[number])
        yield place
        while steps[number] != number:
            number = steps[number]
            before, place = place, self._keys.value(self._found[number])
            assert isinstance(before, Place)  # noqa: S101  # outcomes lead nowhere
            yield from self._stepped_over(before, place)
            yield place

    def _stepped_over(self, before: Place, after: Place | Outcome) -> Sequence[Place]:
        """Return the plain places of a shortest way between two places that follow each other."""
        ways: list[tuple[Place, tuple[Place, ...]]] = [(before, ())]
        seen = {before}
        for place, way in ways:  # it grows meanwhile
            for move in self._routes.moves(place):
                if move.to == after:
                    return way
                if isinstance(move.to, Place) and move.to not in seen and self._routes.is_plain(move.to):
                    seen.add(move.to)
                    ways.append((move.to, (*way, move.to)))
        return ()  # the walk ended before it came there

    def _edges(self, index: dict[int, int]) -> tuple[array[int], array[int]]:
        """Find every place; return where each leads to, and where its part of that begins."""
        edges, first_edge = array("I"), array("I", [0])
        place = 0
        while place < len(self._found):
            key = self._found[place]
            if key >= 0:
                edges.extend(self._add(following, index) for following in self._following(key))
            first_edge.append(len(edges))
            place += 1
        return edges, first_edge

    def _following(self, key: int) -> Iterable[int]:
        """Return the places that matter and that follow on a place."""
        following: dict[int, None] = {}
        for move in self._routes.moves(self._keys.place(key)):
            to = self._keys.of(move.to)
            if isinstance(move.to, Place) and move.to.phase is not Phase.QUEUE:
                rest = to & _REST
                following |= dict.fromkeys(block << 2 * _BITS | rest for block in self._beyond(move.to))
            else:
                following[to] = None
        return following

    def _beyond(self, place: Place) -> Iterable[int]:
        """Return the number of a place's block, or of the blocks beyond it if it changes nothing."""
        first = self._keys.block(place)
        if first not in self._beyond_plain:
            waiting, seen, beyond = [place], {place.block}, []
            while waiting:
                each = waiting.pop()
                if not self._routes.is_plain(each):
                    beyond.append(self._keys.block(each))
                    continue
                targets = {target for target in self._routes.targets(each) if target not in seen}
                seen |= targets
                waiting += [each._replace(block=target) for target in targets]
            self._beyond_plain[first] = beyond
        return self._beyond_plain[first]

    def _add(self, key: int, index: dict[int, int]) -> int:
        """Return the number of a place among those that were found, and find it if need be."""
        known = index.get(key)
        if known is None:
            if key >= 0 and len(self._found) >= self._most_places:
                return self._add(self._keys.of(_TOO_LARGE), index)
            known = index[key] = len(self._found)
            self._found.append(key)
        return known

    def _steps_to(self, ending: Ending, edges: array[int], first_edge: array[int]) -> array[int]:
        """Return for each place the next step of a shortest route to an ending, or nowhere."""
        steps = array("I", [_NOWHERE]) * len(self._found)
        reached = array("I", (place for place, key in enumerate(self._found) if self._keys.ends(key, ending)))
        for place in reached:
            steps[place] = place
        for place in reached:  # it grows meanwhile
            for before in edges[first_edge[place] : first_edge[place + 1]]:
                if steps[before] == _NOWHERE:
                    steps[before] = place
                    reached.append(before)
        return steps


def _reversed(edges: array[int], first_edge: array[int]) -> tuple[array[int], array[int]]:
    """Return the same edges by where they lead to."""
    counts = array("I", bytes(4 * len(first_edge)))
    for target in edges:
        counts[target + 1] += 1
    first = array("I", accumulate(counts))
    free, backwards = first[:], array("I", bytes(4 * len(edges)))
    for place in range(len(first_edge) - 1):
        for target in edges[first_edge[place] : first_edge[place + 1]]:
            backwards[free[target]] = place
            free[target] += 1
    return backwards, first


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


class _Keys:
    """One number for each place; a negative one for each outcome."""

    def __init__(self) -> None:
        self._blocks = _Numbered[tuple[str, str]]()
        self._contexts = _Numbered[tuple[Phase, Modules]]()
        self._states = _Numbered[State]()
        self._outcomes = _Numbered[Outcome]()

    def of(self, where: Place | Outcome) -> int:
        if isinstance(where, Outcome):
            return -1 - self._outcomes.number(where)
        block = self.block(where)
        context = self._contexts.number((where.phase, where.modules))
        return (block << _BITS | context) << _BITS | self._states.number(where.state)

    def block(self, place: Place) -> int:
        return self._blocks.number((place.flow, place.block))

    def value(self, key: int) -> Place | Outcome:
        return self._outcomes.values[-1 - key] if key < 0 else self.place(key)

    def place(self, key: int) -> Place:
        flow, block = self._blocks.values[key >> 2 * _BITS]
        phase, modules = self._contexts.values[key >> _BITS & _PART]
        return Place(flow, block, phase, modules, self._states.values[key & _PART])

    def ends(self, key: int, ending: Ending) -> bool:
        return key < 0 and self._outcomes.values[-1 - key].ending is ending
