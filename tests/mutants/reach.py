"""Which tests reach which lines, and how long each test takes."""

import ast
import json
import subprocess
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from coverage import CoverageData

from mutants.mutant import Mutant

# What coverage and our plugin write; the plugin finds its file by a variable of this name.
DATA, SECONDS = "reached.coverage", "SECONDS_OF_TESTS"
#: Seconds of tests that one mistake may cost: what is still unnoticed then counts as unnoticed.
MOST_SECONDS = 20.0
_PACKAGES = ("include", "plugins", "dags")


@dataclass(frozen=True)
class Reach:
    """What a run of the unchanged code showed."""

    seconds: Mapping[str, float]  # of each test that passed
    lines: Mapping[str, Mapping[int, Collection[str]]]  # file, line, tests
    importers: Mapping[str, Collection[str]]  # file, files that import it
    mirrors: Mapping[str, Collection[str]]  # name of a module, files of its unit tests

    def tests(self, mutant: Mutant) -> list[str]:
        """Choose the tests that may notice a mistake.

        The unit tests of its module come first. Then come those that reach its line, its function, or, if nothing
        reaches them, a file that imports it, the fastest first.

        :param mutant: the mistake.
        :return: files and ids of tests, as many as MOST_SECONDS allow.
        """
        chosen = list(self.mirrors.get(Path(mutant.path).stem, ()))
        seconds = 0.0
        for tests in self._nearest_first(mutant):
            new = {test for test in tests if test not in chosen and test.partition("::")[0] not in chosen}
            for test in sorted(new, key=lambda test: (self.seconds[test], test)):
                seconds += self.seconds[test]
                if seconds > MOST_SECONDS and chosen:
                    return chosen
                chosen.append(test)
        return chosen

    def _nearest_first(self, mutant: Mutant) -> list[set[str]]:
        by_line = self.lines.get(mutant.path, {})
        first, last = mutant.lines
        line = set(by_line.get(mutant.line, ()))
        function = {test for at, tests in by_line.items() if first <= at <= last for test in tests}
        if line or function:
            return [line, function]
        return [self._file(mutant.path), *(self._file(path) for path in self.importers.get(mutant.path, ()))]

    def _file(self, path: str) -> set[str]:
        return {test for tests in self.lines.get(path, {}).values() for test in tests}


def measure(
    copy: Path, python: Path, environment: Mapping[str, str], tests: Collection[str], output: Path
) -> None:
    """Run tests over the unchanged code, and keep what they reach for :func:`read`.

    :param copy: the folder with the code.
    :param python: the interpreter that has everything installed.
    :param environment: the variables of the process.
    :param tests: files or folders of tests, and what pytest shall ignore in them.
    :param output: the folder to keep it in.
    """
    options = ["-n", "2", "--dist", "worksteal", "-q", "-p", "mutants.seconds", "-p", "no:cacheprovider"]
    coverage = [f"--cov={package}" for package in _PACKAGES] + ["--cov-context=test", "--cov-report="]
    kept = {"COVERAGE_FILE": str(output / DATA), SECONDS: str(output / f"{SECONDS}.json")}
    subprocess.run(
        [python, "-m", "pytest", *tests, *options, *coverage],
        cwd=copy, env={**environment, **kept}, check=False,
    )  # fmt: skip


def read(copy: Path, output: Path) -> Reach:
    """Read what the tests reached when they were last measured.

    :param copy: the folder with the code, the same as then.
    :param output: the folder that it is kept in.
    :return: what they reach. A test that failed on the unchanged code is left out.
    :raises FileNotFoundError: if nobody has measured.
    """
    seconds: dict[str, float] = json.loads((output / f"{SECONDS}.json").read_text())
    data = CoverageData(str(output / DATA))
    data.read()
    lines: dict[str, dict[int, set[str]]] = {}
    for file in data.measured_files():
        by_line = data.contexts_by_lineno(file)
        lines[str(Path(file).relative_to(copy))] = {
            line: {context.rpartition("|")[0] for context in contexts} & seconds.keys()
            for line, contexts in by_line.items()
        }
    mirrors: dict[str, list[str]] = defaultdict(list)
    for path in sorted((copy / "tests" / "unit").rglob("test_*.py")):
        mirrors[path.stem.removeprefix("test_")].append(str(path.relative_to(copy)))
    return Reach(seconds, lines, _importers(copy), mirrors)


def _importers(copy: Path) -> dict[str, list[str]]:
    files = {
        path: str(path.relative_to(copy)) for package in _PACKAGES for path in (copy / package).rglob("*.py")
    }
    modules = {
        ".".join(Path(name).with_suffix("").parts[1:]).removesuffix(".__init__"): name
        for name in files.values()
    }
    found: dict[str, list[str]] = defaultdict(list)
    for path, name in files.items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                names = {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
                for module in names & modules.keys():
                    found[modules[module]].append(name)
    return found
