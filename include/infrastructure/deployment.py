"""The steps of a deployment. Each one lists its changes first, and each one can be repeated."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audio_leakage.errors import SettingsError
from audio_leakage.instances import reconcile_dag_of, variable_of
from audio_leakage.settings import Settings
from infrastructure import package
from infrastructure.bucket import Bucket
from infrastructure.environment import Environment
from infrastructure.parameters import DeployOptions, Parameters
from infrastructure.smoke import first_run
from infrastructure.stacks import Stack, Stacks
from infrastructure.variable import store_of

_TEMPLATES = Path(__file__).parent


@dataclass(frozen=True)
class Step:
    """One part of a deployment, such as a stack."""

    what: str
    """The part, in words."""
    changes: list[str]
    """One line per change; empty if the part is up to date."""
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
        self._stacks = Stacks(client("cloudformation"))
        self._dynamodb = client("dynamodb")
        self._environment = Environment(options.environment, client("mwaa"), pause)
        self._bucket = Bucket(client("s3"), self._environment.bucket)
        self._parameters = Parameters(options, self._environment, self._output)
        self._store = store_of(self._environment, variable_of(options.dag_id), client("secretsmanager"))
        self._tell = tell
        self._pause = pause

    def steps(self) -> Iterator[Step]:
        """Compare what exists with what is wanted, and give the steps in order. Planning changes nothing."""
        yield self._table_that_stayed() or self._stack("table", "table.yaml", self._parameters.table)
        yield self._stack("monitoring", "monitoring.yaml", self._parameters.monitoring)
        yield self._stack("policy", "execution_policy.yaml", self._parameters.policy)
        if self._options.flow_log_group:
            yield self._stack(
                "subscriber", "subscriber.yaml", self._parameters.subscriber, before=self._upload_subscriber
            )
        yield self._variable()
        yield self._files()
        yield self._dags()  # after the plugins they import
        dag_id = self._options.dag_id
        changes = ["switch on", "trigger a run and wait for its end", f"switch {reconcile_dag_of(dag_id)} on"]
        yield Step(f"DAG {dag_id}", changes, self._first_run)

    def _stack(
        self,
        part: str,
        template: str,
        parameters: Callable[[], Mapping[str, str]],
        before: Callable[[], object] = lambda: None,
    ) -> Step:
        def stack() -> Stack:
            given = {key: value for key, value in parameters().items() if value}
            return Stack(f"{self._options.name}-{part}", _TEMPLATES / template, given)

        def apply() -> None:
            before()
            self._stacks.deploy(stack())

        return Step(f"stack {stack().name}", self._stacks.changes(stack()), apply)

    def _output(self, part: str, key: str) -> str:
        """Return an output of another stack, or an empty text while that stack is only planned."""
        return (self._stacks.outputs(f"{self._options.name}-{part}") or {}).get(key, "")

    def _table_that_stayed(self) -> Step | None:
        """Leave a table alone that is in no stack of ours: an earlier stack left it, or others made it."""
        if self._stacks.outputs(f"{self._options.name}-table") is not None:
            return None
        try:
            self._dynamodb.describe_table(TableName=self._options.table)
        except self._dynamodb.exceptions.ResourceNotFoundException:
            return None
        return Step(f"table {self._options.table}, which belongs to no stack", [], lambda: None)

    def _upload_subscriber(self) -> None:
        self._bucket.put(self._parameters.subscriber_key(), package.zipped(package.subscriber_files()))

    def _variable(self) -> Step:
        before = _object(self._store.read() or "{}", self._store.place)
        after = before | self._parameters.settings()
        changed = [f"set {key} to {value}" for key, value in after.items() if before.get(key) != value]
        if "alert_topic_arn" not in after:
            changed.append("set alert_topic_arn to the topic of the new stack")
        Settings.from_json(json.dumps(after), self._store.place)

        def apply() -> None:
            wanted = before | self._parameters.settings()
            if wanted != before:
                self._store.write(json.dumps(wanted))

        return Step(self._store.place, changed, apply)

    def _files(self) -> Step:
        """Add our files to the environment's plugins.zip, which other teams share."""
        current = self._environment.plugins
        theirs = package.unzipped(self._bucket.get(current.key, current.version) or b"") if current else {}
        files = package.merged(theirs, package.plugin_files())
        named = self._environment.requirements
        changes = [] if files == theirs else [f"plugins.zip: {_difference(theirs, files)}"]
        changes += [] if named else ["add requirements.txt, which the environment lacks"]
        changes += ["update the environment, which takes 20 to 40 minutes"] if changes else []

        def apply() -> None:
            if changes:
                plugins = self._bucket.put(current.key if current else "plugins.zip", package.zipped(files))
                requirements = None if named else self._bucket.put("requirements.txt", package.requirements())
                self._environment.update(plugins, requirements)

        return Step(f"environment {self._environment.name}", changes, apply)

    def _dags(self) -> Step:
        files = {f"{self._environment.dag_folder}/{path}": text for path, text in package.dag_files().items()}
        changed = {key: text for key, text in files.items() if self._bucket.get(key) != text}

        def apply() -> None:
            for key, text in changed.items():
                self._bucket.put(key, text)

        return Step(f"bucket {self._bucket.name}", [f"upload {key}" for key in changed], apply)

    def _first_run(self) -> None:
        for line in first_run(self._environment, self._options.dag_id, self._pause):
            self._tell(line)


def _object(text: str, place: str) -> dict[str, Any]:
    try:
        read = json.loads(text)
    except ValueError as error:
        raise SettingsError(f"{place} is not JSON: {error}") from error
    if not isinstance(read, dict):
        raise SettingsError(f"{place} is not a JSON object")
    return read


def _difference(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> str:
    changed = sum(before.get(path) != content for path, content in after.items())
    gone, kept = len(before.keys() - after.keys()), sum(before.get(path) == after[path] for path in after)
    return f"{changed} files added or changed, {gone} removed, {kept} unchanged"
