"""The Lambda's entry point: ``flow_log_subscriber.handler.handler``."""

import logging
import os
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3

from audio_leakage.errors import AwsError
from audio_leakage.intake import take_in
from audio_leakage_hooks.contact_items import ContactTable
from flow_log_subscriber.payload import log_events

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
    table = os.environ["CONTACT_TABLE"]
    counts: Counter[str] = Counter()
    failure: AwsError | None = None
    for event_time, message in log_events(event):
        try:
            counts[take_in(message, event_time, _contacts(), table)] += 1
        except AwsError as error:
            counts["not_written"] += 1
            failure = failure or error
    log.info("delivery taken in", extra=dict(counts))
    if failure:
        raise failure
    return dict(counts)


@cache
def _contacts() -> ContactTable:
    contacts = ContactTable()
    contacts.conn = boto3.resource("dynamodb")
    return contacts
