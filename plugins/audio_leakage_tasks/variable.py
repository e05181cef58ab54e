"""The settings of the DAG that a task belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audio_leakage.instances import variable_of
from audio_leakage.settings import Settings

if TYPE_CHECKING:
    from airflow.sdk import Context


def settings_of(context: Context) -> Settings:
    """Read the Variable of the DAG that a task belongs to.

    :param context: the task's context.
    :raises SettingsError: when the Variable is missing or cannot be used.
    """
    from airflow.sdk import Variable

    variable = variable_of(context["dag_run"].dag_id)
    return Settings.from_json(Variable.get(variable, default=None), variable)
