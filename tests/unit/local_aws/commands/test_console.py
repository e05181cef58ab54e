"""A terminal that only we print to: seen through a pseudo-terminal of 80 and of 120 columns."""

import signal
from pathlib import Path

import pytest

from support.terminal import Screen, python_in_terminal

COLUMNS = pytest.mark.parametrize("columns", [80, 120])
#: Everything that Airflow does to a terminal, without Airflow: handlers made while something is drawn.
NOISY = """
import logging, os, subprocess, sys, time, warnings
from pathlib import Path
from local_aws.commands.console import progress, quiet_terminal, status

def noise():
    logging.basicConfig(stream=sys.stdout, level="INFO", force=True, format="2023-08-29T21:20:00Z [info] %(message)s")
    logging.info("of a handler made now")
    print("2023-08-29T21:20:00Z [info] printed")
    sys.stderr.write("2023-08-29T21:20:00Z [info] of stderr\\n")
    warnings.warn("2023-08-29T21:20:00Z [info] a warning")
    os.system("echo 2023-08-29T21:20:00Z [info] of another process")

with quiet_terminal(Path(sys.argv[1])) as console:
    with status(console, "getting ready"):
        noise()
        time.sleep(0.2)
    with progress(console, "windows of five minutes", 3) as advance:
        for _ in range(3):
            noise()
            time.sleep(0.2)
            advance()
    noise()
    console.print("the end")
print("2023-08-29T21:20:00Z [info] after the end")
"""
FAILING = """
import sys
from pathlib import Path
from local_aws.commands.console import progress, quiet_terminal

with quiet_terminal(Path(sys.argv[1])) as console:
    with progress(console, "windows of five minutes", 3) as advance:
        for number in range(100):
            print(f"line {number} of the log", "x" * 150)
        raise RuntimeError("the run of the window that ends at 21:45 is failed [red]")
"""
STOPPED = """
import os, signal, sys, time
from pathlib import Path
from local_aws.commands.console import quiet_terminal

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for what it starts with &
with quiet_terminal(Path(sys.argv[1])):
    print("a log line that nobody needs to see")
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(60)  # another thread may take the signal, a moment later
"""


@COLUMNS
def test_nothing_foreign_reaches_the_terminal_while_something_is_drawn(columns: int, tmp_path: Path) -> None:
    screen = python_in_terminal(NOISY, columns, tmp_path / "demo")
    assert screen.code == 0, screen.printed
    assert screen.foreign == []
    assert "[info]" not in screen.text
    assert "getting ready" in screen.text
    assert "windows of five minutes" in screen.text
    assert screen.lines[-1] == "the end"


@COLUMNS
def test_progress_fits_the_terminal(columns: int, tmp_path: Path) -> None:
    screen = python_in_terminal(NOISY, columns, tmp_path / "demo")
    assert screen.too_long == []
    assert any("3/3" in line for line in screen.lines)


def test_the_log_gets_what_the_terminal_does_not(tmp_path: Path) -> None:
    python_in_terminal(NOISY, 80, tmp_path / "demo")
    log = (tmp_path / "demo" / "demo.log").read_text()
    for source in ("of a handler made now", "printed", "of stderr", "a warning", "of another process"):
        assert source in log
    assert "after the end" in log


@COLUMNS
def test_a_failure_shows_its_message_and_the_end_of_the_log(columns: int, tmp_path: Path) -> None:
    screen = python_in_terminal(FAILING, columns, tmp_path / "demo")
    assert screen.code == 2
    assert "line 99 of the log" in screen.text
    assert "line 10 of the log" not in screen.text
    assert (
        "make demo failed: RuntimeError: the run of the window that ends at 21:45 is failed [red]"
        in screen.text
    )
    assert "demo.log" in screen.lines[-1]
    assert screen.too_long == []


def test_the_log_of_a_failure_ends_with_its_traceback(tmp_path: Path) -> None:
    python_in_terminal(FAILING, 80, tmp_path / "demo")
    log = (tmp_path / "demo" / "demo.log").read_text()
    assert log.rstrip().endswith("RuntimeError: the run of the window that ends at 21:45 is failed [red]")


def test_ctrl_c_shows_no_log(tmp_path: Path) -> None:
    screen = python_in_terminal(STOPPED, 80, tmp_path / "demo")
    assert (screen.code, screen.lines) == (128 + signal.SIGINT, ["Stopped."])


def test_a_line_of_a_log_counts_as_foreign() -> None:
    printed = "2023-08-29T21:20:00.1Z [info     ] Task [dag]\r\n\x1b[2m[2023-08-29 21:20] INFO\x1b[0m\r\nAll contacts\r\n"
    assert len(Screen(80, 0, printed).foreign) == 2
