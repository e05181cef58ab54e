"""Metrics over real HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

from audio_leakage_hooks.metrics import MetricsHook
from support.stage import TABLE, Stage


def statistic(stage: Stage, name: str, *statistics: str) -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    answer: Any = stage.aws.client("cloudwatch").get_metric_statistics(
        Namespace="AudioLeakage",
        MetricName=name,
        Dimensions=[{"Name": "ContactTable", "Value": TABLE}],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
        Period=86_400,
        Statistics=statistics,
    )
    points: list[dict[str, Any]] = answer["Datapoints"]
    return points


class TestMetrics:
    def test_metrics_arrive_with_the_name_of_their_table(self, stage: Stage) -> None:
        MetricsHook(aws_conn_id=None).publish(TABLE, {"Leaks": 2, "OldestDueMinutes": 7.5})
        (point,) = statistic(stage, "OldestDueMinutes", "Maximum")
        assert point["Maximum"] == 7.5

    def test_each_of_many_values_of_a_metric_arrives_as_often_as_it_occurred(self, stage: Stage) -> None:
        delays = {minutes / 10: 1 + minutes % 2 for minutes in range(301)}  # more values than one datum takes
        MetricsHook(aws_conn_id=None).publish(TABLE, {"RecordingDelayMinutes": delays, "Leaks": 0})
        (point,) = statistic(stage, "RecordingDelayMinutes", "SampleCount", "Maximum", "Sum")
        assert (point["SampleCount"], point["Maximum"]) == (sum(delays.values()), 30)

    def test_a_metric_of_which_nothing_occurred_is_not_published(self, stage: Stage) -> None:
        MetricsHook(aws_conn_id=None).publish(TABLE, {"RecordingDelayMinutes": {}, "Leaks": 0})
        assert statistic(stage, "RecordingDelayMinutes", "SampleCount") == []
