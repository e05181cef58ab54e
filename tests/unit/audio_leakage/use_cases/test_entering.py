"""Entering the contacts that must be recorded and are not watched yet."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.states import ClosedReason, ContactState, ExpectedBy
from audio_leakage.errors import ServiceUnavailable, SetupError
from audio_leakage.population.policy import Default, Policy, Requirement, Rule
from audio_leakage.ports import Item
from audio_leakage.use_cases.entering import enter_unwatched
from audio_leakage.use_cases.population import take_population
from support.fakes import ALERTING, LOG_GROUP, at, contact, ended_with_agent, number
from support.flow_lines import line, option
from support.population import HOUR, QUEUE, HourlyWorld, result

AS_FLOW = Policy(Default.AS_FLOW)
LEG: dict[str, Any] = {
    "InitiationMethod": "TRANSFER",
    "InitialContactId": number(1),
    "PreviousContactId": number(2),
}


def world_of(*results: dict[str, Any]) -> HourlyWorld:
    world = HourlyWorld()
    world.source.results = list(results)
    return world


def enter(world: HourlyWorld, **changes: Any) -> dict[str, Any]:
    take_population(world.run(**changes))
    summary = enter_unwatched(world.run(**changes))
    figures: dict[str, Any] = summary["hours"].get(HOUR, {}) | {"entered": summary["entered"]}
    return figures


def test_a_contact_is_entered_as_the_search_shows_it() -> None:
    world = world_of(result(number(1)), result(number(2), DisconnectTimestamp=None))
    assert enter(world)["entered"] == 2
    ended, talking = world.contacts.contact(number(1)), world.contacts.contact(number(2))
    assert ended.state is ContactState.COMPLETED_AGENT
    assert ended.expected_by is ExpectedBy.POLICY
    assert ended.initialised_at == at("10:30:11.038")
    assert ended.next_check_at == at("10:33:10.343")
    assert talking.state is ContactState.IN_PROGRESS_AGENT


def test_a_second_run_changes_nothing() -> None:
    world = world_of(*(result(number(each)) for each in range(250)))
    first = enter(world)
    items = {name: dict(item) for name, item in world.contacts.items.items()}
    world.next_run()
    second = enter(world, is_backfill=True)
    assert (first.pop("entered"), second.pop("entered")) == (250, 0)
    assert first == second
    assert world.contacts.items == items
    assert len(world.topic.published) == 1


def test_a_watched_contact_stays_as_it_is() -> None:
    world = world_of(result(number(1)))
    known = contact(contact_id=number(1))
    world.contacts.put(known)
    figures = enter(world)
    assert (figures["watched"], figures["entered"]) == (1, 0)
    assert world.contacts.contact(number(1)) == known
    assert world.topic.published == []


def test_an_item_that_cannot_be_read_is_watched() -> None:
    world = world_of(result(number(1)))
    world.contacts.items[number(1)] = {"ContactId": number(1), "State": "ODD"}
    assert enter(world)["watched"] == 1


@pytest.mark.parametrize(
    ("earlier", "is_entered"),
    [
        (ended_with_agent(contact_id=number(1)), True),
        (ended_with_agent(contact_id=number(2)), True),
        (ended_with_agent(contact_id=number(1)).closed(ClosedReason.RECORDING_SWITCHED_OFF), False),
        (ended_with_agent(contact_id=number(8)), False),
    ],
)
def test_a_leg_of_a_call_that_was_to_be_recorded_is_entered(earlier: Contact, is_entered: bool) -> None:
    world = world_of(result(number(3), **LEG))
    world.contacts.put(earlier)
    figures = enter(world, policy=AS_FLOW)
    assert figures["entered_by_call"] == is_entered
    assert figures["unexplained"] == (not is_entered)
    if is_entered:
        leg = world.contacts.contact(number(3))
        assert leg.expected_by is ExpectedBy.CALL
        assert (leg.initial_contact_id, leg.previous_contact_id) == (number(1), number(2))


@pytest.mark.parametrize(
    ("logged", "is_entered"),
    [
        ((line(ContactId=number(1)),), True),
        ((line(ContactId=number(1), Parameters=option("Disable")),), False),
        ((), False),
    ],
)
def test_a_leg_after_one_that_was_purged_is_entered_by_the_log(
    logged: tuple[str, ...], is_entered: bool
) -> None:
    world = world_of(result(number(3), **LEG), result(number(4), **LEG))
    world.flow_log.messages = logged
    settings = replace(ALERTING, flow_log_group=LOG_GROUP)
    assert enter(world, policy=AS_FLOW, settings=settings)["entered_by_call"] == 2 * is_entered
    assert len(world.flow_log.asked) == 6  # each half hour once, for both


def test_a_log_that_cannot_be_read_makes_the_task_red_and_stops_nothing_else() -> None:
    world = world_of(result(number(3), **LEG), result(number(5), PreviousContactId=number(6)))
    world.contacts.put(ended_with_agent(contact_id=number(6)))
    world.flow_log.error = ServiceUnavailable("throttled")
    settings = replace(ALERTING, flow_log_group=LOG_GROUP)
    with pytest.raises(ServiceUnavailable):
        enter(world, policy=AS_FLOW, settings=settings)
    assert number(5) in world.contacts.items


def test_a_chain_of_legs_is_entered_whole() -> None:
    legs = [
        result(
            number(each), at(f"10:3{each}"), PreviousContactId=number(each - 1), InitiationMethod="TRANSFER"
        )
        for each in range(2, 6)
    ]
    world = world_of(*legs)
    world.contacts.put(ended_with_agent(contact_id=number(1)))
    assert enter(world, policy=AS_FLOW)["entered_by_call"] == 4


def test_unexplained_contacts_are_told_as_a_figure_and_never_entered() -> None:
    world = world_of(result(number(1)), result(number(2)))
    figures = enter(world, policy=AS_FLOW)
    assert figures["unexplained_by_queue"] == {QUEUE: 2}
    assert world.contacts.items == {}
    ((subject, message, attributes),) = world.topic.published
    assert subject == "Audio leakage: 2 contacts unexplained"
    assert f"queue {QUEUE}: 2" in message
    assert (attributes["event"], attributes["count"]) == ("CALLS_NOT_WATCHED", 0)


def test_one_message_tells_of_an_hour() -> None:
    world = world_of(*(result(number(each)) for each in range(500)))
    enter(world)
    ((_, message, attributes),) = world.topic.published
    assert attributes["count"] == 500
    assert "initiation method INBOUND: 500" in message
    assert len(message) < 2000


def test_a_message_that_did_not_get_out_is_told_by_the_retry() -> None:
    world = world_of(result(number(1)))
    take_population(world.run())
    world.topic.error = ServiceUnavailable("down")
    with pytest.raises(ServiceUnavailable):
        enter_unwatched(world.run())
    world.topic.error = None
    assert enter_unwatched(world.run(is_retry=True))["entered"] == 0
    ((subject, _, _),) = world.topic.published
    assert subject == "Audio leakage: 1 contact entered"


def test_a_contact_that_could_not_be_written_makes_the_task_red(monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_of(result(number(1)), result(number(2)))
    create = world.contacts.create

    def throttled(item: Item) -> bool:
        if item["ContactId"] == number(1):
            raise ServiceUnavailable("throttled")
        return create(item)

    monkeypatch.setattr(world.contacts, "create", throttled)
    take_population(world.run())
    with pytest.raises(ServiceUnavailable):
        enter_unwatched(world.run())
    assert set(world.contacts.items) == {number(2)}


def test_rules_that_end_are_told_once_a_day() -> None:
    rule = Rule(id="r", recording=Requirement.MAY, valid_until=date(2023, 9, 1), reason="x", approved_by="y")
    policy = replace(AS_FLOW, rules=(rule,))
    world = world_of()
    for hour in ("10:20", "11:20"):
        enter_unwatched(world.run(policy=policy, now=at(hour)))
    enter_unwatched(world.run(policy=policy, now=at("2023-08-30T00:20")))
    assert [attributes["event"] for _, _, attributes in world.topic.published] == ["POLICY_RULE_ENDS"] * 2
    assert "rule r, recording may: ends on 2023-09-01" in world.topic.published[0][1]


def naming(*queues: str) -> Policy:
    return replace(AS_FLOW, rules=(Rule(id="r", recording=Requirement.MUST, queues=frozenset(queues)),))


def test_a_queue_that_the_instance_does_not_have_is_told_once() -> None:
    world, slip, other = world_of(), number(77), number(78)
    for policy in (naming(QUEUE, slip), naming(QUEUE, slip), naming(slip, other)):
        enter_unwatched(world.run(policy=policy))
    told = [(attributes["event"], message) for _, message, attributes in world.topic.published]
    assert [event for event, _ in told] == ["POLICY_QUEUE_UNKNOWN"] * 2
    assert [f"rule r, recording must: queue {each}" in told[0][1] for each in (slip, QUEUE)] == [True, False]
    assert (slip in told[1][1], other in told[1][1]) == (False, True)


def test_a_slip_that_comes_back_is_told_again() -> None:
    world, slip = world_of(), number(77)
    for policy in (naming(slip), naming(QUEUE), naming(slip)):
        enter_unwatched(world.run(policy=policy))
    assert len(world.topic.published) == 2


def test_nobody_is_told_of_queues_that_cannot_be_listed() -> None:
    world = world_of()
    world.source.queues_error = SetupError("connect:ListQueues was denied")
    enter_unwatched(world.run(policy=naming(number(77))))
    assert world.topic.published == []
    assert world.counted.values == {}


def test_a_backfill_says_nothing_about_the_policys_queues() -> None:
    world = world_of()
    enter_unwatched(world.run(policy=naming(number(77)), is_backfill=True))
    assert world.topic.published == []


def test_a_large_hour_is_compared_a_hundred_at_a_time() -> None:
    world = world_of(*(result(number(each)) for each in range(1_234)))
    enter(world)
    assert max(world.contacts.batches) == 100
    assert len(world.contacts.batches) == 13


def test_a_contact_that_somebody_else_enters_meanwhile_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_of(result(number(1)), result(number(2)))
    create, theirs = world.contacts.create, contact(contact_id=number(1))

    def late(item: Item) -> bool:
        if item["ContactId"] == number(1):
            world.contacts.put(theirs)
        return create(item)

    monkeypatch.setattr(world.contacts, "create", late)
    figures = enter(world)
    assert (figures["watched"], figures["entered"]) == (1, 1)
    assert world.contacts.contact(number(1)) == theirs
