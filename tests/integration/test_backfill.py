"""An hour through which the monitor was down, backfilled by Airflow's own scheduler while the schedule goes on."""

import os
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from airflow_services import DAG_ID, AirflowServices, airflow_services
from fakes import BUCKET, PREFIX
from local_aws.calls import SimulatedCall
from local_aws.contact_centre import ContactCentre
from local_aws.recordings import wav
from stage import LOG_GROUP, Stage

HOUR, MINUTE, STEP = timedelta(hours=1), timedelta(minutes=1), timedelta(minutes=5)


def aligned_hour_long_past() -> datetime:
    """Return the start of an hour that ended long enough ago for every verdict to be due."""
    now = datetime.now(UTC)
    return (now - 3 * HOUR).replace(minute=now.minute // 5 * 5, second=0, microsecond=0)


@pytest.fixture
def centre(stage: Stage) -> ContactCentre:
    """Play the hour on its own clock: lines and recordings have the times they would have had."""
    start = aligned_hour_long_past()
    centre = ContactCentre(
        seed=3,
        start=start,
        duration=HOUR,
        number_of_calls=48,
        bucket=BUCKET,
        prefix=PREFIX,
        log_group=LOG_GROUP,
    )
    stage.aws.create_log_group(LOG_GROUP)
    with time_machine.travel(start, tick=True) as clock:
        for minute in range(1, 121):
            clock.move_to(start + minute * MINUTE)
            centre.play(start + minute * MINUTE, stage.aws)
    stage.connect.directory = centre
    stage.configure(flow_log_group=LOG_GROUP)
    return centre


def wait_for(what: str, holds: Callable[[], bool], seconds: int) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        time.sleep(1)


def backfill(airflow: AirflowServices, start: datetime, *options: str) -> dict[str, str]:
    """Backfill the twelve windows of an hour, three at a time, and return the runs' states."""
    first, last = ((start + step).isoformat() for step in (STEP, HOUR))
    command = ("backfill", "create", "--dag-id", DAG_ID, "--from-date", first, "--to-date", last)

    def created() -> bool:
        try:
            airflow.cli(*command, "--max-active-runs", "3", *options)
        except subprocess.CalledProcessError as error:
            if "AlreadyRunningBackfill" not in error.stderr:
                pytest.fail(error.stderr[-2000:])
            return False  # the last one is marked as complete by a sweep every half minute
        return True

    # Paused for as long as the runs are made: SQLite gives a writer up at once when another one is faster.
    airflow.pause(paused=True)
    wait_for("the last backfill to be marked as complete", created, 120)
    airflow.pause(paused=False)
    done = {"success", "failed"}
    wait_for("twelve runs", lambda: _finished(airflow, done) == 12, 300)
    return airflow.runs("backfill")


def _finished(airflow: AirflowServices, done: set[str]) -> int:
    return sum(state in done for state in airflow.runs("backfill").values())


@pytest.mark.timeout(900)
def test_a_missed_hour_is_a_backfill_away(stage: Stage, centre: ContactCentre, tmp_path: Path) -> None:
    environment = {
        name: value for name, value in os.environ.items() if name.startswith(("AWS_", "AIRFLOW_VAR_"))
    }
    with airflow_services(tmp_path, environment) as airflow:
        assert set(backfill(airflow, centre.start).values()) == {"success"}
        assert told(stage) == truth(centre)
        assert windows(airflow) == [f"{centre.start + n * STEP:%H:%M}" for n in range(12)]
        assert recovered(airflow) == len([call for call in centre.calls if began(call) < centre.start + HOUR])

        wait_for("a scheduled run beside it", lambda: "success" in airflow.runs("scheduled").values(), 330)
        assert "failed" not in airflow.runs("scheduled").values()
        assert told(stage) == truth(centre)

        before = stage.items()
        leaked = next(call for call in centre.calls if call.kind == "leaked")
        stage.lay(leaked.recording_key(PREFIX), wav(1_000_000))
        assert set(backfill(airflow, centre.start, "--reprocess-behavior", "completed").values()) == {
            "success"
        }
        after = stage.items()
        assert after.pop(leaked.contact_id)["RecordedState"] == "CALL_RECORDED_SUCCESS"
        assert before.pop(leaked.contact_id)["RecordedState"] == "CALL_RECORDED_FAILURE"
        assert after == before


def told(stage: Stage) -> dict[str, tuple[str | None, str | None]]:
    return {key: (item["State"], item.get("RecordedState")) for key, item in stage.items().items()}


def truth(centre: ContactCentre) -> dict[str, tuple[str | None, str | None]]:
    truths = {call.contact_id: call.truth(datetime.now(UTC), HOUR) for call in centre.calls}
    return {key: (truth.state, truth.recorded_state) for key, truth in truths.items() if truth.state}


def windows(airflow: AirflowServices) -> list[str]:
    """Return when the window of each backfilled run starts, as the run itself says."""
    return sorted(
        airflow.counts(run_id, "poll_initialised")["window"][11:16] for run_id in airflow.runs("backfill")
    )


def recovered(airflow: AirflowServices) -> int:
    return sum(airflow.counts(run_id, "poll_initialised")["recovered"] for run_id in airflow.runs("backfill"))


def began(call: SimulatedCall) -> datetime:
    assert call.recording_set
    return call.recording_set
