"""The flow log in CloudWatch Logs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow.providers.amazon.aws.hooks.logs import AwsLogsHook

from audio_leakage_aws.errors import domain_errors
from audio_leakage_aws.pages import patient
from audio_leakage_hooks.retrying_hook import RetryingHook

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from types_boto3_logs.client import CloudWatchLogsClient
    from types_boto3_logs.type_defs import FilterLogEventsResponseTypeDef


class FlowLogHook(RetryingHook, AwsLogsHook):
    """Read the flow log of an Amazon Connect instance from CloudWatch Logs.

    Additional arguments (such as ``aws_conn_id``) may be specified and are passed down to the underlying
    AwsLogsHook. Every method raises the domain's ``SetupError`` and ``ServiceUnavailable``.

    .. seealso::
        - :class:`airflow.providers.amazon.aws.hooks.logs.AwsLogsHook`
    """

    conn: CloudWatchLogsClient

    def events(
        self,
        log_group: str,
        start: datetime,
        end: datetime,
        block_family: str,
        contact_id: str | None = None,
    ) -> Iterator[tuple[datetime, str]]:
        """Read the lines of one family of blocks; all pages are followed, empty ones too.

        CloudWatch Logs may repeat a token and go on after that, which its paginator in boto3 takes for an
        error. So the tokens are followed here. The lines of a page are yielded before the next page is asked
        for: what was read is not lost when a later page fails.

        .. seealso::
            - :external+boto3:py:meth:`CloudWatchLogs.Client.filter_log_events`

        :param log_group: name of the log group.
        :param start: aware; included.
        :param end: aware; excluded.
        :param block_family: a word that ``ContactFlowModuleType`` contains, such as ``Recording``.
        :param contact_id: a UUID, to read the lines of this contact alone.
        :return: time and message of each line.
        """
        of_contact = f' && ($.ContactId = "{contact_id}")' if contact_id else ""

        def ask(token: Mapping[str, str]) -> FilterLogEventsResponseTypeDef:
            return self.conn.filter_log_events(
                logGroupName=log_group,
                startTime=int(start.timestamp() * 1000),
                endTime=int(end.timestamp() * 1000) - 1,  # the service includes it
                filterPattern=f'{{ ($.ContactFlowModuleType = "*{block_family}*"){of_contact} }}',
                **token,  # type: ignore[arg-type]
            )

        with domain_errors("logs:FilterLogEvents", f"log group '{log_group}'", "flow_log_group"):
            for page in patient(ask, "events"):
                for event in page["events"]:
                    yield datetime.fromtimestamp(event["timestamp"] / 1000, UTC), event["message"]
