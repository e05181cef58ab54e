"""People hear once, at once, of entries whose calls will be recorded worse than they know."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from audio_leakage.errors import ServiceUnavailable, SetupError
from audio_leakage.population.policy import Policy, Requirement, Rule
from audio_leakage.use_cases.day_flows import audit_flows
from support.day import DailyWorld
from support.published_flows import QUEUE, flow, leaking, recorded

DAY = date(2023, 8, 29)
ONE_DAY = timedelta(days=1)


def world_of(default: str = "must") -> DailyWorld:
    world = DailyWorld(default)
    world.flows.flows = {"sales": recorded("Sales"), "service": recorded("Service")}
    world.flows.numbers = {"1": "sales", "2": "service"}
    world.flows.queues = (QUEUE,)
    return world


def heard(world: DailyWorld) -> list[str]:
    """Return the messages about flows since the last time we asked."""
    messages = [
        message
        for _, message, attributes in world.ports.topic.published
        if attributes["event"] == "FLOWS_LEAK"
    ]
    world.ports.topic.published.clear()
    return messages


def test_an_entry_that_leaks_since_today_is_told_once_with_its_way() -> None:
    world = world_of()
    audit_flows(world.run(DAY))
    assert heard(world) == []
    world.flows.flows["sales"] = leaking("Sales")
    audit_flows(world.run(DAY + ONE_DAY))
    (message,) = heard(world)
    assert "NEVER (was ALWAYS): Sales (phone number)\n" in message
    assert "  In Sales: Set working queue, then Transfer to queue.\n" in message
    assert "  Set recording to agent and customer in Sales, before 'Transfer to queue'.\n" in message
    assert "docs/operations.md#flows_leak" in message
    assert "Service" not in message
    audit_flows(world.run(DAY + 2 * ONE_DAY))
    assert heard(world) == []


def test_an_entry_that_was_repaired_is_told_again_when_it_leaks_again() -> None:
    world = world_of()
    told = []
    for number, make in enumerate((leaking, recorded, leaking)):
        world.flows.flows["sales"] = make("Sales")
        audit_flows(world.run(DAY + number * ONE_DAY))
        told.append(len(heard(world)))
    assert told == [1, 0, 1]


def test_what_could_not_be_told_is_told_by_the_next_run() -> None:
    world = world_of()
    audit_flows(world.run(DAY))
    world.flows.flows["sales"] = leaking("Sales")
    world.ports.topic.error = ServiceUnavailable("throttled")
    with pytest.raises(ServiceUnavailable):
        audit_flows(world.run(DAY + ONE_DAY))
    world.ports.topic.error = None
    audit_flows(world.run(DAY + 2 * ONE_DAY))
    assert len(heard(world)) == 1


def test_what_the_last_evidence_says_is_known_where_nothing_was_ever_told() -> None:
    world = world_of()
    world.flows.flows["sales"] = leaking("Sales")
    world.prove(DAY)
    for key in [key for key in world.store.objects if key.endswith("told.json")]:
        del world.store.objects[key]  # as if an earlier version had written the evidence
    world.ports.topic.published.clear()
    audit_flows(world.run(DAY + ONE_DAY))
    assert heard(world) == []


def test_a_denied_morning_makes_nobody_hear_of_the_same_leak_twice() -> None:
    world = world_of()
    world.flows.flows["sales"] = leaking("Sales")
    audit_flows(world.run(DAY))
    assert len(heard(world)) == 1
    world.flows.errors["inventory"] = SetupError("grant connect:SearchContactFlows")
    audit_flows(world.run(DAY + ONE_DAY))
    world.flows.errors.clear()
    audit_flows(world.run(DAY + 2 * ONE_DAY))
    assert heard(world) == []


@pytest.mark.parametrize(
    ("default", "rules", "heard_of"),
    [
        ("must", {}, (True, True)),
        ("as_flow", {}, (False, True)),
        ("as_flow", {"recording": Requirement.MUST}, (True, True)),
        ("must", {"recording": Requirement.MAY}, (False, False)),
        ("must", {"recording": Requirement.MUST_NOT}, (False, False)),
        ("must", {"recording": Requirement.MAY, "subtypes": frozenset({"connect:WebRTC"})}, (True, True)),
        ("must", {"recording": Requirement.MAY, "valid_until": DAY}, (True, True)),
        ("must", {"recording": Requirement.MAY, "queues": frozenset({"another"})}, (True, True)),
    ],
)
def test_the_policy_says_of_which_queues_people_hear(
    default: str, rules: dict[str, object], heard_of: tuple[bool, bool]
) -> None:
    """First of an entry that leaks from the beginning, then of one that leaks since today."""
    for first, is_heard in zip((leaking, recorded), heard_of, strict=True):
        world = world_of(default)
        rule = Rule(**{"id": "1", "queues": frozenset({QUEUE}), **rules}) if rules else None  # type: ignore[arg-type]
        policy = Policy(world.policy.default, (rule,) if rule else ())
        world.flows.flows["sales"] = first("Sales")
        audit_flows(replace(world.run(DAY), policy=policy))
        world.flows.flows["sales"] = leaking("Sales")
        audit_flows(replace(world.run(DAY + ONE_DAY), policy=policy))
        assert bool(heard(world)) is is_heard, first


def test_the_alert_describes_at_most_ten_entries() -> None:
    world = world_of()
    world.flows.flows = {f"flow-{place}": leaking(f"Sales {place}") for place in range(30)}
    world.flows.numbers = {f"number-{place}": f"flow-{place}" for place in range(30)}
    audit_flows(world.run(DAY))
    (message,) = heard(world)
    assert message.count("NEVER (new)") == 10
    assert "... and 20 more in flows.json\n" in message


def test_an_entry_that_nobody_can_foretell_any_more_is_worse_than_a_recorded_one() -> None:
    world = world_of()
    audit_flows(world.run(DAY))
    dynamic = {"Type": "TransferToFlow", "Parameters": {"ContactFlowId": "$.Attributes.next"}}
    world.flows.flows["sales"] = flow("Sales", "CONTACT_FLOW", dynamic)
    audit_flows(world.run(DAY + ONE_DAY))
    (message,) = heard(world)
    assert "UNKNOWN (was ALWAYS): Sales" in message
    assert "the next flow is chosen while the call runs" in message
