"""People hear once, at once, of entries whose calls will be recorded worse than they know."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from audio_leakage.errors import ServiceUnavailable, SetupError
from audio_leakage.population.policy import Policy, Requirement, Rule
from audio_leakage.use_cases.day_flows import audit_flows
from audio_leakage.use_cases.day_population import complete_population
from audio_leakage.use_cases.day_recordings import list_recordings
from audio_leakage.use_cases.flow_alerts import flows_leak_alert
from audio_leakage.use_cases.proving import write_evidence
from audio_leakage.use_cases.reconciling import reconcile
from support.day import DailyWorld
from support.fakes import SENDER
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


def test_a_first_alert_that_fails_is_sent_although_the_evidence_has_its_entry_by_then() -> None:
    world = world_of()
    world.flows.flows["sales"] = leaking("Sales")
    world.ports.topic.error = SetupError("sns:Publish is denied")
    with pytest.raises(SetupError):
        audit_flows(world.run(DAY))
    for use_case in (
        complete_population,
        list_recordings,
        reconcile,
        write_evidence,
    ):  # they run all the same
        use_case(world.run(DAY))
    world.ports.topic.error = None
    audit_flows(world.run(DAY + ONE_DAY))
    assert len(heard(world)) == 1


def test_an_entry_is_told_when_the_rule_that_excludes_it_ends() -> None:
    world = world_of()
    world.flows.flows["sales"] = leaking("Sales")
    rule = Rule(id="1", recording=Requirement.MAY, queues=frozenset({QUEUE}))
    audit_flows(replace(world.run(DAY), policy=Policy(world.policy.default, (rule,))))
    assert heard(world) == []
    audit_flows(replace(world.run(DAY + ONE_DAY), policy=Policy(world.policy.default)))
    assert len(heard(world)) == 1


def test_an_entry_is_told_when_there_is_a_topic() -> None:
    world = world_of()
    world.flows.flows["sales"] = leaking("Sales")
    audit_flows(replace(world.run(DAY), settings=replace(world.settings, alert_topic_arn=None)))
    audit_flows(world.run(DAY + ONE_DAY))
    assert len(heard(world)) == 1


def test_the_runs_of_a_backfill_tell_nobody() -> None:
    world = world_of()
    world.flows.flows["sales"] = leaking("Sales")
    audit_flows(world.run(DAY, is_backfill=True, is_scheduled=False))
    assert heard(world) == []
    audit_flows(world.run(DAY + ONE_DAY))
    assert len(heard(world)) == 1


def test_an_alert_about_endless_ways_is_one_that_sns_takes() -> None:
    sentences = [f"Sentence {place}: " + "\U0001f4de" * 5_000 for place in range(40)]
    entry = {"result": "NEVER", "entry": "Sales", "sentences": sentences}
    message = flows_leak_alert([entry] * 30, [None] * 30, SENDER).message
    assert len(message.encode()) < 262_144
    assert "Sentence 39" in message


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
