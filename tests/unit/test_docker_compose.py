"""docker-compose.yaml: what it promises, read from the file itself; `make lint` holds it to the Compose schema."""

import re
from datetime import date
from typing import Any

import pytest
import yaml

from audio_leakage.population.policy import Default, Policy
from audio_leakage.population.policy_reader import read_policy
from audio_leakage.settings import Settings
from conftest import ROOT
from local_aws.contact_centre.company import LOG_GROUP, TABLE, TOPIC
from local_aws.contact_centre.seed_contacts import INSTANCE_ID

FILE = ROOT / "docker-compose.yaml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
AIRFLOW = {name: service for name, service in SERVICES.items() if name.startswith("airflow-")}
EXAMPLE = (ROOT / ".env.example").read_text()


def test_the_stack_runs_the_same_parts_of_airflow_as_mwaa() -> None:
    commands = {
        service.get("command") for service in AIRFLOW.values() if isinstance(service.get("command"), str)
    }
    assert commands == {"api-server", "scheduler", "dag-processor", "triggerer", "celery worker"}
    assert {"postgres", "redis", "dynamodb", "aws"} <= set(SERVICES)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_each_service_has_a_pinned_version_and_a_health_check(name: str) -> None:
    service = SERVICES[name]
    assert "build" in service or re.search(r":\d+\.\d+\.\d+|:\d+\.\d+-", service["image"])
    assert name == "airflow-init" or service["healthcheck"]["test"]


def test_every_airflow_service_has_the_version_of_the_lock() -> None:
    pinned = re.search(r"^apache-airflow==(.+)$", (ROOT / "requirements-dev.lock").read_text(), re.MULTILINE)
    assert pinned
    assert {service["image"] for service in AIRFLOW.values()} == {f"apache/airflow:{pinned[1]}-python3.12"}


def test_each_secret_comes_from_the_env_file_and_has_no_default() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+):\?", FILE.read_text()))
    assert asked
    assert dict(re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE)) == dict.fromkeys(asked, "")


def test_the_stack_listens_on_this_machine_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_policy_is_valid_and_wants_every_call_recorded() -> None:
    text = AIRFLOW["airflow-worker"]["environment"]["AIRFLOW_VAR_AUDIO_LEAKAGE_POLICY"]
    assert read_policy(text, date(2026, 1, 1)) == Policy(Default.MUST, version="laptop")


def test_the_variable_is_valid_and_matches_the_simulated_contact_centre() -> None:
    environment = SERVICES["airflow-worker"]["environment"]
    settings = Settings.from_json(environment["AIRFLOW_VAR_AUDIO_LEAKAGE"])
    topic = str(settings.alert_topic_arn).rpartition(":")[2]
    assert (settings.contact_table, settings.flow_log_group, topic) == (TABLE, LOG_GROUP, TOPIC)
    assert settings.connect_instance_id == INSTANCE_ID
