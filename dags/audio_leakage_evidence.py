"""### What can we prove about a day?

Each morning this DAG writes what we can prove about the UTC day before: which contacts had to be recorded,
which were, and where the recordings lie. It compares three sources: the contacts that Amazon Connect counts,
the verdicts of `monitor_audio_leakage`, and the recording bucket, which it lists itself.

| task | does | reads | may change |
|---|---|---|---|
| `complete_population` | reads the contacts of each hour, proves that none is missing | Connect | evidence |
| `list_recordings` | lists the day's folder of recordings | S3 | evidence |
| `reconcile` | puts each contact into one class | the table, S3, Connect | evidence, what is due |
| `check_configuration` | checks storage, keys, lifecycle rules, logging and settings | AWS | evidence |
| `audit_flows` | says which calls the published flows will not record | Connect | evidence |
| `recheck_earlier_days` | does these three tasks' work for earlier days | the same | evidence, what is due |
| `write_evidence` | adds a signed revision of each day that has news | evidence | evidence |
| `tell` | sends the daily mail: the figures, and the head of the chain | evidence | |

The DAG overwrites nothing. If a day has no news, it gets no revision (`unchanged: 1`). You can always clear a
task, and you can backfill several days at the same time. Only `monitor_audio_leakage` writes verdicts. If the
population or the bucket contradicts one, the contact becomes due for that DAG.

Without the setting `evidence_bucket` every task is skipped. docs/evidence.md explains each file.

To prove a day by hand, trigger the DAG with the param `day`. The date of a run is the start of its data
interval: the run with the date 2026-11-01T06:40 proves 1 November, and the schedule starts it on 2 November.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Param, dag, task
from airflow.timetables.interval import CronDataIntervalTimetable

from audio_leakage import use_cases
from audio_leakage.instances import EVIDENCE_DAG_ID, dag_ids
from audio_leakage_tasks.asset import assets_of, summary_with_event
from audio_leakage_tasks.evidence import Summary, summary_of_day
from audio_leakage_tasks.failure import tell_of_failure

#: Names of further Amazon Connect instances, the same as in monitor_audio_leakage.py.
FURTHER_INSTANCES: tuple[str, ...] = ()


@task(multiple_outputs=False, execution_timeout=timedelta(hours=4))
def complete_population(instances: int) -> Summary:
    """Take each hour of the day that is not proven yet."""
    return summary_of_day(use_cases.complete_population, instances)


@task(multiple_outputs=False)
def list_recordings(instances: int) -> Summary:
    """List the folder of the day in the recording bucket."""
    return summary_of_day(use_cases.list_recordings, instances)


@task(multiple_outputs=False, trigger_rule="all_done")
def reconcile(instances: int) -> Summary:
    """Put each contact of the day into one class."""
    return summary_of_day(use_cases.reconcile, instances)


@task(multiple_outputs=False)
def check_configuration(instances: int) -> Summary:
    """Check what AWS is configured like, by rules and against the last evidence."""
    return summary_of_day(use_cases.check_configuration, instances)


@task(multiple_outputs=False, execution_timeout=timedelta(hours=4))
def audit_flows(instances: int) -> Summary:
    """Say what the published flows will do with calls, before anybody calls."""
    return summary_of_day(use_cases.audit_flows, instances)


@task(multiple_outputs=False, execution_timeout=timedelta(hours=4))
def recheck_earlier_days(instances: int) -> Summary:
    """Compare earlier days again."""
    return summary_of_day(use_cases.recheck_earlier_days, instances)


@task(multiple_outputs=False, trigger_rule="all_done")
def write_evidence(instances: int) -> Summary:
    """Append a revision of the day, and of earlier days."""
    return summary_with_event(use_cases.write_evidence, instances)


@task(multiple_outputs=False)
def tell(instances: int) -> Summary:
    """Publish the day's figures and the head of the chain."""
    return summary_of_day(use_cases.tell_evidence, instances)


def build(dag_id: str, instances: int) -> DAG:
    """Build the daily DAG of one Amazon Connect instance.

    :param dag_id: its id.
    :param instances: how many instances share the account's quotas.
    """

    @dag(
        dag_id=dag_id,
        schedule=CronDataIntervalTimetable("40 6 * * *", timezone="UTC"),
        start_date=datetime(2023, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        default_args={
            "owner": "data-platform",
            "retries": 2,
            "retry_delay": timedelta(minutes=2),
            "execution_timeout": timedelta(minutes=20),
            "on_failure_callback": tell_of_failure,
        },
        params={
            "day": Param(
                None,
                type=["null", "string"],
                pattern=r"^\d{4}-\d\d-\d\d$",
                description="Prove this UTC day, such as 2026-11-23; empty: the day of the data interval",
            )
        },
        tags=["amazon-connect", "call-recording", "compliance"],
        doc_md=__doc__,
    )
    def audio_leakage_evidence() -> None:
        reconciled = [complete_population(instances), list_recordings(instances)] >> reconcile(instances)
        before_it_leaks = [check_configuration(instances), audit_flows(instances)]
        looked_at = [reconciled, *before_it_leaks, recheck_earlier_days(instances)]
        written = write_evidence.override(outlets=assets_of(dag_id))(instances)
        looked_at >> written >> tell(instances)

    return audio_leakage_evidence()


_ids = dag_ids(FURTHER_INSTANCES, EVIDENCE_DAG_ID)
_dags = [build(dag_id, len(_ids)) for dag_id in _ids]
