"""`make mutants`: put small mistakes into the code, one at a time, and count those that a test notices.

    python -m mutants [--lines 30] [--seed 0] [--only audio_leakage/runs] [--tests tests/unit …] [--reached]
                      [--noticed noticed.json] [--output build/mutants]

The unit tests of a module look at its mistakes first, then the fastest tests that reach them. The folder of the
output gets `score.md`, `survivors.toml` and `noticed.json`.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

from rich.console import Console
from rich.progress import track

from mutants import reach, report
from mutants.mutant import Mutant, sample
from mutants.report import Result
from mutants.workers import Worker, copy_project, environment

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "include/flow_log_subscriber",
    "include/audio_leakage_aws",
    "plugins/audio_leakage_hooks",
    "plugins/audio_leakage_tasks",
    "plugins/audio_leakage_ui",
    "include/audio_leakage",
)
_TESTS = ("tests/unit", "tests/dags", "tests/integration")
# They run for minutes, and the mistakes that only they notice count as unnoticed.
_TOO_LONG = (
    "asset",
    "backfill",
    "evidence_dag",
    "faults",
    "hourly_backfill",
    "one_failure",
    "package",
    "verdict_cases",
)
_WORKERS = 2
_LEAST = 4
_console = Console(stderr=True)


def main() -> None:
    """Try the mistakes and write what was noticed."""
    options = _options()
    mutants = list(_mutants(options))
    before = set(json.loads(options.noticed.read_text())) if options.noticed else set()
    python = Path(sys.executable)
    output = options.output.resolve()
    copies = [output / f"copy-{number}" for number in range(_WORKERS)]
    for copy in copies:
        copy_project(ROOT, copy)
    if not options.reached:
        _console.print("First we see which tests reach which lines.")
        chosen = [*options.tests, *(f"--ignore=tests/integration/test_{name}.py" for name in _TOO_LONG)]
        reach.measure(copies[0], python, environment(copies[0]), chosen, output)
    reached = reach.read(copies[0], output)
    results = [Result(package, each, 0, noticed=True) for package, each in mutants if each.name in before]
    mutants = [(package, each) for package, each in mutants if each.name not in before]
    for result in _try(mutants, reached, copies, python):
        results.append(result)
        # After each, so that a run which is stopped has not been for nothing.
        (output / "score.md").write_text(report.table(results))
        (output / "survivors.toml").write_text(report.survivors(results))
        (output / "noticed.json").write_text(
            json.dumps([each.mutant.name for each in results if each.noticed])
        )
    _console.print(report.table(results), markup=False)
    _console.print(f"{output}/survivors.toml lists what nobody noticed.", markup=False)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mutants")
    parser.add_argument(
        "--lines", type=int, default=30, help="one mistake for so many lines of a file, and four at least"
    )
    parser.add_argument("--seed", type=int, default=0, help="another number chooses other mistakes")
    parser.add_argument("--only", default="", help="what the path of a file must contain")
    parser.add_argument("--tests", nargs="+", default=_TESTS, help="the tests that may notice")
    parser.add_argument("--reached", action="store_true", help="the tests reach what they reached last time")
    parser.add_argument(
        "--noticed", type=Path, help="leave out what an earlier run noticed: its noticed.json"
    )
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "mutants", help="a folder")
    return parser.parse_args()


def _mutants(options: argparse.Namespace) -> Iterator[tuple[str, Mutant]]:
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            path = str(file.relative_to(ROOT))
            if options.only in path:
                most = max(_LEAST, len(file.read_text().splitlines()) // options.lines)
                yield from ((package, mutant) for mutant in sample(ROOT, path, most, options.seed))


def _try(
    mutants: Sequence[tuple[str, Mutant]], reached: reach.Reach, copies: Sequence[Path], python: Path
) -> Iterator[Result]:
    free: SimpleQueue[Worker] = SimpleQueue()

    def attempt(chosen: tuple[str, Mutant]) -> Result:
        package, mutant = chosen
        tests = reached.tests(mutant)
        worker = free.get()
        try:
            return Result(
                package, mutant, len(tests), noticed=bool(tests) and worker.is_noticed(mutant, tests)
            )
        finally:
            free.put(worker)

    with ExitStack() as stack, ThreadPoolExecutor(len(copies)) as pool:
        for copy in copies:
            free.put(stack.enter_context(Worker(copy, python)))
        tried = pool.map(attempt, mutants)
        yield from track(tried, "Trying mistakes", total=len(mutants), console=_console)


if __name__ == "__main__":
    main()
