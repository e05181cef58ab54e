"""The one result of an entry.

A compliance officer reads the rules as one table: the first that holds is the result.
"""

from collections.abc import Callable, Set
from enum import StrEnum
from functools import cache

from audio_leakage.flow_audit.places import Ending


class AuditResult(StrEnum):
    """What the flows will do with the calls of an entry."""

    NO_AGENT = "NO_AGENT"
    """No call reaches an agent."""
    NEVER = "NEVER"
    """No call that reaches an agent is recorded."""
    SOMETIMES = "SOMETIMES"
    """A route leads to an agent and nothing on it switches recording on."""
    UNKNOWN = "UNKNOWN"
    """A route depends on what is only known while the call runs."""
    ERROR_BRANCH = "ERROR_BRANCH"
    """A call is not recorded if a certain block fails, and it goes on to an agent."""
    PARTIAL = "PARTIAL"
    """A call may be recorded with one of the two voices only."""
    UNLOGGED = "UNLOGGED"
    """Every call is recorded, but the flow log does not always say so."""
    ALWAYS = "ALWAYS"
    """Every call that reaches an agent is recorded, and the flow log says so."""


_Endings = Set[Ending]
_SILENT = frozenset({Ending.NOT_RECORDED, Ending.FAILED})

#: The first rule that holds is the result. The ending is the one whose route is shown.
RULES: tuple[tuple[AuditResult, Callable[[_Endings], bool], Ending | None], ...] = (
    (AuditResult.NO_AGENT, lambda endings: not endings, None),
    (
        AuditResult.NEVER,
        lambda endings: Ending.NOT_RECORDED in endings and endings <= _SILENT,
        Ending.NOT_RECORDED,
    ),
    (AuditResult.NEVER, lambda endings: endings == {Ending.FAILED}, Ending.FAILED),
    (AuditResult.SOMETIMES, lambda endings: Ending.NOT_RECORDED in endings, Ending.NOT_RECORDED),
    (AuditResult.UNKNOWN, lambda endings: Ending.UNKNOWN in endings, Ending.UNKNOWN),
    (AuditResult.ERROR_BRANCH, lambda endings: Ending.FAILED in endings, Ending.FAILED),
    (AuditResult.PARTIAL, lambda endings: Ending.PARTIAL in endings, Ending.PARTIAL),
    (AuditResult.UNLOGGED, lambda endings: Ending.UNLOGGED in endings, Ending.UNLOGGED),
    (AuditResult.ALWAYS, lambda endings: endings == {Ending.RECORDED}, Ending.RECORDED),
)


@cache
def is_certain(endings: frozenset[Ending]) -> bool:
    """Tell whether an entry keeps its result, whichever further endings its calls may come to.

    If several further endings change a result, so does one of them alone.
    """
    return all(result_of(endings | {further}) == result_of(endings) for further in Ending)


def result_of(endings: _Endings) -> tuple[AuditResult, Ending | None]:
    """Return the result of an entry, and the ending whose route explains it.

    :param endings: every way in which a call of the entry may meet its agent.
    """
    return next((result, ending) for result, holds, ending in RULES if holds(endings))
