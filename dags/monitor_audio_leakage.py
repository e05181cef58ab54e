"""### Which calls should have been recorded, and were they?

Every five minutes this DAG looks at each contact in the contact table that is due. A contact is in the
table because its flow ran a recording block, or because `reconcile_audio_leakage` entered it. The DAG follows
the contact with DescribeContact until it ends. Then it looks for the recording in the bucket.

| task | does | reads | may change |
|---|---|---|---|
| `poll_initialised` | enters new contacts, asks Connect about them | flow log, Connect | the table, State |
| `purge_ivr` | deletes contacts that ended without an agent | | deletes `COMPLETED - QUEUE/IVR` |
| `poll_in_progress` | follows contacts in the queue and with an agent | Connect | State |
| `check_recordings` | searches the bucket, judges, sends alerts | S3, Connect, flow log | RecordedState |

#### What a run returns
Each task returns its counts (task instance, tab XCom). They say how many contacts were `due`, and how many
ended in each state or verdict (`COMPLETED - AGENT`, `CALL_RECORDED_FAILURE`, …). Further counts are:

* `left_for_next_run`: contacts that the task had no time for. The next run takes the longest due first.
* `minutes_left_to_recover`: the next runs read this much more of the flow log.
* `unavailable`: AWS throttled or failed, and the contact stays due. If that was true of all, the task is red.
* `put_off`: a look at this contact failed, though looks at others succeeded. The monitor tries again. It
  alerts you if that keeps failing.
* `unreadable`: an item of the table makes no sense. The log names it and what is allowed.

#### When a task is red
The last line of its log is one sentence that says what to grant, create or correct. Contacts in the table
stay due, and the next run continues where this one stopped. If the table is gone, restore it to a point in
time, and do not create a new one. While the log group is gone, we do not know new calls. You can always clear
a task or trigger the DAG by hand, because every write is conditional.

One failure stops no other task: the next tasks still do their work. `purge_ivr` and `check_recordings` then
end red, too, so that the run is red. Their logs name the task that failed.

#### Settings
One Variable, `audio_leakage` (`audio_leakage__<name>` for a further instance), a JSON object.
`connect_instance_id` and `contact_table` are required. If you set `alert_topic_arn`, `check_recordings` sends
mails through that SNS topic about new leaks, and about recordings that turned up later. You also get a mail
if a task has used up its retries. The Variable `audio_leakage_mutes` stops the mails about known leaks for a
time.

#### Check calls again
Trigger the DAG by hand with `contact_ids`, or with a window in which the calls were going on. The run looks
only at these calls, also at those that already failed.

Another system may have written items into the table that have no more than `ContactId` and `State`. To adopt
them now, trigger the DAG by hand without any params. Scheduled runs do so every six hours.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

from airflow.sdk import DAG, Param, dag, task, task_group

from audio_leakage import use_cases
from audio_leakage.instances import dag_ids
from audio_leakage_tasks.failure import tell_of_failure
from audio_leakage_tasks.use_case import Summary, summary_of

#: Names of further Amazon Connect instances to watch. Each gives one more DAG with a Variable of its own:
#: ("emea",) gives `monitor_audio_leakage__emea`, which reads the Variable `audio_leakage__emea`.
FURTHER_INSTANCES: tuple[str, ...] = ()

#: For all who may read the DAG. The entry in the navigation is for those who may read Airflow's plugins.
_PAGE = "**[Call recordings](audio-leakage/{dag_id}/)**: the calls of the last days, and the leaks."
_TIME = "Only calls {} this time, ISO-8601 with offset: any of a call's times counts. Empty: all due"
_IDS = "Check these contacts again: IDs with spaces or commas between, and no window"
_param = partial(Param, None, type=["null", "string"])


def build(dag_id: str, instances: int) -> DAG:
    """Build the DAG of one Amazon Connect instance. ``audio_leakage.use_cases`` says what its tasks do.

    :param dag_id: its id.
    :param instances: how many instances share the account's quotas.
    """

    @dag(
        dag_id=dag_id,
        schedule="*/5 * * * *",
        start_date=datetime(2023, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=timedelta(minutes=20),
        default_args={
            "owner": "data-platform",
            "retries": 2,
            "retry_delay": timedelta(seconds=15),
            "execution_timeout": timedelta(minutes=4),
            "on_failure_callback": tell_of_failure,
            "trigger_rule": "all_done",  # one failure stops only itself
        },
        params={
            "window_start": _param(description=_TIME.format("from"), format="date-time"),
            "window_end": _param(description=_TIME.format("up to"), format="date-time"),
            "contact_ids": _param(description=_IDS),
        },
        tags=["amazon-connect", "call-recording", "compliance"],
        doc_md=f"{_PAGE.format(dag_id=dag_id)}\n\n{__doc__}",
    )
    def monitor_audio_leakage() -> None:
        # multiple_outputs=False: as a key, the count "IN_PROGRESS - QUEUE/IVR" would fail on Airflow 3.0.
        @task(multiple_outputs=False)
        def poll_initialised() -> Summary:
            """Enter new contacts, and follow each INITIALISED contact that is due."""
            return summary_of(use_cases.poll_initialised, instances)

        @task(multiple_outputs=False)
        def purge_ivr() -> Summary:
            """Delete the contacts that are COMPLETED - QUEUE/IVR: no agent, nothing to record."""
            return summary_of(use_cases.purge_ivr, instances)

        @task(multiple_outputs=False)
        def poll_in_progress() -> Summary:
            """Follow the contacts that are IN_PROGRESS, in the queue or with an agent, to their end."""
            return summary_of(use_cases.poll_in_progress, instances)

        @task(multiple_outputs=False)
        def check_recordings() -> Summary:
            """Search the bucket for the contacts that are COMPLETED - AGENT, and write the verdict."""
            return summary_of(use_cases.check_recordings, instances)

        @task_group(prefix_group_id=False, tooltip="What is left to be done with each contact")
        def due_contacts() -> None:
            purge_ivr()
            poll_in_progress() >> check_recordings()

        poll_initialised() >> due_contacts()

    return monitor_audio_leakage()


_ids = dag_ids(FURTHER_INSTANCES)
_dags = [build(dag_id, len(_ids)) for dag_id in _ids]
