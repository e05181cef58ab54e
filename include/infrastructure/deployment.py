"""What a deployment is made of: steps that say what they would change, and can be repeated."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audio_leakage.errors import SettingsError
from audio_leakage.instances import variable_of
from audio_leakage.settings import Settings
from infrastructure import package
from infrastructure.bucket import Bucket
from infrastructure.environment import Environment
from infrastructure.parameters import Parameters, Request
from infrastructure.smoke import first_run
from infrastructure.stacks import Stack, Stacks
from infrastructure.variable import store_of

_TEMPLATES = Path(__file__).parent


@dataclass(frozen=True)
class Step:
    """One part of a deployment."""

    what: str
    changes: list[str]
    """One line for each; empty when all is as it shall be."""
    apply: Callable[[], object]
    """Makes it so; does nothing where nothing is to be changed."""


class Deployment:
    """The steps to a running monitor, in their order.

    :param client: gives boto3's client of a service.
    :param tell: takes a line for whoever watches.
    :param pause: sleeps for so many seconds.
    """

    def __init__(
        self,
        request: Request,
        client: Callable[[str], Any],
        tell: Callable[[str], object],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._request = request
        self._stacks = Stacks(client("cloudformation"))
        self._dynamodb = client("dynamodb")
        self._environment = Environment(request.environment, client("mwaa"), pause)
        self._bucket = Bucket(client("s3"), self._environment.bucket)
        self._parameters = Parameters(request, self._environment, self._output)
        self._store = store_of(self._environment, variable_of(request.dag_id), client("secretsmanager"))
        self._tell = tell
        self._pause = pause

    def steps(self) -> Iterator[Step]:
        """Look at what there is, and give what is to be done; nothing is changed by that."""
        yield self._table_that_stayed() or self._stack("table", "table.yaml", self._parameters.table)
        yield self._stack("monitoring", "monitoring.yaml", self._parameters.monitoring)
        yield self._stack("policy", "execution_policy.yaml", self._parameters.policy)
        if self._request.flow_log_group:
            yield self._stack(
                "subscriber", "subscriber.yaml", self._parameters.subscriber, before=self._upload_subscriber
            )
        yield self._variable()
        yield self._files()
        yield self._dags()  # after the plugins they import
        dag_id = self._request.dag_id
        yield Step(f"DAG {dag_id}", ["switch on", "trigger a run and wait for its end"], self._first_run)

    def _stack(
        self,
        part: str,
        template: str,
        parameters: Callable[[], Mapping[str, str]],
        before: Callable[[], object] = lambda: None,
    ) -> Step:
        def stack() -> Stack:
            given = {key: value for key, value in parameters().items() if value}
            return Stack(f"{self._request.name}-{part}", _TEMPLATES / template, given)

        def apply() -> None:
            before()
            self._stacks.deploy(stack())

        return Step(f"stack {stack().name}", self._stacks.changes(stack()), apply)

    def _output(self, part: str, key: str) -> str:
        """Return what another stack gives; nothing while it is only planned."""
        return (self._stacks.outputs(f"{self._request.name}-{part}") or {}).get(key, "")

    def _table_that_stayed(self) -> Step | None:
        """Leave a table alone that no stack of ours holds: an earlier one left it, or others made it."""
        if self._stacks.outputs(f"{self._request.name}-table") is not None:
            return None
        try:
            self._dynamodb.describe_table(TableName=self._request.table)
        except self._dynamodb.exceptions.ResourceNotFoundException:
            return None
        return Step(f"table {self._request.table}, which no stack holds", [], lambda: None)

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
        """Bring plugins.zip into the environment, among the files of other teams."""
        current = self._environment.plugins
        theirs = package.unzipped(self._bucket.get(current.key, current.version) or b"") if current else {}
        files = package.merged(theirs, package.plugin_files())
        named = self._environment.requirements
        changes = [] if files == theirs else [f"plugins.zip: {_difference(theirs, files)}"]
        changes += [] if named else ["requirements.txt, which it has none of"]
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
        for line in first_run(self._environment, self._request.dag_id, self._pause):
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
    return f"{changed} files new or changed, {gone} gone, {kept} as they are"
