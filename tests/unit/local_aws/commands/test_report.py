"""The report of the demo, on a terminal of 80 and of 120 columns and in its files."""

import csv
import pickle
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from local_aws.commands.evidence import DayEvidence
from local_aws.commands.outcome import NEVER_ENTERED, Outcome
from local_aws.commands.report import TASKS, Report, Run
from local_aws.contact_centre.calls import Truth
from support.terminal import Screen, python_in_terminal

COLUMNS = pytest.mark.parametrize("columns", [80, 120])
SHOW = """
import pickle, sys
from pathlib import Path
from local_aws.commands.console import quiet_terminal

folder = Path(sys.argv[1])
report = pickle.loads((folder / "report.pickle").read_bytes())
with quiet_terminal(folder) as console:
    report.show(console, folder)
"""
CAUSES = ("NO_OBJECT", "EMPTY_OBJECT", "RECORDING_BLOCK_FAILED", "A_CAUSE_THAT_NOBODY_KNOWS")
KEY = "connect/acme/CallRecordings/2023/08/29/{}_20230829T21:20_UTC.wav"


def contact_id(number: int) -> str:
    return f"54b468a3-86b1-4746-aeb5-c31b6200{number:04d}"


def leak(number: int, cause: str) -> Outcome:
    item = {"State": "COMPLETED - AGENT", "RecordedState": "CALL_RECORDED_FAILURE", "FailureCause": cause}
    truth = Truth("COMPLETED - AGENT", "CALL_RECORDED_FAILURE")
    return Outcome(contact_id(number), "transferred to a queue of somebody else", truth, item)


def success(number: int) -> Outcome:
    key = KEY.format(contact_id(number))
    item = {
        "State": "COMPLETED - AGENT",
        "RecordedState": "CALL_RECORDED_SUCCESS",
        "RecordingKey": key,
        "RecordingSeconds": "59",
    }
    return Outcome(
        contact_id(number), "spoke to agent", Truth("COMPLETED - AGENT", "CALL_RECORDED_SUCCESS"), item
    )


def closed(number: int) -> Outcome:
    item = {"State": "COMPLETED - AGENT", "ClosedReason": "RECORDING_SWITCHED_OFF"}
    return Outcome(contact_id(number), "switched off again", Truth("COMPLETED - AGENT", None), item)


def still_open(number: int) -> Outcome:
    state = "IN_PROGRESS - QUEUE/IVR"
    return Outcome(contact_id(number), "call of the specification", Truth(state, None), {"State": state})


def purged(number: int, truth: Truth = Truth(None, None)) -> Outcome:
    return Outcome(contact_id(number), "abandoned in queue", truth, {})


LEAKS = [leak(number, cause) for number, cause in enumerate(CAUSES)]
OTHERS = [*map(success, range(10, 50)), closed(50), closed(51), still_open(52), *map(purged, range(60, 70))]
MISTAKE = purged(70, Truth("COMPLETED - AGENT", "CALL_RECORDED_FAILURE"))
RUNS = [
    Run(
        datetime(2023, 8, 29, 21, 15, tzinfo=UTC),
        datetime(2023, 8, 29, 21, 20, tzinfo=UTC),
        {task: {"window": "21:15", "due": 12, "failed": 0} for task in TASKS},
    )
]
REQUESTS = {"DescribeContact": 412, "SearchContacts": 20}
RIGHT = Report([*LEAKS, *OTHERS], RUNS, REQUESTS)
WRONG = Report([*LEAKS, *OTHERS, MISTAKE], RUNS, REQUESTS)
#: The next evening has a leak more that no flow asked to record, and a call that is not in the table.
UNLOGGED = [*LEAKS, success(10), leak(50, "NEVER_ASKED"), replace(purged(60), absent=NEVER_ENTERED)]
BOTH = replace(RIGHT, unlogged=UNLOGGED)
MAIL = "Call recordings of 2023-08-29 (UTC), first: PROVISIONAL\nCoverage: 50.00 % to 100.00 %\n"
CHAIN = "audio-leakage/v1/instance=1/chain/0000000001.json"
PROVED = DayEvidence(
    date(2023, 8, 29),
    MAIL,
    {contact_id(10): "VERIFIED", contact_id(11): "UNDECIDED"},
    {contact_id(10): "VERIFIED", contact_id(11): "UNDECIDED"},
    {CHAIN: b"{}"},
)
MISPROVED = replace(PROVED, truth={contact_id(10): "MISSING", contact_id(12): "VERIFIED"})


def show(report: Report, columns: int, folder: Path) -> Screen:
    folder.mkdir(exist_ok=True)
    (folder / "report.pickle").write_bytes(pickle.dumps(report))
    screen = python_in_terminal(SHOW, columns, folder)
    assert screen.code == 0, screen.printed
    return screen


@pytest.fixture(scope="module", params=[80, 120])
def screen(request: pytest.FixtureRequest) -> Iterator[Screen]:
    with TemporaryDirectory(prefix="t", dir="/tmp") as short:
        yield show(RIGHT, request.param, Path(short) / "demo")


def test_no_line_of_the_report_is_wider_than_the_terminal(screen: Screen) -> None:
    assert screen.too_long == []
    assert screen.foreign == []


def test_every_leak_stands_in_one_line_with_its_cause(screen: Screen) -> None:
    for number, cause in enumerate(CAUSES):
        (line,) = [line for line in screen.lines if line.startswith(contact_id(number))]
        assert line.endswith(f" {cause}")


def test_every_column_has_its_head(screen: Screen) -> None:
    heads = [re.split(" {2,}", line) for line in screen.lines if line.startswith(("contact ", "verdict "))]
    assert heads == [["contact", "what happened", "cause"], ["verdict", "contacts", "what happened"]]


def test_the_summary_counts_contacts_by_verdict_and_by_what_happened(screen: Screen) -> None:
    for counted in (
        "CALL_RECORDED_SUCCESS 40 40 spoke to agent",
        "CALL_RECORDED_FAILURE 4 4 transferred to a queue of somebody else",
        "purged 10 10 abandoned in queue",
        "closed, recording switched off 2 2 switched off again",
        "still open 1 1 call of the specification",
    ):
        assert counted in screen.text


@COLUMNS
def test_a_count_stays_beside_what_it_counts(columns: int, tmp_path: Path) -> None:
    kinds = [f"a kind of call with the number {number}" for number in range(10)]
    outcomes = [replace(success(number), what_happened=kind) for number, kind in enumerate(kinds)]
    screen = show(Report(outcomes, RUNS, REQUESTS), columns, tmp_path)
    assert screen.too_long == []
    assert all(any(f"1 {kind}" in line for line in screen.lines) for kind in kinds)


def test_the_leaks_come_first_and_the_line_that_matters_last(screen: Screen) -> None:
    assert screen.lines[0] == "Leaks: 4 calls without the recording that they must have"
    assert screen.lines[-1] == "57 contacts, 0 of them not as the truth has it"


def test_the_report_says_where_the_rest_is_kept(screen: Screen) -> None:
    for name in ("contacts.csv", "report.txt", "demo.log"):
        assert f"/demo/{name}" in "".join(screen.lines)


def test_nothing_cuts_the_line_that_matters_into_pieces(screen: Screen) -> None:
    assert "57 contacts, 0 of them not as the truth has it" in screen.printed


@COLUMNS
def test_a_verdict_that_is_not_true_is_shown_beside_the_truth(columns: int, tmp_path: Path) -> None:
    screen = show(WRONG, columns, tmp_path)
    assert f"{MISTAKE.contact_id} abandoned in queue the monitor: purged the truth: COMPLETED" in screen.text
    assert screen.lines[-1] == "58 contacts, 1 of them not as the truth has it"
    assert screen.too_long == []


def test_the_csv_holds_every_contact_whole(tmp_path: Path) -> None:
    WRONG.keep(tmp_path)
    with (tmp_path / "contacts.csv").open() as file:
        rows = {row["contact"]: row for row in csv.DictReader(file)}
    assert len(rows) == 58
    assert rows[contact_id(10)]["recording"] == KEY.format(contact_id(10))
    assert rows[contact_id(3)]["cause"] == CAUSES[3]
    assert rows[MISTAKE.contact_id]["right"] == "no"
    assert {row["right"] for row in rows.values()} == {"yes", "no"}


def test_the_text_holds_every_contact_and_every_run_whole(tmp_path: Path) -> None:
    RIGHT.keep(tmp_path)
    text = (tmp_path / "report.txt").read_text()
    assert "21:15-21:20" in text
    for outcome in RIGHT.outcomes:
        assert text.count(outcome.contact_id) == (2 if outcome.item.get("RecordingKey") else 1)
    assert KEY.format(contact_id(49)) in text


@COLUMNS
def test_the_evening_without_a_flow_log_has_a_summary_of_its_own(columns: int, tmp_path: Path) -> None:
    screen = show(BOTH, columns, tmp_path / "demo")
    assert "5 calls had a verdict. Without any flow log, 5 have the same." in screen.text
    assert "never entered 1 1 abandoned in queue" in screen.text
    assert screen.lines[-1] == "64 contacts, 0 of them not as the truth has it"
    assert screen.too_long == []
    assert "/demo/contacts-without-log.csv" in "".join(screen.lines)


def test_a_report_without_that_evening_does_not_speak_of_it(screen: Screen) -> None:
    assert "flow log" not in screen.text


def test_the_contacts_that_no_flow_logged_have_a_file_of_their_own(tmp_path: Path) -> None:
    BOTH.keep(tmp_path)
    for name, count in (("contacts.csv", 57), ("contacts-without-log.csv", 7)):
        with (tmp_path / name).open() as file:
            assert len(list(csv.DictReader(file))) == count


def test_a_verdict_that_changes_without_a_flow_log_is_not_right(tmp_path: Path) -> None:
    changed = replace(leak(10, "NEVER_ASKED"), truth=Truth("COMPLETED - AGENT", "CALL_RECORDED_FAILURE"))
    report = replace(RIGHT, unlogged=[*LEAKS, changed])
    assert (RIGHT.is_right, BOTH.is_right, WRONG.is_right, report.is_right) == (True, True, False, False)
    screen = show(report, 80, tmp_path / "demo")
    assert "5 calls had a verdict. Without any flow log, 4 have the same." in screen.text


def test_the_evidence_stands_before_the_line_that_matters(tmp_path: Path) -> None:
    screen = show(replace(RIGHT, evidence=[PROVED]), 80, tmp_path / "demo")
    assert all(line in screen.lines for line in MAIL.splitlines())
    assert screen.lines[-2:] == [
        "evidence: 0 of 2 contacts not as the truth has it",
        "57 contacts, 0 of them not as the truth has it",
    ]
    assert screen.too_long == []


def test_a_class_that_is_not_true_is_shown_beside_the_truth(tmp_path: Path) -> None:
    screen = show(replace(RIGHT, evidence=[MISPROVED]), 80, tmp_path)
    assert f"{contact_id(10)}: VERIFIED, the truth: MISSING" in screen.text
    assert f"{contact_id(11)}: UNDECIDED, the truth: None" in screen.text
    assert f"{contact_id(12)}: None, the truth: VERIFIED" in screen.text
    assert "evidence: 3 of 2 contacts not as the truth has it" in screen.lines
    assert screen.too_long == []


def test_evidence_that_is_not_true_fails_the_demo() -> None:
    assert replace(RIGHT, evidence=[PROVED]).is_right
    assert not replace(RIGHT, evidence=[PROVED, MISPROVED]).is_right


def test_the_evidence_is_kept_by_day_and_that_of_an_earlier_demo_is_not(tmp_path: Path) -> None:
    replace(RIGHT, evidence=[replace(PROVED, day=date(2023, 8, 1))]).keep(tmp_path)
    replace(RIGHT, evidence=[PROVED]).keep(tmp_path)
    kept = [path.relative_to(tmp_path).as_posix() for path in (tmp_path / "evidence").rglob("*.json")]
    assert kept == [f"evidence/2023-08-29/{CHAIN}"]
