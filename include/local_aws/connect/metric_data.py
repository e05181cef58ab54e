"""GetMetricDataV2: a count of contacts that SearchContacts has no part in.

We play one metric, ``CONTACTS_HANDLED_BY_CONNECTED_TO_AGENT``. The service model documents what may be
asked. We refuse what it leaves open: times that are not whole intervals, and any zone but UTC.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from local_aws.connect.contacts import Contact, Queue, connected_to_agent
from local_aws.connect.delays import Delay
from local_aws.connect.limits import check_limits
from local_aws.connect.queue_listing import queue_arn
from local_aws.connect.tokens import page_of

OPERATION = "GetMetricDataV2"
HANDLED = "CONTACTS_HANDLED_BY_CONNECTED_TO_AGENT"
#: How far back metrics go: the shortest three months there are.
REACH = timedelta(days=89)
_SUBTYPE = "contact/segmentAttributes/connect:Subtype"

#: Length of each interval (0: the whole time), and what the time from start to end must be shorter than.
_INTERVALS: Mapping[str, tuple[timedelta, timedelta]] = {
    "FIFTEEN_MIN": (timedelta(minutes=15), timedelta(days=3)),
    "THIRTY_MIN": (timedelta(minutes=30), timedelta(days=3)),
    "HOUR": (timedelta(hours=1), timedelta(days=3)),
    "DAY": (timedelta(days=1), timedelta(days=35)),
    "WEEK": (timedelta(days=7), timedelta(days=35)),
    "TOTAL": (timedelta(0), timedelta(days=35)),
}
#: The keys of filters and groupings that are played, and where each finds its value in a contact.
_KEYS: Mapping[str, Callable[[Contact], str | None]] = {
    "QUEUE": lambda contact: contact.get("QueueInfo", {}).get("Id"),
    "AGENT": lambda contact: contact.get("AgentInfo", {}).get("Id"),
    "CHANNEL": lambda contact: contact["Channel"],
    _SUBTYPE: lambda contact: (
        contact.get("SegmentAttributes", {}).get("connect:Subtype", {}).get("ValueString")
    ),
}
#: A request needs one of these; there are more, which we do not play.
_AUTHORISING = ("QUEUE", "AGENT")
_MOST_KEYS, _MOST_VALUES = 5, 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Span:
    """The time that one result is about; the start belongs to it, the end does not."""

    start: datetime
    end: datetime


def instance_of(query: Mapping[str, Any]) -> str:
    """Return the instance's ID in the request's ``ResourceArn``; nothing if that is no instance's ARN."""
    arn = str(query.get("ResourceArn"))
    found = re.fullmatch(r"arn:aws:connect:[a-z0-9-]+:\d{12}:instance/([0-9a-f-]{36})", arn)
    return found[1] if found else ""


def metric_data(
    query: Mapping[str, Any],
    contacts: Iterable[Contact],
    queues: Sequence[Queue],
    now: datetime,
    delay: Delay,
) -> Mapping[str, Any]:
    """Return one page of GetMetricDataV2.

    :param query: members of the request, as they came over the wire.
    :param contacts: every contact that Connect knows now.
    :param queues: of the instance; contacts of agents' queues are not counted.
    :param now: aware.
    :param delay: from the moment an agent is connected until the contact is counted.
    :raises ValueError: names what the request may not ask for.
    :raises LookupError: for a queue that the instance does not have.
    """
    check_limits(OPERATION, query)
    interval, spans = _spans(query, now)
    filters = _filters(query["Filters"], instance_of(query), queues)
    groupings = _groupings(query.get("Groupings") or [])
    metrics = [_metric_filter(metric) for metric in query["Metrics"]]
    agents_queues = {queue.queue_id for queue in queues if queue.type == "AGENT"}
    counts: Counter[tuple[_Span, tuple[str, ...], int]] = Counter()
    for contact in contacts:
        span = _span_of(contact, spans, now - delay.of(contact["Id"]))
        if span is None or _KEYS["QUEUE"](contact) in agents_queues:
            continue
        group = tuple(_KEYS[key](contact) or "" for key in groupings)
        if all(group) and all(_KEYS[key](contact) in values for key, values in filters.items()):
            counts.update(
                (span, group, place) for place, counts_in in enumerate(metrics) if counts_in(contact)
            )
    by_id = {queue.queue_id: queue_arn(instance_of(query), queue) for queue in queues}
    rows = sorted({(span, group) for span, group, _ in counts}, key=lambda row: (row[0].start, row[1]))
    results = [
        {
            "Dimensions": _dimensions(groupings, group, by_id),
            "MetricInterval": {"Interval": interval, "StartTime": span.start, "EndTime": span.end},
            "Collections": [
                {"Metric": metric, "Value": float(counts[span, group, place])}
                for place, metric in enumerate(query["Metrics"])
            ],
        }
        for span, group in rows
    ]
    page, more = page_of(OPERATION, query, results, query.get("MaxResults") or 100)
    return {"MetricResults": page, **more}


def _spans(query: Mapping[str, Any], now: datetime) -> tuple[str, list[_Span]]:
    asked = query.get("Interval") or {}
    period = asked.get("IntervalPeriod", "TOTAL")
    length, shorter_than = _INTERVALS[period]
    start, end = (datetime.fromtimestamp(query[bound], UTC) for bound in ("StartTime", "EndTime"))
    wrong = {
        "StartTime must be before EndTime": start >= end,
        "EndTime must not be later than now": end > now,
        "StartTime must be within the last 3 months": start < now - REACH,
        f"{period} allows less than {shorter_than.days} days": end - start >= shorter_than,
        "TimeZone: only UTC is played": asked.get("TimeZone", "UTC") != "UTC",
        f"StartTime and EndTime must be whole intervals of {period}": bool(length)
        and bool((start - _EPOCH) % min(length, timedelta(days=1)) or (end - start) % length),
    }
    if any(wrong.values()):
        raise ValueError("; ".join(message for message, holds in wrong.items() if holds))
    step = length or end - start
    return period, [_Span(start + n * step, start + (n + 1) * step) for n in range((end - start) // step)]


def _span_of(contact: Contact, spans: Sequence[_Span], counted_until: datetime) -> _Span | None:
    moment = connected_to_agent(contact)
    if moment is None or moment > counted_until or not spans[0].start <= moment < spans[-1].end:
        return None
    return spans[(moment - spans[0].start) // (spans[0].end - spans[0].start)]


def _filters(
    filters: Sequence[Mapping[str, Any]], instance_id: str, queues: Sequence[Queue]
) -> dict[str, set[str]]:
    for each in filters:
        if each.get("FilterKey") not in _KEYS or each.get("StringCondition") or not each.get("FilterValues"):
            raise ValueError(f"Filters: only {', '.join(_KEYS)} with FilterValues is played")
    by_key = {each["FilterKey"]: each["FilterValues"] for each in filters}
    values = sum(len(each["FilterValues"]) for each in filters if each["FilterKey"] != "CHANNEL")
    if len(by_key) < len(filters):
        raise ValueError("Filters: each FilterKey may be given once")
    if not any(key in by_key for key in _AUTHORISING):
        raise ValueError(
            "Filters needs at least one of QUEUE, AGENT and the other keys that authorise a request"
        )
    if len(by_key) > _MOST_KEYS or values > _MOST_VALUES:
        raise ValueError(
            f"Filters has {values} values, allowed are {_MOST_VALUES}, those of CHANNEL not counted"
        )
    asked = {key: set(values) for key, values in by_key.items()}
    if "QUEUE" in asked:
        asked["QUEUE"] = set(_queue_ids(asked["QUEUE"], instance_id, queues))
    return asked


def _queue_ids(values: Iterable[str], instance_id: str, queues: Sequence[Queue]) -> Iterator[str]:
    known = {queue.queue_id: queue for queue in queues}
    known |= {queue_arn(instance_id, queue): queue for queue in queues}
    for value in values:
        if value not in known:
            raise LookupError("Queue not found")
        if known[value].type == "AGENT":
            raise ValueError("Filters: agent queues are not supported")
        yield known[value].queue_id


def _groupings(groupings: Sequence[str]) -> Sequence[str]:
    if len(set(groupings)) < len(groupings) or not set(groupings) <= set(_KEYS):
        raise ValueError(f"Groupings: only {', '.join(_KEYS)} is played, each once")
    return groupings


def _metric_filter(metric: Mapping[str, Any]) -> Callable[[Contact], bool]:
    if metric.get("Name") != HANDLED or metric.get("Threshold") or metric.get("MetricId"):
        raise ValueError(f"Metrics: only {HANDLED} without a threshold is played")
    filters = metric.get("MetricFilters") or []
    for each in filters:
        if each.get("MetricFilterKey") != "INITIATION_METHOD" or not each.get("MetricFilterValues"):
            raise ValueError(f"MetricFilters: {HANDLED} knows INITIATION_METHOD only")
    return lambda contact: all(
        (contact["InitiationMethod"] in each["MetricFilterValues"]) is not each.get("Negate", False)
        for each in filters
    )


def _dimensions(groupings: Sequence[str], group: Sequence[str], arns: Mapping[str, str]) -> Mapping[str, str]:
    named = dict(zip(groupings, group, strict=True))
    arn = arns.get(named.get("QUEUE", ""))
    return named | ({"QUEUE_ARN": arn} if arn else {})
