"""Answers of AWS that are no answers: an error of the domain, whatever botocore's parser makes of them."""

import traceback
from collections.abc import Iterable, Iterator
from threading import Thread
from typing import Any

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from audio_leakage.contacts.snapshot import ContactSnapshot
from audio_leakage.errors import AwsError, InvalidContact, ServiceUnavailable, SetupError
from audio_leakage_hooks.connect import ConnectHook
from audio_leakage_hooks.recording_bucket import RecordingBucketHook
from support.fakes import CONTACT_ID, INSTANCE_ID, MARK


class Garbling:
    """An AWS that always answers the same."""

    body = ""
    status = 200

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401  # WSGI's
        kind = "application/xml" if self.body.startswith("<") else "application/json"
        return Response(self.body, self.status, content_type=kind)(environ, start_response)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Garbling]:
    garbling = Garbling()
    server = make_server("127.0.0.1", 0, garbling, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    yield garbling
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "7",
        "null",
        f'"{MARK}"',
        '{"Contact": 7}',
        f'{{"Contact": ["{MARK}"]}}',
        '{"Contact": {"InitiationTimestamp": 1e300}}',
        '{"Contact": {"InitiationTimestamp": NaN}}',
        f'{{"Contact": {{"InitiationTimestamp": "{MARK}"}}}}',
        '{"Contact": {"InitiationTimestamp": {}}}',
        '{"Contact": {"Recordings": 7}}',
        '{"Contact": {"Recordings": [7]}}',
        '{"Contact": {"AgentInfo": "x"}}',
        '{"Contact": {"Id": ',
        "<html></html>",
        '{"Contact": ' + "[" * 5_000 + "]" * 5_000 + "}",
    ],
    ids=lambda body: body[:50],
)
def test_an_answer_of_another_shape_is_an_error_of_the_domain(aws: Garbling, body: str) -> None:
    aws.body = body
    with pytest.raises((ServiceUnavailable, InvalidContact)) as refused:
        ContactSnapshot.from_answer(
            CONTACT_ID, ConnectHook(aws_conn_id=None).describe_contact(INSTANCE_ID, CONTACT_ID)
        )
    assert MARK not in str(refused.value)


def test_an_html_page_in_place_of_a_listing_is_not_quoted(aws: Garbling) -> None:
    aws.body = f"<html>\n{'x' * 10_000} {MARK}"
    with pytest.raises(ServiceUnavailable) as refused:
        list(RecordingBucketHook(aws_conn_id=None).list_objects("recordings", "x"))
    assert len(str(refused.value)) < 500
    assert "\n" not in str(refused.value)
    assert MARK not in str(refused.value)


@pytest.mark.parametrize(
    "body",
    [
        f"<html>{MARK}",
        f'{{"Contact": {{"CustomerEndpoint": {{"Address": "{MARK}"',
        f'{{"__type": "OddException", "message": "the caller is {MARK}"}}',
        f'{{"__type": "{MARK}"}}',
    ],
)
def test_a_refusal_by_connect_is_not_quoted(aws: Garbling, body: str) -> None:
    aws.body, aws.status = body, 400
    with pytest.raises(SetupError, match="was refused: ") as refused:
        ConnectHook(aws_conn_id=None).describe_contact(INSTANCE_ID, CONTACT_ID)
    assert MARK not in "".join(traceback.format_exception(refused.value))


def test_an_unreadable_listing_is_not_quoted(aws: Garbling) -> None:
    aws.body, aws.status = f"<Error><Code>Odd {MARK}", 400
    with pytest.raises(AwsError) as refused:
        list(RecordingBucketHook(aws_conn_id=None).list_objects("recordings", "x"))
    assert MARK not in "".join(traceback.format_exception(refused.value))


def test_an_unexpected_error_does_not_pass_for_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken(**_: object) -> None:
        raise KeyError("ours")

    hook = ConnectHook(aws_conn_id=None)
    monkeypatch.setattr(hook.conn, "describe_contact", mistaken)
    with pytest.raises(KeyError):
        hook.describe_contact(INSTANCE_ID, CONTACT_ID)
