"""A further name in the DAG file gives a further DAG."""

from inspect import getclosurevars
from pathlib import Path

from airflow.models import DagBag

from conftest import ROOT

NONE = "FURTHER_INSTANCES: tuple[str, ...] = ()"


def bag_with(entry: str, folder: Path) -> DagBag:
    """Load the DAG file with another value of its one documented place."""
    source = (ROOT / "dags" / "monitor_audio_leakage.py").read_text()
    assert source.count(NONE) == 1
    (folder / "monitor_audio_leakage.py").write_text(source.replace("= ()", f"= {entry}", 1))
    return DagBag(folder)


def test_all_dag_files_watch_the_same_instances() -> None:
    lines = [
        next(line for line in path.read_text().splitlines() if line.startswith("FURTHER_INSTANCES"))
        for path in sorted((ROOT / "dags").glob("*.py"))
    ]
    assert len(lines) == 4
    assert set(lines) == {NONE}


def test_a_further_instance_is_the_same_dag_under_another_name(tmp_path: Path) -> None:
    bag = bag_with('("emea",)', tmp_path)
    assert not bag.import_errors
    first, second = (bag.dags[name] for name in ("monitor_audio_leakage", "monitor_audio_leakage__emea"))
    assert len(bag.dags) == 2
    for name in ("schedule", "catchup", "max_active_runs", "task_ids", "tags", "params", "fileloc"):
        assert getattr(first, name) == getattr(second, name), name
    assert (
        str(first.doc_md).replace("/monitor_audio_leakage/", "/monitor_audio_leakage__emea/") == second.doc_md
    )


def test_a_missing_comma_takes_no_dag_out_and_no_share_away(tmp_path: Path) -> None:
    bag = bag_with('("emea")', tmp_path)
    assert not bag.import_errors
    assert sorted(bag.dags) == ["monitor_audio_leakage", "monitor_audio_leakage__emea"]
    for dag in bag.dags.values():
        body = dag.get_task("poll_initialised").python_callable  # type: ignore[union-attr]
        assert getclosurevars(body).nonlocals["instances"] == 2


def test_an_invalid_instance_name_is_an_import_error_with_the_rule(tmp_path: Path) -> None:
    (error,) = bag_with('("EMEA",)', tmp_path).import_errors.values()
    assert "allowed are small letters" in error
