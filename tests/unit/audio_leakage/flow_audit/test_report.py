"""Audited entries as they are kept, in the mail, and by queue."""

from collections.abc import Mapping
from typing import Any

from audio_leakage.flow_audit.audit import AuditedEntry, Entry, EntryKind, audit
from audio_leakage.flow_audit.flow import Flow
from audio_leakage.flow_audit.report import findings_in, mail_lines, not_checked, report_of, said_in
from audio_leakage.flow_audit.results import AuditResult
from support.flow_sets import read
from support.published_flows import QUEUE, leaking, recorded

FLOWS = {"leaks": leaking("Sales"), "fine": recorded("Service")}
NUMBERS = {"n1": "leaks", "n2": "fine"}


def report(flows: list[Flow], before: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    return report_of(flows, audit(flows, NUMBERS), before, "2026-11-24T06:40:00.000Z")


def test_what_leaks_comes_first_with_its_way() -> None:
    made = report(read(FLOWS))
    first, second = made["entries"]
    assert (first["entry"], first["result"], first["before"]) == ("Sales (phone number)", "NEVER", None)
    assert first["way"] == [["Sales", ["Set working queue", "Transfer to queue"]]]
    assert "Set recording to agent and customer in Sales" in first["sentences"][-1]
    assert (second["result"], second["sentences"], second["way"]) == ("ALWAYS", [], [])
    assert findings_in(made) == [first]


def test_entries_are_told_from_the_surest_leak_to_the_best() -> None:
    flow = read({"f": leaking("Sales")})[0]
    audited = [AuditedEntry(Entry(EntryKind.API, flow), result) for result in sorted(AuditResult)]
    made = report_of([flow], audited, None, "2026-11-24T06:40:00.000Z")
    assert [each["result"] for each in made["entries"]] == [
        *("NEVER", "SOMETIMES", "ERROR_BRANCH", "PARTIAL", "UNLOGGED", "UNKNOWN", "ALWAYS", "NO_AGENT"),
    ]
    assert [each["result"] for each in findings_in(made)] == [
        *("NEVER", "SOMETIMES", "ERROR_BRANCH", "PARTIAL", "UNLOGGED", "UNKNOWN"),
    ]


def test_a_queue_names_the_entries_that_lead_to_it() -> None:
    assert report(read(FLOWS))["queues"] == {
        QUEUE: ["Sales (phone number): NEVER", "Service (phone number): ALWAYS"]
    }


def test_the_mail_names_an_entry_only_while_its_result_is_new() -> None:
    first = report(read(FLOWS))
    assert list(mail_lines(first)) == [
        "Flows as of 2026-11-24T06:40:00.000Z, entries: 1 NEVER, 1 ALWAYS",
        "  NEVER: Sales (phone number): No call is recorded.",
    ]
    again = report(read(FLOWS), first)
    assert list(mail_lines(again)) == ["Flows as of 2026-11-24T06:40:00.000Z, entries: 1 NEVER, 1 ALWAYS"]
    assert said_in(again) == said_in(first)
    worse = report(read({**FLOWS, "fine": leaking("Service")}), again)
    assert "  NEVER: Service (phone number): No call is recorded." in list(mail_lines(worse))
    assert said_in(worse) != said_in(first)


def test_the_mail_stays_short_whatever_leaks() -> None:
    flows = read({f"f{place}": leaking(f"Sales {place}") for place in range(30)})
    lines = list(mail_lines(report(flows)))
    assert len(lines) == 6
    assert lines[-1] == "  and 26 more in flows.json"


def test_flows_that_could_not_be_read_are_not_checked() -> None:
    assert list(mail_lines(not_checked("grant connect:SearchContactFlows", "now"))) == [
        "Flows: not checked: grant connect:SearchContactFlows"
    ]
