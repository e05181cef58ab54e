"""The contacts that a run has to look at."""

import math
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice

from audio_leakage.contacts.states import ClosedReason, ContactState, RecordedState
from audio_leakage.ports import Item
from audio_leakage.runs.context import RunContext
from audio_leakage.runs.window import Window
from audio_leakage.times import format_time

#: How long a contact that is happening now can have been due.
_LIVE = timedelta(hours=1)
#: Turns of live contacts for each turn of a contact of the past.
_LIVE_TURNS = 3


def due_since(item: Item) -> str:
    """Return since when an item has been due; nothing for one that only a backfill looks at."""
    return str(item.get("NextCheckAt", ""))


def due(run: RunContext, *states: ContactState, until: datetime | None = None) -> Iterator[Item]:
    """Yield the contacts in some states that a run has to look at.

    These are all that are due, the longest due first. But most turns go to what is happening now, because
    recovery, adoption and backfills bring contacts that have been due since their own past. A run that is
    only about its window, or about named contacts, looks at these: those that are due, and in any case those
    that failed, that Connect did not know, or whose last look failed.

    :param until: only contacts that have been due since then; now by default.
    """
    end = until or run.now
    if run.scope.only_window:
        return _due_in_window(run, states, format_time(end))
    live_since = min(end, run.now - _LIVE)
    past = (run.contacts.due(state, format_time(live_since)) for state in states)
    first_live = format_time(live_since + timedelta(milliseconds=1))
    live = (run.contacts.due(state, format_time(end), first_live) for state in states if live_since < end)
    return _live_first(merge(*live, key=due_since), merge(*past, key=due_since))


def count_due(
    run: RunContext, *states: ContactState, until: datetime | None = None, enough: float = math.inf
) -> int:
    """Count what :func:`due` yields; stop soon after ``enough`` in each state."""
    if run.scope.only_window:
        return sum(1 for _ in due(run, *states, until=until))
    due_by = format_time(until or run.now)
    return sum(run.contacts.count_due(state, due_by, enough) for state in states)


def can_describe_all(run: RunContext, *states: ContactState) -> bool:
    """Tell whether there is time to describe every contact that :func:`due` yields."""
    in_time = run.settings.describe_contact_rps * run.seconds_left()
    return count_due(run, *states, enough=in_time + 1) <= in_time


def concerns(run: RunContext, item: Item) -> bool:
    """Tell whether a run may touch a contact that it came across: any, or only those of its window."""
    scope = run.scope
    if not scope.only_window:
        return True
    if scope.contact_ids:
        return item.get("ContactId") in scope.contact_ids
    start, end = _bounds(run)
    return scope.window.saw(item) if scope.by_any_time else start <= str(item.get("InitialisedAt", "")) < end


def in_turn(*contacts: Iterator[Item]) -> Iterator[Item]:
    """Yield one contact of each iterator in turn, so that none keeps the others waiting."""
    waiting = list(contacts)
    while waiting:
        turns = [(each, next(each, None)) for each in waiting]
        yield from (item for _, item in turns if item is not None)
        waiting = [each for each, item in turns if item is not None]


def _live_first(live: Iterator[Item], past: Iterator[Item]) -> Iterator[Item]:
    """Give most turns to live contacts and every fourth to one of the past, so that both come to an end."""
    while turn := [*islice(live, _LIVE_TURNS), *islice(past, 1)]:
        yield from turn


def _due_in_window(run: RunContext, states: Collection[ContactState], due_by: str) -> Iterator[Item]:
    for item in _of_scope(run):
        is_open = item.get("OpenState") is not None
        is_due = is_open and (due_since(item) <= due_by or bool(run.scope.contact_ids))
        failed = item.get("RecordedState") == RecordedState.CALL_RECORDED_FAILURE
        unknown = item.get("ClosedReason") == ClosedReason.NOT_FOUND
        last_look_failed = item.get("Attempts") is not None
        if item.get("State") in states and (is_due or failed or unknown or last_look_failed):
            yield item


def unknown_contacts(run: RunContext) -> list[str]:
    """Return the contacts that somebody named and the table does not have."""
    found = {item["ContactId"] for item in _named(run)}
    return [contact_id for contact_id in run.scope.contact_ids if contact_id not in found]


def _of_scope(run: RunContext) -> Iterator[Item]:
    """Yield the contacts that a run with a window or with named contacts is about."""
    window = run.scope.window
    if run.scope.contact_ids:
        yield from _named(run)
    elif run.scope.by_any_time:
        longest = Window(window.start - run.settings.longest_call, window.end)
        start, end = format_time(longest.start), format_time(longest.end)
        yield from filter(window.saw, run.contacts.initialised(longest.hours, start, end))
    else:
        yield from run.contacts.initialised(window.hours, *_bounds(run))


def _named(run: RunContext) -> Iterator[Item]:
    ids = list(run.scope.contact_ids)
    yield from run.contacts.get_many(ids) if ids else ()


def _bounds(run: RunContext) -> tuple[str, str]:
    """Return start and end of the window as the table writes them."""
    return format_time(run.scope.window.start), format_time(run.scope.window.end)
