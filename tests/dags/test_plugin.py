"""The plugin file, which Airflow executes in every process."""

import subprocess
import sys
from typing import Any

import pytest
from airflow import __version__, plugins_manager
from airflow.models.taskinstancekey import TaskInstanceKey

import audio_leakage_plugin
from conftest import ROOT

HEAVY = ("fastapi", "boto3", "botocore", "sqlalchemy.orm", "audio_leakage_ui.app", "audio_leakage")


def test_the_plugin_loads_no_heavy_packages_in_a_task_process() -> None:
    code = (
        "import sys, airflow.configuration, airflow.plugins_manager, airflow.sdk; from airflow.sdk import dag\n"
        "before = set(sys.modules)\n"
        "import audio_leakage_plugin\n"
        f"print([name for name in {HEAVY} if name in set(sys.modules) - before])"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": f"{ROOT / 'include'}:{ROOT / 'plugins'}", "AIRFLOW_HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert loaded.stdout.strip().endswith("[]"), loaded.stderr


def test_airflow_takes_the_plugin_with_its_tab_its_page_and_its_link() -> None:
    # What every supported Airflow has: 3.0 lists its plugins in this way only, and knows no views.
    (plugin,) = (plugin for plugin in plugins_manager.get_plugin_info() if plugin["name"] == "audio_leakage")
    assert len(plugin["fastapi_apps"]) == 1, plugin
    assert len(plugin["global_operator_extra_links"]) == 1, plugin
    views = {(view["name"], view["destination"]) for view in plugin.get("external_views", [])}
    knows_views = not __version__.startswith("3.0.")
    assert views == ({("Calls", "dag_run"), ("Call recordings", "nav")} if knows_views else set())


@pytest.mark.parametrize(
    ("dag_id", "task_id", "address"),
    [
        (
            "monitor_audio_leakage",
            "check_recordings",
            "/audio-leakage/monitor_audio_leakage/run?run_id=manual__2023-08-29T21%3A20%3A00%2B00%3A00",
        ),
        (
            "monitor_audio_leakage__emea",
            "check_recordings",
            "/audio-leakage/monitor_audio_leakage__emea/run?run_id=manual__2023-08-29T21%3A20%3A00%2B00%3A00",
        ),
        ("monitor_audio_leakage", "purge_ivr", ""),
        ("somebody_elses_dag", "check_recordings", ""),
    ],
)
def test_only_check_recordings_links_to_the_calls(dag_id: str, task_id: str, address: str) -> None:
    link: Any = audio_leakage_plugin.CallsOfRun()  # typed with a key that Airflow 3.0 has elsewhere
    key = TaskInstanceKey(dag_id, task_id, "manual__2023-08-29T21:20:00+00:00", try_number=1, map_index=-1)
    assert link.get_link(None, ti_key=key).removeprefix("http://localhost:8080") == address
