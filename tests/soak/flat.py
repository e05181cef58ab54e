"""Whether something grows: the last third of a soak beside the middle one, when all has warmed up."""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import TypeVar

_T = TypeVar("_T")

#: So much more may there be of each in the last third: share, and in absolute numbers.
MARGINS: Mapping[str, tuple[float, float]] = {
    "memory, MiB": (0.05, 2),
    "open files": (0, 1),
    "open contacts": (0.25, 5),
    "items": (0.25, 5),
}


def thirds(samples: Sequence[_T], of: Callable[[_T], float]) -> tuple[float, float]:
    """Return the means of the middle and of the last third."""
    third = len(samples) // 3
    return fmean(map(of, samples[third : 2 * third])), fmean(map(of, samples[2 * third :]))


def grown(measured: Mapping[str, tuple[float, float]]) -> list[str]:
    """Return what grew beyond its margin.

    :param measured: the two means by a name of :data:`MARGINS`.
    """
    return [
        name
        for name, (middle, last) in measured.items()
        if last > middle * (1 + MARGINS[name][0]) + MARGINS[name][1]
    ]
