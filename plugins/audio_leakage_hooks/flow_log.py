"""The flow log in CloudWatch Logs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow.providers.amazon.aws.hooks.logs import AwsLogsHook

from audio_leakage_aws.errors import domain_errors, member
from audio_leakage_hooks.retrying_hook import RetryingHook

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from types_boto3_logs.client import CloudWatchLogsClient


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
        blocks: Collection[str],
        contact_id: str | None = None,
    ) -> Iterator[tuple[datetime, str]]:
        """Read the lines of some kinds of block; all pages are followed, empty ones too.

        .. seealso::
            - :external+boto3:py:meth:`CloudWatchLogs.Client.filter_log_events`

        :param log_group: name of the log group.
        :param start: aware; included.
        :param end: aware; excluded.
        :param blocks: the block names, as ``ContactFlowModuleType`` has them.
        :param contact_id: a UUID, to read the lines of this contact alone.
        :return: time and message of each line.
        """
        of_blocks = " || ".join(f'($.ContactFlowModuleType = "{block}")' for block in sorted(blocks))
        of_contact = f' && ($.ContactId = "{contact_id}")' if contact_id else ""
        with domain_errors("logs:FilterLogEvents", f"log group '{log_group}'", "flow_log_group"):
            pages = self.conn.get_paginator("filter_log_events").paginate(
                logGroupName=log_group,
                startTime=int(start.timestamp() * 1000),
                endTime=int(end.timestamp() * 1000) - 1,  # the service includes it
                filterPattern=f"{{ ({of_blocks}){of_contact} }}",
            )
            for page in pages:
                for event in member(page, "events"):
                    yield datetime.fromtimestamp(event["timestamp"] / 1000, UTC), event["message"]
