"""A pseudo-terminal of a chosen width, and what a person would read on it."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from conftest import ROOT

_ESCAPE = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07)")
#: How a line begins that a log handler wrote: Airflow's own, Python's, and a warning's.
_FOREIGN = re.compile(
    r"^\s*(\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\[\d{4}-|(INFO|WARNING|ERROR|DEBUG)\b|.*\[(info|warning|error|debug) *\]|\S+\.py:\d+)"
)


@dataclass(frozen=True)
class Screen:
    """What a process printed on a terminal, and how it ended."""

    columns: int
    code: int
    printed: str

    @property
    def lines(self) -> list[str]:
        """Everything that stood in a line at any time, without colours; a redrawn line counts each time."""
        return [line.rstrip() for line in re.split(r"[\r\n]+", _ESCAPE.sub("", self.printed)) if line.strip()]

    @property
    def text(self) -> str:
        """All lines, with every run of white space as one space: what stands there, however it is folded."""
        return " ".join(" ".join(self.lines).split())

    @property
    def foreign(self) -> list[str]:
        """Lines that none of our commands prints."""
        return [line for line in self.lines if _FOREIGN.match(line)]

    @property
    def too_long(self) -> list[str]:
        """Lines that the terminal had to break."""
        return [line for line in self.lines if len(line) > self.columns]


def run_in_terminal(
    command: Sequence[str], columns: int, *, rows: int = 24, environment: dict[str, str] | None = None
) -> Screen:
    """Run a command in a terminal and wait for its end."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    known = {
        name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")
    }
    process = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=ROOT,
        env=known | {"TERM": "xterm-256color", "PYTHONPATH": python_path()} | (environment or {}),
        start_new_session=True,
    )
    os.close(theirs)
    try:
        printed = _all_of(ours)
    finally:
        os.close(ours)
    return Screen(columns, process.wait(), printed)


def python_in_terminal(code: str, columns: int, *arguments: str | Path) -> Screen:
    """Run Python code in a terminal; it finds the arguments in ``sys.argv[1:]``."""
    return run_in_terminal([sys.executable, "-c", code, *map(str, arguments)], columns)


def python_path() -> str:
    """Return where a process of its own finds our packages."""
    return os.pathsep.join(str(ROOT / folder) for folder in ("include", "plugins"))


def _all_of(terminal: int) -> str:
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # Linux says so when the last process has closed its side
            part = b""
        if not part:
            return b"".join(parts).decode(errors="replace")
        parts.append(part)
