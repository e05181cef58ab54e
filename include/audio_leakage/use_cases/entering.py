"""The use case ``enter_unwatched``: contacts that must be recorded and are not watched yet."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

from audio_leakage.contacts.contact import Contact
from audio_leakage.errors import AwsError, InvalidContact, ServiceUnavailable, SetupError
from audio_leakage.instances import policy_variable_of
from audio_leakage.population.classes import (
    EXPECTED_BY,
    Class,
    Classified,
    classified,
    is_to_be_recorded,
)
from audio_leakage.population.context import HourContext
from audio_leakage.population.figures import Figures, added
from audio_leakage.population.logged_legs import LoggedLegs
from audio_leakage.population.member import Member
from audio_leakage.population.messages import not_watched_alert, queues_unknown_alert, rules_end_alert
from audio_leakage.population.parts import Part, Taken, by_hour

log = logging.getLogger(__name__)

#: Maximum number of items in one BatchGetItem.
_AT_ONCE = 100
_T = TypeVar("_T")


def enter_unwatched(run: HourContext) -> dict[str, Any]:
    """Enter each contact of the population that must be recorded and that the table lacks.

    The contact is entered as the search has shown it, and ``monitor_audio_leakage`` does the rest: it
    follows, judges, tells and heals it as any other. A contact that is in the table stays as it is. So a
    second run changes nothing.

    :return: how many contacts were ``entered`` now, and the figures of each hour.
    :raises AwsError: when a contact could not be entered, or when nobody could be told.
    """
    hours = by_hour(map(Part.from_text, run.parts.taken()))
    entering = _Entering(run)
    figures = {name: entering.enter(taken) for name, taken in sorted(hours.items())}
    whole = added(figures.values())
    run.publish_metrics(NotWatched=whole.entered, Unexplained=whole.classes[Class.UNEXPLAINED])
    if entering.failures:
        log.warning("not everything could be entered: %d errors", len(entering.failures))
        raise entering.failures[0]
    _tell(run, whole)
    _tell_of_rules(run)
    _tell_of_unknown_queues(run)
    return {
        "entered": whole.entered,
        "hours": {
            name: {**each.to_values(), "is_whole": hours[name].is_whole} for name, each in figures.items()
        },
    }


class _Entering:
    """Compares members with the table and enters what it lacks."""

    def __init__(self, run: HourContext) -> None:
        self._run = run
        self._recorded: set[str] = set()
        """Contacts that were to be recorded, whose later legs are, too."""
        self._logged_legs = LoggedLegs(run)
        self.failures: list[AwsError] = []

    def enter(self, taken: Taken) -> Figures:
        """Enter the contacts of an hour and return its figures."""
        figures = Figures()
        members = sorted(taken.members.values(), key=_by_time)
        for batch in _batches(members):
            known = self._known(batch)
            each_class = [self._classified(member, known) for member in batch]
            with ThreadPoolExecutor(max_workers=self._run.at_once) as pool:
                for each in pool.map(self._entered, each_class):
                    figures.add(each)
        if self._logged_legs.error:
            self.failures.append(self._logged_legs.error)
        return figures

    def _known(self, members: Iterable[Member]) -> Mapping[str, Contact | None]:
        """Return the items of members and of the earlier legs of their calls; None for an unreadable one."""
        ids = dict.fromkeys(each for member in members for each in (member.contact_id, *member.earlier_legs))
        found: dict[str, Contact | None] = {}
        for some in _batches(ids):
            for item in self._run.contacts.get_many(some):
                found[str(item["ContactId"])] = _readable(item)
        self._recorded.update(each for each, item in found.items() if item is None or is_to_be_recorded(item))
        return found

    def _classified(self, member: Member, known: Mapping[str, Contact | None]) -> Classified:
        each = classified(
            member,
            self._run.policy,
            known.get(member.contact_id),
            is_leg_of_recorded_call=any(leg in self._recorded for leg in member.earlier_legs),
        )
        if each.kind is Class.UNEXPLAINED and any(leg not in known for leg in member.earlier_legs):
            is_leg = self._logged_legs.ask_for_recording(member)
            each = classified(member, self._run.policy, None, is_leg_of_recorded_call=is_leg)
        if each.is_new and member.contact_id in known:  # an item that cannot be read stays as it is
            each = replace(each, kind=Class.WATCHED, is_new=False)
        if each.is_new:
            self._recorded.add(member.contact_id)
        return each

    def _entered(self, each: Classified) -> Classified:
        """Write a contact if it is to be entered. One that somebody else has entered meanwhile is known."""
        if not each.is_new:
            return each
        run = self._run
        contact = each.member.to_contact(EXPECTED_BY[each.kind], run.now, run.settings)
        try:
            is_new = run.contacts.create(contact.to_item())
        except AwsError as error:
            self.failures.append(error)
            return each
        if not is_new:
            return replace(each, is_new=False, kind=Class.WATCHED)
        log.info("contact %s: entered as %s, %s", contact.contact_id, contact.standing, each.kind)
        return each


def _tell(run: HourContext, figures: Figures) -> None:
    """Tell once of what was entered or is unexplained.

    A retry cannot know whether the try before it has told, so it tells. A backfill tells of news only.
    """
    has_entered = figures.classes[Class.ENTERED_BY_POLICY] + figures.classes[Class.ENTERED_BY_CALL] > 0
    is_news = figures.entered > 0 or (run.is_retry and has_entered)
    if is_news or (figures.classes[Class.UNEXPLAINED] and not run.is_backfill):
        run.tell(not_watched_alert(figures, run.hour, run.policy, run.sender))


def _tell_of_rules(run: HourContext) -> None:
    """Tell once a day of rules that end or have ended."""
    today = run.now.astimezone(UTC).date()
    ending = run.policy.ending(today)
    if not ending or run.is_backfill or run.counted.rules_told_on == today:
        return
    variable = policy_variable_of(run.dag_id)
    run.tell(rules_end_alert(ending, today, variable, run.sender))
    run.remember(lambda known: replace(known, rules_told_on=today))


def _tell_of_unknown_queues(run: HourContext) -> None:
    """Tell once of a queue of the policy that the instance does not have: a rule with a slip matches nothing.

    Where we may not list queues, nobody can say, and the run goes on.
    """
    if not run.policy.queues or run.is_backfill:
        return
    try:
        unknown = run.connect.unknown_queues(run.settings.connect_instance_id, run.policy.queues)
    except (SetupError, ServiceUnavailable) as error:
        log.warning("nobody can say whether the instance has the policy's queues: %s", error)
        return
    told = run.counted.unknown_queues
    if news := unknown - told:
        log.warning("the policy names queues that the instance does not have: %s", ", ".join(sorted(news)))
        run.tell(queues_unknown_alert(news, run.policy, policy_variable_of(run.dag_id), run.sender))
    if unknown != told:
        run.remember(lambda known: replace(known, unknown_queues=frozenset(unknown)))


def _batches(each: Iterable[_T]) -> Iterator[list[_T]]:
    """Yield a hundred at a time."""
    rest = iter(each)
    while batch := list(islice(rest, _AT_ONCE)):
        yield batch


def _by_time(member: Member) -> tuple[datetime, str]:
    return member.connected_to_agent_timestamp, member.contact_id


def _readable(item: Mapping[str, Any]) -> Contact | None:
    try:
        return Contact.from_item(item)
    except InvalidContact as error:
        log.warning(
            "contact %.40r is known, though its item cannot be read: %s", item.get("ContactId"), error
        )
        return None
