"""`make package` builds the archives for MWAA and for the Lambda."""

import shutil
from pathlib import Path

import pytest

from conftest import ROOT
from infrastructure import package
from infrastructure.plugins_zip import unzipped

IN_THE_IMAGE = {"apache-airflow", "apache-airflow-providers-amazon", "boto3"}


def test_domain_and_hooks_are_at_the_root_of_plugins_zip() -> None:
    files = package.plugin_files()
    assert {"audio_leakage/settings.py", "audio_leakage_hooks/connect.py", ".airflowignore"} <= set(files)


def test_plugins_zip_has_the_plugins_the_domain_and_the_aws_package() -> None:
    ours = {path.name for path in (ROOT / "plugins").iterdir() if path.name != "__pycache__"}
    assert {path.partition("/")[0] for path in package.plugin_files()} == ours | {
        "audio_leakage",
        "audio_leakage_aws",
    }


def test_the_lambda_zip_has_three_packages_and_no_airflow() -> None:
    files = package.subscriber_files()
    assert {path.partition("/")[0] for path in files} == {
        "audio_leakage",
        "audio_leakage_aws",
        "flow_log_subscriber",
    }
    assert not [
        path for path, content in files.items() if b"import airflow" in content or b"from airflow" in content
    ]
    assert "flow_log_subscriber/handler.py" in files


def test_a_zip_depends_on_paths_and_contents_only() -> None:
    files = {"b.py": b"2", "a/a.py": b"1"}
    assert package.zipped(files) == package.zipped(dict(sorted(files.items())))
    assert package.zipped(files) != package.zipped(files | {"b.py": b"3"})
    assert unzipped(package.zipped(files)) == files


def test_a_build_ignores_dates_modes_caches_and_editor_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = contents(package.build(tmp_path / "first"))
    for root in ("dags", "include", "plugins"):
        shutil.copytree(ROOT / root, tmp_path / "copy" / root, copy_function=shutil.copy)
    shutil.copy(ROOT / "requirements.txt", tmp_path / "copy")
    places = ("plugins", "include/audio_leakage")
    for place in places:
        leave_behind(tmp_path / "copy" / place)
    monkeypatch.setattr(package, "ROOT", tmp_path / "copy")
    monkeypatch.setattr(package, "_PLUGINS", moved(package._PLUGINS, tmp_path / "copy"))
    monkeypatch.setattr(package, "_SUBSCRIBER", moved(package._SUBSCRIBER, tmp_path / "copy"))
    assert contents(package.build(tmp_path / "second")) == first


def test_a_second_build_removes_files_that_are_gone(tmp_path: Path) -> None:
    stale = tmp_path / "mwaa" / "dags" / "renamed.py"
    stale.parent.mkdir(parents=True)
    stale.touch()
    package.build(tmp_path)
    assert not stale.exists()


def test_requirements_name_only_what_the_mwaa_image_has() -> None:
    """Its image looks for these two texts in every line, comments too."""
    text = package.requirements().decode()
    assert not [text for option in ("-c ", "--constraint ") if option in text]
    names = {line.partition(">=")[0] for line in text.splitlines() if line and line[0] != "#"}
    assert names == IN_THE_IMAGE


def leave_behind(folder: Path) -> None:
    for name in (".DS_Store", "states.py~", ".states.py.swp", "__pycache__/states.cpython-312.pyc"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()


def moved(places: dict[str, Path], root: Path) -> dict[str, Path]:
    return {name: root / place.relative_to(ROOT) for name, place in places.items()}


def contents(files: object) -> list[tuple[str, bytes]]:
    assert isinstance(files, list)
    return [(file.name, file.read_bytes()) for file in files]
