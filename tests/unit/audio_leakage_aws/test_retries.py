"""What botocore does with our retries, as somebody sees it whom AWS throttles."""

import time
from itertools import chain, repeat
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError
from botocore.retries.bucket import TokenBucket

from audio_leakage_aws.retries import RETRIES

THROTTLED = (400, b'{"__type": "ThrottlingException"}')
FINE = (200, b'{"TableNames": []}')


class Aws:
    """A client that is answered without a network, and what it did about the answers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent = self.turns = 0
        self.answers: Any = repeat(FINE)
        self.client = boto3.client("dynamodb", region_name="af-south-1", config=RETRIES)
        self.client.meta.events.register("before-send.dynamodb", self._answer)
        monkeypatch.setattr(time, "sleep", lambda _: None)
        monkeypatch.setattr(TokenBucket, "acquire", self._wait_for_a_turn)

    def _answer(self, **_: Any) -> Any:  # noqa: ANN401  # botocore's types know of no answer here
        self.sent += 1
        status, content = next(self.answers)
        answer: Any = AWSResponse("https://dynamodb", status, HTTPHeaders(), None)
        answer._content = content
        return answer

    def _wait_for_a_turn(self) -> None:
        self.turns += 1


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    return Aws(monkeypatch)


def test_a_throttled_request_is_sent_four_times_and_then_fails(aws: Aws) -> None:
    aws.answers = repeat(THROTTLED)
    with pytest.raises(ClientError, match="ThrottlingException"):
        aws.client.list_tables()
    assert aws.sent == 4


def test_a_request_that_is_answered_at_the_fourth_try_succeeds(aws: Aws) -> None:
    aws.answers = chain([THROTTLED] * 3, [FINE])
    assert aws.client.list_tables()["TableNames"] == []


def test_a_client_that_was_throttled_once_waits_for_a_turn_before_each_further_request(aws: Aws) -> None:
    """Other applications draw on the same quotas. A client that only repeats its request takes theirs, too."""
    aws.client.list_tables()
    assert aws.turns == 0
    aws.answers = chain([THROTTLED], repeat(FINE))
    for _ in range(3):
        aws.client.list_tables()
    assert (aws.sent, aws.turns) == (5, 3)
