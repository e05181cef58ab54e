"""Metrics over real HTTP."""

from datetime import UTC, datetime, timedelta

from audio_leakage_hooks.metrics import MetricsHook
from support.stage import TABLE, Stage


class TestMetrics:
    def test_metrics_arrive_with_the_name_of_their_table(self, stage: Stage) -> None:
        MetricsHook(aws_conn_id=None).publish(TABLE, {"Leaks": 2, "OldestDueMinutes": 7.5})
        now = datetime.now(UTC)
        told = stage.aws.client("cloudwatch").get_metric_statistics(
            Namespace="AudioLeakage",
            MetricName="OldestDueMinutes",
            Dimensions=[{"Name": "ContactTable", "Value": TABLE}],
            StartTime=now - timedelta(minutes=5),
            EndTime=now + timedelta(minutes=5),
            Period=60,
            Statistics=["Maximum"],
        )
        assert [point["Maximum"] for point in told["Datapoints"]] == [7.5]
