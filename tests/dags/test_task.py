"""What the tasks of all DAGs have in common."""

from types import SimpleNamespace
from typing import Any

import pytest

from audio_leakage.errors import (
    BrokenEvidence,
    MissingError,
    MissingEvidence,
    RefusedError,
    ServiceUnavailable,
    SettingsError,
    SetupError,
    WindowError,
)
from audio_leakage_tasks import task as task_module
from audio_leakage_tasks.airflow_errors import AirflowFailException, EarlierTaskFailed, WrongParams
from audio_leakage_tasks.task import is_retry, run_as_task
from support.fakes import SETTINGS, FakeTopic
from support.task_run import task_of_run

DAG_ID = "monitor_audio_leakage__emea"
RUN: Any = SimpleNamespace(settings=SETTINGS, alert_topic=FakeTopic())
NAMING = "(settings: Variable 'audio_leakage__emea')"


@pytest.mark.parametrize(
    ("try_number", "max_tries", "is_again"),
    [
        (1, 2, False),
        (2, 2, True),
        (3, 2, True),
        (2, 3, False),  # it succeeded at once, and somebody has run it again
        (3, 3, True),
        (4, 5, False),  # all three tries failed, and somebody has run it again
        (6, 5, True),
    ],
)
def test_a_task_that_somebody_runs_again_is_no_retry(try_number: int, max_tries: int, is_again: bool) -> None:
    ti = SimpleNamespace(try_number=try_number, max_tries=max_tries, task=SimpleNamespace(retries=2))
    context: Any = {"ti": ti}
    assert is_retry(context) is is_again


def test_a_task_without_retries_has_none_to_take_off() -> None:
    ti = SimpleNamespace(try_number=1, max_tries=0, task=SimpleNamespace(retries=None))
    context: Any = {"ti": ti}
    assert is_retry(context) is False


def work() -> dict[str, Any]:
    """Do the work of a task that counts."""
    return run_as_task(lambda _: {"due": 3}, lambda _: RUN, lambda _: "a window", str)


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (WindowError("the hour is not over"), WrongParams, "the hour is not over"),
        (SetupError("it was denied"), AirflowFailException, f"it was denied {NAMING}"),
        (MissingError("it does not exist"), AirflowFailException, f"it does not exist {NAMING}"),
        (RefusedError("it was refused"), AirflowFailException, f"it was refused {NAMING}"),
        (SettingsError("'x' is unknown"), AirflowFailException, "'x' is unknown"),
        (MissingEvidence("no 2023-08-29"), AirflowFailException, "no 2023-08-29"),
        (BrokenEvidence("link 1", "all"), AirflowFailException, "link 1. Affected: all"),
        (ServiceUnavailable("throttled"), ServiceUnavailable, "throttled"),
        (LookupError("a mistake"), LookupError, "a mistake"),
    ],
)
@pytest.mark.parametrize("where", ["build", "work"])
def test_a_task_is_tried_again_only_where_another_try_can_end_otherwise(
    monkeypatch: pytest.MonkeyPatch, where: str, error: Exception, kind: type[Exception], sentence: str
) -> None:
    context = task_of_run(monkeypatch, DAG_ID)

    def fails(_: object) -> Any:  # noqa: ANN401  # nothing
        raise error

    build, use_case = (fails, lambda _: {}) if where == "build" else (lambda _: RUN, fails)
    with pytest.raises(kind) as caught:
        run_as_task(use_case, build, lambda _: "a window", str)
    assert (type(caught.value), str(caught.value)) == (kind, sentence)
    assert context["exception"] is caught.value


def heard_of(
    monkeypatch: pytest.MonkeyPatch, ti: SimpleNamespace, before: set[str], after: set[str], state: str
) -> list[str]:
    """Put a task between others, the first of which has a state, and return what it will tell people."""
    dag = ti.task.get_dag()
    dag.get_task = lambda _: SimpleNamespace(upstream_task_ids=set())
    dag.tasks += [
        SimpleNamespace(
            task_id=name,
            upstream_task_ids={"only", *before},
            downstream_task_ids=set(),
            get_dag=lambda: dag,
        )
        for name in after
    ]
    ti.task.get_dag = lambda: dag
    ti.task.upstream_task_ids, ti.task.downstream_task_ids = before, after
    ti.get_task_states = lambda run_ids, **_: {run_ids[0]: {"poll": state}}
    heard: list[str] = []
    monkeypatch.setattr(task_module, "tell_of_run_before", lambda *_: heard.append("run before"))
    monkeypatch.setattr(task_module, "tell_of_recovery", lambda *_: heard.append("recovery"))
    return heard


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (set(), {"check"}, ["run before"]),
        ({"poll"}, {"check"}, []),
        ({"poll"}, set(), ["recovery"]),
        (set(), set(), ["run before", "recovery"]),
    ],
)
def test_the_first_task_tells_of_the_run_before_and_the_last_one_that_it_works_again(
    monkeypatch: pytest.MonkeyPatch, before: set[str], after: set[str], told: list[str]
) -> None:
    ti = task_of_run(monkeypatch, DAG_ID)["ti"]
    heard = heard_of(monkeypatch, ti, before, after, "success")
    assert work() == {"window": "a window", "due": 3}
    assert heard == told


def test_the_last_task_of_a_run_that_failed_keeps_its_counts_and_tells_of_no_recovery(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ti = task_of_run(monkeypatch, DAG_ID)["ti"]
    heard = heard_of(monkeypatch, ti, {"poll"}, set(), "failed")
    kept: dict[str, object] = {}
    ti.xcom_push = lambda key, value: kept.update({key: value})
    with pytest.raises(EarlierTaskFailed, match=r"^poll failed, its log says why$"):
        work()
    assert kept == {"return_value": {"window": "a window", "due": 3}}
    assert heard == []
