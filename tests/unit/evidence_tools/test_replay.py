"""A revision that is computed again by somebody else."""

from pathlib import Path

import pytest

from audio_leakage.evidence.files import json_lines, rows_of
from evidence_tools.replay import main
from support.tampering import REVISION, whole


def revision(folder: Path) -> Path:
    for key, content in whole().objects.items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder / REVISION


def test_every_file_comes_out_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(revision(tmp_path))]) == 0
    assert capsys.readouterr().out == "every file comes out the same\n"


def test_files_that_do_not_follow_from_the_inputs_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recordings = revision(tmp_path) / "inputs" / "recordings.jsonl.gz"
    rows = list(rows_of(recordings.read_bytes()))
    recordings.write_bytes(json_lines("x.jsonl.gz", rows[1:]).stored)
    assert main([str(tmp_path / REVISION)]) == 1
    assert "DIFFERENT: contacts.jsonl.gz" in capsys.readouterr().out


def test_a_folder_that_is_no_revision_is_refused(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 2
