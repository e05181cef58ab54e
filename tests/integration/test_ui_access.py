"""Who sees what of the web app: nothing without a login, nothing of a DAG that may not be read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.api_fastapi.app import create_app, purge_cached_app
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from stage import Stage

DAG_ID, RUN_ID = "monitor_audio_leakage", "manual__2023-08-29T21:20:00+00:00"


def routes() -> list[tuple[str, str]]:
    """Return method and address of everything the app answers to, with values for what they ask."""
    from audio_leakage_ui.app import app

    values = {"dag_id": DAG_ID, "name": "run.js"}
    query = f"?run_id={RUN_ID}&hour=2023-08-29T21".replace("+", "%2B")
    return [
        (method, "/audio-leakage" + route.path.format(**values) + query)
        for route in app.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods)
    ]


@pytest.fixture
def browser(airflow_database: None, stage: Stage) -> Iterator[TestClient]:
    del airflow_database, stage
    with TestClient(create_app(apps="core"), base_url="http://testserver") as client:
        yield client
    purge_cached_app()


def login(client: TestClient, role: str = "VIEWER") -> None:
    from airflow.api_fastapi.app import get_auth_manager

    token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username="somebody", role=role))
    client.headers["Authorization"] = f"Bearer {token}"


def test_every_route_asks_who_is_there(browser: TestClient) -> None:
    assert len(routes()) == 7
    for method, address in routes():
        assert browser.request(method, address).status_code == 401, address
