"""SearchContacts: what it finds, what it shows of it, and what it refuses.

Sources: the service model, and docs/amazon-connect.md, "Reading a contact".
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from botocore.model import ListShape, MapShape, Shape, StructureShape

from local_aws.connect.contacts import Contact, connected_to_agent
from local_aws.connect.delays import Delay
from local_aws.connect.limits import check_limits, service_model
from local_aws.connect.tokens import page_of, start_of

OPERATION = "SearchContacts"
#: What the console limits a search to.
MOST_RESULTS, LONGEST_RANGE = 10_000, timedelta(weeks=8)

#: Where each kind of time range, and of order, finds its timestamp.
_TIME_RANGES: Mapping[str, Callable[[Contact], datetime | None]] = {
    "INITIATION_TIMESTAMP": lambda contact: contact.get("InitiationTimestamp"),
    "SCHEDULED_TIMESTAMP": lambda contact: contact.get("ScheduledTimestamp"),
    "CONNECTED_TO_AGENT_TIMESTAMP": connected_to_agent,
    "DISCONNECT_TIMESTAMP": lambda contact: contact.get("DisconnectTimestamp"),
    "ENQUEUE_TIMESTAMP": lambda contact: contact.get("QueueInfo", {}).get("EnqueueTimestamp"),
}
#: The criteria that we play, and where each finds its value. A search by another one is refused.
_CRITERIA: Mapping[str, Callable[[Contact], Any]] = {
    "Channels": lambda contact: contact["Channel"],
    "InitiationMethods": lambda contact: contact["InitiationMethod"],
    "AgentIds": lambda contact: contact.get("AgentInfo", {}).get("Id"),
    "QueueIds": lambda contact: contact.get("QueueInfo", {}).get("Id"),
}


def search(
    query: Mapping[str, Any],
    contacts: Iterable[Contact],
    now: datetime,
    delay: Delay,
    counted_up_to: int | None,
) -> Mapping[str, Any]:
    """Return one page of SearchContacts.

    :param query: members of the request, as they came over the wire.
    :param contacts: every contact that Connect knows now.
    :param now: aware.
    :param delay: until a searchable contact shows up.
    :param counted_up_to: ``TotalCount`` never says more; None: it says the number, whatever it is.
    :raises ValueError: names what the request may not ask for.
    """
    check_limits(OPERATION, query)
    start, end = _bounds(query["TimeRange"])
    criteria = _criteria(query.get("SearchCriteria") or {})
    moment_of = _TIME_RANGES[query["TimeRange"]["Type"]]
    found = [
        contact
        for contact in contacts
        if (moment := moment_of(contact)) is not None
        and start <= moment <= end
        and all(value_of(contact) in values for value_of, values in criteria)
        and _is_searchable(contact, now - delay.of(contact["Id"]))
    ]
    found = _in_order(found, query.get("Sort"), moment_of)
    size = query.get("MaxResults") or 100
    if start_of(OPERATION, query) + size > MOST_RESULTS:
        raise ValueError(f"a search shows at most {MOST_RESULTS} contacts")
    page, more = page_of(OPERATION, query, found, size)
    total = len(found) if counted_up_to is None else min(len(found), counted_up_to)
    return {"Contacts": [_shown(contact) for contact in page], "TotalCount": total, **more}


def _bounds(time_range: Mapping[str, Any]) -> tuple[datetime, datetime]:
    start, end = (datetime.fromtimestamp(time_range[bound], UTC) for bound in ("StartTime", "EndTime"))
    if end < start or end - start > LONGEST_RANGE:
        raise ValueError("TimeRange must be at most eight weeks long and must not end before it starts")
    return start, end


def _criteria(criteria: Mapping[str, Any]) -> list[tuple[Callable[[Contact], Any], list[str]]]:
    unknown = [name for name, value in criteria.items() if value and name not in _CRITERIA]
    if unknown:
        raise ValueError(f"SearchCriteria: {', '.join(unknown)} is not played, only {', '.join(_CRITERIA)}")
    return [(_CRITERIA[name], values) for name, values in criteria.items() if values]


def _is_searchable(contact: Contact, indexed_until: datetime) -> bool:
    """Voice shows up once an agent is connected or the contact has ended, other channels at once."""
    if contact["Channel"] != "VOICE":
        return bool(contact["InitiationTimestamp"] <= indexed_until)
    moments = (connected_to_agent(contact), contact.get("DisconnectTimestamp"))
    return any(moment <= indexed_until for moment in moments if moment)


def _in_order(
    found: list[Contact], sort: Mapping[str, str] | None, searched: Callable[[Contact], datetime | None]
) -> list[Contact]:
    """Sort by a timestamp; contacts without it come last, and equal ones by their ID."""
    field = sort["FieldName"] if sort else None
    if field is not None and field not in _TIME_RANGES:
        raise ValueError(f"Sort: {field} is not played, only {', '.join(_TIME_RANGES)}")
    moment_of = _TIME_RANGES[field] if field else searched
    descending = sort is not None and sort["Order"] == "DESCENDING"
    dated = [contact for contact in found if moment_of(contact)]
    dated.sort(key=lambda contact: (cast("datetime", moment_of(contact)), contact["Id"]), reverse=descending)
    return dated + [contact for contact in found if not moment_of(contact)]


def _shown(contact: Contact) -> Mapping[str, Any]:
    """Return what a search shows of a contact: the members of the service model's search result."""
    output = cast("StructureShape", service_model().operation_model(OPERATION).output_shape)
    result = cast("ListShape", output.members["Contacts"]).member
    return cast("Mapping[str, Any]", _members_of(result, contact))


def _members_of(shape: Shape, value: Any) -> Any:  # noqa: ANN401  # JSON
    match shape, value:
        case StructureShape(), dict():
            return dict(_known(shape, value))
        case ListShape(), list() | tuple():
            return [_members_of(shape.member, each) for each in value]
        case MapShape(), dict():
            return {name: _members_of(shape.value, each) for name, each in value.items()}
    return value


def _known(shape: StructureShape, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, part in shape.members.items():
        if value.get(name) is not None:
            yield name, _members_of(part, value[name])
