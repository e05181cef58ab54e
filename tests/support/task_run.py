"""A task as it sees itself: its run, its DAG and the Variables. It needs neither Airflow's database nor AWS."""

import json
from types import SimpleNamespace
from typing import Any

import airflow.sdk
import pytest

from audio_leakage.instances import variable_of
from audio_leakage_hooks import connect
from audio_leakage_tasks import task as task_module
from support.fakes import INSTANCE_ID, at

_SETTINGS = {"connect_instance_id": INSTANCE_ID, "contact_table": "contacts", "aws_conn_id": None}
_TIMES = ("data_interval_start", "data_interval_end", "logical_date", "run_after")


def task_of_run(monkeypatch: pytest.MonkeyPatch, dag_id: str, **settings: object) -> Any:  # noqa: ANN401  # a Context
    """Return the context of the only task of a run at noon, which the task gets from Airflow, too.

    :param dag_id: the DAG.
    :param settings: of its Variable, beside those that every Variable has.
    """
    texts = {variable_of(dag_id): json.dumps(_SETTINGS | settings)}

    def get(name: str, default: str | None) -> str | None:
        return texts.get(name, default)

    monkeypatch.setattr(airflow.sdk, "Variable", SimpleNamespace(get=get))
    task = SimpleNamespace(task_id="only", retries=2, upstream_task_ids=set(), downstream_task_ids=set())
    task.get_dag = lambda: SimpleNamespace(tasks=[task])
    run = SimpleNamespace(
        dag_id=dag_id,
        run_id="scheduled__noon",
        run_type="scheduled",
        conf={},
        **dict.fromkeys(_TIMES, at("12:00")),
    )
    ti = SimpleNamespace(
        task=task,
        task_id="only",
        try_number=1,
        max_tries=2,
        get_dr_count=lambda **_: 1,
        get_task_states=lambda **_: {},
        get_previous_dagrun=lambda *_: None,
    )
    context = {"dag_run": run, "ti": ti, "params": {}}
    monkeypatch.setattr(task_module, "get_current_context", lambda: context)
    return context


def kept_rates(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return a dict that gets the rate and the longest wait of each operation of Connect, as a task sets them."""
    rates: dict[str, Any] = {}

    def limiter(operation: str, per_second: float, longest_wait: float) -> object:
        rates[operation] = (pytest.approx(per_second), longest_wait)
        return SimpleNamespace()

    monkeypatch.setattr(connect, "shared_limiter", limiter)
    return rates
