"""The Lambda's entry point: ``flow_log_subscriber.handler.handler``."""

import logging
import os
from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from audio_leakage.flow_log.ingest import ingest
from audio_leakage_aws.contact_table import ContactTable
from audio_leakage_aws.retries import RETRIES
from flow_log_subscriber.payload import log_events

#: The function has a minute, so a request that hangs must leave time for the next try.
_WITHIN_A_MINUTE = RETRIES.merge(Config(connect_timeout=3, read_timeout=5))

log = logging.getLogger(__name__)
log.setLevel(logging.INFO)


def handler(event: Mapping[str, Any], context: object) -> dict[str, int]:  # noqa: ARG001  # Lambda's signature
    """Ingest every line of one delivery.

    We count lines that are not ours and lines that we cannot read. If a line cannot be written, we write the
    others and then fail the invocation. Lambda retries it, and lines that are already written change nothing.
    A delivery that fails for good lands in the dead-letter queue.

    :param event: the event that CloudWatch Logs sends.
    :param context: not used.
    :return: the number of lines by outcome.
    :raises UnreadablePayload: if CloudWatch Logs cannot have sent the event.
    :raises AwsError: if a line could not be written.
    """
    contacts = _contacts(os.environ["CONTACT_TABLE"])
    counts = ingest(log_events(event), contacts)
    log.info(
        "delivery ingested", extra={"contact_table": contacts.name, **counts}
    )  # a metric filter reads it
    return counts


@cache
def _contacts(table: str) -> ContactTable:
    return ContactTable(boto3.resource("dynamodb", config=_WITHIN_A_MINUTE), table)
