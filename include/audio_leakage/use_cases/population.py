"""The use case ``take_population``: every voice contact that an agent took in one hour, proved complete."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from operator import methodcaller
from typing import Any

from audio_leakage.errors import AwsError, InvalidContact, ServiceUnavailable
from audio_leakage.population.context import HourContext
from audio_leakage.population.hour import name_of
from audio_leakage.population.member import Member
from audio_leakage.population.parts import Part, Taken, by_hour
from audio_leakage.population.proof import Completeness, Proof
from audio_leakage.runs.window import Window
from audio_leakage.times import second_of
from audio_leakage.use_cases.bulk_search import MOST_RESULTS
from audio_leakage.use_cases.counting import StandardQueues, not_settled, proved

log = logging.getLogger(__name__)

#: Pages in one part. After a failure, a try repeats at most this many.
_PAGES_IN_PART = 10
#: How many more results than announced a search may have before we take it for a circle.
_MORE_THAN_ANNOUNCED, _AT_LEAST = 1.1, 100


def take_population(run: HourContext) -> dict[str, Any]:
    """Take the contacts of the hour, and count those hours again that ended ``settle_hours`` ago.

    Where a search shows more than it did before, that hour is taken again. The contacts reach
    ``enter_unwatched`` in parts. A retry goes on after the last part that an earlier try kept.

    :return: the hour, how many contacts its ``population`` has, and the ``proofs`` of hours.
    :raises AwsError: when an hour could not be taken, or at the end when one could not be counted.
    """
    taking = _Taking(run)
    taken = taking.take(run.hour)
    standard = StandardQueues(run)
    name = name_of(run.hour)
    counted = standard.counted(taken)
    known = run.counted
    due = [] if run.is_backfill else known.settled(run.now, run.settings.settle_after)
    proofs: list[Proof] = []
    failure: AwsError | None = None
    if run.hour.end + run.settings.settle_after <= run.now:
        due = sorted({*due, name})
    else:
        run.remember(lambda known: known.with_hour(name, counted, run.now))
        proofs.append(not_settled(name, taken.total_count, counted))
    for hour in due:
        before = counted if hour == name else known.hours[hour]
        try:
            proofs.append(proved(run, partial(taking.take, again=True), standard, hour, before))
        except AwsError as error:
            log.warning("hour %s could not be counted again: %s", hour, error)
            failure = failure or error
            continue
        run.remember(methodcaller("without", hour))
    tolerance = run.settings.population_tolerance_percent
    incomplete = [proof.hour for proof in proofs if proof.status(tolerance) is Completeness.INCOMPLETE]
    if incomplete:
        log.warning("the counts of %s disagree: INCOMPLETE", ", ".join(incomplete))
    run.publish_metrics(Population=len(taken.members), PopulationIncomplete=len(incomplete))
    if failure:
        raise failure
    return {
        "hour": name,
        "population": len(taken.members),
        "pages": taking.pages,
        "parts": taking.place,
        "incomplete": len(incomplete),
        "proofs": [proof.to_values(tolerance) for proof in proofs],
    }


@dataclass
class _Taking:
    """The searches of one task; each part is kept as soon as it is whole."""

    run: HourContext
    pages: int = 0
    place: int = 0
    _first: dict[str, Taken] = field(default_factory=dict)
    _again: dict[str, Taken] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with what earlier tries of this task kept."""
        texts = self.run.parts.of_earlier_tries()
        for text in texts:
            self.run.parts.keep(self.place, text)
            self.place += 1
        parts = [Part.from_text(text) for text in texts]
        self._first = by_hour(part for part in parts if not part.taken_again)
        self._again = by_hour(part for part in parts if part.taken_again)
        if parts:
            log.info("%d parts of an earlier try are there", len(parts))

    def take(self, hour: Window, *, again: bool = False) -> Taken:
        """Return everything that the searches show of an hour.

        :raises ServiceUnavailable: when the time is up, or when a search cannot show everything.
        """
        hours = self._again if again else self._first
        taken = hours.setdefault(name_of(hour), Taken(name_of(hour)))
        start = second_of(taken.reached or hour.start)
        while not taken.is_whole:
            reached = second_of(self._search(taken, Window(start, hour.end), hour, again=again))
            if reached <= start and not taken.is_whole:
                raise ServiceUnavailable(
                    f"a search cannot show more than {MOST_RESULTS} contacts of one second"
                )
            start = reached
        return taken

    def _search(self, taken: Taken, stretch: Window, hour: Window, *, again: bool) -> datetime:
        """Run one search, up to its end or to the most results it shows; return how far it came."""
        run, pages, results = self.run, _Pages(hour), 0
        reached = stretch.start
        announced = None
        searched = run.connect.population(run.settings.connect_instance_id, stretch.start, stretch.end)

        def keep(*, is_last: bool) -> None:
            part = pages.part(taken, reached, is_last=is_last, again=again)
            run.parts.keep(self.place, part.to_text())
            self.place += 1
            taken.add(part)

        for found, total_count in searched:
            self.pages += 1
            results += len(found)
            announced = total_count if announced is None else announced
            if results > announced * _MORE_THAN_ANNOUNCED + _AT_LEAST:
                raise ServiceUnavailable(f"a search announced {announced} contacts and shows {results}")
            pages.add(found, total_count)
            reached = max(reached, pages.reached or reached)
            if run.out_of_time:
                keep(is_last=False)
                raise ServiceUnavailable(
                    f"hour {taken.hour}: {taken.listed} contacts were listed in time, the next try goes on"
                )
            if results >= MOST_RESULTS:
                keep(is_last=False)
                return reached
            if pages.count == _PAGES_IN_PART:
                keep(is_last=False)
        keep(is_last=True)
        return reached


class _Pages:
    """The pages of one part, read."""

    def __init__(self, hour: Window) -> None:
        self._hour = hour
        self._clear()

    def _clear(self) -> None:
        self.count = 0
        self.reached: datetime | None = None
        self._members: list[Member] = []
        self._ids: list[str] = []
        self._unreadable = self._total_count = 0

    def add(self, found: Iterable[Mapping[str, Any]], total_count: int) -> None:
        self.count += 1
        self._total_count = total_count
        for result in found:
            try:
                member = Member.from_result(result)
            except InvalidContact as error:
                log.warning("a result of SearchContacts was passed over: %s", error)
                self._unreadable += 1
                continue
            connected = member.connected_to_agent_timestamp
            self.reached = max(self.reached or connected, connected)
            self._ids.append(member.contact_id)
            if self._hour.start <= connected < self._hour.end:  # a search includes its end
                self._members.append(member)

    def part(self, taken: Taken, reached: datetime, *, is_last: bool, again: bool) -> Part:
        part = Part(
            hour=taken.hour,
            members=tuple(member for member in self._members if member.contact_id not in taken.ids),
            ids=tuple(other for other in self._ids if other not in taken.ids),
            unreadable=self._unreadable,
            reached=reached,
            total_count=self._total_count,
            is_last=is_last,
            taken_again=again,
        )
        self._clear()
        return part
