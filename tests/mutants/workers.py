"""Copies of the project, each with a process that runs tests in it."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from mutants.mutant import Mutant

#: A mistake may make a test wait for ever.
_LONGEST_SECONDS = 120.0


def environment(copy: Path) -> dict[str, str]:
    """Return the variables of a process in a copy: its packages are the ones to import."""
    folders = [copy / "include", copy / "plugins", copy / "tests"]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(map(str, folders)),
    }


def copy_project(root: Path, copy: Path) -> None:
    """Copy every file that Git knows or would take, as it stands in the working tree."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, check=True, capture_output=True, text=True,
    )  # fmt: skip
    shutil.rmtree(copy, ignore_errors=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (root / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, copy / name)


class Worker:
    """One copy and its process."""

    def __init__(self, copy: Path, python: Path) -> None:
        self._copy = copy
        self._python = python
        self._version = 0

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [self._python, "-m", "mutants.runner"],
            cwd=self._copy, env=environment(self._copy), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()

    def is_noticed(self, mutant: Mutant, tests: list[str]) -> bool:
        """Put a mistake into the copy, run tests, and take it out again.

        :param mutant: the mistake.
        :param tests: the ids of the tests, in their order.
        :return: whether one of them failed, or did not end.
        """
        # Unit tests in a run of their own: most mistakes end there, without the stand-in and Airflow's database.
        unit = [test for test in tests if test.startswith("tests/unit/")]
        rest = [test for test in tests if test not in {*unit}]
        with self._mistake(mutant):
            return any(self._fails(chosen) for chosen in (unit, rest) if chosen)

    def _fails(self, tests: list[str]) -> bool:
        (self._copy / "tmp").mkdir()
        outcome = self._ask(tests)
        if outcome == pytest.ExitCode.USAGE_ERROR:
            # The names of its cases changed with the table: all cases of these tests.
            outcome = self._ask(list(dict.fromkeys(test.partition("[")[0] for test in tests)))
        shutil.rmtree(self._copy / "tmp")
        return outcome not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}

    def _ask(self, tests: list[str]) -> int | str:
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("The process of the copy has no pipes.")
        self._process.stdin.write(json.dumps({"tests": tests, "seconds": _LONGEST_SECONDS}) + "\n")
        self._process.stdin.flush()
        answer: int | str = json.loads(self._process.stdout.readline())
        return answer

    @contextmanager
    def _mistake(self, mutant: Mutant) -> Iterator[None]:
        file = self._copy / mutant.path
        original, written = file.read_text(), file.stat().st_mtime
        file.write_text(mutant.source)
        # Python takes the bytecode of a file by its size and second: give each version a second of its own.
        self._version += 1
        os.utime(file, (written, written + self._version))
        try:
            yield
        finally:
            file.write_text(original)
            os.utime(file, (written, written))
