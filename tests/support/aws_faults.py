"""AWS as it is on a bad day: moto behind a door at which some requests come to grief."""

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

#: HTTP status of the errors that AWS answers with.
STATUS = {
    "ExpiredTokenException": 400,
    "InternalServerError": 500,
    "ProvisionedThroughputExceededException": 400,
    "SlowDown": 503,
    "ThrottlingException": 400,
}
RESET_AFTER, UNPROCESSED, TOO_LATE = "ResetAfter", "Unprocessed", "TooLate"
KILL, KILL_AFTER = "Kill", "KillAfter"


@dataclass
class Fault:
    """What befalls requests: its kind, of which services or operations, and how many of them."""

    kind: str
    """A key of :data:`STATUS`; ``RESET`` or ``KILL`` before the request is done, or ``..._AFTER`` it was, its
    answer lost; ``CUT_OFF``, half an answer; ``TOO_LATE``, an answer when nobody waits for it any more;
    ``UNPROCESSED``, half a batch."""
    where: frozenset[str]
    """Operations such as ``Query``, or services such as ``s3``."""
    share: float = 1.0
    """So many of the requests, by the dice."""
    after: int = 0
    """So many of them go well first."""


@dataclass
class FaultyAws:
    """A second door to the AWS that moto plays in this process.

    :param patience: seconds after which a client waits no longer.
    :ivar struck: how many requests came to grief.
    :ivar pid: the process that ``KILL`` kills.
    """

    seed: int = 0
    faults: list[Fault] = field(default_factory=list)
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
        """Where it listens."""
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
        if kind in STATUS:
            return _error(service, kind)(environ, start_response)
        response = Response.from_app(self._moto, environ)
        if kind == KILL_AFTER:
            self._kill()
        if kind in (KILL_AFTER, RESET_AFTER):
            return _reset(environ, start_response)
        return self._spoilt(response, kind, body)(environ, start_response)

    def _spoilt(self, response: Response, kind: str | None, body: bytes) -> Response:
        """Return an answer that gets through as it is, too late, or in part."""
        if kind == TOO_LATE:
            time.sleep(1.5 * self.patience)
        if kind == CUT_OFF:
            return Response(response.get_data()[: len(response.get_data()) // 2], response.status)
        if kind == UNPROCESSED:
            return _half_processed(json.loads(body), json.loads(response.get_data()))
        return response

    def _kill(self) -> None:
        assert self.pid > 1, "no process is named to be killed"
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
    """Return service and operation; the credential scope names the one, header, body or path the other."""
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
        return Response(text, STATUS[code], mimetype="application/xml")
    if service == "sns":
        text = f"<ErrorResponse>{text}</ErrorResponse>"
        return Response(text, STATUS[code], mimetype="text/xml")
    told = {"__type": f"com.amazonaws#{code}", "message": "simulated"}
    return Response(json.dumps(told), STATUS[code], mimetype="application/x-amz-json-1.0")


def _reset(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return Response()(environ, start_response)


def _half_processed(asked: dict[str, Any], answer: dict[str, Any]) -> Response:
    """Answer for the first half of the keys and leave the rest for another request, as BatchGetItem may."""
    ((table, batch),) = asked["RequestItems"].items()
    half = (len(batch["Keys"]) + 1) // 2
    done = [key["ContactId"] for key in batch["Keys"][:half]]
    answer["Responses"][table] = [
        item for item in answer["Responses"].get(table, []) if item["ContactId"] in done
    ]
    if batch["Keys"][half:]:
        answer["UnprocessedKeys"] = {table: {**batch, "Keys": batch["Keys"][half:]}}
    return Response(json.dumps(answer), mimetype="application/x-amz-json-1.0")
