"""The terminal that a person watches, and the Airflow that plays behind it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.spinner import Spinner
from rich.text import Text

from local_aws.commands.airflow import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from airflow.sdk import DAG

#: What the process ends with after an error, and after Ctrl-C.
FAILED, INTERRUPTED = 2, 130
_COLUMNS_OF_A_PIPE = 120
_LOG_LINES = 30


@contextmanager
def quiet_terminal(folder: Path) -> Iterator[Console]:
    """Give a console on the terminal, and send everything else that the process prints to a log.

    The log stays redirected until the process ends: Airflow prints while Python shuts down, too.

    :param folder: where to keep the log; named as the target of `make` that the person called.
    :raises SystemExit: after an error, with its message and the end of the log on the console; after Ctrl-C.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.dup(sys.stdout.fileno()), "w") as terminal:
        console = Console(file=terminal, width=_columns(terminal), highlight=False)
        _send_output_to(log_in(folder))
        try:
            yield console
        except KeyboardInterrupt:
            console.print("Stopped.")
            raise SystemExit(INTERRUPTED) from None
        except Exception as error:
            traceback.print_exc()  # into the log
            _show_failure(console, folder, error)
            raise SystemExit(FAILED) from error


def log_in(folder: Path) -> Path:
    """Return the path of the log that :func:`quiet_terminal` writes."""
    return folder / f"{folder.name}.log"


@contextmanager
def progress(console: Console, what: str, total: int) -> Iterator[Callable[[], None]]:
    """Show a bar until the block ends.

    :return: the function that moves the bar one step on.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False
    ) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


@contextmanager
def status(console: Console, what: str) -> Iterator[None]:
    """Show a spinner until the block ends.

    Rich's own ``console.status`` would send `sys.stdout` to the terminal meanwhile, and with it each log
    handler that Airflow makes in that time.
    """
    spinner = Spinner("dots", what)
    with Live(spinner, console=console, transient=True, redirect_stdout=False, redirect_stderr=False):
        yield


@contextmanager
def temporary_home(name: str) -> Iterator[Path]:
    """Give Airflow a folder that is removed when the block ends."""
    home = Path(tempfile.mkdtemp(prefix=f"audio-leakage-{name}-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def load_dags(environment: Mapping[str, str]) -> dict[str, DAG]:
    """Load our DAGs into this process, whose Airflow has a database.

    :param environment: variables that Airflow reads when it is imported.
    :return: each DAG by its id.
    :raises RuntimeError: when one does not load.
    """
    os.environ.update(environment)
    from airflow.models import DagBag  # noqa: PLC0415  # reads the environment when it is imported

    bag = DagBag(ROOT / "dags")
    if bag.import_errors:
        raise RuntimeError(f"a DAG does not load: {bag.import_errors}")
    return bag.dags


def shown(path: Path) -> str:
    """Return a path as a person in this folder would type it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _columns(terminal: TextIO) -> int:
    if not terminal.isatty():
        return _COLUMNS_OF_A_PIPE
    return os.get_terminal_size(terminal.fileno()).columns or 80  # a terminal without a size says 0


def _send_output_to(log: Path) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    with log.open("w") as sink:
        os.dup2(sink.fileno(), 1)
        os.dup2(sink.fileno(), 2)


def _show_failure(console: Console, folder: Path, error: Exception) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    lines = log_in(folder).read_text(errors="replace").splitlines()[-_LOG_LINES:]
    console.print(f"The last {len(lines)} lines of the log:\n", style="bold red")
    for line in lines:
        console.print(Text.from_ansi(line), overflow="fold")
    first, *_ = f"{type(error).__name__}: {error}".splitlines()  # all of it is in the log, too
    console.print(Text(f"\nmake {folder.name} failed: {first}", style="bold red"), overflow="fold")
    console.print(f"The whole log: {shown(log_in(folder))}")
