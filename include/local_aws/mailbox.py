"""The mails of the alert topic, on a page for a person to read."""

import json
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Self

from local_aws.server import LocalAws

#: Mails that the page shows; older ones are forgotten.
_MOST = 200
_RELOAD_SECONDS = 15
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta http-equiv="refresh" content="{seconds}"><title>{title}</title></head>
<body><h1>{title}</h1>{mails}</body>
</html>
"""
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Mail:
    """One message of the topic, as a subscriber gets it."""

    at: str
    subject: str
    text: str
    attributes: Mapping[str, str]


class Mailbox:
    """Subscribe to a topic, and serve what arrives as a page. Use it as a context manager.

    :param aws: where the topic is; it is created if it is not there.
    :param topic: its name.
    """

    def __init__(self, aws: LocalAws, topic: str) -> None:
        self._aws, self._topic = aws, topic
        self._mails: deque[Mail] = deque(maxlen=_MOST)
        self._lock = Lock()
        self.topic_arn = self._queue_url = ""

    def __enter__(self) -> Self:
        sns, sqs = self._aws.client("sns"), self._aws.client("sqs")
        self.topic_arn = sns.create_topic(Name=self._topic)["TopicArn"]
        self._queue_url = sqs.create_queue(QueueName=f"{self._topic}-mailbox")["QueueUrl"]
        asked = sqs.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=["QueueArn"])
        sns.subscribe(TopicArn=self.topic_arn, Protocol="sqs", Endpoint=asked["Attributes"]["QueueArn"])
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Address of the page."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    def mails(self) -> list[Mail]:
        """Return the mails that came so far, the newest first."""
        sqs, queue = self._aws.client("sqs"), self._queue_url
        with self._lock:
            while found := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
                for each in found:
                    self._mails.appendleft(_mail_of(json.loads(each["Body"])))
                    sqs.delete_message(QueueUrl=queue, ReceiptHandle=each["ReceiptHandle"])
            return list(self._mails)

    def page(self) -> str:
        """Return the page."""
        mails = self.mails()
        shown = "".join(map(_shown, mails)) or "<p>No mail has come yet.</p>"
        return _PAGE.format(seconds=_RELOAD_SECONDS, title="Mails of the monitor", mails=shown)


def _mail_of(message: Mapping[str, Any]) -> Mail:
    attributes = {name: str(each["Value"]) for name, each in message.get("MessageAttributes", {}).items()}
    return Mail(message["Timestamp"], message.get("Subject", ""), message["Message"], attributes)


def _shown(mail: Mail) -> str:
    about = ", ".join([mail.at, *(f"{name} {value}" for name, value in mail.attributes.items())])
    text = re.sub(r"https?://\S+", r'<a href="\g<0>">\g<0></a>', escape(mail.text))
    return f"<h2>{escape(mail.subject)}</h2><p>{escape(about)}</p><pre>{text}</pre>"


def _handler_of(mailbox: Mailbox) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # http.server's own name
            answer = mailbox.page().encode()
            self.send_response(200)
            for name, value in (*_HEADERS.items(), ("Content-Length", str(len(answer)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Log no request: the terminal is for the person."""

    return Handler
