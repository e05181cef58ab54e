"""The page of sample mails shows what the code sends. `MAILS=docs/mails.md` in the environment writes it anew."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from audio_leakage.configuration.told import wrong_alert
from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.states import ContactState, FailureCause
from audio_leakage.flow_audit.audit import audit
from audio_leakage.flow_audit.report import report_of
from audio_leakage.instances import EVIDENCE_DAG_ID, RECONCILE_DAG_ID, policy_variable_of
from audio_leakage.population.classes import Class
from audio_leakage.population.figures import Figures
from audio_leakage.population.hour import hour_named
from audio_leakage.population.messages import not_watched_alert, queues_unknown_alert, rules_end_alert
from audio_leakage.population.policy import Default, Policy, Requirement, Rule
from audio_leakage.runs.alerts import Alert, AlertKind, alert_of, mute_ended_alert, not_read_alert
from audio_leakage.runs.mutes import Mute
from audio_leakage.runs.window import Window
from audio_leakage.use_cases.flow_alerts import flows_leak_alert
from audio_leakage.use_cases.proving import EVENT as DAY_EVIDENCE
from audio_leakage_tasks.failure import run_failed, task_failed, works_again
from conftest import ROOT
from support.day import KINDS, DailyWorld
from support.fakes import INSTANCE_ID, MINUTE, SENDER, at, contact, ended_with_agent, number
from support.flow_sets import read
from support.published_flows import leaking, recorded

PAGE = ROOT / "docs" / "mails.md"
ACME = replace(
    SENDER,
    environment="acme-prod",
    instance_name="acme",
    airflow_url="https://airflow.acme.example",
    runbook_url="https://wiki.acme.example/audio-leakage",
)
HOURLY = replace(ACME, dag_id=RECONCILE_DAG_ID)
DAILY = replace(ACME, dag_id=EVIDENCE_DAG_ID)
QUEUE = "54b468a3-86b1-4746-aeb5-c31b62eecaa2"
HEAD = """# The mails

This page shows you one sample of each mail that the monitor sends. A test compares the page with the code, so you get
mails like these. [Operations](operations.md#alerts) says what to do about each of them.

* A mail has links to Airflow if Airflow knows its own address (`[api] base_url`).
* *What to do* leads to your own page if you set `runbook_url`. Otherwise it leads to the runbook of this repository.
* On Amazon MWAA a mail names the environment. If you set `connect_access_url`, it also shows the name of the instance.
* The head of the chain in the daily mail is made up here. Yours has other digits.
"""
DENIED = (
    f"connect:DescribeContact on Connect instance '{INSTANCE_ID}' was denied: "
    "grant connect:DescribeContact on it to the role of this task (settings: Variable 'audio_leakage')"
)
RUN = "scheduled__2023-08-29T11:35:00+00:00"


def leak(position: int, **fields: Any) -> Contact:
    """Return one of several calls that leaked, a second apart."""
    begun = at("10:30:11") + position * MINUTE / 60
    facts: dict[str, Any] = {
        "contact_id": number(position),
        "connected_to_agent_timestamp": begun,
        "queue_id": QUEUE,
        "failure_cause": FailureCause.NO_OBJECT,
    }
    return ended_with_agent(**(facts | fields))


@cache
def day_evidence() -> Alert:
    """Return the daily mail. A signature by a random key changes its head, so the head is replaced."""
    world, day = DailyWorld(), date(2023, 8, 28)
    world.flows.flows, world.flows.queues = {"a": leaking("Sales")}, (QUEUE,)
    world.configuration.facts["flow_logging"] = {"is_on": False}
    world.play(day, {name: KINDS[name] for name in ("recorded", "late", "never_asked", "open", "payment")})
    world.prove(day, sender=DAILY)
    *_, (subject, message, attributes) = world.ports.topic.published
    head = str(attributes["chain_head"])
    assert re.fullmatch("1:[0-9a-f]{64}", head)
    return Alert(subject, message.replace(head, f"1:{'0123456789abcdef' * 4}"), attributes)


def flows_leak() -> Alert:
    """A flow has lost its recording block since the day before."""
    flows, numbers = {"a": recorded("Service"), "b": recorded("Sales")}, {"number": "b"}
    as_of = "2023-08-29T06:40:00.000Z"
    good = report_of(read(flows), audit(read(flows), numbers), None, as_of)
    flows["b"] = leaking("Sales")
    report = report_of(read(flows), audit(read(flows), numbers), good, as_of)
    (worse,) = (each for each in report["entries"] if each["result"] != each["before"])
    return flows_leak_alert([worse], [worse["before"]], DAILY)


def samples() -> Iterator[tuple[str, Alert]]:
    one = [leak(1, agent_id="59ede75e-26d7-44f9-bf20-32e6bfc378af")]
    yield "One leak", alert_of(AlertKind.FAILED, one, ACME)
    yield "A storm of leaks", alert_of(AlertKind.FAILED, [leak(place) for place in range(1, 65)], ACME)
    expired = [leak(1, failure_cause=FailureCause.EXPIRED)]
    yield "A recording that expired", alert_of(AlertKind.EXPIRED, expired, ACME)
    found = {"failure_cause": None, "recording_seconds": 12, "recorded_at": at("10:33")}
    location = {"recording_location": f"recordings/connect/acme/CallRecordings/2023/08/29/{number(1)}.wav"}
    short = [leak(1, warnings=("SHORT",), **found, **location)]
    yield "A short recording", alert_of(AlertKind.SHORT, short, ACME)
    late = [leak(1, warnings=("LATE",), **found, **location)]
    yield "A recording that turned up", alert_of(AlertKind.HEALED, late, ACME)
    aside = [contact(ContactState.INITIALISED, contact_id=number(1), attempts=4, last_error=DENIED[:100])]
    yield "A contact set aside", alert_of(AlertKind.SET_ASIDE, aside, ACME)
    lost = Window(at("2023-08-27 08:00"), at("2023-08-27 10:00"))
    yield "A flow log not read", not_read_alert(lost, ACME)
    figures = Figures(
        classes=Counter({Class.WATCHED: 120, Class.ENTERED_BY_CALL: 2, Class.UNEXPLAINED: 1}),
        entered_by_queue=Counter({QUEUE: 2}),
        entered_by_kind=Counter({"TRANSFER": 2}),
        unexplained_by_queue=Counter({QUEUE: 1}),
    )
    policy = Policy(Default.AS_FLOW, version="2023-08")
    yield (
        "Calls that no flow told of",
        not_watched_alert(figures, hour_named("2023-08-29T10"), policy, HOURLY),
    )
    rule = Rule(
        id="wallboard-test-lines",
        recording=Requirement.MAY,
        valid_until=date(2023, 9, 1),
        reason="test lines",
        approved_by="compliance",
    )
    today, variable = date(2023, 8, 29), policy_variable_of(HOURLY.dag_id)
    slip = Policy(rules=(replace(rule, queues=frozenset({QUEUE})),))
    yield "A queue that nobody knows", queues_unknown_alert([QUEUE], slip, variable, HOURLY)
    yield "A rule of the policy that ends", rules_end_alert([rule], today, variable, HOURLY)
    mute = Mute(
        id="key-rotation",
        until=at("2023-08-29T12:00"),
        reason="CHG-4711: the key of the bucket is replaced",
        queue_id=QUEUE,
        cause=FailureCause.NO_OBJECT,
    )
    yield "The end of a mute", mute_ended_alert(mute, 64, ACME)
    wrong = {
        "recording_bucket_lifecycle": "a lifecycle rule deletes objects after 30 days, before retention_years are over",
        "recording_key": "the key is PendingDeletion",
    }
    yield "Something that is configured wrong", wrong_alert(wrong, DAILY)
    yield "Flows that will leak", flows_leak()
    yield "What can be proved about a day", day_evidence()
    yield "A failed task", task_failed(ACME, RUN, "poll_initialised", DENIED)
    yield "A failure told late", run_failed(ACME, RUN, f"poll_initialised: {DENIED}")
    yield "The end of a failure", works_again(ACME, RUN.replace("11:35", "11:40"), DENIED)


def page() -> str:
    parts = [
        f"\n## {heading}\n\n```text\nSubject: {alert.subject}\n\n{alert.message.rstrip()}\n```\n"
        for heading, alert in samples()
    ]
    return HEAD + "".join(parts)


def test_the_page_of_mails_shows_what_is_sent() -> None:
    if os.environ.get("MAILS"):
        (ROOT / os.environ["MAILS"]).write_text(page())
    assert PAGE.read_text() == page()


def test_there_is_a_sample_of_every_alert() -> None:
    events = {str(alert.attributes["event"]) for _, alert in samples()}
    assert events == {*map(str, AlertKind), DAY_EVIDENCE, "TASK_FAILED", "WORKS_AGAIN"}


def test_every_mail_names_instance_environment_and_what_to_do() -> None:
    for _, alert in samples():
        assert INSTANCE_ID in alert.message
        assert "environment acme-prod" in alert.message
        event = str(alert.attributes["event"]).lower()
        assert f"What to do: https://wiki.acme.example/audio-leakage#{event}" in alert.message
        assert len(alert.subject) <= 100
