"""Counting an hour of the population again, in three ways that must agree: see ``population/proof.py``."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from audio_leakage.errors import ServiceUnavailable, SetupError
from audio_leakage.population.context import HourContext
from audio_leakage.population.counted import CountedHour
from audio_leakage.population.hour import hour_named
from audio_leakage.population.member import Member
from audio_leakage.population.parts import Taken
from audio_leakage.population.proof import Completeness, Proof
from audio_leakage.runs.window import Window
from audio_leakage.times import second_of
from audio_leakage.use_cases.bulk_search import MOST_RESULTS

log = logging.getLogger(__name__)

#: GetMetricDataV2 reaches three months back.
_METRICS_KEPT_FOR = timedelta(days=89)


class StandardQueues:
    """The queues that GetMetricDataV2 counts; asked for once."""

    def __init__(self, run: HourContext) -> None:
        self._run = run
        self.missing: str | None = None
        try:
            self.queues = run.connect.standard_queues(run.settings.connect_instance_id)
        except (SetupError, ServiceUnavailable) as error:
            log.warning("the second count is left out: %s", error)
            self.queues, self.missing = {}, str(error)
        else:
            self.missing = None if self.queues else "the instance has no standard queue"

    def count(self, members: Iterable[Member]) -> int | None:
        """Count the members in standard queues; None if we do not know which those are."""
        return None if self.missing else sum(member.queue_id in self.queues for member in members)

    def counted(self, taken: Taken) -> CountedHour:
        """Return what was counted of an hour when it was taken."""
        return CountedHour(taken.listed, self.count(taken.members.values()), taken.unreadable)

    def handled(self, hour: Window) -> tuple[float | None, str | None]:
        """Return how many contacts the metric counts in an hour, or why it was not asked."""
        if self.missing:
            return None, self.missing
        if hour.start < self._run.now - _METRICS_KEPT_FOR:
            return None, "GetMetricDataV2 reaches three months back"
        try:
            return self._run.connect.contacts_handled(self.queues, hour.start, hour.end), None
        except SetupError as error:
            log.warning("the second count is left out: %s", error)
            return None, str(error)


def not_settled(name: str, total_count: int, counted: CountedHour) -> Proof:
    """Return what is known of an hour that is counted again by a later run."""
    return Proof(
        hour=name,
        listed=counted.listed,
        total_count=total_count,
        unreadable=counted.unreadable,
        in_standard_queues=counted.in_standard_queues or 0,
    )


def proved(
    run: HourContext,
    take_again: Callable[[Window], Taken],
    standard: StandardQueues,
    name: str,
    before: CountedHour,
) -> Proof:
    """Count an hour again, take it again if a count has changed, and return the proof.

    :param take_again: searches an hour a second time.
    :param name: the hour's name.
    :param before: what was counted when the hour was taken.
    :raises AwsError: when it could not be counted.
    """
    proof = _counted(run, standard, name, before)
    if proof.status(run.settings.population_tolerance_percent) is Completeness.INCOMPLETE:
        log.info("hour %s is taken again: %s", name, proof)
        taken = take_again(hour_named(name))
        proof = replace(_counted(run, standard, name, standard.counted(taken)), taken_again=True)
    return proof


def _counted(run: HourContext, standard: StandardQueues, name: str, before: CountedHour) -> Proof:
    hour = hour_named(name)
    total_count = _total_count(run, hour)
    handled, missing = standard.handled(hour)
    if before.in_standard_queues is None:
        handled, missing = None, missing or "the standard queues were not known when the hour was taken"
    return Proof(
        hour=name,
        listed=before.listed,
        total_count=total_count,
        unreadable=before.unreadable,
        in_standard_queues=before.in_standard_queues or 0,
        handled=handled,
        handled_missing=missing,
        is_settled=True,
    )


def _total_count(run: HourContext, stretch: Window) -> int:
    """Return how many contacts there are in a stretch of time.

    AWS does not say what ``TotalCount`` is above the most results that a search shows. So we count such a
    stretch in halves. A search includes both of its ends, so what both halves have counts once.
    """

    def count(start: datetime, end: datetime) -> int:
        return run.connect.count_population(run.settings.connect_instance_id, start, end)

    whole = count(stretch.start, stretch.end)
    middle = second_of(stretch.start + (stretch.end - stretch.start) / 2)
    if whole < MOST_RESULTS or middle <= stretch.start:
        return whole
    halves = (Window(stretch.start, middle), Window(middle, stretch.end))
    return sum(_total_count(run, half) for half in halves) - count(middle, middle)
