"""What the tasks of all DAGs have in common: when they fail, what they log, and what they return."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from airflow.sdk import get_current_context

from audio_leakage.errors import (
    AudioLeakageError,
    BrokenEvidence,
    MissingEvidence,
    SettingsError,
    SetupError,
    WindowError,
)
from audio_leakage.instances import naming_settings
from audio_leakage_tasks.airflow_errors import AirflowFailException, WrongParams
from audio_leakage_tasks.earlier import ends_run, failed_before, pass_on_failures
from audio_leakage_tasks.failure import tell_of_recovery, tell_of_run_before

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow.sdk import Context

    from audio_leakage.ports import AlertTopic
    from audio_leakage.settings import Settings


class RunOfTask(Protocol):
    """What a use case works with, as far as every task needs it."""

    @property
    def settings(self) -> Settings:
        """The settings of the run."""
        ...

    @property
    def alert_topic(self) -> AlertTopic:
        """Where alerts go."""
        ...


Summary = dict[str, Any]
_Run = TypeVar("_Run", bound=RunOfTask)

log = logging.getLogger("airflow.task")


def is_retry(context: Context) -> bool:
    """Tell whether an earlier try of a task may have done a part of its work.

    Airflow goes on counting when somebody runs a task again that has ended, as a backfill does. It raises
    ``max_tries`` then, so that the first try of the new run has as many retries as any.
    """
    ti = context["ti"]
    return bool(ti.try_number > ti.max_tries - (ti.task.retries or 0) + 1)


def run_as_task(
    use_case: Callable[[_Run], Mapping[str, Any]],
    build: Callable[[Context], _Run],
    window_of: Callable[[_Run], object],
    words_of: Callable[[Mapping[str, Any]], str],
) -> Summary:
    """Run one use case and return what it counted, for the run's XCom tab.

    The first task also tells of the run before, if nobody could be told at the time. The task that ends the
    run tells that it works again.

    :param use_case: does the work.
    :param build: builds what the use case works with.
    :param window_of: names the stretch of time that the run is about.
    :param words_of: puts the counts into words, for the log.
    :raises AirflowFailException: when another try would end the same. Somebody must set, grant or create
        something, and the message says what.
    :raises EarlierTaskFailed: in a last task of the run, when a task before it failed.
    """
    context = get_current_context()
    try:
        try:
            run = build(context)
            window = str(window_of(run))
            log.info("::group::contact by contact, window %s", window)
            try:
                counts = use_case(run)
            finally:
                log.info("::endgroup::")
            log.info("%s", words_of(counts))
            if not context["ti"].task.upstream_task_ids:
                tell_of_run_before(context, run.settings, run.alert_topic)
            if ends_run(context) and not failed_before(context):
                tell_of_recovery(context, run.settings, run.alert_topic)
        except WindowError as error:
            raise WrongParams(str(error)) from None
        except SetupError as error:
            dag_id = context["dag_run"].dag_id
            raise AirflowFailException(naming_settings(str(error), dag_id)) from None
        except (BrokenEvidence, MissingEvidence, SettingsError) as error:
            raise AirflowFailException(str(error)) from None
        except AudioLeakageError as error:  # its sentence says all, and the log shows it below the stack
            raise error.with_traceback(None) from None
        summary = {"window": window, **counts}
        pass_on_failures(context, summary)
    except Exception as error:
        context["exception"] = error  # before 3.3, Airflow's dag.test keeps it from callbacks
        raise
    return summary
