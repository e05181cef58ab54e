"""The settings of the DAG that a task belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audio_leakage.instances import variable_of
from audio_leakage.recipient import Recipient, recipient_in
from audio_leakage.settings import Settings

if TYPE_CHECKING:
    from airflow.sdk import Context


def settings_of(context: Context) -> Settings:
    """Read the Variable of the DAG that a task belongs to.

    :param context: the task's context.
    :raises SettingsError: when the Variable is missing or cannot be used.
    """
    variable = variable_of(context["dag_run"].dag_id)
    return Settings.from_json(text_of(variable), variable)


def recipient_of(context: Context) -> Recipient | None:
    """Return the topic that a Variable names which cannot be used; None if it names none."""
    return recipient_in(text_of(variable_of(context["dag_run"].dag_id)))


def text_of(variable: str) -> str | None:
    """Return the text of a Variable; None if it is not set."""
    from airflow.sdk import Variable

    text: str | None = Variable.get(variable, default=None)
    return text
