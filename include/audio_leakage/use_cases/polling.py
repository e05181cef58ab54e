"""The use cases ``poll_initialised`` and ``poll_in_progress``: ask Connect how far each contact has come.

If there is time to describe every due contact, each is described. If not, searches answer for most of them
while the rest is described, the longest due first. Both ways come to the same result.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.states import ContactState
from audio_leakage.errors import AwsError, InvalidContact, WindowError
from audio_leakage.flow_log.recovery import recover
from audio_leakage.runs.context import RunContext
from audio_leakage.runs.due import can_describe_all, count_due, due, due_since, in_turn, unknown_contacts
from audio_leakage.runs.metrics import publish_metrics
from audio_leakage.runs.outcome import described, record_outcome
from audio_leakage.runs.sweep import Step, Sweep
from audio_leakage.times import format_time
from audio_leakage.use_cases.adoption import adopt
from audio_leakage.use_cases.bulk_search import (
    CONNECTED_TO_AGENT,
    DISCONNECTED,
    INDEXING,
    INITIATED,
    BulkSearch,
    TimeRangeSearch,
)

log = logging.getLogger(__name__)

_WAITING, _TALKING = ContactState.IN_PROGRESS_QUEUE_IVR, ContactState.IN_PROGRESS_AGENT
#: States in which no search may show a contact: voice is searchable once it is connected to an agent.
_UNSEARCHABLE = (ContactState.INITIALISED, _WAITING)
#: A contact that has been due for this long without a search finding it is described.
_LONGEST_SILENCE = timedelta(hours=1)


def poll_initialised(run: RunContext) -> dict[str, int]:
    """Follow every INITIALISED contact that is due to where it is.

    First, enter the contacts that the subscription missed and, in a run that adopts, those that somebody else
    wrote. If that fails, the task follows the other contacts all the same and fails at the end.

    :return: how many contacts were due, recovered and adopted, and how many had each outcome.
    """
    publish_metrics(run, Runs=1)
    _warn_of_items_that_left(run)
    entered: dict[str, int] = {}
    trouble: AwsError | InvalidContact | None = None
    for enter in (recover, adopt):
        try:
            entered |= enter(run)
        except (AwsError, InvalidContact) as error:  # what is in the table is followed all the same
            trouble = trouble or error
    until = run.scope.window.end if run.scope.only_window else run.now
    searches = [TimeRangeSearch(INITIATED, _search_from(run), until)]
    counts = {**entered, **_poll(run, searches, ContactState.INITIALISED)}
    if trouble:
        raise trouble
    if unknown := unknown_contacts(run):
        raise WindowError(
            f"contact_ids: the contact table has no contact {', '.join(unknown)}; if its flow asked for a "
            "recording, name the window in which its recording block ran"
        )
    return counts


def _warn_of_items_that_left(run: RunContext) -> None:
    keep_for = run.settings.keep_items_for
    if run.scope.only_window and keep_for and run.scope.window.start < run.now - keep_for:
        log.warning("items of this window have left the table, the evidence of their day has their verdicts")


def poll_in_progress(run: RunContext) -> dict[str, int]:
    """Follow every IN_PROGRESS contact that is due to where it is.

    :return: how many contacts were due, and how many had each outcome.
    """
    searches = [TimeRangeSearch(DISCONNECTED, _search_from(run), run.now)]
    if not can_describe_all(run, _WAITING):
        searches.append(TimeRangeSearch(CONNECTED_TO_AGENT, _search_from(run), run.now))
    return _poll(run, searches, _WAITING, _TALKING)


def _search_from(run: RunContext) -> datetime:
    """Return since when contacts may have had an event that no run knows of."""
    return run.scope.missed.start - INDEXING


def _poll(run: RunContext, searches: list[TimeRangeSearch], *states: ContactState) -> dict[str, int]:
    sweep = Sweep(run)

    def follow(contact: Contact) -> str:
        return record_outcome(run, contact, described(run, contact))

    if can_describe_all(run, *states):
        sweep.each(due(run, *states), follow)
    else:
        _search_and_describe(BulkSearch(sweep, searches, frozenset(states)), states, follow)
    return sweep.result()


def _search_and_describe(search: BulkSearch, states: tuple[ContactState, ...], follow: Step) -> None:
    """Search from the newest on and describe from the oldest on, until nothing is left or the time is up."""
    sweep, run = search.sweep, search.sweep.run
    talking = [state for state in states if state is _TALKING]
    unsearchable = [state for state in states if state in _UNSEARCHABLE]
    silent_since = run.now - _LONGEST_SILENCE

    def follow_unanswered(contact: Contact) -> str | None:
        return None if contact.contact_id in search.answered else follow(contact)

    with ThreadPoolExecutor(max_workers=1) as beside:
        searching = beside.submit(search.run)
        silent = due(run, *talking, until=silent_since)
        sweep.each(in_turn(due(run, *unsearchable), silent), follow_unanswered)
        searching.result()
    if search.is_complete:
        sweep.counts["unchanged"] += count_due(run, *talking)
    elif sweep.must_stop:  # counting tens of thousands is much faster than reading them
        left = count_due(run, *talking) - count_due(run, *talking, until=silent_since)
        sweep.counts["left_for_next_run"] += left
    else:
        rest = (item for item in due(run, *talking) if due_since(item) > format_time(silent_since))
        sweep.each(rest, follow_unanswered)
