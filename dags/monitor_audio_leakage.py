"""### Which calls should have been recorded, and were they?

Every five minutes this DAG looks at each Amazon Connect contact whose flow switched recording on, follows it
with DescribeContact until it ends, and proves from the recording bucket that a recording exists.

| task | does | reads | may change |
|---|---|---|---|
| `poll_initialised` | takes up new contacts | Connect | State |
| `purge_ivr` | removes calls that ended without an agent | | deletes `COMPLETED - QUEUE/IVR` |
| `poll_in_progress` | follows calls in the queue and with an agent | Connect | State |
| `check_recordings` | searches the bucket, writes the verdict | S3, Connect, SNS | RecordedState |

#### What a run tells
Each task returns its counts (task instance, tab XCom): how many contacts were `due`, where they went
(`COMPLETED - AGENT`, `CALL_RECORDED_FAILURE`, …), and

* `left_for_next_run`: not reached in the task's time; the longest due go first next time.
* `unavailable`: AWS throttled or failed; the contact stays due. If that was true of all, the task is red.
* `set_aside`, `unreadable`: an answer or an item that makes no sense; the log names it and what is allowed.

#### When a task is red
The last line of its log is one sentence that says what to grant, create or correct. Nothing is lost
meanwhile: every contact stays due, and the next run goes on where this one stopped. Clearing a task or
triggering the DAG by hand is always safe, every write is conditional.

#### Settings
One Variable, `audio_leakage`, a JSON object; `connect_instance_id` and `contact_table` are required. With
`alert_topic_arn` set, `check_recordings` publishes new failures, and those that healed, to that SNS topic.

Triggered by hand, the DAG also adopts items that another system wrote into the table with no more than
`ContactId` and `State`; scheduled runs do so every six hours.
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Param, dag, get_current_context, task, task_group

from audio_leakage import use_cases
from audio_leakage.errors import SettingsError, SetupError, WindowError
from audio_leakage.run import Run
from audio_leakage.settings import VARIABLE, Settings
from audio_leakage.window import scope_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import Context

#: Three tasks follow each other within five minutes, and Airflow needs some of that for itself.
_SECONDS_PER_TASK = 75

Summary = dict[str, Any]

log = logging.getLogger("airflow.task")


def _window_param(side: str) -> Param:
    text = f"Only contacts {side} this time, ISO-8601 with offset; empty: whatever is due"
    return Param(None, type=["null", "string"], format="date-time", description=text)


@dag(
    dag_id="monitor_audio_leakage",
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
    },
    params={"window_start": _window_param("from"), "window_end": _window_param("up to")},
    tags=["amazon-connect", "call-recording", "compliance"],
    doc_md=__doc__,
)
def monitor_audio_leakage() -> None:
    """Wire the four tasks; what they do is in ``audio_leakage``."""

    @task(doc_md="Takes up the INITIALISED contacts that are due: where are they by now?")
    def poll_initialised() -> Summary:
        return _summary(use_cases.poll_initialised)

    @task(doc_md="Deletes the contacts that are COMPLETED - QUEUE/IVR: no agent, nothing to record.")
    def purge_ivr() -> Summary:
        return _summary(use_cases.purge_ivr)

    @task(doc_md="Follows the contacts that are IN_PROGRESS, in the queue or with an agent, to their end.")
    def poll_in_progress() -> Summary:
        return _summary(use_cases.poll_in_progress)

    @task(doc_md="Searches the bucket for the contacts that are COMPLETED - AGENT and writes the verdict.")
    def check_recordings() -> Summary:
        return _summary(use_cases.check_recordings)

    @task_group(prefix_group_id=False, tooltip="What is left to be done with each contact")
    def due_contacts() -> None:
        purge_ivr()
        poll_in_progress() >> check_recordings()

    poll_initialised() >> due_contacts()


def _summary(use_case: Callable[[Run], dict[str, int]]) -> Summary:
    """Run one use case and return what a person wants to read in the run's XCom tab."""
    try:
        from airflow.sdk.exceptions import AirflowFailException
    except ImportError:  # Airflow 3.0
        from airflow.exceptions import AirflowFailException  # type: ignore[no-redef]

    try:
        run = _run(get_current_context())
        log.info("::group::contact by contact, window %s", run.scope.window)
        try:
            counts = use_case(run)
        finally:
            log.info("::endgroup::")
        log.info("%s", ", ".join(f"{count} {name}" for name, count in counts.items()))
        return {"window": str(run.scope.window), **counts}
    except (SettingsError, SetupError, WindowError) as error:
        raise AirflowFailException(str(error)) from error  # another try would end the same


def _run(context: Context) -> Run:
    """Build the hooks; they come from here and not from the top, so that parsing this file stays cheap."""
    from airflow.sdk import Variable

    from audio_leakage_hooks.alert_topic import AlertTopicHook
    from audio_leakage_hooks.connect import ConnectHook
    from audio_leakage_hooks.contact_table import ContactTableHook
    from audio_leakage_hooks.flow_log import FlowLogHook
    from audio_leakage_hooks.metrics import MetricsHook
    from audio_leakage_hooks.recording_bucket import RecordingBucketHook

    settings = Settings.from_json(Variable.get(VARIABLE, default=None))
    connect = ConnectHook(aws_conn_id=settings.aws_conn_id)
    connect.pace("DescribeContact", settings.describe_contact_rps)
    connect.pace("SearchContacts", settings.search_contacts_rps)
    started, now = time.monotonic(), datetime.now(UTC)
    return Run(
        settings=settings,
        scope=scope_of(
            context["dag_run"], context["params"], lambda: context["ti"].get_previous_dagrun("success"), now
        ),
        now=now,
        connect=connect,
        bucket=RecordingBucketHook(aws_conn_id=settings.aws_conn_id),
        contacts=ContactTableHook(aws_conn_id=settings.aws_conn_id),
        flow_log=FlowLogHook(aws_conn_id=settings.aws_conn_id),
        alert_topic=AlertTopicHook(aws_conn_id=settings.aws_conn_id),
        metrics=MetricsHook(aws_conn_id=settings.aws_conn_id),
        seconds_left=lambda: started + _SECONDS_PER_TASK - time.monotonic(),
        at_once=8,
    )


monitor_audio_leakage()
