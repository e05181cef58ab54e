"""Many contacts with one search: SearchContacts tells of a hundred where DescribeContact tells of one.

Connect allows 10 DescribeContact a second and account, but 50 contacts a second through SearchContacts
(docs/amazon-connect.md, "Quotas"). A search finds all contacts with an event in a range of time, ours
and others. So its cost follows what changed, and contacts without an event cost nothing.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.follow import followed
from audio_leakage.contacts.snapshot import ContactSnapshot
from audio_leakage.contacts.states import ContactState
from audio_leakage.errors import AwsError, ServiceUnavailable
from audio_leakage.ports import TimeRangeType
from audio_leakage.runs.context import RunContext
from audio_leakage.runs.due import concerns
from audio_leakage.runs.outcome import described, record_outcome
from audio_leakage.runs.sweep import Sweep

log = logging.getLogger(__name__)

_PAGE = 100
#: The console's limits of a search, which we assume for the API: docs/amazon-connect.md, "Reading a contact".
MOST_RESULTS = 10_000
LONGEST_RANGE = timedelta(weeks=8)
#: How long a search may take to show a contact; AWS names no number. A contact that shows up later is
#: described, as every contact is that no search finds.
INDEXING = timedelta(minutes=5)

INITIATED: TimeRangeType = "INITIATION_TIMESTAMP"
CONNECTED_TO_AGENT: TimeRangeType = "CONNECTED_TO_AGENT_TIMESTAMP"
DISCONNECTED: TimeRangeType = "DISCONNECT_TIMESTAMP"
_MEMBERS = {
    INITIATED: "InitiationTimestamp",
    CONNECTED_TO_AGENT: "ConnectedToAgentTimestamp",
    DISCONNECTED: "DisconnectTimestamp",
}


@dataclass(frozen=True, slots=True)
class TimeRangeSearch:
    """One search: the contacts with an event in a range of time."""

    kind: TimeRangeType
    start: datetime
    end: datetime

    def event_of(self, found: Mapping[str, Any]) -> datetime | None:
        """Return when a contact that was found had the event."""
        if self.kind == CONNECTED_TO_AGENT:
            found = found.get("AgentInfo") or {}
        moment = found.get(_MEMBERS[self.kind])
        return moment if isinstance(moment, datetime) else None


@dataclass
class BulkSearch:
    """The searches of one task, which run beside its describing of single contacts."""

    sweep: Sweep
    searches: Iterable[TimeRangeSearch]
    states: frozenset[ContactState]
    """Only contacts in these states are followed."""
    answered: set[str] = field(default_factory=set)
    """Ids of the contacts that a search has found."""
    is_complete: bool = False
    """Whether a contact that no search found had no event."""

    def run(self) -> None:
        """Follow every contact that the searches find, until the time is up or AWS refuses."""
        run = self.sweep.run
        try:
            for search in self.searches:
                found = newest_first(run, search)
                while not self.sweep.must_stop and (page := list(islice(found, _PAGE))):
                    self._follow(page)
            self.is_complete = not self.sweep.must_stop
        except AwsError as error:
            log.warning("contacts are described one by one: %s", error)
            self.sweep.keep_error(error)

    def _follow(self, page: list[Mapping[str, Any]]) -> None:
        run = self.sweep.run
        answers = {str(found.get("Id")): found for found in page if found.get("Id") not in self.answered}
        if not answers:
            return
        items = run.contacts.get_many(list(answers))
        open_items = [item for item in items if str(item.get("State")) in self.states and concerns(run, item)]
        contacts = [contact for item in open_items if (contact := self.sweep.readable(item))]
        run.side_by_side(partial(self.sweep.attempt, partial(self._step, answers)), contacts)

    def _step(self, answers: Mapping[str, Mapping[str, Any]], contact: Contact) -> str | None:
        run = self.sweep.run
        if self.sweep.must_stop:
            return None
        self.answered.add(contact.contact_id)
        run.known += 1
        found = answers[contact.contact_id]
        snapshot = ContactSnapshot.from_answer(contact.contact_id, {"Contact": found})
        after = followed(contact, snapshot, run.now, run.settings)
        if after.state is ContactState.COMPLETED_QUEUE_IVR:
            # A purge cannot be undone, so DescribeContact has to say that no agent took the call.
            return record_outcome(run, contact, described(run, contact))
        return None if after.standing == contact.standing else record_outcome(run, contact, after)


def newest_first(run: RunContext, search: TimeRangeSearch) -> Iterator[Mapping[str, Any]]:
    """Yield what a search finds, the newest first. A search with too many results is split.

    :raises ServiceUnavailable: when it cannot be split.
    """
    start = max(search.start, search.end - LONGEST_RANGE)
    end = search.end
    while True:
        found: Mapping[str, Any] | None = None
        answers = run.connect.search_contacts(run.settings.connect_instance_id, search.kind, start, end)
        for place, found in enumerate(answers, start=1):
            yield found
            if place == MOST_RESULTS:
                break
        else:
            return
        moment = search.event_of(found) if found else None
        reached = _whole_second(moment) if moment else end
        if reached >= end:
            raise ServiceUnavailable(f"a search cannot show more than {MOST_RESULTS} contacts of one second")
        end = reached


def _whole_second(moment: datetime) -> datetime:
    """Return the moment, or the first second after it: botocore cuts the bounds of a search to seconds."""
    return (moment + timedelta(microseconds=999_999)).replace(microsecond=0)
