"""Run one use case of the hourly DAG as a task.

Parts of the population go from task to task as XComs, some dozens of small ones for a large hour. XComs need
no set-up, every worker finds them, and they go when their run goes. But Airflow deletes the XComs of a task
when it is tried again. So ``take_population`` keeps each part twice: under its own name for the task after
it, and under the name of the task after it for its own next try.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any

from audio_leakage.errors import ServiceUnavailable
from audio_leakage.instances import counted_hours_variable_of, policy_variable_of
from audio_leakage.population.context import HourContext
from audio_leakage.population.hour import hour_of
from audio_leakage.population.policy_reader import read_policy
from audio_leakage_tasks.notifiers import NotifyingTopic
from audio_leakage_tasks.sender import sender_of
from audio_leakage_tasks.share import is_backfill, part_of_population_share, running_beside
from audio_leakage_tasks.task import Summary, is_retry, run_as_task
from audio_leakage_tasks.variable import settings_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from airflow.sdk import Context

    from audio_leakage.population.policy import Policy
    from audio_leakage_hooks.retrying_hook import RetryingHook

#: Two minutes less than the task's ``execution_timeout``, so that it ends by itself.
_SECONDS_PER_TASK = 48 * 60
#: Contacts that are written at the same time.
_AT_ONCE = 8
_TAKING, _ENTERING = "take_population", "enter_unwatched"
_PART = "population_part_{:03d}"
#: How often a change of the Variable is tried that another run has overwritten.
_TRIES = 5
_ABOUT = "Written by the hourly run: the hours that it will count again."

__all__ = ["Summary", "summary_of_hour"]


def summary_of_hour(use_case: Callable[[HourContext], dict[str, Any]], instances: int) -> Summary:
    """Run one use case of the hourly DAG and return its figures, for the run's XCom tab.

    :param use_case: ``take_population`` or ``enter_unwatched``.
    :param instances: how many Connect instances share the account's quotas.
    :raises AirflowFailException: see :func:`run_as_task`.
    :raises EarlierTaskFailed: see :func:`run_as_task`.
    """
    return run_as_task(use_case, lambda context: _run(context, instances), lambda run: run.hour, str)


def _run(context: Context, instances: int) -> HourContext:
    """Build the hooks. They are imported here and not at the top, so that the DAG file parses fast."""
    from audio_leakage_hooks.alert_topic import AlertTopicHook
    from audio_leakage_hooks.connect import ConnectHook
    from audio_leakage_hooks.contact_table_hook import ContactTableHook
    from audio_leakage_hooks.flow_log import FlowLogHook
    from audio_leakage_hooks.metrics import MetricsHook

    started, now = time.monotonic(), datetime.now(UTC)
    settings, (policy, _) = settings_of(context), policy_of(context, now)
    dag_run = context["dag_run"]
    connect = ConnectHook(aws_conn_id=settings.aws_conn_id).resolve_connection()
    per_second = settings.population_rps * part_of_population_share(running_beside(context), instances)
    connect.limit_rate("SearchContacts", per_second, longest_wait=_SECONDS_PER_TASK)

    def hook(kind: Callable[..., RetryingHook]) -> Any:  # noqa: ANN401  # one of our hooks
        return kind(aws_conn_id=settings.aws_conn_id).with_connection_of(connect)

    return HourContext(
        settings=settings,
        policy=policy,
        hour=hour_of(dag_run, context["params"], now),
        now=now,
        seconds_left=lambda: started + _SECONDS_PER_TASK - time.monotonic(),
        connect=connect,
        contacts=hook(ContactTableHook).table(settings.contact_table),
        flow_log=hook(FlowLogHook),
        alert_topic=NotifyingTopic(hook(AlertTopicHook), settings.alert_notifiers, context),
        metrics=hook(MetricsHook),
        parts=_Parts(context),
        counted_hours=_CountedHours(dag_run.dag_id),
        is_backfill=is_backfill(context),
        is_retry=is_retry(context),
        at_once=_AT_ONCE,
        dag_id=dag_run.dag_id,
        sender=sender_of(context, settings),
    )


def policy_of(context: Context, now: datetime) -> tuple[Policy, dict[str, Any] | None]:
    """Read the Variable that says which calls must be recorded.

    :return: the policy, and the JSON object that it was read from; None where the Variable is not set.
    :raises SettingsError: when the Variable cannot be used.
    """
    variable = policy_variable_of(context["dag_run"].dag_id)
    text = text_of(variable)
    policy = read_policy(text, now.date(), variable)
    return policy, None if text is None else json.loads(text)


class _Parts:
    """The parts of a population as XComs; see the module."""

    def __init__(self, context: Context) -> None:
        self._ti = context["ti"]
        self._run = context["dag_run"]

    def of_earlier_tries(self) -> list[str]:
        """Return the parts that earlier tries have kept under the name of the next task."""
        return list(self._of(_ENTERING))

    def keep(self, place: int, part: str) -> None:
        """Keep a part for the next task, and for the next try of this one."""
        from airflow.sdk.execution_time.xcom import XCom

        key, of_run = _PART.format(place), {"dag_id": self._run.dag_id, "run_id": self._run.run_id}
        for task_id in (_TAKING, _ENTERING):
            XCom.set(key=key, value=part, task_id=task_id, **of_run)

    def taken(self) -> Iterator[str]:
        """Yield the parts that the task before this one has kept."""
        return self._of(_TAKING)

    def _of(self, task_id: str) -> Iterator[str]:
        for place in count():
            part = self._ti.xcom_pull(
                task_ids=task_id, key=_PART.format(place), run_id=self._run.run_id, map_indexes=-1
            )
            if part is None:
                return
            yield str(part)


class _CountedHours:
    """What runs remember, as an Airflow Variable. Backfilled runs may write it side by side."""

    def __init__(self, dag_id: str) -> None:
        self._variable = counted_hours_variable_of(dag_id)

    def read(self) -> Mapping[str, Any]:
        """Return what was kept; nothing if somebody wrote something else into it."""
        from airflow.sdk import Variable

        try:
            values = json.loads(Variable.get(self._variable, default=None) or "{}")
        except (ValueError, RecursionError):
            return {}
        return values if isinstance(values, dict) else {}

    def change(self, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
        """Write a change, and look whether it is still there: another run may have written meanwhile."""
        from airflow.sdk import Variable

        for _ in range(_TRIES):
            wanted = change(self.read())
            if wanted == self.read():
                return
            Variable.set(self._variable, json.dumps(wanted), description=_ABOUT)
            if change(self.read()) == self.read():
                return
        raise ServiceUnavailable(f"Variable '{self._variable}' changed {_TRIES} times while it was written")
