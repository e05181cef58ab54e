"""What Airflow knows of the runs before this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.sdk import Context

    from audio_leakage.ports import AirflowRun


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
