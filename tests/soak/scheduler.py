"""Three hours of windows, run by Airflow's own scheduler, while Amazon Connect errs now and then."""

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path

import time_machine

from conftest import ROOT
from local_aws.commands.airflow import DAG_ID, Airflow, new_airflow
from local_aws.connect.faults import CUT_OFF, NOT_JSON, RESET
from local_aws.connect.quotas import UNLIMITED
from local_aws.connect.simulator import ConnectSimulator
from local_aws.contact_centre.calls import Truth
from local_aws.contact_centre.centre import ContactCentre
from local_aws.server import LocalAws
from soak.process import Process, scheduler_of
from support.fakes import BUCKET, INSTANCE_ID, PREFIX
from support.stage import LOG_GROUP, TABLE, Stage

WINDOW, MINUTE, HOURS = timedelta(minutes=5), timedelta(minutes=1), timedelta(hours=3)
WINDOWS = HOURS // WINDOW
#: The last recordings land this long after the last call, when ninety minutes of after-contact work are over.
_AFTERMATH = timedelta(hours=2)
_LONGEST_CALL = timedelta(hours=1)
_SAMPLE_SECONDS, _AT_MOST_SECONDS = 5, 2400
_FAULTS = ("ThrottlingException", "InternalServiceException", RESET, CUT_OFF, NOT_JSON)


@dataclass(frozen=True)
class Moment:
    """What there is at one moment."""

    seconds: float
    scheduler: Process
    finished: int  # runs, backfilled and scheduled
    open_items: int


@dataclass
class ScheduledHours:
    """Windows long past, backfilled three at a time, with the scheduled runs beside them."""

    aws: LocalAws
    centre: ContactCentre
    airflow: Airflow
    moments: list[Moment] = field(default_factory=list)
    runs: Counter[str] = field(default_factory=Counter)

    def play(self) -> Iterator[Moment]:
        """Let the scheduler work until every run is over and nothing is wrong any more, or the time is up."""
        first, last = (self.centre.start + part for part in (WINDOW, HOURS))
        dates = ("--from-date", first.isoformat(), "--to-date", last.isoformat())
        self.airflow.cli("backfill", "create", "--dag-id", DAG_ID, *dates, "--max-active-runs", "3")
        started, faults = time.monotonic(), cycle(_FAULTS)
        with self.airflow.running():
            while time.monotonic() - started < _AT_MOST_SECONDS:
                time.sleep(_SAMPLE_SECONDS)
                self._count_runs()
                self.moments.append(self._moment(time.monotonic() - started))
                yield self.moments[-1]
                if not self._is_over:
                    self.aws.connect.faults.add("DescribeContact", next(faults), times=2)
                    continue
                self.aws.connect.faults.clear()
                if not self.wrong:
                    return

    @property
    def wrong(self) -> list[str]:
        """The calls of which something else is told than is true, or nothing."""
        told, truths, gone = self._told(), self._truths(), Truth(None, None)
        return [id_ for id_ in truths | told if told.get(id_, gone) != truths.get(id_, gone)]

    @property
    def lost(self) -> list[str]:
        """Those of them of which there is nothing."""
        told, truths = self._told(), self._truths()
        return [id_ for id_, truth in truths.items() if truth.state and id_ not in told]

    @property
    def _is_over(self) -> bool:
        return self.runs["backfill success"] + self.runs["backfill failed"] == WINDOWS

    def _truths(self) -> dict[str, Truth]:
        now, hour = datetime.now(UTC), timedelta(hours=1)
        return {call.contact_id: call.truth(now, hour, _LONGEST_CALL) for call in self.centre.calls}

    def _told(self) -> dict[str, Truth]:
        items = Stage(self.aws, self.centre).items()  # type: ignore[arg-type]  # it asks the table only
        return {id_: Truth(item["State"], item.get("RecordedState")) for id_, item in items.items()}

    def _count_runs(self) -> None:
        states = {kind: self.airflow.runs(kind).values() for kind in ("backfill", "scheduled")}
        self.runs = Counter(f"{kind} {state}" for kind, each in states.items() for state in each)

    def _moment(self, seconds: float) -> Moment:
        finished = sum(count for name, count in self.runs.items() if name.endswith(("success", "failed")))
        counted = self.aws.client("dynamodb").scan(TableName=TABLE, IndexName="open-contacts", Select="COUNT")
        return Moment(seconds, scheduler_of(self.airflow.home), finished, counted["Count"])


@contextmanager
def scheduled_hours(home: Path, number_of_calls: int) -> Iterator[ScheduledHours]:
    """Play three hours of calls, five hours ago, and give them with an Airflow that has not begun."""
    now = datetime.now(UTC)
    start = (now - timedelta(hours=5)).replace(minute=now.minute // 5 * 5, second=0, microsecond=0)
    centre = ContactCentre(
        seed=8,
        start=start,
        duration=HOURS,
        number_of_calls=number_of_calls,
        bucket=BUCKET,
        prefix=PREFIX,
        log_group=LOG_GROUP,
    )
    connect = ConnectSimulator(
        INSTANCE_ID, centre, recording_bucket=BUCKET, recording_prefix=PREFIX, quotas=UNLIMITED
    )
    with LocalAws(connect) as aws:
        aws.deploy(ROOT / "include" / "infrastructure" / "table.yaml", "table", {"TableName": TABLE})
        aws.create_bucket(BUCKET)
        aws.create_log_group(LOG_GROUP)
        _play_out(centre, aws)
        settings = {
            "connect_instance_id": INSTANCE_ID,
            "contact_table": TABLE,
            "flow_log_group": LOG_GROUP,
            "recheck_days": 0,
            "longest_call_hours": _LONGEST_CALL / timedelta(hours=1),
        }
        environment = {**aws.environment, "AIRFLOW_VAR_AUDIO_LEAKAGE": json.dumps(settings)}
        yield ScheduledHours(aws, centre, new_airflow(home, {**os.environ, **environment}))


def _play_out(centre: ContactCentre, aws: LocalAws) -> None:
    """Play all of it on its own clock: lines and recordings have the times they would have had."""
    with time_machine.travel(centre.start, tick=True) as clock:
        for minute in range(1, (HOURS + _AFTERMATH) // MINUTE):
            clock.move_to(centre.start + minute * MINUTE)
            centre.play(centre.start + minute * MINUTE, aws)
