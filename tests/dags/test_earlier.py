"""Which task speaks for its run, and that it is not green over a failure before it."""

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.models import DagBag
from airflow.sdk import DAG

from audio_leakage_tasks.airflow_errors import EarlierTaskFailed
from audio_leakage_tasks.earlier import ends_run, failed_before, pass_on_failures
from conftest import ROOT

SUMMARY = {"window": "2023-08-29", "required": 5}
RUN = SimpleNamespace(dag_id="audio_leakage_evidence", run_id="scheduled__1")


@pytest.fixture(scope="module")
def dags() -> dict[str, DAG]:
    bag = DagBag(dag_folder=str(ROOT / "dags"))
    assert not bag.import_errors
    return dict(bag.dags)


def context_of(dag: DAG, task_id: str, pushed: list[object], **states: str) -> Any:  # noqa: ANN401  # a Context
    """Return the context of a task of a run whose tasks have such states."""

    def get_task_states(dag_id: str, task_ids: list[str], run_ids: list[str]) -> dict[str, dict[str, str]]:
        assert (dag_id, run_ids) == (RUN.dag_id, [RUN.run_id])
        return {RUN.run_id: {name: state for name, state in states.items() if name in task_ids}}

    ti = SimpleNamespace(
        task=dag.get_task(task_id),
        get_task_states=get_task_states,
        xcom_push=lambda key, value: pushed.append((key, value)),
    )
    return {"ti": ti, "dag_run": RUN}


@pytest.mark.parametrize(
    ("dag_id", "task_id"),
    [
        ("monitor_audio_leakage", "check_recordings"),
        ("reconcile_audio_leakage", "enter_unwatched"),
        ("audio_leakage_evidence", "tell"),
        ("acknowledge_audio_leakage", "acknowledge"),
    ],
)
def test_one_task_of_each_dag_speaks_for_its_run(dags: dict[str, DAG], dag_id: str, task_id: str) -> None:
    dag = dags[dag_id]
    assert [each for each in dag.task_ids if ends_run(context_of(dag, each, []))] == [task_id]


@pytest.mark.parametrize(
    ("states", "failed"),
    [
        ({}, []),
        ({"reconcile": "success", "list_recordings": "skipped", "audit_flows": "removed"}, []),
        ({"write_evidence": "failed"}, ["write_evidence"]),
        ({"write_evidence": "upstream_failed"}, ["write_evidence"]),
        ({"complete_population": "failed", "reconcile": "success"}, ["complete_population"]),
        ({"list_recordings": "failed", "audit_flows": "failed"}, ["audit_flows", "list_recordings"]),
        ({"tell": "failed"}, []),
    ],
)
def test_the_last_task_fails_with_the_names_of_those_that_failed_before_it(
    dags: dict[str, DAG], states: dict[str, str], failed: list[str]
) -> None:
    pushed: list[object] = []
    context = context_of(dags["audio_leakage_evidence"], "tell", pushed, **states)
    assert failed_before(context) == failed
    if not failed:
        pass_on_failures(context, SUMMARY)
        assert pushed == []
        return
    with pytest.raises(EarlierTaskFailed) as caught:
        pass_on_failures(context, SUMMARY)
    assert str(caught.value) == "; ".join(f"{name} failed, its log says why" for name in failed)
    assert pushed == [("return_value", SUMMARY)]


def test_a_task_that_others_follow_leaves_the_failure_to_the_last_one(dags: dict[str, DAG]) -> None:
    pushed: list[object] = []
    pass_on_failures(
        context_of(dags["audio_leakage_evidence"], "write_evidence", pushed, reconcile="failed"), SUMMARY
    )
    assert pushed == []
