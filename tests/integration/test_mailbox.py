"""A person reads the mails of the topic on a page."""

from collections.abc import Iterator
from urllib.request import urlopen

import pytest

from local_aws.connect.contacts import StaticDirectory
from local_aws.connect.simulator import ConnectSimulator
from local_aws.mailbox import Mailbox
from local_aws.server import LocalAws
from support.fakes import INSTANCE_ID


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    connect = ConnectSimulator(INSTANCE_ID, StaticDirectory({}), recording_bucket="b", recording_prefix="p")
    with LocalAws(connect) as aws, Mailbox(aws, "alerts") as mailbox:
        yield mailbox


def send(mailbox: Mailbox, subject: str, text: str) -> None:
    event = {"event": {"DataType": "String", "StringValue": "TASK_FAILED"}}
    mailbox._aws.client("sns").publish(
        TopicArn=mailbox.topic_arn, Subject=subject, Message=text, MessageAttributes=event
    )


def page(mailbox: Mailbox) -> str:
    with urlopen(mailbox.url, timeout=30) as answer:
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
        return str(answer.read().decode())


def test_without_mails_the_page_says_so(mailbox: Mailbox) -> None:
    assert "No mail has come yet." in page(mailbox)


def test_the_page_shows_the_newest_mail_first_and_keeps_the_others(mailbox: Mailbox) -> None:
    send(mailbox, "first", "one")
    assert "first" in page(mailbox)
    send(mailbox, "second", "two")
    shown = page(mailbox)
    assert shown.index("second") < shown.index("first")
    assert "event TASK_FAILED" in shown


def test_a_mail_is_shown_as_text_with_links(mailbox: Mailbox) -> None:
    send(mailbox, "<b>subject</b>", "<script>x</script>\nLook: http://127.0.0.1:1/audio-leakage/?a=1&b=2")
    shown = page(mailbox)
    assert "<script>" not in shown
    assert "<b>" not in shown
    assert '<a href="http://127.0.0.1:1/audio-leakage/?a=1&amp;b=2">' in shown
