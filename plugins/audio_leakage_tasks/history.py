"""What Airflow knows of the runs before this one.

How far the flow log has been read is an XCom of each run, which the next run goes on from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from audio_leakage.times import format_time, parse_time

if TYPE_CHECKING:
    from datetime import datetime

    from airflow.sdk import Context

    from audio_leakage.ports import AirflowRun

KEY = "flow_log_read_until"
_TASK = "poll_initialised"


class RunHistory:
    """The runs before the one of a task.

    :param context: the task's context.
    """

    def __init__(self, context: Context) -> None:
        self._ti = context["ti"]

    def last_success(self) -> AirflowRun | None:
        """Return the last run that succeeded."""
        run: AirflowRun | None = self._ti.get_previous_dagrun("success")
        return run

    def flow_log_read_until(self) -> datetime | None:
        """Return how far the run before this one had read the flow log; else the last one that succeeded.

        A run whose task was killed, or that was only about its window, has kept nothing.

        :return: aware; None if nobody knows.
        """
        for before in (self._ti.get_previous_dagrun(), self._ti.get_previous_dagrun("success")):
            kept = self._ti.xcom_pull(task_ids=_TASK, key=KEY, run_id=before.run_id) if before else None
            if kept:
                return parse_time(str(kept))
        return None

    def remember_read_until(self, moment: datetime) -> None:
        """Keep how far this run has read the flow log."""
        self._ti.xcom_push(key=KEY, value=format_time(moment))
