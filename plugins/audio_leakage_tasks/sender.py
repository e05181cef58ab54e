"""Who alerts come from: the DAG of a task, in its Airflow."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from airflow.configuration import conf

from audio_leakage.instances import variable_of
from audio_leakage.runs.sender import Sender

if TYPE_CHECKING:
    from airflow.sdk import Context

    from audio_leakage.recipient import Recipient
    from audio_leakage.settings import Settings

#: Amazon MWAA names the environment here.
_ENVIRONMENT = "AIRFLOW_ENV_NAME"


def sender_of(context: Context, settings: Settings | None, recipient: Recipient | None = None) -> Sender:
    """Return who alerts of a task come from.

    :param context: the task's context.
    :param settings: its settings, if they can be used.
    :param recipient: what is known of settings that cannot be used.
    """
    known = settings or recipient
    dag_id = context["dag_run"].dag_id
    return Sender(
        dag_id=dag_id,
        variable=variable_of(dag_id),
        connect_instance_id=known.connect_instance_id if known else None,
        instance_name=settings.instance_name if settings else None,
        environment=os.environ.get(_ENVIRONMENT) or None,
        airflow_url=conf.get("api", "base_url", fallback="").rstrip("/") or None,
        runbook_url=known.runbook_url if known else None,
    )
