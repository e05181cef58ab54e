"""The metrics that alarms are set on."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook

from audio_leakage_aws.errors import domain_errors
from audio_leakage_hooks.retrying_hook import RetryingHook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from types_boto3_cloudwatch.client import CloudWatchClient
    from types_boto3_cloudwatch.type_defs import DimensionTypeDef, MetricDatumTypeDef

NAMESPACE = "AudioLeakage"
#: CloudWatch takes this many different values of a metric together.
_MOST_VALUES = 150


class MetricsHook(RetryingHook, AwsGenericHook["CloudWatchClient"]):
    """Publish metrics to Amazon CloudWatch.

    Provide thin wrapper around :external+boto3:py:class:`boto3.client("cloudwatch") <CloudWatch.Client>`.

    Additional arguments (such as ``aws_conn_id``) may be specified and are passed down to the underlying
    AwsBaseHook.

    .. seealso::
        - :class:`airflow.providers.amazon.aws.hooks.base_aws.AwsBaseHook`
    """

    conn: CloudWatchClient

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["client_type"] = "cloudwatch"
        super().__init__(*args, **kwargs)

    def publish(
        self,
        table: str,
        values: Mapping[str, float | Mapping[float, int]],
        closed: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        """Publish metrics as of now, in one request.

        .. seealso::
            - :external+boto3:py:meth:`CloudWatch.Client.put_metric_data`

        :param table: the contact table they are about, which is their dimension.
        :param values: value by the metric's name, or how often each value occurred.
        :param closed: contacts closed without a verdict, by reason: the metric ``Closed``.
        """
        of_table: list[DimensionTypeDef] = [{"Name": "ContactTable", "Value": table}]
        data = [each for name, value in values.items() for each in _data(name, of_table, value)]
        data += [
            {
                "MetricName": "Closed",
                "Dimensions": [*of_table, {"Name": "Reason", "Value": reason}],
                "Value": count,
            }
            for reason, count in closed.items()
        ]
        with domain_errors("cloudwatch:PutMetricData", f"namespace '{NAMESPACE}'", "aws_conn_id"):
            self.conn.put_metric_data(Namespace=NAMESPACE, MetricData=data)


def _data(
    name: str, dimensions: list[DimensionTypeDef], value: float | Mapping[float, int]
) -> Iterator[MetricDatumTypeDef]:
    """Yield a value of a metric, or how often each value occurred; nothing if none occurred."""
    about: MetricDatumTypeDef = {"MetricName": name, "Dimensions": dimensions}
    if not isinstance(value, Mapping):
        yield {**about, "Value": value}
        return
    values, counts = list(value), list(value.values())
    for first in range(0, len(values), _MOST_VALUES):
        part = slice(first, first + _MOST_VALUES)
        yield {**about, "Values": values[part], "Counts": counts[part]}
