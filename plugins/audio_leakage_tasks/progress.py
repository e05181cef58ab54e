"""How far the flow log has been read: each run keeps it as an XCom, for the next one to go on from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audio_leakage.times import format_time, parse_time

if TYPE_CHECKING:
    from datetime import datetime

    from airflow.sdk import Context

KEY = "flow_log_read_until"
_TASK = "poll_initialised"


def read_until(context: Context) -> datetime | None:
    """Return how far the run before this one had read the flow log; else the last one that succeeded.

    A run whose task was killed, or that was only about its window, has kept nothing.

    :return: None if nobody knows.
    """
    ti = context["ti"]
    for before in (ti.get_previous_dagrun(), ti.get_previous_dagrun("success")):
        kept = ti.xcom_pull(task_ids=_TASK, key=KEY, run_id=before.run_id) if before else None
        if kept:
            return parse_time(str(kept))
    return None


def keep_read_until(context: Context, moment: datetime) -> None:
    """Keep how far this run has read the flow log."""
    context["ti"].xcom_push(key=KEY, value=format_time(moment))
