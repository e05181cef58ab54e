"""The steps of a deployment. Each one lists its changes first, and each one can be repeated."""

import json
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from audio_leakage.instances import acknowledge_dag_of, evidence_dag_of, reconcile_dag_of, variable_of
from audio_leakage.settings import Settings
from infrastructure import package
from infrastructure.bucket import Bucket, Content
from infrastructure.environment import Environment, EnvironmentNotReady, S3Object
from infrastructure.parameters import DeployOptions, Parameters
from infrastructure.plugins_zip import merged, unzipped
from infrastructure.smoke import SmokeCheck
from infrastructure.stacks import Stack, Stacks
from infrastructure.task_log import TaskLog
from infrastructure.variable import read_object, store_of

_TEMPLATES = Path(__file__).parent
#: Where plugins.zip goes if the environment has none, and never over a file of somebody else.
_OWN_PLUGINS = "audio-leakage/plugins.zip"


class Part(StrEnum):
    """A part of a deployment that can be deployed alone."""

    STACKS = "stacks"
    VARIABLE = "variable"
    PLUGINS = "plugins"
    DAGS = "dags"
    CHECK = "check"


@dataclass(frozen=True)
class _Merge:
    """What becomes of plugins.zip."""

    key: str
    in_use: bytes | None
    newest: Content | None
    content: bytes
    is_pending: bool
    """Whether the environment may not have taken the newest version."""


@dataclass(frozen=True)
class Step:
    """One step of a deployment, such as a stack."""

    part: Part
    what: str
    """The step, in words."""
    changes: list[str]
    """One line per change; empty if it is up to date."""
    apply: Callable[[], object]
    """Makes the changes; does nothing if there are none."""


class Deployment:
    """Plan the steps that lead to a running monitor.

    :param options: what to deploy, and where.
    :param client: returns boto3's client for a service.
    :param tell: prints one line.
    :param pause: sleeps; its argument is in seconds.
    """

    def __init__(
        self,
        options: DeployOptions,
        client: Callable[[str], Any],
        tell: Callable[[str], object],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._options = options
        self._client = client
        self._stacks = Stacks(client("cloudformation"), pause)
        self._environment = Environment(options.environment, client("mwaa"), pause)
        self._bucket = Bucket(client("s3"), self._environment.bucket)
        self._parameters = Parameters(options, self._environment, self._output)
        self._dag_id = options.dag_id
        self._tell = tell
        self._pause = pause

    def steps(self, parts: Collection[Part] = tuple(Part)) -> Iterator[Step]:
        """Compare what exists with what is wanted, and give the steps in order. Planning changes nothing.

        :param parts: the parts to deploy.
        """
        steps: Mapping[Part, Callable[[], Iterable[Step]]] = {
            Part.STACKS: self._all_stacks,
            Part.VARIABLE: lambda: [self._variable()],
            Part.PLUGINS: lambda: [self._plugins()],
            Part.DAGS: lambda: [self._dags()],  # after the plugins they import
            Part.CHECK: lambda: [self._check()],
        }
        for part, steps_of in steps.items():
            if part in parts:
                yield from steps_of()

    def _all_stacks(self) -> Iterator[Step]:
        yield self._table_that_stayed() or self._stack("table", "table.yaml", self._parameters.table)
        yield self._stack("monitoring", "monitoring.yaml", self._parameters.monitoring)
        yield self._stack("policy", "execution_policy.yaml", self._parameters.policy)
        if self._options.evidence_bucket:
            yield self._stack("evidence", "evidence.yaml", self._parameters.evidence)
        if self._options.flow_log_group:
            yield self._stack(
                "subscriber", "subscriber.yaml", self._parameters.subscriber, before=self._upload_subscriber
            )

    def _stack(
        self,
        part: str,
        template: str,
        parameters: Callable[[], Mapping[str, str]],
        before: Callable[[], object] = lambda: None,
    ) -> Step:
        def stack() -> Stack:
            given = {key: value for key, value in parameters().items() if value}
            return Stack(
                f"{self._options.name}-{part}", _TEMPLATES / template, given, self._options.stack_tags
            )

        def apply() -> None:
            before()
            self._stacks.deploy(stack())

        return Step(Part.STACKS, f"stack {stack().name}", self._stacks.changes(stack()), apply)

    def _output(self, part: str, key: str) -> str:
        """Return an output of another stack, or an empty text while that stack is only planned."""
        return (self._stacks.outputs(f"{self._options.name}-{part}") or {}).get(key, "")

    def _table_that_stayed(self) -> Step | None:
        """Leave a table alone that is in no stack of ours: an earlier stack left it, or others made it."""
        if self._stacks.outputs(f"{self._options.name}-table") is not None:
            return None
        dynamodb = self._client("dynamodb")
        try:
            dynamodb.describe_table(TableName=self._options.table)
        except dynamodb.exceptions.ResourceNotFoundException:
            return None
        return Step(Part.STACKS, f"table {self._options.table}, which belongs to no stack", [], lambda: None)

    def _upload_subscriber(self) -> None:
        self._bucket.put(self._parameters.subscriber_key, package.zipped(package.subscriber_files()))

    def _variable(self) -> Step:
        store = store_of(self._environment, variable_of(self._dag_id), self._client)
        before = read_object(store.read() or "{}", store.place)
        after = before | self._parameters.settings()
        changed = [f"set {key} to {value}" for key, value in after.items() if before.get(key) != value]
        if "alert_topic_arn" not in after:
            changed.append("set alert_topic_arn to the topic of the new stack")
        if self._options.evidence_bucket and "evidence_key_arn" not in after:
            changed.append("set evidence_key_arn to the key of the new stack")
        Settings.from_json(json.dumps(after), store.place)

        def apply() -> None:
            wanted = before | self._parameters.settings()
            if wanted != before:
                store.write(json.dumps(wanted))

        return Step(Part.VARIABLE, store.place, changed, apply)

    def _plugins(self) -> Step:
        """Add our files to the environment's plugins.zip, which other teams share."""
        graceful = self._options.graceful
        waits = "waits for running tasks of all teams" if graceful else "ends running tasks of all teams"
        minutes = "up to 12 hours" if graceful else "20 to 40 minutes"
        changes = _changes(self._merge())
        changes += [f"update the environment, which takes {minutes} and {waits}"] if changes else []

        def apply() -> None:
            if not changes:
                return
            self._environment.refresh()
            merge = self._merge()  # once more: others may have deployed since we planned
            self._environment.update(self._upload(merge), graceful=graceful)

        return Step(Part.PLUGINS, f"environment {self._environment.name}", changes, apply)

    def _merge(self) -> _Merge:
        named = self._environment.plugins
        key = named.key if named else _OWN_PLUGINS
        newest = self._bucket.get(key)
        in_use = newest if named else None
        if named and named.version:
            in_use = self._bucket.get(key, named.version)
        if named and in_use is None:
            raise EnvironmentNotReady(
                f"environment {self._environment.name} uses s3://{self._bucket.name}/{key}, which is gone"
            )
        taken = self._environment.updated_at
        return _Merge(
            key=key,
            in_use=in_use.body if in_use else None,
            newest=newest,
            content=merged(in_use.body if in_use else None, package.plugin_files()),
            is_pending=bool(named and not named.version and newest and taken and newest.modified > taken),
        )

    def _upload(self, merge: _Merge) -> S3Object:
        if merge.newest and merge.newest.body == merge.content:  # a deployment that was stopped uploaded it
            return S3Object(merge.key, merge.newest.version)
        return self._bucket.replace(merge.key, merge.content, merge.newest)

    def _dags(self) -> Step:
        files = {self._dag_key(path): text for path, text in package.dag_files().items()}
        changed = {
            key: text
            for key, text in files.items()
            if (found := self._bucket.get(key)) is None or found.body != text
        }

        def apply() -> None:
            for key, text in changed.items():
                self._bucket.put(key, text)

        return Step(Part.DAGS, f"bucket {self._bucket.name}", [f"upload {key}" for key in changed], apply)

    def _dag_key(self, path: str) -> str:
        return f"{self._environment.dag_folder}/{path}"

    def _check(self) -> Step:
        others = [f"switch {dag_id} on" for dag_id in self._other_dags()]
        changes = ["switch on", *others, "trigger a run and wait for its end"]
        return Step(Part.CHECK, f"DAG {self._dag_id}", changes, self._first_run)

    def _other_dags(self) -> list[str]:
        evidence = [evidence_dag_of(self._dag_id), acknowledge_dag_of(self._dag_id)]
        return [reconcile_dag_of(self._dag_id), *(evidence if self._options.evidence_bucket else ())]

    def _first_run(self) -> None:
        found = {path: self._bucket.get(self._dag_key(path)) for path in package.dag_files()}
        files = {path: file for path, file in found.items() if file}
        if missing := sorted(found.keys() - files.keys()):
            raise EnvironmentNotReady(
                f"{', '.join(missing)} is not in the environment's bucket: deploy the DAGs first"
            )
        check = SmokeCheck(
            environment=self._environment,
            dag_id=self._dag_id,
            other_dags=self._other_dags(),
            run_id=f"deploy-{secrets.token_hex(4)}",
            files={path: file.body.decode() for path, file in files.items()},
            uploaded=max(file.modified for file in files.values()),
            log=TaskLog(self._client("logs"), self._environment.task_log_group),
            pause=self._pause,
        )
        for line in check.lines(datetime.now(UTC)):
            self._tell(line)


def _changes(merge: _Merge) -> list[str]:
    lines = []
    if merge.content != merge.in_use:
        before = unzipped(merge.in_use) if merge.in_use else {}
        lines.append(f"plugins.zip: {_difference(before, unzipped(merge.content))}")
        if merge.newest and merge.newest.body not in (merge.in_use, merge.content):
            lines.append("plugins.zip: leave out an upload of somebody else, which is not in use yet")
    elif merge.is_pending:
        lines.append("plugins.zip: take the newest version, which the environment has not taken yet")
    return lines


def _difference(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> str:
    changed = sum(before.get(path) != content for path, content in after.items())
    gone, kept = len(before.keys() - after.keys()), sum(before.get(path) == after[path] for path in after)
    return f"{changed} files added or changed, {gone} removed, {kept} unchanged"
