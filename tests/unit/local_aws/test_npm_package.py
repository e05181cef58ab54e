"""A package of npm is fetched once."""

import sys
from pathlib import Path

import pytest

from local_aws.npm_package import npm_package

#: What `npm pack` does, with a note of each call.
NPM = f"""#!{sys.executable}
import io, sys, tarfile
with open("calls", "a") as calls:
    calls.write(" ".join(sys.argv[1:]) + "\\n")
with tarfile.open("a-tool-1.0.0.tgz", "w:gz") as package:
    entry = tarfile.TarInfo("package/tool.js")
    entry.size = 5
    package.addfile(entry, io.BytesIO(b"tool;"))
print("a-tool-1.0.0.tgz")
"""


def test_a_package_is_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm, folder = tmp_path / "npm", tmp_path / "kept"
    npm.write_text(NPM)
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    for _ in range(2):
        assert (npm_package("a-tool@1.0.0", folder) / "tool.js").read_text() == "tool;"
    assert (folder / "calls").read_text() == "pack --silent a-tool@1.0.0\n"


def test_a_machine_without_npm_is_told_what_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RuntimeError, match=r"no npm here, and a-tool@1\.0\.0 comes from it"):
        npm_package("a-tool@1.0.0", tmp_path)
