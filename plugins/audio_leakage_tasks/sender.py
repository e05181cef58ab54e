"""Who alerts come from: the DAG of a task, in its Airflow."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from airflow.configuration import conf

from audio_leakage.instances import variable_of
from audio_leakage.runs.sender import Sender

if TYPE_CHECKING:
    from airflow.sdk import Context

    from audio_leakage.settings import Settings

#: Amazon MWAA names the environment here.
_ENVIRONMENT = "AIRFLOW_ENV_NAME"


def sender_of(context: Context, settings: Settings | None, instance_id: str | None = None) -> Sender:
    """Return who alerts of a task come from.

    :param context: the task's context.
    :param settings: its settings, if they can be used.
    :param instance_id: the Connect instance, if nothing but this is known of them.
    """
    dag_id = context["dag_run"].dag_id
    return Sender(
        dag_id=dag_id,
        variable=variable_of(dag_id),
        connect_instance_id=settings.connect_instance_id if settings else instance_id,
        instance_name=settings.instance_name if settings else None,
        environment=os.environ.get(_ENVIRONMENT) or None,
        airflow_url=conf.get("api", "base_url", fallback="").rstrip("/") or None,
        runbook_url=settings.runbook_url if settings else None,
    )
