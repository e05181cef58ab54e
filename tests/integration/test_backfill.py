"""An hour through which the monitor was down, backfilled by Airflow's own scheduler while the schedule goes on."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from local_aws.commands.airflow import DAG_ID, Airflow
from local_aws.contact_centre.centre import QUICK_WEIGHTS, ContactCentre
from local_aws.contact_centre.recordings import wav
from support.fakes import BUCKET, PREFIX
from support.real_airflow import scheduling, wait_for
from support.stage import LOG_GROUP, Stage

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
        weights=QUICK_WEIGHTS,
    )
    stage.aws.create_log_group(LOG_GROUP)
    with time_machine.travel(start, tick=True) as clock:
        for minute in range(1, 121):
            clock.move_to(start + minute * MINUTE)
            centre.play(start + minute * MINUTE, stage.aws)
    stage.connect.directory = centre
    stage.configure(flow_log_group=LOG_GROUP)
    return centre


def has_begun_another_run(airflow: Airflow) -> bool:
    airflow.send("POST", f"/dags/{DAG_ID}/dagRuns", {"logical_date": None})
    return True


def create_backfill(airflow: Airflow, centre: ContactCentre) -> None:
    """Have the hour backfilled, three windows at a time, with the request that one sends to MWAA.

    No scheduler runs meanwhile: SQLite gives a writer up at once when another one is faster.
    """
    first, last = ends_of(centre, range(12))
    dates = {"from_date": first, "to_date": last}
    how = {"max_active_runs": 3, "reprocess_behavior": "none"}
    airflow.send("POST", "/backfills", {"dag_id": DAG_ID, **dates, **how})


def backfill_again(airflow: Airflow, centre: ContactCentre, windows: range) -> None:
    """Have some windows backfilled that are complete, with the command of the runbook."""
    first, last = ends_of(centre, windows)
    how = ("--max-active-runs", "3", "--reprocess-behavior", "completed")
    dates = ("--from-date", first, "--to-date", last)
    airflow.cli("backfill", "create", "--dag-id", DAG_ID, *dates, *how)


def ends_of(centre: ContactCentre, windows: range) -> tuple[str, str]:
    """Return the ends of the first window and of the last one."""
    first, last = (centre.start + (n + 1) * STEP for n in (windows[0], windows[-1]))
    return first.isoformat(), last.isoformat()


def wait_for_backfill(airflow: Airflow) -> None:
    """Wait until every backfill is marked as complete, and see that all of its runs succeeded.

    Airflow starts three processes for each task. Beside other tests on two cores a task takes half a minute.
    """

    def complete() -> bool:
        return all(each["completed_at"] for each in airflow.get(f"/backfills?dag_id={DAG_ID}")["backfills"])

    wait_for("the backfill", complete, 1200)
    assert list(airflow.runs("backfill").values()) == ["success"] * 12


@pytest.mark.timeout(3600)
def test_a_backfill_catches_up_on_a_missed_hour(
    stage: Stage, centre: ContactCentre, airflow: Airflow
) -> None:
    create_backfill(airflow, centre)
    with scheduling(airflow):
        wait_for_backfill(airflow)
        assert windows(airflow) == [f"{centre.start + n * STEP:%H:%M}" for n in range(12)]

        wait_for("a scheduled run beside it", lambda: "success" in airflow.runs("scheduled").values(), 900)
        assert "failed" not in airflow.runs("scheduled").values()
        # Where two windows meet in one contact at the same moment, one leaves it due, for a later run.
        wait_for("a later run", lambda: has_begun_another_run(airflow), 300)
        wait_for("the truth", lambda: told(stage) == truth(centre), 900)
        wait_for("its end", lambda: "success" in airflow.runs("manual").values(), 300)
        assert "failed" not in airflow.runs("scheduled").values()

    before = stage.items()
    leaked = next(call for call in centre.calls if call.kind == "leaked")
    stage.put_object(leaked.recording_key(PREFIX), wav(1_000_000))
    window = (datetime.fromisoformat(before[leaked.contact_id]["InitialisedAt"]) - centre.start) // STEP
    again = range(max(window - 1, 0), min(window + 2, 12))
    backfill_again(airflow, centre, again)
    with scheduling(airflow):
        wait_for_backfill(airflow)
    after = stage.items()
    assert after.pop(leaked.contact_id)["RecordedState"] == "CALL_RECORDED_SUCCESS"
    assert before.pop(leaked.contact_id)["RecordedState"] == "CALL_RECORDED_FAILURE"
    assert after == before


def told(stage: Stage) -> dict[str, tuple[str | None, str | None]]:
    return {key: (item["State"], item.get("RecordedState")) for key, item in stage.items().items()}


def truth(centre: ContactCentre) -> dict[str, tuple[str | None, str | None]]:
    truths = {call.contact_id: call.truth(datetime.now(UTC), HOUR) for call in centre.calls}
    return {key: (truth.state, truth.recorded_state) for key, truth in truths.items() if truth.state}


def windows(airflow: Airflow) -> list[str]:
    """Return when the window of each backfilled run starts, as the run itself says."""
    told = sorted(airflow.counts(run_id, "poll_initialised")["window"] for run_id in airflow.runs("backfill"))
    return [window[11:16] for window in told]
