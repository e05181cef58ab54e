"""What `make` shows a person: its help, and pip's errors without pip's warnings."""

import os
import re
import subprocess
import sys

from conftest import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()


def make(*arguments: str) -> str:
    known = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["make", *arguments], cwd=ROOT, env=known, capture_output=True, text=True, check=True
    )
    return done.stdout


def pip_install_of_nothing(*options: str) -> str:
    """Install what does not exist from where nothing is, and return all that pip says."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        *options,
        "--no-index",
        "--find-links",
        "/nowhere/at/all",
    ]
    done = subprocess.run([*command, "no-such-package"], capture_output=True, text=True, check=False)
    assert done.returncode
    return done.stdout + done.stderr


def test_help_fits_100_columns() -> None:
    assert [line for line in make("help").splitlines() if len(line) > 100] == []


def test_help_has_five_groups() -> None:
    groups = [line for line in make("help").splitlines() if line and not line.startswith(" ")]
    assert groups == ["Try", "Test", "Prove", "Deploy", "Maintain"]


def test_help_has_one_line_for_each_target() -> None:
    shown = re.findall(r"(?m)^  make (\S+) +\S", make("help"))
    targets = set(re.findall(r"(?m)^\.PHONY: ([a-z-]+)$", MAKEFILE)) - {"help"}
    assert sorted(shown) == sorted(targets)


def test_pip_shows_its_errors_and_not_its_warnings() -> None:
    options = re.findall(r"(?m)^PIP_QUIETLY := (.*)$", MAKEFILE)[0].split()
    said = pip_install_of_nothing(*options)
    assert "ERROR: No matching distribution found for no-such-package" in said
    assert "WARNING" not in said
    assert "WARNING: Location '/nowhere/at/all' is ignored" in pip_install_of_nothing("--quiet")


def test_every_recipe_installs_quietly() -> None:
    installs = re.findall(r"bin/pip install (\S+)|BIN\)/pip install (\S+)", MAKEFILE)
    assert {"".join(options) for options in installs} == {"$(PIP_QUIETLY)"}
