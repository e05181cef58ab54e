"""A second Amazon Connect instance: its DAG reads its own Variable and works on its own table."""

import json
from pathlib import Path

import pytest
from airflow.models import DagBag
from airflow.sdk import DAG

from conftest import ROOT
from support.fakes import CONTACT_ID, answer, key_of
from support.stage import Stage

DAG_ID = "monitor_audio_leakage__emea"


@pytest.fixture
def emea(airflow_database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DAG:
    """Return the second DAG of a DAG folder that Airflow takes for its own: it looks there for what it runs."""
    del airflow_database
    bundle = {
        "name": "with-emea",
        "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
        "kwargs": {"path": str(tmp_path)},
    }
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", json.dumps([bundle]))
    source = (ROOT / "dags" / "monitor_audio_leakage.py").read_text()
    (tmp_path / "monitor_audio_leakage.py").write_text(source.replace("= ()", '= ("emea",)', 1))
    return DagBag(tmp_path).dags[DAG_ID]


def test_a_further_instance_works_with_its_own_settings(
    stage: Stage, emea: DAG, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_AUDIO_LEAKAGE__EMEA", json.dumps(stage.settings))
    stage.configure(contact_table="that-of-the-first-instance")
    stage.contacts[CONTACT_ID] = answer()["Contact"]
    stage.put({"ContactId": CONTACT_ID, "State": "INITIALISED"})
    stage.put_object(key_of())
    assert emea.test().state == "success"
    assert stage.items()[CONTACT_ID]["RecordedState"] == "CALL_RECORDED_SUCCESS"


def test_a_further_instance_without_its_variable_names_it(
    stage: Stage, emea: DAG, capfd: pytest.CaptureFixture[str]
) -> None:
    del stage
    assert emea.test().state == "failed"
    printed = capfd.readouterr()
    assert "Variable 'audio_leakage__emea' is not set" in printed.out + printed.err
