"""The command, and the recipe that needs none of our code, over the same tampered evidence."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from audio_leakage.evidence.chain import Link, link_name
from audio_leakage.evidence.signature import pem_of
from conftest import ROOT
from evidence_tools.verify import main
from support.evidence import MemoryStore, public_der
from support.tampering import TAMPERED, delete_the_key_file, swap_the_key_file, whole

each_tampering = pytest.mark.parametrize(
    "tamper", [row[0] for row in TAMPERED], ids=lambda each: each.__name__
)


def copy(store: MemoryStore, folder: Path) -> Path:
    """Write evidence to a folder, and the key that an auditor trusts beside it."""
    for key, content in store.objects.items():
        path = folder / "evidence" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "key.pem").write_bytes(pem_of(public_der()))
    return folder / "evidence"


def by_hand(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the recipe of the docs."""
    page = (ROOT / "docs" / "evidence.md").read_text()
    recipe = re.findall(r"```bash\n(set -eu\n.*?)```", page, re.DOTALL)
    assert len(recipe) == 1
    return subprocess.run(
        ["bash", "-c", recipe[0]],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "KEY": str(folder.parent / "key.pem")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_whole_evidence_is_verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copy(whole(), tmp_path)
    head = Link.from_bytes(whole().objects[link_name(3)]).sha256
    assert main([str(folder), "--key", str(tmp_path / "key.pem"), "--head", f"3:{head}"]) == 0
    assert capsys.readouterr().out.startswith(f"chain 1-3 whole, head 3 {head}\n")


@each_tampering
def test_the_command_names_what_is_broken(
    tamper: Callable[[MemoryStore], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = whole()
    tamper(store)
    assert main([str(copy(store, tmp_path))]) == 1
    what, affected = capsys.readouterr().out.splitlines()
    assert what.startswith("BROKEN: ")
    assert affected.startswith("affected: ")


def test_the_recipe_needs_openssl_and_sha256sum_alone(tmp_path: Path) -> None:
    done = by_hand(copy(whole(), tmp_path))
    head = Link.from_bytes(whole().objects[link_name(3)]).sha256
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("Verified OK") == 3
    assert done.stdout.splitlines()[-1] == f"3 links are whole, the head is 3:{head}"


@each_tampering
def test_the_recipe_finds_what_is_broken(tamper: Callable[[MemoryStore], None], tmp_path: Path) -> None:
    store = whole()
    tamper(store)
    # A person who uses the recipe brings a key, so the key that lies beside the evidence is not used.
    is_found = tamper not in (swap_the_key_file, delete_the_key_file)
    assert (by_hand(copy(store, tmp_path)).returncode != 0) == is_found


def test_the_recipe_names_another_head_after_the_end_was_cut_off(tmp_path: Path) -> None:
    store = whole()
    head = Link.from_bytes(store.objects[link_name(3)]).sha256
    del store.objects[link_name(3)]
    done = by_hand(copy(store, tmp_path))
    assert done.returncode == 0
    assert f"3:{head}" not in done.stdout
    assert done.stdout.splitlines()[-1].startswith("2 links are whole, the head is 2:")


@pytest.mark.parametrize("arguments", [[""], ["/nowhere"]])
def test_a_folder_that_is_not_there_is_named(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert "allowed is the folder 'instance=<uuid>'" in capsys.readouterr().err


def test_a_folder_without_evidence_proves_nothing(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 1


def test_a_head_that_makes_no_sense_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([str(tmp_path), "--head", "3"])
    assert "allowed is '<number>:<SHA-256>'" in capsys.readouterr().err
