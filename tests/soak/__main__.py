"""`make soak`: a simulated day in all weathers in minutes, then three hours of windows through Airflow's scheduler.

Writes what it measured to ``docs``, and exits with 1 if a call was lost, a verdict was wrong, a leak went untold or
something grew.

    python -m soak [--seed N] [--windows N] [--calls N] [--day-only] [--output docs]
"""

import argparse
import logging
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from conftest import ROOT
from soak import report
from soak.day import Day
from soak.scheduler import WINDOWS, ScheduledHours, scheduled_hours

_console = Console(stderr=True, soft_wrap=True)


def main() -> int:
    """Play both and write the report."""
    options = _options()
    logging.disable(logging.CRITICAL)
    day = Day(options.seed, options.windows, options.calls)
    _play_day(day)
    if options.day_only:
        return _told(report.failures(day))
    with tempfile.TemporaryDirectory() as home, scheduled_hours(Path(home), WINDOWS * 4) as hours:
        _play_hours(hours)
        machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
        report.write(options.output, f"{datetime.now(UTC):%d %B %Y}, {machine}", day, hours)
        return _told(report.failures(day, hours))


def _play_day(day: Day) -> None:
    for number, sample in enumerate(day.play(), start=1):
        _console.print(
            f"window {number} of {day.windows + day.aftermath}: {sample.open_items} open contacts, {sample.items} items, "
            f"{sample.process.memory // report.MIB} MiB, {sample.process.open_files} files, "
            f"{day.weather.struck.total()} faults so far"
        )


def _play_hours(hours: ScheduledHours) -> None:
    for moment in hours.play():
        _console.print(
            f"{moment.seconds:.0f} s: {moment.finished} runs finished, {moment.open_items} open contacts, "
            f"{len(hours.wrong)} calls not yet as they are, "
            f"scheduler {moment.scheduler.memory // report.MIB} MiB, {moment.scheduler.open_files} files"
        )


def _told(failures: list[str]) -> int:
    for failure in failures or ["nothing lost, nothing wrong, nothing grew"]:
        _console.print(failure)
    return 1 if failures else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A long time with the monitor.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--windows", type=int, default=288)
    parser.add_argument("--calls", type=int, default=5000)
    parser.add_argument(
        "--day-only", action="store_true", help="without Airflow's scheduler, and without a report"
    )
    parser.add_argument("--output", type=Path, default=ROOT / "docs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
