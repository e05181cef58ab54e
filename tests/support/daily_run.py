"""A task of the daily DAG without Airflow's scheduler: the context of a run, over the real hooks."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from audio_leakage.use_cases.day_context import DayContext
from audio_leakage_tasks.evidence import day_context


@dataclass
class RunOfDay:
    """What a task of a run sees of Airflow."""

    day: date
    run_type: str = "scheduled"
    runs_beside: int = 1
    dag_id: str = "audio_leakage_evidence"
    try_number: int = 1

    @property
    def run_id(self) -> str:
        return f"{self.run_type}__{self.day}"

    @property
    def start(self) -> datetime:
        return datetime.combine(self.day, time(0), UTC)

    @property
    def data_interval_start(self) -> datetime:
        return datetime.combine(self.day, time(6, 40), UTC)

    @property
    def data_interval_end(self) -> datetime:
        return self.data_interval_start + timedelta(days=1)

    def get_dr_count(self, **_: Any) -> int:
        return self.runs_beside


def run_about(day: date, run_type: str = "scheduled", runs_beside: int = 1) -> DayContext:
    """Return what the use cases of a run about a day work with."""
    run = RunOfDay(day, run_type, runs_beside)
    context: Any = {"dag_run": run, "ti": run, "params": {}}
    return day_context(context, 1)
