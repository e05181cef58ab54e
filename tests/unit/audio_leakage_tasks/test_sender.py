"""Who a task's alerts come from, as their reader is told."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from audio_leakage.recipient import Recipient
from audio_leakage_tasks.sender import sender_of
from support.fakes import INSTANCE_ID, SETTINGS

RUNBOOK = "https://wiki.example.com/audio-leakage"
NAMED = replace(SETTINGS, connect_access_url="https://acme.my.connect.aws", runbook_url=RUNBOOK)


@pytest.fixture
def task() -> Any:  # noqa: ANN401  # Airflow's context, as far as a sender needs it
    return {"dag_run": SimpleNamespace(dag_id="monitor_audio_leakage__emea")}


def test_a_sender_is_known_by_the_settings_of_its_task(task: Any) -> None:  # noqa: ANN401
    sender = sender_of(task, NAMED)
    assert (sender.dag_id, sender.variable) == ("monitor_audio_leakage__emea", "audio_leakage__emea")
    assert (sender.connect_instance_id, sender.instance_name) == (INSTANCE_ID, "acme")
    assert sender.runbook_url == RUNBOOK


def test_settings_that_can_be_used_come_before_what_is_known_of_them(task: Any) -> None:  # noqa: ANN401
    other = Recipient("arn:aws:sns:af-south-1:123456789012:other", None, "another instance", "another page")
    assert sender_of(task, NAMED, other) == sender_of(task, NAMED)


def test_a_sender_without_usable_settings_says_what_is_known(task: Any) -> None:  # noqa: ANN401
    sender = sender_of(task, None, Recipient("arn", None, INSTANCE_ID, RUNBOOK))
    assert (sender.connect_instance_id, sender.runbook_url) == (INSTANCE_ID, RUNBOOK)
    assert sender.instance_name is None


def test_a_sender_without_anything_known_still_names_its_dag(task: Any) -> None:  # noqa: ANN401
    sender = sender_of(task, None)
    assert sender.dag_id == "monitor_audio_leakage__emea"
    assert sender.connect_instance_id is sender.runbook_url is None


def test_a_sender_names_the_environment_that_mwaa_names(
    task: Any,  # noqa: ANN401
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("AIRFLOW_ENV_NAME", raising=False)
    assert sender_of(task, NAMED).environment is None
    monkeypatch.setenv("AIRFLOW_ENV_NAME", "")
    assert sender_of(task, NAMED).environment is None
    monkeypatch.setenv("AIRFLOW_ENV_NAME", "production")
    assert sender_of(task, NAMED).environment == "production"


def test_a_sender_leads_to_airflow_by_an_address_without_slash(
    task: Any,  # noqa: ANN401
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.com/")
    assert sender_of(task, NAMED).airflow_url == "https://airflow.example.com"
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "")
    assert sender_of(task, NAMED).airflow_url is None
