"""Amazon Connect over HTTP, in its own wire format, for the operations that moto does not have.

Paths, members and errors follow botocore's service model; what is searchable and what a search result
carries follow docs/amazon-connect.md, "Reading a contact".
"""

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, Self

from flask import Flask, Response, jsonify, request
from werkzeug.serving import BaseWSGIServer, make_server

from local_aws.connect.faults import CUT_OFF, NOT_JSON, RESET, STATUS, Faults
from local_aws.connect.limits import check_limits
from local_aws.connect.quotas import ACCOUNT_QUOTAS, TokenBucket

Contact = Mapping[str, Any]

#: Where each kind of SearchContacts' time range finds its timestamp.
_TIME_RANGES: Mapping[str, Callable[[Contact], datetime | None]] = {
    "INITIATION_TIMESTAMP": lambda contact: contact.get("InitiationTimestamp"),
    "SCHEDULED_TIMESTAMP": lambda contact: contact.get("ScheduledTimestamp"),
    "CONNECTED_TO_AGENT_TIMESTAMP": lambda contact: contact.get("AgentInfo", {}).get(
        "ConnectedToAgentTimestamp"
    ),
    "DISCONNECT_TIMESTAMP": lambda contact: contact.get("DisconnectTimestamp"),
    "ENQUEUE_TIMESTAMP": lambda contact: contact.get("QueueInfo", {}).get("EnqueueTimestamp"),
}
#: What the console limits a search to (docs/amazon-connect.md, "Reading a contact").
_MOST_RESULTS = 10_000
_SEARCH_RESULT = (
    "Arn",
    "Id",
    "InitialContactId",
    "PreviousContactId",
    "InitiationMethod",
    "Channel",
    "QueueInfo",
    "InitiationTimestamp",
    "DisconnectTimestamp",
    "ScheduledTimestamp",
)


class ContactDirectory(Protocol):
    """Where the simulator gets its contacts from."""

    def describe(self, contact_id: str, at: datetime) -> Contact | None:
        """Return ``Contact`` as DescribeContact answers it at a time; None while it is not known."""
        ...

    def contacts(self, at: datetime) -> Iterable[Contact]:
        """Return every contact that is known at a time."""
        ...


class StaticDirectory(dict[str, Contact]):
    """Contacts by id that are the same at any time; changing the dict changes the answers."""

    def describe(self, contact_id: str, at: datetime) -> Contact | None:  # noqa: ARG002
        """Return the contact, if there is one."""
        return self.get(contact_id)

    def contacts(self, at: datetime) -> Iterable[Contact]:  # noqa: ARG002
        """Return all of them."""
        return list(self.values())


class ConnectSimulator:
    """One instance of Amazon Connect on a port of this machine.

    :param instance_id: the only instance there is.
    :param directory: its contacts.
    :param recording_bucket: what ListInstanceStorageConfigs names, with ``recording_prefix``.
    :param quotas: requests a second and burst by operation; beyond them the answer is 429.
    :param latency_seconds: how long every answer takes.
    :param indexing_delay: how long a contact that is searchable does not show up yet.
    :param host: the address it listens on.
    :param port: its port; 0 takes one that is free.
    """

    def __init__(  # noqa: PLR0913  # what can be set, by name
        self,
        instance_id: str,
        directory: ContactDirectory,
        *,
        recording_bucket: str,
        recording_prefix: str,
        quotas: Mapping[str, tuple[float, float]] = ACCOUNT_QUOTAS,
        latency_seconds: float = 0.0,
        indexing_delay: timedelta = timedelta(0),
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.instance_id = instance_id
        self.directory = directory
        self.storage = {"BucketName": recording_bucket, "BucketPrefix": recording_prefix}
        self.latency_seconds = latency_seconds
        self.indexing_delay = indexing_delay
        self.faults = Faults()
        self.calls: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._address = host, port
        self._quotas = quotas
        self._buckets: dict[str, TokenBucket] = {}
        self._server: BaseWSGIServer | None = None

    def __enter__(self) -> Self:
        self._server = make_server(*self._address, _app(self), threaded=True)
        threading.Thread(target=self._server.serve_forever, name="connect-simulator", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    @property
    def endpoint_url(self) -> str:
        """Where it listens."""
        assert self._server, "the simulator is not running"  # noqa: S101
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer(
        self,
        operation: str,
        instance_id: str,
        act: Callable[[], Mapping[str, Any]],
        contact_id: str | None = None,
    ) -> Response:
        """Answer one request as the account's quotas, the waiting faults and the operation have it."""
        time.sleep(self.latency_seconds)
        if not self._buckets.setdefault(operation, TokenBucket(*self._quotas[operation])).take():
            self.refused[operation] += 1
            return _error("ThrottlingException", "Rate exceeded")
        self.calls[operation] += 1
        code = self.faults.strike(operation, contact_id)
        if code:
            return _fault(code)
        if instance_id != self.instance_id:
            return _error("ResourceNotFoundException", "Instance not found")
        try:
            return jsonify(_on_the_wire(act()))
        except LookupError as error:
            return _error("ResourceNotFoundException", str(error))
        except ValueError as error:
            return _error("InvalidParameterException", str(error))


def _app(connect: ConnectSimulator) -> Flask:
    app = Flask("connect-simulator")

    @app.get("/contacts/<instance_id>/<contact_id>")
    def describe_contact(instance_id: str, contact_id: str) -> Response:
        def act() -> Mapping[str, Any]:
            check_limits("DescribeContact", {"InstanceId": instance_id, "ContactId": contact_id})
            contact = connect.directory.describe(contact_id, datetime.now(UTC))
            if contact is None:
                raise LookupError("Contact not found")
            return {"Contact": contact}

        return connect.answer("DescribeContact", instance_id, act, contact_id)

    @app.post("/search-contacts")
    def search_contacts() -> Response:
        query = request.get_json(force=True)
        return connect.answer("SearchContacts", query["InstanceId"], lambda: _search(connect, query))

    @app.get("/instance/<instance_id>/storage-configs")
    def list_instance_storage_configs(instance_id: str) -> Response:
        kind = request.args.get("resourceType")
        config = {"AssociationId": "1", "StorageType": "S3", "S3Config": connect.storage}
        return connect.answer(
            "ListInstanceStorageConfigs",
            instance_id,
            lambda: {"StorageConfigs": [config] if kind == "CALL_RECORDINGS" else []},
        )

    return app


def _search(connect: ConnectSimulator, query: Mapping[str, Any]) -> Mapping[str, Any]:
    check_limits("SearchContacts", query)
    time_range = query["TimeRange"]
    start, end = (datetime.fromtimestamp(time_range[bound], UTC) for bound in ("StartTime", "EndTime"))
    if end < start or end - start > timedelta(weeks=8):
        raise ValueError("TimeRange must be at most eight weeks long and must not end before it starts")
    moment_of = _TIME_RANGES[time_range["Type"]]
    now = datetime.now(UTC)
    found = [
        contact
        for contact in connect.directory.contacts(now)
        if _searchable(contact, now - connect.indexing_delay)
        and (moment := moment_of(contact)) is not None
        and start <= moment <= end
        and _meets(contact, query.get("SearchCriteria") or {})
    ]
    descending = (query.get("Sort") or {}).get("Order") == "DESCENDING"
    found.sort(key=lambda contact: (moment_of(contact), contact["Id"]), reverse=descending)
    first, size = int(query.get("NextToken") or 0), query.get("MaxResults") or 100
    if first + size > _MOST_RESULTS:
        raise ValueError(f"a search shows at most {_MOST_RESULTS} contacts")
    page: dict[str, Any] = {
        "Contacts": [_search_result(contact) for contact in found[first : first + size]],
        "TotalCount": len(found),
    }
    return page | ({"NextToken": str(first + size)} if first + size < len(found) else {})


def _searchable(contact: Contact, indexed_until: datetime) -> bool:
    """Voice shows up once an agent is connected or the contact has ended, other channels at once."""
    if contact["Channel"] != "VOICE":
        return bool(contact["InitiationTimestamp"] <= indexed_until)
    moments = (_TIME_RANGES["CONNECTED_TO_AGENT_TIMESTAMP"](contact), contact.get("DisconnectTimestamp"))
    return any(moment <= indexed_until for moment in moments if moment)


def _meets(contact: Contact, criteria: Mapping[str, Any]) -> bool:
    asked = {
        "Channels": contact["Channel"],
        "InitiationMethods": contact["InitiationMethod"],
        "AgentIds": contact.get("AgentInfo", {}).get("Id"),
        "QueueIds": contact.get("QueueInfo", {}).get("Id"),
    }
    return all(value in criteria[name] for name, value in asked.items() if criteria.get(name))


def _search_result(contact: Contact) -> Contact:
    result = {name: contact[name] for name in _SEARCH_RESULT if name in contact}
    agent = {
        name: value
        for name, value in contact.get("AgentInfo", {}).items()
        if name in ("Id", "ConnectedToAgentTimestamp")
    }
    return result | ({"AgentInfo": agent} if agent else {})


def _error(code: str, message: str) -> Response:
    response = jsonify({"Message": message})
    response.status_code = STATUS[code]
    response.headers["x-amzn-ErrorType"] = code
    return response


def _fault(code: str) -> Response:
    if code == CUT_OFF:
        return jsonify({})
    if code == NOT_JSON:
        return Response("<html>", mimetype="application/json")
    if code == RESET:
        request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return Response()
    return _error(code, f"simulated {code}")


def _on_the_wire(value: Any) -> Any:  # noqa: ANN401  # JSON
    """Write times as Connect does: seconds since the epoch, with milliseconds."""
    match value:
        case datetime():
            return value.timestamp()
        case Mapping():
            return {name: _on_the_wire(member) for name, member in value.items() if member is not None}
        case list() | tuple():
            return [_on_the_wire(member) for member in value]
    return value
