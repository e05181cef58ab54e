"""DynamoDB Local says which tool it lacks."""

import sys
from pathlib import Path

import pytest

from local_aws.dynamodb_local import what_is_missing


@pytest.mark.parametrize(
    ("tools", "missing"),
    [
        ({}, "there is no npm here"),
        ({"npm": ""}, "there is no java here"),
        ({"npm": "", "java": 'openjdk version "11.0.2" 2019-01-15'}, "Java 17 is needed, here is 11"),
        ({"npm": "", "java": "no runtime"}, "Java 17 is needed, here is none that runs"),
        ({"npm": "", "java": 'openjdk version "17.0.15" 2025-04-15'}, None),
    ],
)
def test_a_missing_or_old_tool_is_named_in_one_line(
    tools: dict[str, str], missing: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, told in tools.items():
        tool = tmp_path / name
        tool.write_text(f"#!{sys.executable}\nimport sys\nsys.stderr.write({told!r})\n")
        tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("DYNAMODB_LOCAL_URL", raising=False)
    assert what_is_missing() == missing


def test_a_running_dynamodb_local_needs_no_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("DYNAMODB_LOCAL_URL", "http://localhost:8000")
    assert what_is_missing() is None
