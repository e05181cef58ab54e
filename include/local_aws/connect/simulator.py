"""Amazon Connect over HTTP, in its own wire format, for the operations that moto does not have.

Paths, members and errors follow botocore's service model.
"""

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Self

from flask import Flask, Response, jsonify, request
from werkzeug.serving import BaseWSGIServer, make_server

from local_aws.connect.contacts import ContactDirectory
from local_aws.connect.delays import NO_DELAY, Delay
from local_aws.connect.faults import CUT_OFF, NOT_JSON, RESET, STATUS, Faults
from local_aws.connect.flows import (
    InstanceFlows,
    NotPublished,
    describe_flow,
    list_flow_associations,
    search_flows,
)
from local_aws.connect.instance import InstanceConfiguration, instance_attribute, list_storage_configs
from local_aws.connect.limits import check_limits
from local_aws.connect.metric_data import instance_of, metric_data
from local_aws.connect.queue_listing import list_queues, search_queues
from local_aws.connect.quotas import ACCOUNT_QUOTAS, TokenBucket
from local_aws.connect.search import search


class ConnectSimulator:
    """One instance of Amazon Connect on a port of this machine.

    :param instance_id: the only instance there is.
    :param directory: its contacts.
    :param recording_bucket: what ListInstanceStorageConfigs names, with ``recording_prefix``.
    :param quotas: requests a second and burst by operation; beyond them the answer is 429.
    :param latency_seconds: how long every answer takes.
    :param indexing_delay: until a contact that is searchable shows up in a search.
    :param metrics_delay: until a contact whose agent is connected is counted in a metric.
    :param counted_up_to: SearchContacts' ``TotalCount`` never says more; None: it says the number.
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
        indexing_delay: Delay = NO_DELAY,
        metrics_delay: Delay = NO_DELAY,
        counted_up_to: int | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.instance_id = instance_id
        self.directory = directory
        self.storage = {"BucketName": recording_bucket, "BucketPrefix": recording_prefix}
        self.configuration = InstanceConfiguration([self.storage])
        self.flows = InstanceFlows()
        self.latency_seconds = latency_seconds
        self.indexing_delay = indexing_delay
        self.metrics_delay = metrics_delay
        self.counted_up_to = counted_up_to
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
            not_published = isinstance(error, NotPublished)
            code = "ContactFlowNotPublishedException" if not_published else "ResourceNotFoundException"
            return _error(code, str(error))
        except ValueError as error:
            return _error("InvalidParameterException", str(error))


def _app(connect: ConnectSimulator) -> Flask:
    app = Flask("connect-simulator")
    for add_routes in (_add_contacts, _add_queues, _add_storage, _add_flows):
        add_routes(app, connect)
    return app


def _add_contacts(app: Flask, connect: ConnectSimulator) -> None:
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

        def act() -> Mapping[str, Any]:
            now = datetime.now(UTC)
            contacts = connect.directory.contacts(now)
            return search(query, contacts, now, connect.indexing_delay, connect.counted_up_to)

        return connect.answer("SearchContacts", str(query.get("InstanceId")), act)

    @app.post("/metrics/data")
    def get_metric_data_v2() -> Response:
        query = request.get_json(force=True)

        def act() -> Mapping[str, Any]:
            now, directory = datetime.now(UTC), connect.directory
            return metric_data(query, directory.contacts(now), directory.queues, now, connect.metrics_delay)

        return connect.answer("GetMetricDataV2", instance_of(query), act)


def _add_queues(app: Flask, connect: ConnectSimulator) -> None:
    @app.get("/queues-summary/<instance_id>")
    def list_queues_(instance_id: str) -> Response:
        query = {"InstanceId": instance_id, **_queue_query()}
        return connect.answer(
            "ListQueues", instance_id, lambda: list_queues(instance_id, connect.directory.queues, query)
        )

    @app.post("/search-queues")
    def search_queues_() -> Response:
        query = request.get_json(force=True)
        return connect.answer(
            "SearchQueues",
            str(query.get("InstanceId")),
            lambda: search_queues(connect.directory.queues, query),
        )


def _add_storage(app: Flask, connect: ConnectSimulator) -> None:
    @app.get("/instance/<instance_id>/storage-configs")
    def list_instance_storage_configs(instance_id: str) -> Response:
        kind = {"ResourceType": request.args["resourceType"]} if "resourceType" in request.args else {}
        query = {"InstanceId": instance_id, **kind, **_page_query()}
        storage = connect.configuration.storage
        return connect.answer(
            "ListInstanceStorageConfigs", instance_id, lambda: list_storage_configs(storage, query)
        )

    @app.get("/instance/<instance_id>/attribute/<attribute_type>")
    def describe_instance_attribute(instance_id: str, attribute_type: str) -> Response:
        query = {"InstanceId": instance_id, "AttributeType": attribute_type}
        attributes = connect.configuration.attributes
        return connect.answer(
            "DescribeInstanceAttribute", instance_id, lambda: instance_attribute(attributes, query)
        )


def _add_flows(app: Flask, connect: ConnectSimulator) -> None:
    for kind in ("ContactFlow", "ContactFlowModule"):
        _add_flows_of_kind(app, connect, kind)

    @app.get("/flow-associations-summary/<instance_id>")
    def list_flow_associations_(instance_id: str) -> Response:
        kind = {"ResourceType": request.args["ResourceType"]} if "ResourceType" in request.args else {}
        query = {"InstanceId": instance_id, **kind, **_page_query()}
        return connect.answer(
            "ListFlowAssociations",
            instance_id,
            lambda: list_flow_associations(instance_id, connect.flows, query),
        )


def _add_flows_of_kind(app: Flask, connect: ConnectSimulator, kind: str) -> None:
    modules = kind == "ContactFlowModule"
    path = "contact-flow-modules" if modules else "contact-flows"

    @app.post(f"/search-{path}", endpoint=f"search-{path}")
    def search() -> Response:
        query = request.get_json(force=True)
        instance_id = str(query.get("InstanceId"))
        return connect.answer(
            f"Search{kind}s",
            instance_id,
            lambda: search_flows(instance_id, connect.flows, query, modules=modules),
        )

    @app.get(f"/{path}/<instance_id>/<flow_id>", endpoint=f"describe-{path}")
    def describe(instance_id: str, flow_id: str) -> Response:
        query = {"InstanceId": instance_id, f"{kind}Id": flow_id}
        return connect.answer(
            f"Describe{kind}",
            instance_id,
            lambda: describe_flow(instance_id, connect.flows, query, modules=modules),
        )


def _queue_query() -> Mapping[str, Any]:
    """Return the members of ListQueues that come in the address."""
    asked = request.args
    return {
        **({"QueueTypes": asked.getlist("queueTypes")} if "queueTypes" in asked else {}),
        **_page_query(),
    }


def _page_query() -> Mapping[str, Any]:
    """Return the members about pages that come in the address."""
    asked = request.args
    return {
        **({"MaxResults": asked.get("maxResults", type=int)} if "maxResults" in asked else {}),
        **({"NextToken": asked["nextToken"]} if "nextToken" in asked else {}),
    }


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
