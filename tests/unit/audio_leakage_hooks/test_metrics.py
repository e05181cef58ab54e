"""What CloudWatch takes in one request, which the stand-in does not check."""

from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from audio_leakage_hooks.metrics import MetricsHook


@pytest.mark.parametrize(("count", "sizes"), [(1, [1]), (150, [150]), (151, [150, 1]), (301, [150, 150, 1])])
def test_at_most_150_values_of_a_metric_go_together(count: int, sizes: list[int]) -> None:
    hook = MetricsHook(aws_conn_id=None, region_name="af-south-1")
    sent: list[dict[str, Any]] = []
    hook.conn.meta.events.register(
        "provide-client-params.cloudwatch.PutMetricData", lambda params, **_: sent.append(params)
    )
    with Stubber(hook.conn) as stub:
        stub.add_response("put_metric_data", {}, {"Namespace": "AudioLeakage", "MetricData": ANY})
        hook.publish("contacts", {"Delay": {float(each): 1 for each in range(count)}})
    assert [len(each["Values"]) for each in sent[0]["MetricData"]] == sizes
