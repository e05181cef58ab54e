"""ListQueues and SearchQueues: the instance's queues."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from local_aws.connect.contacts import Queue
from local_aws.connect.limits import check_limits
from local_aws.connect.tokens import page_of

REGION, ACCOUNT = "af-south-1", "123456789012"
_MODIFIED = datetime(2023, 1, 2, 9, tzinfo=UTC)


def instance_arn(instance_id: str) -> str:
    """Return the ARN of an instance."""
    return f"arn:aws:connect:{REGION}:{ACCOUNT}:instance/{instance_id}"


def queue_arn(instance_id: str, queue: Queue) -> str:
    """Return the ARN of a queue; an agent's queue lies in a folder of its own."""
    folder = "queue/agent" if queue.type == "AGENT" else "queue"
    return f"{instance_arn(instance_id)}/{folder}/{queue.queue_id}"


def list_queues(instance_id: str, queues: Sequence[Queue], query: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return one page of ListQueues: standard and agents' queues if no type is asked for.

    :raises ValueError: names what the request may not ask for.
    """
    check_limits("ListQueues", query)
    types = query.get("QueueTypes") or ["STANDARD", "AGENT"]
    found = [queue for queue in queues if queue.type in types]
    page, more = page_of("ListQueues", query, found, query.get("MaxResults") or 100)
    return {"QueueSummaryList": [_summary(instance_id, queue) for queue in page], **more}


def _summary(instance_id: str, queue: Queue) -> Mapping[str, Any]:
    return {
        "Id": queue.queue_id,
        "Arn": queue_arn(instance_id, queue),
        **({"Name": queue.name} if queue.type == "STANDARD" else {}),
        "QueueType": queue.type,
        "LastModifiedTime": _MODIFIED,
        "LastModifiedRegion": REGION,
    }


def search_queues(queues: Sequence[Queue], query: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return one page of SearchQueues, which knows standard queues only.

    :raises ValueError: names what the request may not ask for.
    """
    check_limits("SearchQueues", query)
    if query.get("SearchFilter"):
        raise ValueError("SearchFilter is not played, only SearchCriteria")
    criteria = query.get("SearchCriteria") or {}
    found = [queue for queue in queues if queue.type == "STANDARD" and _meets(queue, criteria)]
    page, more = page_of("SearchQueues", query, found, query.get("MaxResults") or 100)
    shown = [_queue(query["InstanceId"], queue) for queue in page]
    return {"Queues": shown, "ApproximateTotalCount": len(found), **more}


def _queue(instance_id: str, queue: Queue) -> Mapping[str, Any]:
    return {
        "Name": queue.name,
        "QueueArn": queue_arn(instance_id, queue),
        "QueueId": queue.queue_id,
        "Status": "ENABLED",
        "LastModifiedTime": _MODIFIED,
        "LastModifiedRegion": REGION,
    }


def _meets(queue: Queue, criteria: Mapping[str, Any]) -> bool:
    string = criteria.get("StringCondition")
    return (
        all(_meets(queue, each) for each in criteria.get("AndConditions", []))
        and (
            not criteria.get("OrConditions") or any(_meets(queue, each) for each in criteria["OrConditions"])
        )
        and (not string or _has(queue, string))
    )


def _has(queue: Queue, condition: Mapping[str, str]) -> bool:
    """Compare a text as ``ComparisonType`` says; case does not count.

    :raises ValueError: for a field that is not searched, and for a text of a wrong length.
    """
    texts = {"name": queue.name, "resourceID": queue.queue_id}
    field, wanted = condition.get("FieldName", ""), condition.get("Value", "").lower()
    if field not in texts:
        raise ValueError(f"StringCondition.FieldName may be {' or '.join(texts)}")
    if field == "name" and not 2 <= len(wanted) <= 25:
        raise ValueError("StringCondition.Value must have 2 to 25 characters")
    text = texts[field].lower()
    tests = {"STARTS_WITH": text.startswith(wanted), "CONTAINS": wanted in text, "EXACT": text == wanted}
    return tests[condition.get("ComparisonType", "EXACT")]
