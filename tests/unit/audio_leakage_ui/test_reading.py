"""The UI turns table items into groups, rows, counts, gaps and addresses."""

import json
import shlex
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.states import ClosedReason, ContactState, FailureCause, RecordedState
from audio_leakage.runs.mutes import Mute, Mutes
from audio_leakage.runs.progress import Progress
from audio_leakage.runs.window import Window
from audio_leakage_ui import reading
from audio_leakage_ui.calls import MOST_ROWS, Group, calls_of, row_of
from audio_leakage_ui.consoles import Consoles
from audio_leakage_ui.health import RunOfMonitor, due_contacts, health_of, missed_windows, not_read
from audio_leakage_ui.hours import hour_of
from audio_leakage_ui.reading import ContactReader, UnknownRun, contacts_of_run, recent_runs, window_of_run
from support.fakes import CONTACT_ID, INSTANCE_ID, at, number

CONSOLES = Consoles("af-south-1")
FAILED, SUCCEEDED = RecordedState.CALL_RECORDED_FAILURE, RecordedState.CALL_RECORDED_SUCCESS
SERVED = Contact(
    contact_id=CONTACT_ID,
    state=ContactState.COMPLETED_AGENT,
    channel="VOICE",
    initialised_at=at("10:29:58"),
    initiation_timestamp=at("10:29:57"),
    connected_to_agent_timestamp=at("10:30:11"),
    disconnect_timestamp=at("10:31:11"),
)
LEAKED = replace(
    SERVED, recorded_state=FAILED, failure_cause=FailureCause.NO_OBJECT, searched=("b/p/2023/x",)
)
RECORDED = replace(
    SERVED, recorded_state=SUCCEEDED, recording_location="b/p/x.wav", recorded_at=at("10:32:11")
)


@pytest.mark.parametrize(
    ("contact", "group"),
    [
        (LEAKED, Group.LEAKED),
        (RECORDED, Group.RECORDED),
        (SERVED, Group.WAITING),
        (replace(SERVED, closed_reason=ClosedReason.NOT_VOICE), Group.NOT_EXPECTED),
        (replace(SERVED, state=ContactState.COMPLETED_QUEUE_IVR), Group.NOT_EXPECTED),
        (replace(SERVED, state=ContactState.IN_PROGRESS_AGENT), Group.IN_PROGRESS),
        (replace(SERVED, state=ContactState.INITIALISED), Group.IN_PROGRESS),
    ],
)
def test_every_contact_belongs_to_one_group(contact: Contact, group: Group) -> None:
    assert row_of(contact.to_item(), CONSOLES)["group"] is group


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ({"ContactId": "<script>alert(1)</script>", "State": "INITIALISED"}, "allowed is a UUID"),
        ({"ContactId": CONTACT_ID}, "State is missing"),
        ({"ContactId": CONTACT_ID, "State": "<b>"}, "State cannot be read"),
        ({}, "ContactId is None"),
        ({"ContactId": CONTACT_ID, "State": "INITIALISED", "Attempts": "many"}, "Attempts cannot be read"),
    ],
)
def test_an_unreadable_item_is_shown_with_the_reason(item: dict[str, Any], says: str) -> None:
    row = row_of(item, CONSOLES)
    assert row["group"] is Group.UNREADABLE
    assert says in row["last_error"]
    assert +Counter(hour_of([item], CONSOLES)["counts"]) == {"unreadable": 1}


def test_long_texts_are_cut() -> None:
    row = row_of({"ContactId": "x" * 100_000, "State": "INITIALISED"}, CONSOLES)
    assert max(len(str(value)) for value in row.values()) < 400
    row = row_of(replace(LEAKED, queue_id="q" * 100_000).to_item(), CONSOLES)
    assert len(row["queue_id"]) < 400


def test_leaks_come_first_and_rows_left_out_are_counted() -> None:
    many = [replace(RECORDED, contact_id=number(place)) for place in range(MOST_ROWS)]
    table = calls_of((contact.to_item() for contact in [*many, SERVED, LEAKED]), CONSOLES)
    assert [row["group"] for row in table["rows"][:3]] == ["leaked", "waiting", "recorded"]
    assert (len(table["rows"]), table["left_out"]) == (MOST_ROWS, 2)
    assert table["counts"] == {"leaked": 1, "waiting": 1, "recorded": MOST_ROWS}


@pytest.mark.parametrize(
    ("warning", "words"),
    [
        ("LATE", "recorded late"),
        ("SHORT", "shorter than the talk"),
        ("RECORDED_THOUGH_OFF", "recorded though switched off"),
        ("END_ASSUMED", "end assumed"),
        ("A_WORD_OF_TOMORROW", "A_WORD_OF_TOMORROW"),
    ],
)
def test_a_row_shows_its_warnings_in_words(warning: str, words: str) -> None:
    item = replace(RECORDED, warnings=("LATE", warning)).to_item()
    assert row_of(item, CONSOLES)["warnings"] == ["recorded late", words]


def test_a_row_cuts_a_warning_without_end() -> None:
    (warning,) = row_of(replace(RECORDED, warnings=("W" * 100_000,)).to_item(), CONSOLES)["warnings"]
    assert len(warning) < 400


def test_a_row_shows_when_its_contact_was_judged() -> None:
    assert row_of(replace(LEAKED, judged_at=at("11:31:11")).to_item(), CONSOLES)["judged"] == at("11:31:11")
    assert "judged" not in row_of(SERVED.to_item(), CONSOLES)


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("2023-08-30T10:29:58.000Z", at("2023-08-30T10:29:58")),
        ("2023-08-30T12:29:58+02:00", at("2023-08-30T10:29:58")),
        ("<script>alert(1)</script>", None),
        ("2023-08-30T10:29:58", None),
        (7, None),
        (None, None),
    ],
)
def test_a_row_shows_an_assumed_end_that_is_a_time(stored: object, shown: datetime | None) -> None:
    assert row_of({**SERVED.to_item(), "EndAssumedAt": stored}, CONSOLES).get("end_assumed") == shown


def test_a_row_has_no_assumed_end_unless_its_item_has_one() -> None:
    assert "end_assumed" not in row_of(SERVED.to_item(), CONSOLES)


@pytest.mark.parametrize(("length", "shown"), [(300, "q" * 300), (301, "q" * 300 + "…")])
def test_a_text_is_shown_whole_up_to_three_hundred_characters(length: int, shown: str) -> None:
    assert row_of(replace(LEAKED, queue_id="q" * length).to_item(), CONSOLES)["queue_id"] == shown


def test_a_recording_and_the_places_that_were_searched_have_links() -> None:
    assert row_of(RECORDED.to_item(), CONSOLES)["recording"] == {
        "text": "b/p/x.wav",
        "url": CONSOLES.recording("b/p/x.wav"),
    }
    row = row_of(LEAKED.to_item(), CONSOLES)
    assert row["searched"] == [{"text": "b/p/2023/x", "url": CONSOLES.place("b/p/2023/x")}]
    assert "recording" not in row


@pytest.mark.parametrize(
    ("work_start", "disconnected", "left"),
    [
        (at("10:31:05"), at("10:31:11"), at("10:31:05")),
        (None, at("10:31:11"), at("10:31:11")),
        (at("10:31:05"), None, at("10:31:05")),
        (None, None, None),
    ],
)
def test_an_agent_has_left_a_call_when_the_work_after_it_begins_or_else_at_its_end(
    work_start: datetime | None, disconnected: datetime | None, left: datetime | None
) -> None:
    contact = replace(
        SERVED, after_contact_work_start_timestamp=work_start, disconnect_timestamp=disconnected
    )
    assert row_of(contact.to_item(), CONSOLES).get("agent_left") == left


def test_closed_contacts_are_counted_by_reason() -> None:
    reasons = [ClosedReason.NOT_VOICE, ClosedReason.NOT_FOUND, ClosedReason.NOT_VOICE]
    closed = [
        replace(SERVED, contact_id=number(place), closed_reason=reason)
        for place, reason in enumerate(reasons)
    ]
    items = [contact.to_item() for contact in [*closed, LEAKED]]
    assert hour_of(items, CONSOLES)["closed"] == {"NOT_VOICE": 2, "NOT_FOUND": 1}
    assert calls_of(items, CONSOLES)["closed"] == {"NOT_VOICE": 2, "NOT_FOUND": 1}


def test_short_recordings_are_counted_and_waiting_contacts_are_not_judged() -> None:
    short = replace(RECORDED, warnings=("LATE", "SHORT"))
    counts = hour_of([short.to_item(), replace(SERVED, contact_id=number(1)).to_item()], CONSOLES)["counts"]
    assert (counts["late"], counts["short"], counts["judged"], counts["expected"]) == (1, 1, 1, 2)


def test_an_hour_shows_counts_delays_failures_and_set_aside_contacts() -> None:
    delayed = [
        replace(RECORDED, contact_id=number(place), recorded_at=at("10:31:11") + timedelta(seconds=place))
        for place in range(1, 101)
    ]
    late = replace(RECORDED, recorded_at=at("10:31:11") + timedelta(hours=3), warnings=("LATE",))
    failing = replace(SERVED, attempts=4, last_error="denied")
    hour = hour_of((contact.to_item() for contact in [late, *reversed(delayed), LEAKED, failing]), CONSOLES)
    assert hour["counts"] == {
        "recorded": 101,
        "leaked": 1,
        "waiting": 1,
        "late": 1,
        "short": 0,
        "unreadable": 0,
        "judged": 102,
        "expected": 103,
    }
    assert hour["delay"] == {"p50": 51, "p95": 96}
    assert [row["failure_cause"] for row in hour["failures"]] == ["NO_OBJECT"]
    assert [row["attempts"] for row in hour["set_aside"]] == [4]


def test_known_leaks_are_counted_by_mute_and_are_leaks_all_the_same() -> None:
    mute = Mute(id="key", until=at("2023-08-30T12:00"), reason="CHG-1", cause=FailureCause.NO_OBJECT)
    other = replace(LEAKED, contact_id=number(1), failure_cause=FailureCause.DELETED)
    healed = replace(RECORDED, contact_id=number(2), failure_cause=FailureCause.NO_OBJECT)
    items = [contact.to_item() for contact in (LEAKED, other, healed)]
    hour = hour_of(items, CONSOLES, Mutes((mute,)))
    assert hour["known"] == {"key": 1}
    assert hour["counts"]["leaked"] == 2
    assert [row.get("known") for row in hour["failures"]] == [{"until": mute.until, "reason": "CHG-1"}, None]
    assert [row.get("known") is None for row in calls_of(items, CONSOLES, Mutes((mute,)))["rows"]] == [
        False,
        True,
        True,
    ]


def test_the_longest_due_contact_and_those_set_aside_are_found() -> None:
    waiting = [
        replace(SERVED, next_check_at=at("10:40"), contact_id=number(1)),
        replace(SERVED, next_check_at=at("10:35")),
    ]
    later = replace(SERVED, next_check_at=at("12:00"), attempts=7, contact_id=number(2))
    after_an_outage = replace(later, attempts=3, contact_id=number(3))
    contacts = [*waiting, later, after_an_outage]
    items = [{"ContactId": "nobody can read it"}, *(contact.to_item() for contact in contacts)]
    health = due_contacts(items, CONSOLES, at("10:45"))
    assert (health["due"], health["oldest_due"]["id"]) == (2, CONTACT_ID)
    assert [row["id"] for row in health["set_aside"]] == [number(2)]
    assert due_contacts([{}], CONSOLES, at("10:45"))["oldest_due"] is None


def run(end: str, state: str = "success", minutes: int = 5) -> RunOfMonitor:
    return RunOfMonitor(f"run {end}", state, Window(at(end) - timedelta(minutes=minutes), at(end)), at(end))


@pytest.mark.parametrize(
    ("runs", "gaps"),
    [
        ([run("10:05"), run("10:10"), run("10:15")], []),
        ([run("10:05"), run("10:15")], [("10:05", "10:10")]),
        ([run("10:05")], [("10:05", "10:15")]),
        ([run("10:05"), run("10:10", "failed"), run("10:15")], [("10:05", "10:10")]),
        ([run("10:05"), run("10:10", "running"), run("10:15", "queued")], []),
        ([run("10:15", minutes=15)], []),
        ([run("10:10", minutes=10), run("10:05"), run("10:15")], []),
        ([], [("10:00", "10:15")]),
    ],
)
def test_windows_without_a_successful_run_are_missed(
    runs: list[RunOfMonitor], gaps: list[tuple[str, str]]
) -> None:
    found = missed_windows(runs, at("10:00"), at("10:17:30"))
    assert [(gap.start, gap.end) for gap in found] == [(at(start), at(end)) for start, end in gaps]


def test_a_missed_window_comes_with_its_backfill_command() -> None:
    def health(*runs: RunOfMonitor) -> dict[str, Any]:
        return health_of("monitor_audio_leakage", runs, since=at("10:00"), now=at("10:25"))

    (gap,) = health(run("10:15"), run("10:05"))["missed"]
    command = shlex.split(gap["command"])
    assert command[:3] == ["aws", "mwaa", "invoke-rest-api"]
    given = dict(zip(command[3::2], command[4::2], strict=True))
    assert given | {"--body": json.loads(given["--body"])} == {
        "--name": "ENVIRONMENT",
        "--method": "POST",
        "--path": "/backfills",
        "--body": {
            "dag_id": "monitor_audio_leakage",
            "from_date": "2023-08-29T10:10:00.000Z",
            "to_date": "2023-08-29T10:10:00.000Z",
            "max_active_runs": 3,
            "reprocess_behavior": "none",
        },
    }
    failed = health(run("10:15"), run("10:10", "failed"), run("10:05"))
    assert failed["missed"][0]["command"].endswith("""reprocess_behavior": "failed"}'""")
    assert (failed["last_run"]["run_id"], failed["last_success"]["run_id"]) == ("run 10:15", "run 10:15")


def test_every_window_of_a_gap_is_counted() -> None:
    runs = [run("11:00"), run("10:25")]
    health = health_of("monitor_audio_leakage", runs, at("10:20"), at("11:05"))
    assert [gap["start"] for gap in health["missed"]] == [at("10:25")]
    assert health["missed_windows"] == 6


def test_a_monitor_that_never_ran_has_missed_nothing() -> None:
    health = health_of("monitor_audio_leakage", [], since=None, now=at("10:25"))
    assert health == {"last_run": None, "last_success": None, "missed": [], "missed_windows": 0}


@pytest.mark.parametrize(
    ("region", "domain"),
    [
        ("af-south-1", "https://af-south-1.console.aws.amazon.com"),
        ("us-gov-west-1", "https://us-gov-west-1.console.amazonaws-us-gov.com"),
        ("cn-north-1", "https://cn-north-1.console.amazonaws.cn"),
    ],
)
def test_console_addresses_fit_their_partition_and_region(region: str, domain: str) -> None:
    consoles = Consoles(region, "https://acme.my.connect.aws")
    assert consoles.recording("bucket/a b/c&d.wav") == (
        f"{domain}/s3/object/bucket?region={region}&prefix=a%20b%2Fc%26d.wav"
    )
    assert consoles.place("bucket/p/2023/08/29/id_") == (
        f"{domain}/s3/buckets/bucket?region={region}&prefix=p%2F2023%2F08%2F29%2F"
    )
    assert consoles.contact("a/b") == "https://acme.my.connect.aws/contact-trace-records/details/a%2Fb"
    assert Consoles(region).contact(CONTACT_ID) is None
    assert Consoles(region, "https://acme.awsapps.com/connect").contact("a") == (
        "https://acme.awsapps.com/connect/contact-trace-records/details/a"
    )


def test_only_whole_windows_can_be_missed() -> None:
    begin: datetime = at("10:02")
    assert missed_windows([run("10:10")], begin, at("10:10")) == []


def test_an_unread_stretch_of_the_log_is_shown_for_a_week() -> None:
    progress = Progress(lost_from=at("2023-08-20T10:00"), lost_until=at("2023-08-21T10:00"))
    (gap,) = not_read("monitor_audio_leakage", progress, at("2023-08-27T10:00"))
    assert (gap["start"], gap["end"]) == (at("2023-08-20T10:00"), at("2023-08-21T10:00"))
    assert '"from_date": "2023-08-20T10:05:00.000Z", "to_date": "2023-08-21T10:00:00.000Z"' in gap["command"]
    assert not_read("monitor_audio_leakage", progress, at("2023-08-28T10:00")) == [gap]
    assert not_read("monitor_audio_leakage", progress, at("2023-08-28T10:00:00.001")) == []


@pytest.mark.parametrize(
    "progress", [Progress(), Progress(lost_from=at("09:00")), Progress(lost_until=at("10:00"))]
)
def test_a_stretch_of_the_log_without_both_its_ends_is_none(progress: Progress) -> None:
    """Somebody has changed the Variable."""
    assert not_read("monitor_audio_leakage", progress, at("12:00")) == []


NOW = at("12:00")
FUTURE = {"window_start": "2023-08-29T11:00:00Z", "window_end": "2023-08-29T12:00:01Z"}
NAMED = {"window_start": "2023-08-29T11:00:00Z", "window_end": "2023-08-29T12:00:00Z"}


def dag_run(run_id: str, conf: dict[str, str] | None = None, end: datetime = NOW) -> Any:  # noqa: ANN401  # a DagRun
    return SimpleNamespace(
        run_id=run_id,
        conf=conf,
        state="success",
        data_interval_start=end,
        data_interval_end=end,
        logical_date=end,
        run_after=end,
        end_date=end,
    )


def test_the_window_of_a_run_is_the_one_that_somebody_named_or_its_own() -> None:
    assert window_of_run(dag_run("a"), NOW) == Window(at("11:55"), NOW)
    assert window_of_run(dag_run("a", {}), NOW) == Window(at("11:55"), NOW)
    assert window_of_run(dag_run("a", NAMED), NOW) == Window(at("11:00"), NOW)


@pytest.mark.parametrize(
    ("conf", "why"),
    [
        (FUTURE, "lies in the future"),
        ({"window_start": "2023-08-29T11:00:00Z"}, "must be given both or neither"),
        ({"window_start": "now", "window_end": "then"}, "must be times in ISO-8601"),
    ],
)
def test_a_run_with_a_window_that_is_not_allowed_did_nothing(conf: dict[str, str], why: str) -> None:
    with pytest.raises(UnknownRun, match=rf"^This run did nothing: .*{why}.*\.$"):
        window_of_run(dag_run("a", conf), NOW)


@pytest.mark.parametrize(
    ("conf", "contact_ids"),
    [
        (None, ()),
        ({}, ()),
        ({"contact_ids": f"{CONTACT_ID}, {number(1)} {CONTACT_ID}"}, (CONTACT_ID, number(1))),
    ],
)
def test_the_contacts_of_a_run_are_those_that_somebody_named(
    conf: dict[str, str] | None, contact_ids: tuple[str, ...]
) -> None:
    assert contacts_of_run(dag_run("a", conf)) == contact_ids


@pytest.mark.parametrize("text", ["a", " ".join(number(place) for place in range(101))])
def test_a_run_with_contacts_that_are_not_allowed_did_nothing(text: str) -> None:
    with pytest.raises(UnknownRun, match=r"^This run did nothing: contact_ids.*\.$"):
        contacts_of_run(dag_run("a", {"contact_ids": text}))


def test_a_connection_to_the_table_is_used_for_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """To make one takes longer than to read an hour, and somebody may change the connection."""
    clock, made = SimpleNamespace(monotonic=lambda: 0.0), []

    class Hook:
        def __init__(self, aws_conn_id: str) -> None:
            made.append((clock.monotonic(), aws_conn_id))
            self.conn = None

        def table(self, name: str) -> str:
            return name

    text = json.dumps({"connect_instance_id": INSTANCE_ID, "contact_table": "contacts"})
    monkeypatch.setattr(reading, "Variable", SimpleNamespace(get=lambda *_, **__: text))
    monkeypatch.setattr(reading, "time", clock)
    monkeypatch.setattr(reading, "ContactTableHook", Hook)
    reading._hook.cache_clear()
    for second in (600.0, 601.0, 899.9, 900.0, 1199.9, 1200.0):
        clock.monotonic = partial(float, second)
        assert str(ContactReader.of("monitor_audio_leakage").table) == "contacts"
    reading._hook.cache_clear()
    assert made == [(second, "aws_default") for second in (600.0, 900.0, 1200.0)]


def test_a_run_that_covers_no_window_hides_no_missed_one() -> None:
    runs = [
        dag_run("whole"),
        dag_run("of contacts", {"contact_ids": CONTACT_ID}),
        dag_run("of wrong contacts", {"contact_ids": "a"}),
        dag_run("of a wrong window", FUTURE),
        dag_run("named", NAMED),
    ]
    session: Any = SimpleNamespace(scalars=lambda _query: runs)
    shown = recent_runs(session, "monitor_audio_leakage", NOW)
    assert [(each.run_id, each.window.start) for each in shown] == [
        ("whole", at("11:55")),
        ("named", at("11:00")),
    ]
    assert {(each.state, each.ended) for each in shown} == {("success", NOW)}
