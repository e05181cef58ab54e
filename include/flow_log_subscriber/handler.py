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

#: The function has a minute: a request that hangs must leave time for the next try.
_WITHIN_A_MINUTE = RETRIES.merge(Config(connect_timeout=3, read_timeout=5))

log = logging.getLogger(__name__)
log.setLevel(logging.INFO)


def handler(event: Mapping[str, Any], context: object) -> dict[str, int]:  # noqa: ARG001  # Lambda's signature
    """Take in every line of one delivery.

    A line that is not ours or cannot be read is counted; one that could not be written does not keep the
    others from being written, but fails the invocation: the service delivers it again, and what was written
    the first time changes nothing the second time. What fails for good lands in the dead-letter queue.

    :param event: what CloudWatch Logs sends.
    :param context: not used.
    :return: how many lines had each outcome.
    :raises UnreadablePayload: when the event is not what CloudWatch Logs sends.
    :raises AwsError: when a line could not be written.
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
