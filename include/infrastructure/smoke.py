"""Check a deployment: Airflow has parsed the new DAG files, and one run of the monitor succeeds."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from infrastructure.environment import Environment, RestRefused
from infrastructure.task_log import TaskLog

_POLL_SECONDS, _POLLS = 10, 90
#: MWAA copies a DAG file within minutes. Until then, an import error may be of the file before.
_COPIED = timedelta(minutes=5)
_NEVER = datetime.min.replace(tzinfo=UTC)
_TASKS = ("poll_initialised", "purge_ivr", "poll_in_progress", "check_recordings")
#: What Airflow answers while the scheduler is not ready for a DAG, or has a run of the same id.
_NOT_YET, _CONFLICT = (400, 404, 409), 409
_PAGE = 100

T = TypeVar("T")


class SmokeCheckFailed(Exception):
    """The DAG does not load, or its first run did not succeed. The message says which."""


@dataclass(frozen=True)
class SmokeCheck:
    """Switch the monitor and its other DAGs on, trigger one run of the monitor, and wait for its end.

    A triggered run works on everything that is due, like a scheduled one. MWAA takes at most 64 characters of
    a path, so we ask for lists instead of single runs and tasks.
    """

    environment: Environment
    dag_id: str
    other_dags: Sequence[str]
    """DAGs that are only switched on."""
    run_id: str
    """A short id for the run, which Airflow has not seen yet."""
    files: Mapping[str, str]
    """Text of each DAG file in the bucket, by its name."""
    uploaded: datetime
    """When the last of them was uploaded."""
    log: TaskLog
    pause: Callable[[float], None]
    """Sleeps; its argument is in seconds."""

    def lines(self, now: datetime) -> Iterator[str]:
        """Run the check, and give one line for the run, then one per task.

        :param now: the present time.
        :raises SmokeCheckFailed: if the DAG does not load, the run fails, or either takes over 15 minutes.
        """
        before = self._last_parsed()
        for dag_id in self._dag_ids:
            self._switch_on(dag_id, before)
        self._wait(lambda: self._is_triggered(now), f"{self.dag_id} to be ready to run")
        state = self._wait(self._end, f"the end of {self.run_id}")
        tasks = {task["task_id"]: task for task in self._tasks()}
        yield f"{self.run_id}: {state}"
        yield from (f"  {name}: {_told(tasks.get(name, {}))}" for name in _TASKS)
        if state != "success":
            raise SmokeCheckFailed("\n".join(self._failures(tasks)))

    @property
    def _dag(self) -> str:
        return f"/dags/{self.dag_id}"

    @property
    def _dag_ids(self) -> tuple[str, ...]:
        return (self.dag_id, *self.other_dags)

    def _last_parsed(self) -> datetime:
        """Return when Airflow last parsed one of our files, by its own clock."""
        dags = [self.environment.rest("GET", f"/dags/{dag_id}") for dag_id in self._dag_ids]
        parsed = [_moment(dag["last_parsed_time"]) for dag in dags if dag]
        return max([_NEVER, *parsed, *(_moment(error["timestamp"]) for error in self._import_errors())])

    def _switch_on(self, dag_id: str, before: datetime) -> None:
        self._wait(lambda: self._is_parsed(dag_id, before), f"Airflow to parse {dag_id} again")
        self.environment.rest("PATCH", f"/dags/{dag_id}", {"is_paused": False}, update_mask="is_paused")

    def _is_parsed(self, dag_id: str, before: datetime) -> bool:
        """Tell whether Airflow has parsed the file in the bucket, with today's plugins, and would run it.

        A parse after the upload is not enough: Airflow parses the file before again and again, until MWAA has
        copied the new one.
        """
        for error in self._import_errors():
            if _moment(error["timestamp"]) > max(before, self.uploaded + _COPIED):
                last = error["stack_trace"].strip().splitlines()[-1]
                raise SmokeCheckFailed(f"the DAG does not load: {last}")
        dag = self.environment.rest("GET", f"/dags/{dag_id}")
        if not dag or dag["is_stale"] or dag.get("has_import_errors"):
            return False
        return _moment(dag["last_parsed_time"]) > before and self._is_of_our_file(dag_id)

    def _is_of_our_file(self, dag_id: str) -> bool:
        source = self.environment.rest("GET", f"/dagSources/{dag_id}")
        return bool(source and source["content"] == self.files[f"{dag_id.partition('__')[0]}.py"])

    def _import_errors(self) -> Iterator[Mapping[str, Any]]:
        """Give the import errors of our files. Other teams may have more than fit on a page."""
        offset = 0
        while True:
            page = self.environment.rest("GET", "/importErrors", limit=_PAGE, offset=offset)
            yield from (
                error for error in page["import_errors"] if error["filename"].endswith(tuple(self.files))
            )
            offset += _PAGE
            if offset >= page["total_entries"]:
                return

    def _is_triggered(self, now: datetime) -> bool:
        """Trigger the run, or find that an attempt whose answer got lost has done so."""
        request = {
            "dag_run_id": self.run_id,
            "logical_date": now.astimezone(UTC).isoformat(),
            "note": "after the deployment",
        }
        try:
            return self.environment.rest("POST", f"{self._dag}/dagRuns", request) is not None
        except RestRefused as refused:
            if refused.status not in _NOT_YET:
                raise
            return refused.status == _CONFLICT and self._run() is not None

    def _run(self) -> Mapping[str, Any] | None:
        answer = self.environment.rest("GET", f"{self._dag}/dagRuns", order_by="-run_after", limit=_PAGE)
        return next((run for run in answer["dag_runs"] if run["dag_run_id"] == self.run_id), None)

    def _end(self) -> str | None:
        run = self._run()
        if run is None:
            raise SmokeCheckFailed(f"{self.run_id} is gone: somebody deleted it")
        return str(run["state"]) if run["state"] in ("success", "failed") else None

    def _tasks(self) -> list[Mapping[str, Any]]:
        about = {"dag_ids": [self.dag_id], "dag_run_ids": [self.run_id]}
        answer = self.environment.rest("POST", "/dags/~/dagRuns/~/taskInstances/list", about)
        found: list[Mapping[str, Any]] = answer["task_instances"]
        return found

    def _failures(self, tasks: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
        for name in _TASKS:
            if tasks.get(name, {}).get("state") == "failed":
                yield f"{name} failed: {self.log.last_line(self.dag_id, self.run_id, name)}"

    def _wait(self, look: Callable[[], T | None], what: str) -> T:
        for _ in range(_POLLS):
            if found := look():
                return found
            self.pause(_POLL_SECONDS)
        raise SmokeCheckFailed(f"gave up after waiting {_POLLS * _POLL_SECONDS // 60} minutes for {what}")


def _moment(text: str | None) -> datetime:
    return datetime.fromisoformat(text) if text else _NEVER


def _told(task: Mapping[str, Any]) -> str:
    seconds = task.get("duration")
    return f"{task.get('state') or 'not run'}{f' in {seconds:.0f} s' if seconds else ''}"
