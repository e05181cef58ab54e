"""What Airflow knows of the runs before this one.

How far the flow log has been read is kept in a Variable of Airflow. Every run finds it there, on every
version: scheduled or by hand, with a logical date or without, whichever run came before.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from audio_leakage.instances import progress_variable_of
from audio_leakage.runs.progress import is_replaced, read_progress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Context

    from audio_leakage.ports import AirflowRun

_ABOUT = "Written by the monitor: how far it has read the flow log."


class RunHistory:
    """The runs before the one of a task.

    :param context: the task's context.
    """

    def __init__(self, context: Context) -> None:
        self._ti = context["ti"]
        self._variable = progress_variable_of(context["dag_run"].dag_id)

    def last_success(self) -> AirflowRun | None:
        """Return the last run that succeeded."""
        run: AirflowRun | None = self._ti.get_previous_dagrun("success")
        return run

    def progress(self) -> Mapping[str, Any] | None:
        """Return what earlier runs have kept; None if there is nothing, or nothing that can be read."""
        from airflow.sdk import Variable

        return read_progress(Variable.get(self._variable, default=None))

    def keep_progress(self, values: Mapping[str, Any]) -> None:
        """Keep how far this run has come, unless another run about the same table has read further."""
        from airflow.sdk import Variable

        kept = self.progress() or {}
        is_further = str(kept.get("ReadUntil", "")) > values.get("ReadUntil", "")
        is_about_the_same = kept.get("Table") == values["Table"]
        if is_further and is_about_the_same and not is_replaced(kept, values.get("TableId")):
            return
        Variable.set(self._variable, json.dumps(values), description=_ABOUT)
