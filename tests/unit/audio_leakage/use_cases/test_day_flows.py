"""The audit of a morning: what is read, what is kept, and what the evidence and the mail say."""

import gzip
import json
from datetime import date, timedelta
from typing import Any

import pytest

from audio_leakage.errors import MissingError, ServiceUnavailable, SetupError
from audio_leakage.evidence.verify import verify
from audio_leakage.use_cases.day_flows import audit_flows, flow_lines, queue_lines
from support.day import KINDS, DailyWorld
from support.fakes import MARK
from support.published_flows import flow, leaking, recorded

DAY = date(2023, 8, 29)
ONE_DAY = timedelta(days=1)


@pytest.fixture
def world() -> DailyWorld:
    world = DailyWorld()
    world.play(DAY, {"recorded": KINDS["recorded"]})
    world.flows.flows = {f"flow-{place}": recorded(f"Service {place}") for place in range(5)}
    world.flows.numbers = {f"number-{place}": f"flow-{place}" for place in range(5)}
    return world


def report(world: DailyWorld, day: date, revision: int = 1) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(world.store.read(f"day={day}/revision={revision:03d}/flows.json"))
    return whole


def test_the_first_audit_reads_every_flow_and_the_next_only_what_changed(world: DailyWorld) -> None:
    assert audit_flows(world.run(DAY))["read"] == 5
    assert audit_flows(world.run(DAY + ONE_DAY))["read"] == 0
    world.flows.flows["flow-3"] = leaking("Service 3")
    third = audit_flows(world.run(DAY + 2 * ONE_DAY))
    assert (third["read"], third["results"]["NEVER"], third["results"]["ALWAYS"]) == (1, 1, 4)
    assert world.flows.read == {"flow-0": 1, "flow-1": 1, "flow-2": 1, "flow-3": 2, "flow-4": 1}


def test_a_flow_of_a_new_name_has_that_name_although_it_is_not_read_again(world: DailyWorld) -> None:
    world.flows.flows = {"flow-0": leaking("Sales")}
    audit_flows(world.run(DAY))
    world.flows.flows = {"flow-0": leaking("Sales and service")}
    (found,) = audit_flows(world.run(DAY + ONE_DAY))["findings"]
    assert found["entry"] == "Sales and service (phone number)"


def test_what_was_read_before_connect_gave_up_is_not_read_again(world: DailyWorld) -> None:
    world.flows.errors["flow-2"] = ServiceUnavailable("throttled")
    with pytest.raises(ServiceUnavailable):
        audit_flows(world.run(DAY))
    read_before = world.flows.read.total()
    world.flows.errors.clear()
    now = world.run(DAY).now + timedelta(minutes=2)
    assert audit_flows(world.run(DAY, now))["read"] == 5 - read_before
    assert set(world.flows.read.values()) == {1}


def test_what_was_read_last_counts_although_it_was_for_an_earlier_day(world: DailyWorld) -> None:
    audit_flows(world.run(DAY + ONE_DAY))
    world.flows.flows["flow-3"] = leaking("Service 3")
    later = world.run(DAY + ONE_DAY).now + timedelta(hours=1)
    assert audit_flows(world.run(DAY, later))["read"] == 1
    assert audit_flows(world.run(DAY + ONE_DAY, later + timedelta(hours=1)))["read"] == 0


@pytest.mark.parametrize(
    "stored", [b"", b"not gzip", gzip.compress(b"7\n")], ids=["empty", "no gzip", "no object"]
)
def test_a_broken_file_of_kept_flows_has_them_all_read_again(world: DailyWorld, stored: bytes) -> None:
    audit_flows(world.run(DAY))
    (kept,) = (key for key in world.store.objects if key.endswith("kept.jsonl.gz"))
    world.store.objects[kept] = stored
    assert audit_flows(world.run(DAY + ONE_DAY))["read"] == 5
    assert audit_flows(world.run(DAY + 2 * ONE_DAY))["read"] == 0


def test_a_denied_permission_leaves_the_flows_unchecked_and_the_task_green(world: DailyWorld) -> None:
    world.flows.errors["inventory"] = SetupError("grant connect:SearchContactFlows")
    assert audit_flows(world.run(DAY)) == {
        "flows": 0,
        "read": 0,
        "results": {},
        "not_checked": "grant connect:SearchContactFlows",
        "findings": [],
    }
    world.prove(DAY)
    assert "Flows: not checked: grant connect:SearchContactFlows" in world.ports.topic.published[-1][1]


def test_flows_that_were_never_published_or_are_just_deleted_are_left_out(world: DailyWorld) -> None:
    world.flows.unpublished = {"flow-1"}
    world.flows.errors["flow-2"] = MissingError("flow-2 does not exist")
    assert audit_flows(world.run(DAY))["flows"] == 3


def test_the_evidence_has_the_findings_and_the_chain_is_whole(world: DailyWorld) -> None:
    world.flows.flows["flow-0"] = leaking("Sales")
    world.prove(DAY)
    first = report(world, DAY)["entries"][0]
    assert (first["entry"], first["result"]) == ("Sales (phone number)", "NEVER")
    assert verify(world.store).links
    assert "  NEVER: Sales (phone number): No call is recorded." in world.ports.topic.published[-1][1]


def test_an_entry_is_news_in_one_mail_and_stays_in_each_evidence(world: DailyWorld) -> None:
    world.flows.flows["flow-0"] = leaking("Sales")
    world.prove(DAY)
    world.prove(DAY + ONE_DAY)
    entry = report(world, DAY + ONE_DAY)["entries"][0]
    assert (entry["result"], entry["before"]) == ("NEVER", "NEVER")
    mail = world.ports.topic.published[-1][1]
    assert "1 NEVER" in mail
    assert "Sales" not in mail


def test_a_day_that_is_proved_again_has_a_new_revision_only_if_a_finding_is_new(world: DailyWorld) -> None:
    world.prove(DAY)
    now = world.run(DAY).now
    assert world.prove(DAY, now + timedelta(hours=1))["unchanged"] == 1
    world.flows.flows["flow-0"] = leaking("Service 0")
    assert world.prove(DAY, now + timedelta(hours=2))["revision"] == 2


def test_a_queue_whose_calls_nobody_asked_to_record_names_the_entries_that_lead_to_it() -> None:
    world = DailyWorld()
    world.play(DAY, {name: KINDS[name] for name in ("never_asked", "recorded")})
    world.monitor(world.run(DAY).now)
    world.prove(DAY, world.run(DAY).now + timedelta(hours=1))
    (queue,) = world.prove(DAY, world.run(DAY).now + timedelta(hours=2))["queues"]
    world.flows.flows = {
        "a": leaking("Sales", queue),
        "b": recorded("Service", queue),
        "c": leaking("Other", "another"),
    }
    world.flows.queues = (queue,)
    world.flows.numbers = {"1": "a", "2": "b", "3": "c"}
    written = world.prove(DAY, world.run(DAY).now + timedelta(hours=3))
    entries = ["Sales (phone number): NEVER", "Service (phone number): ALWAYS"]
    assert written["queues"] == {queue: {"NEVER_ASKED": 1, "entries": entries}}
    mail = world.ports.topic.published[-1][1]
    assert f"Queue {queue}: 1 NEVER_ASKED. Calls come to it from {', '.join(entries)}\n" in mail


def test_a_queue_that_no_flow_names_is_told_all_the_same() -> None:
    world = DailyWorld("as_flow")
    world.play(DAY, {"unexplained": KINDS["never_asked"]})
    written = world.prove(DAY)
    (found,) = written["queues"].values()
    assert found == {"UNEXPLAINED": 1, "entries": []}
    assert "Calls come to it from no flow that sets it by its ID\n" in world.ports.topic.published[-1][1]


def test_nothing_of_a_flow_is_kept_that_may_be_a_customers(world: DailyWorld) -> None:
    say = {"Type": "MessageParticipant", "Parameters": {"Text": f"Hello {MARK}"}}
    world.flows.flows["flow-0"] = flow("Sales", "CONTACT_FLOW", say)
    world.prove(DAY)
    texts = {
        key: gzip.decompress(stored) if key.endswith(".gz") else stored
        for key, stored in world.store.objects.items()
    }
    assert not [key for key, text in texts.items() if MARK.encode() in text]
    assert any(b"Sales" in text for text in texts.values())


@pytest.mark.parametrize(
    ("count", "last"),
    [
        (0, None),
        (3, "Queue queue-2: 1 UNEXPLAINED. Calls come to it from no flow that sets it by its ID"),
        (4, "and 1 more queues"),
        (20, "and 17 more queues"),
    ],
)
def test_the_mail_names_three_queues_and_counts_the_others(count: int, last: str | None) -> None:
    queues = {f"queue-{place}": {"UNEXPLAINED": 1, "entries": []} for place in range(count)}
    lines = list(queue_lines(queues))
    assert len(lines) == min(count, 4)
    assert (lines[-1] if lines else None) == last


def test_the_mail_names_three_entries_of_a_queue() -> None:
    found = {"NEVER_ASKED": 2, "UNEXPLAINED": 1, "entries": ["a", "b", "c", "d"]}
    assert list(queue_lines({"queue": found})) == [
        "Queue queue: 2 NEVER_ASKED, 1 UNEXPLAINED. Calls come to it from a, b, c"
    ]


def test_a_mail_without_an_audit_says_so(world: DailyWorld) -> None:
    assert list(flow_lines(world.run(DAY))) == ["Flows: not checked, the task 'audit_flows' says why"]
    audit_flows(world.run(DAY))
    assert "says why" not in next(iter(flow_lines(world.run(DAY))))
