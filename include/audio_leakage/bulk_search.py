"""Many contacts with one question: SearchContacts tells of a hundred where DescribeContact tells of one.

Connect allows 10 DescribeContact a second and account, but 50 contacts a second through SearchContacts
(CONNECT.md, "Quotas"). A search finds the contacts to which something happened in a range of time, whoever
monitors them; so its cost follows what changed, and the contacts it is silent about cost nothing.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from audio_leakage.contact import Contact
from audio_leakage.errors import AwsError, ServiceUnavailable
from audio_leakage.follow import followed
from audio_leakage.ports import TimeRangeType
from audio_leakage.run import Run
from audio_leakage.snapshot import ContactSnapshot
from audio_leakage.states import ContactState
from audio_leakage.sweep import Sweep, described, look

log = logging.getLogger(__name__)

_PAGE = 100
#: What the console limits a search to, and what is assumed of the API (CONNECT.md, "Reading a contact").
MOST_RESULTS = 10_000
LONGEST_RANGE = timedelta(weeks=8)
#: How long it may take until a search shows a contact: AWS names no number. One that shows up later is
#: described, like all that no search speaks of.
INDEXING = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happens to a contact, in a range of time: one search."""

    kind: TimeRangeType
    start: datetime
    end: datetime

    def when(self, found: Mapping[str, Any]) -> datetime | None:
        """Return when it happened to a contact that was found."""
        if self.kind == CONNECTED_TO_AGENT:
            found = found.get("AgentInfo") or {}
        moment = found.get(_MEMBERS[self.kind])
        return moment if isinstance(moment, datetime) else None


INITIATED: TimeRangeType = "INITIATION_TIMESTAMP"
CONNECTED_TO_AGENT: TimeRangeType = "CONNECTED_TO_AGENT_TIMESTAMP"
DISCONNECTED: TimeRangeType = "DISCONNECT_TIMESTAMP"
_MEMBERS = {
    INITIATED: "InitiationTimestamp",
    CONNECTED_TO_AGENT: "ConnectedToAgentTimestamp",
    DISCONNECTED: "DisconnectTimestamp",
}


@dataclass
class BulkSearch:
    """The searches of one task, beside its describing of contacts one by one."""

    sweep: Sweep
    happenings: Iterable[Happening]
    states: frozenset[ContactState]
    """Only contacts in these states are followed."""
    answered: set[str] = field(default_factory=set)
    """Ids of the contacts it has spoken of."""
    is_complete: bool = False
    """Whether silence about a contact means that nothing happened to it."""

    def go(self) -> None:
        """Follow every contact that the searches find, until the time is up or AWS refuses."""
        run = self.sweep.run
        try:
            for happening in self.happenings:
                found = newest_first(run, happening)
                while not self.sweep.must_stop and (page := list(islice(found, _PAGE))):
                    self._follow(page)
            self.is_complete = not self.sweep.must_stop
        except AwsError as error:
            log.warning("contacts are described one by one: %s", error)
            self.sweep.trouble(error)

    def _follow(self, page: list[Mapping[str, Any]]) -> None:
        run = self.sweep.run
        answers = {str(found.get("Id")): found for found in page if found.get("Id") not in self.answered}
        if not answers:
            return
        items = run.contacts.get_many(run.settings.contact_table, list(answers))
        open_items = [item for item in items if str(item.get("State")) in self.states and run.concerns(item)]
        contacts = [contact for item in open_items if (contact := self.sweep.readable(item))]
        run.side_by_side(partial(self.sweep.attempt, partial(self._step, answers)), contacts)

    def _step(self, answers: Mapping[str, Mapping[str, Any]], contact: Contact) -> str | None:
        run = self.sweep.run
        if self.sweep.must_stop:
            return None
        self.answered.add(contact.contact_id)
        found = answers[contact.contact_id]
        snapshot = ContactSnapshot.from_answer(contact.contact_id, {"Contact": found})
        after = followed(contact, snapshot, run.now, run.settings)
        if after.state is ContactState.COMPLETED_QUEUE_IVR:
            # What is purged is gone: that no agent took the call is for DescribeContact to say.
            return look(run, contact, described(run, contact))
        return None if after.standing == contact.standing else look(run, contact, after)


def newest_first(run: Run, happening: Happening) -> Iterator[Mapping[str, Any]]:
    """Give what a search finds, the newest first; a search too large to be answered whole is split.

    :raises ServiceUnavailable: when it cannot be split.
    """
    start = max(happening.start, happening.end - LONGEST_RANGE)
    end = happening.end
    while True:
        found: Mapping[str, Any] | None = None
        answers = run.connect.search_contacts(run.settings.connect_instance_id, happening.kind, start, end)
        for place, found in enumerate(answers, start=1):
            yield found
            if place == MOST_RESULTS:
                break
        else:
            return
        moment = happening.when(found) if found else None
        reached = _whole_second(moment) if moment else end
        if reached >= end:
            raise ServiceUnavailable(f"a search cannot show more than {MOST_RESULTS} contacts of one second")
        end = reached


def _whole_second(moment: datetime) -> datetime:
    """Return the moment, or the first second after it: botocore cuts the rest off the bounds of a search."""
    return (moment + timedelta(microseconds=999_999)).replace(microsecond=0)
