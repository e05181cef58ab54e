"""The DAG gives each case of the table its verdict, against the local AWS."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import pytest
import time_machine
from airflow.sdk import DAG

from local_aws.connect.contacts import SEED_QUEUE
from local_aws.contact_centre.recordings import wav
from support.fakes import at
from support.stage import Stage
from support.verdict_cases import CASES, RUNS, Case


class Calls(dict[str, Case]):
    """What Connect knows of the cases' contacts, by the time of day."""

    queues = (SEED_QUEUE,)

    def describe(self, contact_id: str, moment: datetime) -> Mapping[str, Any] | None:
        case = self.get(contact_id)
        if case is None or not case.known or (case.known_from and moment < case.known_from):
            return None
        return case.contact

    def contacts(self, moment: datetime) -> Iterable[Mapping[str, Any]]:
        return [contact for contact_id in self if (contact := self.describe(contact_id, moment))]


@pytest.mark.timeout(600)
def test_every_case_ends_as_the_table_says(stage: Stage, dag: DAG) -> None:
    stage.aws.create_bucket("elsewhere")
    stage.connect.directory = Calls({case.contact_id: case for case in CASES})
    stage.configure(describe_contact_rps=1000)
    initialised = {
        "State": "INITIALISED",
        "OpenState": "INITIALISED",
        "NextCheckAt": "2023-08-29T10:30:00.000Z",
    }
    stage.put(*({"ContactId": case.contact_id, **initialised} for case in CASES))
    objects = sorted((o for case in CASES for o in case.stored()), key=lambda stored: stored[3])
    with time_machine.travel(at("2023-08-28T21:00"), tick=True) as clock:
        for now in RUNS:
            while objects and objects[0][3] <= now:
                bucket, key, size, lands = objects.pop(0)
                clock.move_to(lands)
                stage.put_object(key, wav(size), bucket)
            clock.move_to(now)
            assert dag.test(logical_date=now).state == "success"
    assert not objects
    items = stage.items()
    assert {case.name: outcome_of(items.get(case.contact_id)) for case in CASES} == {
        case.name: case.outcome for case in CASES
    }
    assert stage.connect.calls["DescribeContact"] == sum(case.describes for case in CASES)


def outcome_of(item: Mapping[str, str] | None) -> tuple[str | None, str | None, str | None]:
    if item is None:
        return None, None, None
    verdict = item.get("RecordedState")
    failed = item.get("FailureCause") if verdict == "CALL_RECORDED_FAILURE" else None
    return item["State"], verdict, item.get("ClosedReason") or failed or item.get("Warnings") or None
