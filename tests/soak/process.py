"""What a process of this machine holds, as Linux tells it."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """What one process holds at one moment."""

    memory: int  # bytes, resident
    open_files: int


def process(pid: int | str = "self") -> Process:
    """Return what a process holds."""
    folder = Path("/proc") / str(pid)
    pages = int((folder / "statm").read_text().split()[1])
    return Process(pages * os.sysconf("SC_PAGE_SIZE"), len(list((folder / "fd").iterdir())))


def scheduler_of(home: Path) -> Process:
    """Return what the scheduler of an Airflow holds.

    :param home: its AIRFLOW_HOME.
    :raises LookupError: when it does not run.
    """
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().split(b"\0")
            environment = (folder / "environ").read_bytes().split(b"\0")
            if b"scheduler" in command and f"AIRFLOW_HOME={home}".encode() in environment:
                return process(folder.name)
        except OSError:
            continue  # it ended, or is somebody else's
    raise LookupError(f"no scheduler runs in {home}")
