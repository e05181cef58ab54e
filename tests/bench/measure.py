"""Measure one run of the four use cases, with the DAG's hooks, in a process of its own.

    python -m bench.measure NOW

prints counts, seconds, the read and write units that DynamoDB reports, and the process's peak memory.
"""

import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from audio_leakage import use_cases
from audio_leakage.runs.context import RunContext
from audio_leakage.runs.window import Scope, Window
from audio_leakage.settings import Settings
from audio_leakage_aws.contact_table import ContactTable
from audio_leakage_hooks.alert_topic import AlertTopicHook
from audio_leakage_hooks.connect import ConnectHook
from audio_leakage_hooks.contact_table_hook import ContactTableHook
from audio_leakage_hooks.recording_bucket import RecordingBucketHook
from bench import scenario
from support.fakes import LOG_GROUP, FakeFlowLog, FakeHistory, FakeMetrics

SECONDS_PER_TASK = 75
_WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}


def main(now: datetime) -> None:
    """Run the use cases and print the figures."""
    settings = Settings(
        connect_instance_id=scenario.INSTANCE_ID, contact_table=scenario.TABLE, flow_log_group=LOG_GROUP
    )
    flow_log = FakeFlowLog()
    connect = ConnectHook(aws_conn_id=None)
    connect.limit_rate("DescribeContact", settings.describe_contact_rps)
    connect.limit_rate("SearchContacts", settings.search_contacts_rps)
    contacts = ContactTableHook(aws_conn_id=None).table(scenario.TABLE)
    units: Counter[str] = Counter()
    requests: Counter[str] = Counter()
    count_units(contacts, units, requests)
    figures: dict[str, Any] = {}
    for use_case in (
        use_cases.poll_initialised,
        use_cases.poll_in_progress,
        use_cases.purge_ivr,
        use_cases.check_recordings,
    ):
        started = time.monotonic()
        run = RunContext(
            settings=settings,
            scope=Scope(window=Window(now - timedelta(minutes=5), now), history=FakeHistory()),
            now=now,
            connect=connect,
            bucket=RecordingBucketHook(aws_conn_id=None),
            flow_log=flow_log,
            alert_topic=AlertTopicHook(aws_conn_id=None),
            metrics=FakeMetrics(),
            contacts=contacts,
            seconds_left=lambda since=started: since + SECONDS_PER_TASK - time.monotonic(),  # type: ignore[misc]
            at_once=8,
        )
        counts = use_case(run)
        figures[use_case.__name__] = {**counts, "seconds": round(time.monotonic() - started, 1)}
    figures["units"] = {name: round(count, 1) for name, count in units.items()}
    figures["readings of the log"] = len(flow_log.asked)
    figures["table requests"] = dict(requests)
    figures["peak MiB"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    sys.stdout.write(json.dumps(figures) + "\n")


def count_units(contacts: ContactTable, units: Counter[str], requests: Counter[str]) -> None:
    """Count requests, ask DynamoDB for the units of each, and add them up."""

    def ask(params: dict[str, Any], model: Any, **_: object) -> None:  # noqa: ANN401  # botocore's
        if "ReturnConsumedCapacity" in model.input_shape.members:
            params["ReturnConsumedCapacity"] = "TOTAL"

    def add(parsed: Mapping[str, Any], model: Any, **_: object) -> None:  # noqa: ANN401  # botocore's
        requests[model.name] += 1
        consumed = parsed.get("ConsumedCapacity") or []
        kind = "write" if model.name in _WRITES else "read"
        for part in consumed if isinstance(consumed, list) else [consumed]:
            units[kind] += part["CapacityUnits"]

    events = contacts.conn.meta.client.meta.events
    events.register("before-parameter-build.dynamodb", ask)
    events.register("after-call.dynamodb", add)


if __name__ == "__main__":
    main(datetime.fromisoformat(sys.argv[1]).astimezone(UTC))
