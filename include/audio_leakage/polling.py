"""The use cases ``poll_initialised`` and ``poll_in_progress``: ask Connect how far each contact has come.

Where there is time to describe every contact that is due, each is described. Where there is not, searches
answer for most of them while the rest is described, the longest due first; both come to the same result.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

from audio_leakage.adoption import adopt
from audio_leakage.bulk_search import (
    CONNECTED_TO_AGENT,
    DISCONNECTED,
    INDEXING,
    INITIATED,
    BulkSearch,
    Happening,
)
from audio_leakage.contact import Contact, Item
from audio_leakage.errors import AwsError, ContactNotFound
from audio_leakage.follow import followed, not_found
from audio_leakage.recovery import recover
from audio_leakage.run import Run
from audio_leakage.states import ContactState
from audio_leakage.sweep import Step, Sweep, look

_WAITING, _TALKING = ContactState.IN_PROGRESS_QUEUE_IVR, ContactState.IN_PROGRESS_AGENT
#: Where a contact may be without any search showing it: voice is searchable from the agent on.
_UNSEARCHABLE = (ContactState.INITIALISED, _WAITING)
#: A contact that has been due for so long without a search speaking of it is described.
_LONGEST_SILENCE = timedelta(hours=1)


def poll_initialised(run: Run) -> dict[str, int]:
    """Follow every INITIALISED contact that is due to where it is.

    First the contacts are entered that the subscription missed, in this run's window and in those missed
    since the last successful run; and, in a run that adopts, what somebody else wrote. All of them are
    followed at once; if that fails, the task follows the others first and fails then.

    :return: how many were due, how many had each outcome, and how many were recovered and adopted.
    """
    entered: dict[str, int] = {}
    trouble: AwsError | None = None
    for enter in (recover, adopt):
        try:
            entered |= enter(run)
        except AwsError as error:  # what is in the table is followed all the same
            trouble = trouble or error
    until = run.scope.window.end if run.scope.only_window else run.now
    news = [Happening(INITIATED, _news_from(run), until)]
    counts = {**entered, **_poll(run, news, ContactState.INITIALISED)}
    if trouble:
        raise trouble
    return counts


def poll_in_progress(run: Run) -> dict[str, int]:
    """Follow every IN_PROGRESS contact that is due to where it is.

    :return: how many were due, and how many had each outcome.
    """
    news = [Happening(DISCONNECTED, _news_from(run), run.now)]
    if run.count_due(_WAITING) > run.describes_in_time:
        news.append(Happening(CONNECTED_TO_AGENT, _news_from(run), run.now))
    return _poll(run, news, _WAITING, _TALKING)


def _news_from(run: Run) -> datetime:
    """Return since when something may have happened of which no run knows."""
    return run.scope.missed.start - INDEXING


def _poll(run: Run, news: list[Happening], *states: ContactState) -> dict[str, int]:
    sweep = Sweep(run)

    def follow(contact: Contact) -> str:
        return look(run, contact, _described(run, contact))

    due = run.count_due(*states)
    if due <= run.describes_in_time:
        sweep.over(run.due(*states), follow)
    else:
        _search_and_describe(BulkSearch(sweep, news, frozenset(states)), states, follow)
        sweep.counts["due"] = due
    return sweep.result()


def _search_and_describe(search: BulkSearch, states: tuple[ContactState, ...], follow: Step) -> None:
    """Search from the newest on, and describe from the oldest on, until nothing is left or the time is up."""
    sweep, run = search.sweep, search.sweep.run
    with ThreadPoolExecutor(max_workers=1) as beside:
        searching = beside.submit(search.go)
        sweep.over(_to_describe(search, searching, states), follow)
    if search.is_complete and _TALKING in states:
        sweep.counts["unchanged"] += run.count_due(_TALKING)


def _to_describe(
    search: BulkSearch, searching: "Future[None]", states: tuple[ContactState, ...]
) -> Iterator[Item]:
    """Give the contacts that no search may ever speak of, then those that this one left unanswered."""
    run = search.sweep.run
    talking = [state for state in states if state is _TALKING]
    unsearchable = [state for state in states if state in _UNSEARCHABLE]
    yield from _unanswered(run.due(*unsearchable), search)
    yield from _unanswered(run.due(*talking, until=run.now - _LONGEST_SILENCE), search)
    searching.result()
    if not search.is_complete:
        yield from _unanswered(run.due(*talking), search)


def _unanswered(items: Iterator[Item], search: BulkSearch) -> Iterator[Item]:
    return (item for item in items if item["ContactId"] not in search.answered)


def _described(run: Run, contact: Contact) -> Contact:
    try:
        return followed(contact, run.describe(contact), run.now, run.settings)
    except ContactNotFound:
        return not_found(contact, run.now, run.settings)
