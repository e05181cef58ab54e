"""The real `make demo` in a terminal of 80 and of 120 columns: minutes each, so it has a target of its own.

What the terminal showed stays in ``build/demo``.
"""

import re
import sys

import pytest

from conftest import ROOT
from evidence_tools.verify import main as verify
from support.terminal import Screen, run_in_terminal

KEPT = ROOT / "build" / "demo"


@pytest.fixture(scope="module", params=[80, 120])
def screen(request: pytest.FixtureRequest) -> Screen:
    columns: int = request.param
    screen = run_in_terminal([sys.executable, "-m", "local_aws.commands.demo"], columns)
    (KEPT / f"terminal-{columns}.txt").write_text(screen.printed)
    return screen


@pytest.mark.timeout(1200)
def test_the_last_line_of_the_demo_is_the_one_that_matters(screen: Screen) -> None:
    assert re.fullmatch(r"\d+ contacts, 0 of them not as the truth has it", screen.lines[-1])
    assert screen.code == 0


@pytest.mark.timeout(1200)
def test_without_any_flow_log_the_demo_ends_with_the_same_verdicts(screen: Screen) -> None:
    (told,) = re.findall(
        r"(\d+) calls had a verdict\. Without any flow log, (\d+) have the same", screen.text
    )
    assert told[0] == told[1] != "0"
    contacts = (KEPT / "contacts-without-log.csv").read_text()
    assert "NEVER_ASKED" in contacts
    assert "NO_OBJECT" not in contacts


@pytest.mark.timeout(1200)
def test_the_evidence_of_the_day_is_as_the_truth_has_it(screen: Screen) -> None:
    assert re.fullmatch(r"evidence: 0 of [1-9]\d* contacts not as the truth has it", screen.lines[-2])


@pytest.mark.timeout(1200)
def test_the_evidence_that_the_demo_keeps_is_whole(screen: Screen) -> None:
    assert screen.code == 0
    for day in ("2023-08-29", "2023-08-30"):
        (folder,) = (KEPT / "evidence" / day).glob("audio-leakage/v1/instance=*")
        assert verify([str(folder)]) == 0


@pytest.mark.timeout(1200)
def test_nothing_foreign_and_nothing_too_long_reaches_the_terminal(screen: Screen) -> None:
    assert screen.foreign == []
    assert screen.too_long == []


@pytest.mark.timeout(1200)
def test_every_leak_is_shown_with_the_cause_that_the_table_has(screen: Screen) -> None:
    contacts = (KEPT / "contacts.csv").read_text().splitlines()[1:]
    leaks = [row.split(",") for row in contacts if ",CALL_RECORDED_FAILURE," in row]
    assert leaks
    for contact_id, _, _, _, cause, *_ in leaks:
        (line,) = [line for line in screen.lines if line.startswith(contact_id)]
        assert line.endswith(f" {cause}")
