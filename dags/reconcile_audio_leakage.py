"""### Which calls does no flow log show?

Every hour at 20 past, this DAG asks Amazon Connect for each voice contact that an agent took in the last full
hour. It compares them with the contact table. It enters each contact that must be recorded and is not watched
yet. From then on `monitor_audio_leakage` follows it, judges it and alerts you, as for any other contact.

| task | does | reads | may change |
|---|---|---|---|
| `take_population` | lists the contacts of the hour, and counts earlier hours again | Connect | |
| `enter_unwatched` | enters those that must be recorded and are not watched yet | the table | the table |

#### Which contacts must be recorded
The Variable `audio_leakage_policy` says so. Without it, a contact must be recorded if its flow asked for
that, or if an earlier leg of its call was to be recorded. If neither says anything, the contact is
*unexplained*. The page *Call recordings* and a mail say how many of these there are.

#### What a run returns
* `population`: voice contacts that an agent took in the hour. It is the sum of `watched`,
  `entered_by_policy`, `entered_by_call`, `unexplained` and `excluded`.
* `entered`: contacts that this run has entered.
* `proofs`: whether the population of an hour is complete. An hour is counted again `settle_hours` after its
  end. `INCOMPLETE` means that the counts disagree.

#### When a task is red
The last line of its log is one sentence that says what to grant, create or correct. A retry continues where
the last try stopped. Running an hour twice changes nothing.

Trigger it by hand with the param `hour` to run one hour, or backfill a range:
`airflow backfill create --dag-id reconcile_audio_leakage --from-date 2026-11-23T05:20:00+00:00 --to-date
2026-11-23T07:20:00+00:00`. The date of a run is the start of its data interval: the run with the date 05:20
is about the hour from 05:00 to 06:00, and the schedule starts it at 06:20.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Param, dag, task
from airflow.timetables.interval import CronDataIntervalTimetable

from audio_leakage import use_cases
from audio_leakage.instances import RECONCILE_DAG_ID, dag_ids
from audio_leakage_tasks.failure import tell_of_failure
from audio_leakage_tasks.population import Summary, summary_of_hour

#: Names of further Amazon Connect instances, the same as in monitor_audio_leakage.py.
FURTHER_INSTANCES: tuple[str, ...] = ()


def build(dag_id: str, instances: int) -> DAG:
    """Build the hourly DAG of one Amazon Connect instance.

    :param dag_id: its id.
    :param instances: how many instances share the account's quotas.
    """

    @dag(
        dag_id=dag_id,
        schedule=CronDataIntervalTimetable("20 * * * *", timezone="UTC"),
        start_date=datetime(2023, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        default_args={
            "owner": "data-platform",
            "retries": 2,
            "retry_delay": timedelta(seconds=30),
            "execution_timeout": timedelta(minutes=50),
            "on_failure_callback": tell_of_failure,
            "trigger_rule": "all_done",  # what was taken is entered, even if something else failed
        },
        params={
            "hour": Param(
                None,
                type=["null", "string"],
                pattern=r"^\d{4}-\d\d-\d\dT\d\d$",
                description="Take this UTC hour, such as 2026-11-23T10; empty: the last complete one",
            )
        },
        tags=["amazon-connect", "call-recording", "compliance"],
        doc_md=__doc__,
    )
    def reconcile_audio_leakage() -> None:
        @task(multiple_outputs=False)
        def take_population() -> Summary:
            """Take every voice contact that an agent took in the hour, and count earlier hours again."""
            return summary_of_hour(use_cases.take_population, instances)

        @task(multiple_outputs=False)
        def enter_unwatched() -> Summary:
            """Enter each contact that must be recorded and is not watched yet."""
            return summary_of_hour(use_cases.enter_unwatched, instances)

        take_population() >> enter_unwatched()

    return reconcile_audio_leakage()


_ids = dag_ids(FURTHER_INSTANCES, RECONCILE_DAG_ID)
_dags = [build(dag_id, len(_ids)) for dag_id in _ids]
