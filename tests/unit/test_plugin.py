"""The plugin file, which Airflow executes in every process."""

import subprocess
import sys

from conftest import ROOT

HEAVY = ("fastapi", "boto3", "botocore", "sqlalchemy.orm", "audio_leakage_ui.app", "audio_leakage")


def test_the_plugin_loads_nothing_that_a_task_process_has_no_use_for() -> None:
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
