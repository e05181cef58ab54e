"""Faults of AWS: a server in front of moto that makes some requests fail."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from io import BytesIO
from random import Random
from typing import Any, Self
from urllib.parse import parse_qs

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.wrappers import Request, Response

from local_aws.connect.faults import CUT_OFF, RESET

#: HTTP status of AWS's errors, by error code.
ERROR_STATUS = {
    "AccessDeniedException": 400,
    "AuthorizationError": 403,
    "ExpiredTokenException": 400,
    "InternalServerError": 500,
    "ProvisionedThroughputExceededException": 400,
    "SlowDown": 503,
    "ThrottlingException": 400,
}
RESET_AFTER, UNPROCESSED, TOO_LATE = "ResetAfter", "Unprocessed", "TooLate"
KILL, KILL_AFTER = "Kill", "KillAfter"


@dataclass
class AwsFault:
    """One kind of fault, the requests it hits, and how many of them."""

    kind: str
    """A key of :data:`ERROR_STATUS`, or one of these: ``RESET`` and ``KILL`` strike before moto handles the request,
    ``RESET_AFTER`` and ``KILL_AFTER`` strike after it, so that the answer is lost. ``CUT_OFF`` is half an answer,
    ``TOO_LATE`` an answer after the client's time-out, ``UNPROCESSED`` half a batch."""
    where: frozenset[str]
    """Operations such as ``Query``, or services such as ``s3``."""
    share: float = 1.0
    """Share of the requests that fail, at random."""
    after: int = 0
    """Number of requests that succeed first."""


@dataclass
class FaultyAws:
    """Serve the AWS that moto runs in this process, with faults.

    :param seed: seed of the random choice of requests.
    :param faults: the faults; the first that hits a request counts.
    :param patience: the client's time-out, in seconds.
    :ivar struck: number of requests that a fault hit.
    :ivar pid: the process that ``KILL`` kills.
    """

    seed: int = 0
    faults: list[AwsFault] = field(default_factory=list)
    struck: int = 0
    pid: int = 0
    patience: float = 60

    def __enter__(self) -> Self:
        self._dice = Random(self.seed)
        self._lock = threading.Lock()
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server: BaseWSGIServer = make_server("127.0.0.1", 0, self._answer, threaded=True)
        threading.Thread(target=self._server.serve_forever, name="faulty-aws", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def endpoint_url(self) -> str:
        """Address of the server."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        body = request.get_data()
        environ["wsgi.input"] = BytesIO(body)
        service, operation = _what(request, body)
        kind = self._strikes(service, operation)
        if kind == KILL:
            self._kill()
        if kind in (KILL, RESET):
            return _reset(environ, start_response)
        if kind in ERROR_STATUS:
            return _error(service, kind)(environ, start_response)
        response = Response.from_app(self._moto, environ)
        if kind == KILL_AFTER:
            self._kill()
        if kind in (KILL_AFTER, RESET_AFTER):
            return _reset(environ, start_response)
        return self._spoilt(response, kind, body)(environ, start_response)

    def _spoilt(self, response: Response, kind: str | None, body: bytes) -> Response:
        """Return moto's answer: unchanged, too late, or in part."""
        if kind == TOO_LATE:
            time.sleep(1.5 * self.patience)
        if kind == CUT_OFF:
            return Response(response.get_data()[: len(response.get_data()) // 2], response.status)
        if kind == UNPROCESSED:
            return _half_processed(json.loads(body), json.loads(response.get_data()))
        return response

    def _kill(self) -> None:
        assert self.pid > 1, "set pid to the process to kill"
        os.kill(self.pid, signal.SIGKILL)

    def _strikes(self, service: str, operation: str) -> str | None:
        with self._lock:
            for fault in self.faults:
                if fault.where.isdisjoint({service, operation}):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                elif self._dice.random() < fault.share:
                    self.struck += 1
                    return fault.kind
        return None


def _what(request: Request, body: bytes) -> tuple[str, str]:
    """Return service and operation. The credential scope names the service; header, body or path the operation."""
    scope = request.headers.get("Authorization", "").partition("Credential=")[2].split("/")
    service = scope[3] if len(scope) > 3 else ""
    target = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    if target:
        return service, target
    if service == "s3":
        return service, "ListObjectsV2" if request.args.get("list-type") else "ListObjectVersions"
    return service, next(iter(parse_qs(body.decode("latin-1")).get("Action", [])), request.path)


def _error(service: str, code: str) -> Response:
    text = f"<Error><Code>{code}</Code><Message>simulated</Message></Error>"
    if service == "s3":
        return Response(text, ERROR_STATUS[code], mimetype="application/xml")
    if service == "sns":
        text = f"<ErrorResponse>{text}</ErrorResponse>"
        return Response(text, ERROR_STATUS[code], mimetype="text/xml")
    error = {"__type": f"com.amazonaws#{code}", "message": "simulated"}
    return Response(json.dumps(error), ERROR_STATUS[code], mimetype="application/x-amz-json-1.0")


def _reset(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return Response()(environ, start_response)


def _half_processed(asked: dict[str, Any], answer: dict[str, Any]) -> Response:
    """Answer for the first half of the keys and leave the rest unprocessed, as BatchGetItem may do."""
    ((table, batch),) = asked["RequestItems"].items()
    half = (len(batch["Keys"]) + 1) // 2
    done = [key["ContactId"] for key in batch["Keys"][:half]]
    answer["Responses"][table] = [
        item for item in answer["Responses"].get(table, []) if item["ContactId"] in done
    ]
    if batch["Keys"][half:]:
        answer["UnprocessedKeys"] = {table: {**batch, "Keys": batch["Keys"][half:]}}
    return Response(json.dumps(answer), mimetype="application/x-amz-json-1.0")
