"""How much of our share of Connect's quotas one task may use.

The quotas are per account and Region. So all runs, of all watched instances, share ``describe_contact_rps``
and ``search_contacts_rps``. A run has at most one task at a time that asks Connect. Airflow keeps scheduled
and manual runs from overlapping (``max_active_runs=1``). Backfilled runs come beside them, by default ten.

Neither a pool nor ``max_active_tis_per_dag`` can bound this. Airflow fills both in the order of logical
dates, so a backfill, whose dates are older, would hold up the schedule until its end. A pool that nobody has
created would hold its tasks for ever. So each task asks Airflow how many runs there are, and takes its part:

=====================================  ==================================
a scheduled or manual run, alone       all of it
a scheduled or manual run, not alone   three quarters
all backfilled runs together           a quarter, whatever their number
=====================================  ==================================
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.sdk import Context

    from audio_leakage.settings import Settings

_BACKFILL, _OF_BACKFILLS = "backfill", 0.25


def part_of_share(run_type: str, running: int, instances: int) -> float:
    """Return the part of our share that one task may use.

    :param run_type: the type of its run.
    :param running: how many runs of the DAG are running, this one included.
    :param instances: how many Connect instances are watched.
    """
    if run_type != _BACKFILL:
        return (1 if running <= 1 else 1 - _OF_BACKFILLS) / instances
    return _OF_BACKFILLS / (running + 1) / instances  # one more may start before the others notice


def part_of_population_share(running: int, instances: int) -> float:
    """Return the part of ``population_rps`` that one task of the hourly DAG may use: all runs have the same.

    :param running: how many runs of the DAG are running, this one included.
    :param instances: how many Connect instances are watched.
    """
    return 1 / max(running, 1) / instances


def within_share(settings: Settings, context: Context, instances: int) -> tuple[Settings, float]:
    """Return the settings with the rates that a task may use, and the part of our share that they are.

    :param settings: the settings as they were set.
    :param context: the task's context.
    :param instances: how many Connect instances are watched.
    """
    part = part_of_share(_type_of_run(context), running_beside(context), instances)
    settings = replace(
        settings,
        describe_contact_rps=settings.describe_contact_rps * part,
        search_contacts_rps=settings.search_contacts_rps * part,
    )
    return settings, part


def running_beside(context: Context) -> int:
    """Return how many runs of the DAG are running, this one included.

    :param context: the task's context.
    """
    running: int = context["ti"].get_dr_count(dag_id=context["dag_run"].dag_id, states=["running"])
    return running


def is_backfill(context: Context) -> bool:
    """Tell whether a backfill made the run of a task.

    :param context: the task's context.
    """
    return _type_of_run(context) == _BACKFILL


def _type_of_run(context: Context) -> str:
    run_type = context["dag_run"].run_type
    return str(getattr(run_type, "value", run_type))
