"""Run tests in a fork of a process that has the big libraries loaded: loading them costs more than most tests.

It reads one request a line, ``{"tests": [...], "seconds": 60}``, and answers each with pytest's exit code, or with
``"timeout"``.
"""

import gc
import importlib
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import pytest

# conftest comes first: Airflow reads its configuration when somebody imports it.
_LOADED = (
    "conftest", "airflow.api_fastapi.app", "airflow.models", "airflow.sdk", "airflow.utils.db", "boto3",
    "hypothesis", "moto.server",
)  # fmt: skip
_POLL_SECONDS = 0.02


def main() -> None:
    """Answer until nobody asks any more."""
    for name in _LOADED:
        importlib.import_module(name)
    gc.freeze()  # what every fork shares is no garbage
    for line in sys.stdin:
        request = json.loads(line)
        sys.stdout.write(json.dumps(_run(request["tests"], request["seconds"])) + "\n")
        sys.stdout.flush()


def _run(tests: list[str], seconds: float) -> int | str:
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os.environ["TMPDIR"] = tempfile.tempdir = str(Path("tmp").absolute())
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        chosen = Path("tests-of-mutant.txt")
        chosen.write_text("\n".join(tests))
        code = pytest.main(
            ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=0", "--no-cov", f"@{chosen}"]
        )
        os._exit(int(code))
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(_POLL_SECONDS)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "timeout"


if __name__ == "__main__":
    main()
