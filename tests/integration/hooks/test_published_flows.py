"""The flows of an instance over real HTTP, within the account's quotas."""

import time

import pytest
from botocore.exceptions import ClientError

from audio_leakage.errors import MissingError, SetupError
from audio_leakage.flow_audit.results import AuditResult
from audio_leakage.use_cases import audit_flows
from audio_leakage_hooks import rate_limit
from audio_leakage_hooks.connect import ConnectHook
from audio_leakage_hooks.published_flows import OPERATIONS, PublishedFlows
from local_aws.connect.contacts import Queue
from local_aws.connect.quotas import ACCOUNT_QUOTAS, TokenBucket
from support.daily_run import run_about
from support.fakes import INSTANCE_ID, at, number
from support.published_flows import END, QUEUE, flow, leaking, recorded
from support.stage import Stage


@pytest.fixture
def flows(stage: Stage) -> PublishedFlows:
    """Return a reader of 120 flows, a module, an archived flow and one that was never published."""
    made = stage.connect.flows
    made.published |= {number(place): recorded(f"Service {place}") for place in range(120)}
    made.published[number(1)] = leaking("Sales")
    made.published[number(200)] = flow("Greeting", "MODULE", END)
    made.published[number(300)] = leaking("Old")
    made.published[number(400)] = leaking("Draft")
    made.archived.add(number(300))
    made.unpublished.add(number(400))
    made.numbers |= {number(900 + place): number(place) for place in range(120)}
    stage.contacts.queues = (Queue(QUEUE, "Service"),)
    return PublishedFlows(ConnectHook(aws_conn_id=None))


def test_every_active_flow_and_module_is_listed_page_by_page(stage: Stage, flows: PublishedFlows) -> None:
    found = {each["id"]: each for each in flows.inventory(INSTANCE_ID)}
    assert len(found) == 122
    assert number(300) not in found
    assert (found[number(200)]["type"], found[number(1)]["type"]) == ("MODULE", "CONTACT_FLOW")
    assert all(len(each["sha256"]) == 64 for each in found.values())
    assert stage.connect.calls["SearchContactFlows"] == 2
    assert set(found[number(1)]) == {"id", "name", "type", "sha256"}


def test_a_content_is_read_where_one_is_published(flows: PublishedFlows) -> None:
    assert "TransferContactToQueue" in str(flows.content(INSTANCE_ID, number(1), "CONTACT_FLOW"))
    assert "EndFlowModuleExecution" in str(flows.content(INSTANCE_ID, number(200), "MODULE"))
    assert flows.content(INSTANCE_ID, number(400), "CONTACT_FLOW") is None
    with pytest.raises(MissingError):
        flows.content(INSTANCE_ID, number(999), "CONTACT_FLOW")


def test_numbers_and_flows_are_named_by_their_arns(flows: PublishedFlows) -> None:
    numbers = flows.phone_numbers(INSTANCE_ID)
    assert len(numbers) == 120
    assert all(":phone-number/" in each and "/contact-flow/" in flow_id for each, flow_id in numbers.items())


def test_every_operation_that_reads_flows_is_one_that_gets_a_rate(
    stage: Stage, flows: PublishedFlows
) -> None:
    for each in flows.inventory(INSTANCE_ID):
        flows.content(INSTANCE_ID, each["id"], each["type"])
    flows.phone_numbers(INSTANCE_ID)
    assert set(stage.connect.calls) == {*OPERATIONS}


def test_a_denial_names_what_to_grant(stage: Stage, flows: PublishedFlows) -> None:
    stage.connect.faults.add("SearchContactFlows", "AccessDeniedException")
    with pytest.raises(SetupError, match="grant connect:SearchContactFlows"):
        list(flows.inventory(INSTANCE_ID))
    stage.connect.faults.add("ListFlowAssociations", "AccessDeniedException")
    with pytest.raises(SetupError, match="grant connect:ListFlowAssociations"):
        flows.phone_numbers(INSTANCE_ID)


def test_the_first_audit_stays_within_the_quotas_and_the_next_reads_what_changed(
    stage: Stage, flows: PublishedFlows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time stands still but for the waits of our limiters, so the figure is the same on every machine."""
    del flows
    clock = [1000.0]
    monkeypatch.setattr(rate_limit, "_LIMITERS", {})  # those of other tests have seen another clock
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    monkeypatch.setattr(time, "sleep", sleep)
    buckets = {name: TokenBucket(*ACCOUNT_QUOTAS[name], clock=lambda: clock[0]) for name in OPERATIONS}
    monkeypatch.setattr(stage.connect, "_buckets", buckets)
    stage.aws.create_bucket("evidence")
    stage.configure(evidence_bucket="evidence")
    first = audit_flows(run_about(at("12:00").date()))
    assert (first["read"], first["flows"], first["results"][AuditResult.NEVER]) == (122, 121, 1)
    assert stage.connect.refused.total() == 0
    assert clock[0] - 1000 >= 119 / 2
    stage.connect.flows.published[number(2)] = leaking("Service 2")
    second = audit_flows(run_about(at("12:00").date()))
    assert (second["read"], second["results"][AuditResult.NEVER]) == (1, 2)


def test_broken_content_is_a_finding_and_no_failure(stage: Stage, flows: PublishedFlows) -> None:
    del flows
    stage.connect.flows.published = {number(1): leaking("Sales")}
    stage.connect.flows.numbers = {number(900): number(1)}
    stage.aws.create_bucket("evidence")
    stage.configure(evidence_bucket="evidence")
    for broken in ("no JSON", "[]", '{"Actions": 1}', "[" * 5000):
        stage.connect.flows.broken[number(1)] = broken
        (found,) = audit_flows(run_about(at("12:00").date()))["findings"]
        assert (found["result"], found["entry"]) == ("UNKNOWN", "Sales (phone number)")


def test_the_stand_in_refuses_what_connect_refuses(stage: Stage) -> None:
    connect = stage.aws.client("connect")
    with pytest.raises(ClientError, match="MaxResults"):
        connect.search_contact_flows(InstanceId=INSTANCE_ID, MaxResults=101)
    with pytest.raises(ClientError, match="NextToken"):
        connect.list_flow_associations(InstanceId=INSTANCE_ID, NextToken="of nobody")
