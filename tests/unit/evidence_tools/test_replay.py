"""A revision that is computed again by somebody else."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from audio_leakage.evidence.files import json_lines, rows_of
from evidence_tools.replay import main
from support.day import DailyWorld
from support.evidence import MemoryStore
from support.tampering import REVISION, whole

DAY = date(2023, 8, 29)


def revision(folder: Path) -> Path:
    keep(whole(), folder)
    return folder / REVISION


def keep(store: MemoryStore, folder: Path) -> None:
    """Write everything in a store into a folder."""
    for key, content in store.objects.items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def test_every_file_comes_out_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(revision(tmp_path))]) == 0
    assert capsys.readouterr().out == "every file comes out the same\n"


def test_a_revision_from_before_calls_went_over_midnight_is_computed_again(tmp_path: Path) -> None:
    folder = revision(tmp_path)
    (folder / "inputs" / "legs.jsonl.gz").unlink()
    assert main([str(folder)]) == 0


def test_files_that_do_not_follow_from_the_inputs_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recordings = revision(tmp_path) / "inputs" / "recordings.jsonl.gz"
    rows = list(rows_of(recordings.read_bytes(), recordings.name))
    recordings.write_bytes(json_lines("x.jsonl.gz", rows[1:]).stored)
    assert main([str(tmp_path / REVISION)]) == 1
    assert "DIFFERENT: contacts.jsonl.gz" in capsys.readouterr().out


def test_each_revision_is_computed_again_by_the_policy_of_the_first(tmp_path: Path) -> None:
    world = DailyWorld("must")
    world.play(DAY)
    world.prove(DAY)
    world.default = "as_flow"  # somebody changes the policy when the day is over
    world.play_later(DAY)
    world.prove(DAY + timedelta(days=8))  # which compares the day again
    keep(world.store, tmp_path)
    assert {main([str(tmp_path / f"day={DAY}" / f"revision={number}")]) for number in ("001", "002")} == {0}
    assert "NEVER_ASKED" in world.classes(DAY).values()


def test_a_folder_that_is_no_revision_is_refused(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 2
