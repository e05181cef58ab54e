"""Walk the routes of calls, for all entries together, as far as the results of the entries need them.

The routes form a graph of places. From each kind of ending we search it backwards. That gives the next step
of a shortest route for every place, so an entry costs nothing of its own. A result that no further ending can
change is certain. We walk on only where entries without a certain result may go. Places are kept as numbers,
and blocks that change nothing are stepped over.
"""

from __future__ import annotations

from array import array
from collections import deque
from typing import TYPE_CHECKING

from audio_leakage.flow_audit.graph import NOWHERE, Graph
from audio_leakage.flow_audit.numbering import BITS, REST, Keys
from audio_leakage.flow_audit.places import Ending, Outcome, Phase, Place
from audio_leakage.flow_audit.results import is_certain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from audio_leakage.flow_audit.graph import Adjacency
    from audio_leakage.flow_audit.routes import Routes

#: Places beyond this number are not walked. A call that comes there has an unknown ending.
MOST_PLACES = 30_000
#: After this many places we look which results are certain, then after twice as many, and so on.
_FIRST_PLACES = 4_000

_TOO_LARGE = Outcome(Ending.UNKNOWN, "the flows are too many or too large to be walked to their end")


class Walk:
    """The routes from some places, as far as the results of the entries need them.

    :param routes: every step that a call may take.
    :param starts: where calls begin.
    :param most_places: bound of the walk.
    """

    def __init__(
        self, routes: Routes, starts: Sequence[Place | Outcome], most_places: int = MOST_PLACES
    ) -> None:
        self._routes = routes
        self._keys = Keys()
        self._beyond_plain: dict[int, list[int]] = {}
        self._found = array("q")
        self._walked: set[int] = set()
        self._index: dict[int, int] = {}
        self._graph = Graph()
        self._starts = {start: self._number(self._keys.of(start)) for start in starts}
        self._steps: dict[Ending, array[int]] = {}
        waiting, bound = deque(sorted(set(self._starts.values()))), _FIRST_PLACES
        while waiting:
            self._follow(waiting, min(bound, most_places))
            if len(self._walked) == most_places:
                self._give_up()
            backwards = self._graph.backwards(len(self._found))
            self._steps = {
                ending: backwards.steps_from(
                    place for place, key in enumerate(self._found) if self._keys.ends(key, ending)
                )
                for ending in Ending
            }
            waiting, bound = self._still_open(backwards), 2 * bound
        self._index.clear()

    def endings(self, start: Place | Outcome) -> frozenset[Ending]:
        """Return the endings that a call may come to from one of the starts.

        If these make the result certain, there may be further ones.
        """
        return self._endings(self._starts[start])

    def _endings(self, place: int) -> frozenset[Ending]:
        return frozenset(ending for ending, steps in self._steps.items() if steps[place] != NOWHERE)

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

    def _follow(self, waiting: deque[int], bound: int) -> None:
        """Walk on from the places that wait, the first found first, up to a number of walked places."""
        while waiting and len(self._walked) < bound:
            place = waiting.popleft()
            key = self._found[place]
            if key >= 0:
                known = len(self._found)
                self._graph.connect(place, map(self._number, self._following(key)))
                waiting.extend(range(known, len(self._found)))
                self._walked.add(place)

    def _not_walked(self) -> list[int]:
        """Return the places that were found and from which nobody has walked on, the first found first."""
        return [place for place, key in enumerate(self._found) if key >= 0 and place not in self._walked]

    def _give_up(self) -> None:
        places, too_large = self._not_walked(), self._number(self._keys.of(_TOO_LARGE))
        for place in places:
            self._graph.connect(place, [too_large])
        self._walked.update(places)

    def _still_open(self, backwards: Adjacency) -> deque[int]:
        """Return the places that may yet change the result of an entry, if we walk on from there.

        Perhaps only entries with a certain result led to a place so far. It may still be among them, because
        another entry may have come there since.
        """
        waiting = self._not_walked()
        to_open = backwards.steps_from(waiting)
        uncertain = (
            start
            for start in self._starts.values()
            if to_open[start] != NOWHERE and not is_certain(self._endings(start))
        )
        needed = self._graph.forwards(len(self._found)).steps_from(uncertain)
        return deque(place for place in waiting if needed[place] != NOWHERE)

    def _following(self, key: int) -> Iterable[int]:
        """Return the places that matter and that follow on a place."""
        following: dict[int, None] = {}
        for move in self._routes.moves(self._keys.place(key)):
            to = self._keys.of(move.to)
            if isinstance(move.to, Place) and move.to.phase is not Phase.QUEUE:
                rest = to & REST
                following |= dict.fromkeys(block << 2 * BITS | rest for block in self._beyond(move.to))
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
                # In the order of the branches, so that the same flows have the same way in words each time.
                targets = dict.fromkeys(target for target in self._routes.targets(each) if target not in seen)
                seen |= targets.keys()
                waiting += [each._replace(block=target) for target in targets]
            self._beyond_plain[first] = beyond
        return self._beyond_plain[first]

    def _number(self, key: int) -> int:
        """Return the number of a place among those that were found, and find it if need be."""
        number = self._index.setdefault(key, len(self._found))
        if number == len(self._found):
            self._found.append(key)
        return number
