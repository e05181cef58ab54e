"""Pass on that an earlier task of the run failed.

Each task does its work whatever happened before it (``trigger_rule="all_done"``), so that verdicts fall. But
Airflow takes the state of a run from the tasks that nothing follows. These must not be green over a failure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from audio_leakage_tasks.airflow_errors import EarlierTaskFailed

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator, Context

_FAILED = ("failed", "upstream_failed")


def pass_on_failures(context: Context, summary: dict[str, Any]) -> None:
    """Fail a last task of the run if a task before it failed, and keep what it has counted.

    :param context: the task's context.
    :param summary: what the task would return.
    :raises EarlierTaskFailed: names the tasks that failed.
    """
    ti = context["ti"]
    if ti.task.downstream_task_ids:
        return
    failed = failed_before(context)
    if failed:
        ti.xcom_push(key="return_value", value=summary)
        raise EarlierTaskFailed("; ".join(f"{task_id} failed, its log says why" for task_id in failed))


def ends_run(context: Context) -> bool:
    """Tell whether a task speaks for the whole run: of the last tasks, the one with the most before it."""
    task: Any = context["ti"].task
    last = [each for each in task.get_dag().tasks if not each.downstream_task_ids]
    return bool(task.task_id == max(last, key=lambda each: len(_before(each))).task_id)


def failed_before(context: Context) -> list[str]:
    """Return the ids of the tasks before this one that failed."""
    return _failed(context, sorted(_before(context["ti"].task)))


def _failed(context: Context, task_ids: list[str]) -> list[str]:
    run = context["dag_run"]
    states: dict[str, Any] = context["ti"].get_task_states(
        dag_id=run.dag_id, task_ids=task_ids, run_ids=[run.run_id]
    )
    of_run = states.get(run.run_id, {})
    return [task_id for task_id in task_ids if str(of_run.get(task_id)) in _FAILED]


def _before(task: BaseOperator) -> set[str]:
    """Return the ids of all tasks before a task."""
    earlier = {str(task_id) for task_id in task.upstream_task_ids}
    for task_id in tuple(earlier):
        earlier |= _before(task.get_dag().get_task(task_id))  # type: ignore[union-attr,arg-type]
    return earlier
