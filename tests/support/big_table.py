"""A DynamoDB that answers like a contact table with 100,000 contacts a day."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

PER_HOUR = 4_167
#: Items per page: DynamoDB reads a megabyte per page, and a judged contact has 1.3 KB.
PER_PAGE = 800
PAGES_PER_HOUR = -(-PER_HOUR // PER_PAGE)


class BigTable:
    """Answer queries and record them. Queries for older hours wait until :attr:`older_hours` is set."""

    def __init__(self) -> None:
        self.questions: list[tuple[str, str | None, str]] = []  # operation, index, partition
        self.older_hours = threading.Event()
        self.newest: str | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.older_hours.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def pages_of(self, index: str) -> list[str]:
        """Return the partition of each requested page of an index."""
        return [partition for _, asked, partition in self.questions if asked == index]

    def answer(self, operation: str, question: dict[str, Any]) -> dict[str, Any]:
        values = [value["S"] for value in question.get("ExpressionAttributeValues", {}).values()]
        partition = values[0] if values else ""
        self.questions.append((operation, question.get("IndexName"), partition))
        if question.get("IndexName") != "contacts-by-hour":
            return {"Items": [], "Count": 0}
        self.newest = self.newest or partition
        if partition != self.newest:
            self.older_hours.wait(timeout=60)
        first = int(question.get("ExclusiveStartKey", {}).get("Place", {"N": "0"})["N"])
        places = range(first, min(first + PER_PAGE, PER_HOUR))
        items = [_item(partition, place) for place in places]
        more = {"LastEvaluatedKey": {"Place": {"N": str(places.stop)}}} if places.stop < PER_HOUR else {}
        return {"Items": items, "Count": len(items), **more}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        table = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer = table.answer(self.headers["X-Amz-Target"].partition(".")[2], question)
                body = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/x-amz-json-1.0")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        return Handler


def _item(hour: str, place: int) -> dict[str, Any]:
    """Return a contact. Every hundredth one leaked."""
    leaked = place % 100 == 0
    moment = f"{hour}:{place % 60:02d}"
    item = {
        "ContactId": f"{hour[2:4]}{hour[5:7]}{hour[8:10]}{hour[11:13]}-0000-4000-8000-{place:012d}",
        "State": "COMPLETED - AGENT",
        "RecordedState": "CALL_RECORDED_FAILURE" if leaked else "CALL_RECORDED_SUCCESS",
        "FailureCause": "NO_OBJECT" if leaked else None,
        "Channel": "VOICE",
        "InitiationMethod": "INBOUND",
        "InitialisedAt": f"{moment}:01.000Z",
        "InitiationTimestamp": f"{moment}:00.000Z",
        "ConnectedToAgentTimestamp": f"{moment}:20.000Z",
        "DisconnectTimestamp": f"{moment}:50.000Z",
        "RecordedAt": None if leaked else f"{moment}:55.000Z",
        "RecordingLocation": None if leaked else f"acme/connect/CallRecordings/2023/08/29/{place:012d}.wav",
        "AgentId": "59ede75e-26d7-44f9-bf20-32e6bfc378af",
        "QueueId": "54b468a3-86b1-4746-aeb5-c31b62eecaa2",
    }
    return {name: {"S": value} for name, value in item.items() if value}
