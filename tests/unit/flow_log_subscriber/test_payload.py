import base64
import gzip
import json
import traceback
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flow_log_subscriber.payload import UnreadablePayload, log_events
from support.fakes import MARK, at
from support.flow_lines import control_message, delivery


def zipped(text: bytes) -> dict[str, Any]:
    return {"awslogs": {"data": base64.b64encode(gzip.compress(text)).decode()}}


def test_each_log_event_comes_with_its_time() -> None:
    assert list(log_events(delivery(("a line", at("10:00")), ("another", at("10:01"))))) == [
        (at("10:00"), "a line"),
        (at("10:01"), "another"),
    ]


def test_a_control_message_has_no_log_events() -> None:
    assert list(log_events(control_message())) == []


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ({}, "no base64 under awslogs.data"),
        ({"awslogs": None}, "no base64 under awslogs.data"),
        ({"awslogs": {"data": "§"}}, "no base64"),
        ({"awslogs": {"data": base64.b64encode(b"plain").decode()}}, "not gzip"),
        ({"awslogs": {"data": base64.b64encode(gzip.compress(b"{}")[:-9]).decode()}}, "not gzip"),
        (zipped(b"{"), "not JSON"),
        (zipped(b"[]"), "not an object"),
        (zipped(b"{}"), "lacks a member or has a wrong one"),
        (
            zipped(json.dumps({"messageType": "DATA_MESSAGE", "logEvents": [{"message": "m"}]}).encode()),
            "lacks",
        ),
        (zipped(json.dumps({"logEvents": [{"message": "m", "timestamp": "soon"}]}).encode()), "lacks"),
        (zipped(json.dumps({"logEvents": [{"message": "m", "timestamp": 1e300}]}).encode()), "lacks"),
        (zipped(json.dumps({"logEvents": [{"message": "m", "timestamp": float("nan")}]}).encode()), "lacks"),
        (zipped(b'{"logEvents": [{"timestamp": 1, "message": ' + b"[" * 900 + b"]" * 900 + b"}]}"), "lacks"),
        (zipped(json.dumps({"logEvents": 7}).encode()), "lacks"),
        (zipped(b"[" * 100_000), "not JSON"),
        (zipped(f'{{"logEvents": "{MARK}"}}'.encode() + b"\xff"), "not JSON: UnicodeDecodeError$"),
    ],
)
def test_an_unreadable_payload_says_which_step_failed(event: dict[str, Any], says: str) -> None:
    with pytest.raises(UnreadablePayload, match=says):
        list(log_events(event))


@given(st.binary())
def test_any_bytes_whatever_are_unreadable_and_not_quoted(data: bytes) -> None:
    for event in (
        {"awslogs": {"data": base64.b64encode(data).decode()}},
        zipped(data),
        zipped(MARK.encode() + data),
    ):
        with pytest.raises(UnreadablePayload) as refused:
            list(log_events(event))
        assert MARK not in "".join(traceback.format_exception(refused.value))
        assert len(str(refused.value)) < 200


def test_a_gzip_bomb_is_refused_before_it_fills_the_memory() -> None:
    bomb = zipped(b" " * 200_000_000)
    tracemalloc.start()
    with pytest.raises(UnreadablePayload, match="longer than"):
        list(log_events(bomb))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 100_000_000
