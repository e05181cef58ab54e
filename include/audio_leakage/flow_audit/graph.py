"""Which place leads to which, by number, and the shortest ways between them."""

from __future__ import annotations

from array import array
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The next step of a place from which no way leads to the goal.
NOWHERE = 0xFFFFFFFF


class Graph:
    """Steps between places that are counted from 0."""

    def __init__(self) -> None:
        self._starts, self._ends = array("I"), array("I")

    def connect(self, place: int, following: Iterable[int]) -> None:
        """Add the steps from a place to those that follow it."""
        before = len(self._ends)
        self._ends.extend(following)
        self._starts.extend([place] * (len(self._ends) - before))

    def forwards(self, places: int) -> Adjacency:
        """Return the places that follow each place.

        :param places: how many there are.
        """
        return Adjacency(self._starts, self._ends, places)

    def backwards(self, places: int) -> Adjacency:
        """Return the places that each place follows."""
        return Adjacency(self._ends, self._starts, places)


class Adjacency:
    """The neighbours of each place in one direction.

    :param places: one end of each step.
    :param neighbours: the other end.
    :param count: how many places there are.
    """

    def __init__(self, places: array[int], neighbours: array[int], count: int) -> None:
        counts = array("I", bytes(4 * (count + 1)))
        for place in places:
            counts[place + 1] += 1
        self._first = array("I", accumulate(counts))
        free, self._neighbours = self._first[:], array("I", bytes(4 * len(places)))
        for place, neighbour in zip(places, neighbours, strict=True):
            self._neighbours[free[place]] = neighbour
            free[place] += 1

    def steps_from(self, goals: Iterable[int]) -> array[int]:
        """Return for each place the step before it on a shortest way from one of the goals, or nowhere.

        A goal's step is the goal itself.
        """
        steps = array("I", [NOWHERE]) * (len(self._first) - 1)
        reached = array("I", goals)
        for place in reached:
            steps[place] = place
        for place in reached:  # it grows meanwhile
            for neighbour in self._neighbours[self._first[place] : self._first[place + 1]]:
                if steps[neighbour] == NOWHERE:
                    steps[neighbour] = place
                    reached.append(neighbour)
        return steps
