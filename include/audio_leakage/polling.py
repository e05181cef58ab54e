"""The use cases ``poll_initialised`` and ``poll_in_progress``: ask Connect how far each contact has come.

Where there is time to describe every contact that is due, each is described. Where there is not, searches
answer for most of them while the rest is described, the longest due first; both come to the same result.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from heapq import merge

from audio_leakage.adoption import adopt
from audio_leakage.bulk_search import (
    CONNECTED_TO_AGENT,
    DISCONNECTED,
    INDEXING,
    INITIATED,
    BulkSearch,
    Happening,
)
from audio_leakage.contact import Contact
from audio_leakage.errors import AwsError
from audio_leakage.recovery import recover
from audio_leakage.run import Run, due_since
from audio_leakage.states import ContactState
from audio_leakage.sweep import Step, Sweep, described, look
from audio_leakage.times import format_time

_WAITING, _TALKING = ContactState.IN_PROGRESS_QUEUE_IVR, ContactState.IN_PROGRESS_AGENT
#: Where a contact may be without any search showing it: voice is searchable from the agent on.
_UNSEARCHABLE = (ContactState.INITIALISED, _WAITING)
#: A contact that has been due for so long without a search speaking of it is described.
_LONGEST_SILENCE = timedelta(hours=1)


def poll_initialised(run: Run) -> dict[str, int]:
    """Follow every INITIALISED contact that is due to where it is.

    First the contacts are entered that the subscription missed, from what no run has read of the flow log;
    and, in a run that adopts, what somebody else wrote. All of them are followed at once; if that
    fails, the task follows the others first and fails then.

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
    if not run.can_describe_all(_WAITING):
        news.append(Happening(CONNECTED_TO_AGENT, _news_from(run), run.now))
    return _poll(run, news, _WAITING, _TALKING)


def _news_from(run: Run) -> datetime:
    """Return since when something may have happened of which no run knows."""
    return run.scope.missed.start - INDEXING


def _poll(run: Run, news: list[Happening], *states: ContactState) -> dict[str, int]:
    sweep = Sweep(run)

    def follow(contact: Contact) -> str:
        return look(run, contact, described(run, contact))

    if run.can_describe_all(*states):
        sweep.over(run.due(*states), follow)
    else:
        _search_and_describe(BulkSearch(sweep, news, frozenset(states)), states, follow)
        sweep.counts["due"] = sweep.counts.total() - sweep.counts["due"]  # each has come to one of the others
    return sweep.result()


def _search_and_describe(search: BulkSearch, states: tuple[ContactState, ...], follow: Step) -> None:
    """Search from the newest on, and describe from the oldest on, until nothing is left or the time is up."""
    sweep, run = search.sweep, search.sweep.run
    talking = [state for state in states if state is _TALKING]
    unsearchable = [state for state in states if state in _UNSEARCHABLE]
    silent_since = run.now - _LONGEST_SILENCE

    def follow_unanswered(contact: Contact) -> str | None:
        return None if contact.contact_id in search.answered else follow(contact)

    with ThreadPoolExecutor(max_workers=1) as beside:
        searching = beside.submit(search.go)
        due = (run.due(*unsearchable), run.due(*talking, until=silent_since))
        sweep.over(merge(*due, key=due_since), follow_unanswered)
        searching.result()
    if search.is_complete:
        sweep.counts["unchanged"] += run.count_due(*talking)
    elif sweep.must_stop:  # tens of thousands are counted much faster than read
        left = run.count_due(*talking) - run.count_due(*talking, until=silent_since)
        sweep.counts["left_for_next_run"] += left
    else:
        rest = (item for item in run.due(*talking) if due_since(item) > format_time(silent_since))
        sweep.over(rest, follow_unanswered)
