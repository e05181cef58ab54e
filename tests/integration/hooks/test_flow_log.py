"""The flow log over real HTTP: every page, both ends of a stretch, and errors that say what to do."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.stub import Stubber
from urllib3 import HTTPResponse

from audio_leakage.errors import ServiceUnavailable, SetupError
from audio_leakage.flow_log.line import BLOCK_FAMILY
from audio_leakage_hooks.flow_log import FlowLogHook
from support.fakes import (
    CONTACT_ID,
    at,
)
from support.stage import LOG_GROUP, Stage


class TestFlowLog:
    @pytest.fixture
    def hook(self, stage: Stage) -> FlowLogHook:
        stage.aws.create_log_group(LOG_GROUP)
        stage.aws.client("logs").create_log_stream(logGroupName=LOG_GROUP, logStreamName="flows")
        return FlowLogHook(aws_conn_id=None)

    @staticmethod
    def write(stage: Stage, *times: datetime) -> None:
        events = [
            {"timestamp": int(time.timestamp() * 1000), "message": f'{{"SetRecordingBehavior": {position}}}'}
            for position, time in enumerate(times)
        ]
        stage.aws.client("logs").put_log_events(
            logGroupName=LOG_GROUP, logStreamName="flows", logEvents=events
        )

    def test_every_page_of_the_flow_log_is_followed(self, stage: Stage, hook: FlowLogHook) -> None:
        end = datetime.now(UTC)
        for batch in range(3):
            moment = end - timedelta(seconds=2 + batch)
            self.write(stage, *(moment + timedelta(microseconds=100 * n) for n in range(4000)))
        assert len(list(hook.events(LOG_GROUP, end - timedelta(seconds=10), end, BLOCK_FAMILY))) == 12_000

    def test_a_stretch_of_the_log_includes_its_start_and_excludes_its_end(
        self, stage: Stage, hook: FlowLogHook
    ) -> None:
        end = datetime.now(UTC).replace(microsecond=0)
        start = end - timedelta(seconds=5)
        millisecond = timedelta(milliseconds=1)
        self.write(stage, start - millisecond, start, end - millisecond, end)
        assert [moment for moment, _ in hook.events(LOG_GROUP, start, end, BLOCK_FAMILY)] == [
            start,
            end - millisecond,
        ]

    def test_the_lines_of_one_contact_can_be_asked_for(self, hook: FlowLogHook) -> None:
        patterns: list[str] = []
        hook.conn.meta.events.register(
            "provide-client-params.cloudwatch-logs.FilterLogEvents",
            lambda params, **_: patterns.append(params["filterPattern"]),
        )
        with Stubber(hook.conn) as logs:
            for _ in range(2):
                logs.add_response("filter_log_events", {"events": []})
            list(hook.events(LOG_GROUP, at("10:00"), at("11:00"), BLOCK_FAMILY))
            list(hook.events(LOG_GROUP, at("10:00"), at("11:00"), BLOCK_FAMILY, CONTACT_ID))
        assert patterns == [
            '{ ($.ContactFlowModuleType = "*Recording*") }',
            f'{{ ($.ContactFlowModuleType = "*Recording*") && ($.ContactId = "{CONTACT_ID}") }}',
        ]

    def test_an_empty_page_with_a_token_is_not_the_end_of_the_log(self, hook: FlowLogHook) -> None:
        event = {"timestamp": 1_693_305_000_000, "message": "line", "eventId": "1"}
        pages: list[dict[str, Any]] = [
            {"events": [], "nextToken": "a"},
            {"events": [event], "nextToken": "b"},
            {"events": [], "nextToken": "c"},
            {"events": [event]},
        ]
        with Stubber(hook.conn) as logs:
            for page in pages:
                logs.add_response("filter_log_events", page)
            assert len(list(hook.events(LOG_GROUP, at("10:00"), at("11:00"), BLOCK_FAMILY))) == 2
            logs.assert_no_pending_responses()

    @pytest.mark.parametrize("line_after", [True, False], ids=["the line after it", "the line before it"])
    def test_case_c05_a_token_that_comes_twice_costs_no_line(
        self, hook: FlowLogHook, line_after: bool
    ) -> None:
        """FilterLogEvents gives the same nextToken twice and goes on after that: boto3 #1584."""
        empty: dict[str, Any] = {"events": [], "nextToken": "a"}
        event = {"timestamp": 1_693_305_000_000, "message": "line", "eventId": "1"}
        after = [empty, empty, {"events": [event]}]
        before = [{"events": [event], "nextToken": "a"}, empty, {"events": []}]
        with Stubber(hook.conn) as logs:
            for page in after if line_after else before:
                logs.add_response("filter_log_events", page)
            lines = list(hook.events(LOG_GROUP, at("10:00"), at("11:00"), BLOCK_FAMILY))
            logs.assert_no_pending_responses()
        assert [message for _, message in lines] == ["line"]

    def test_lines_read_before_an_error_are_handed_over(self, hook: FlowLogHook) -> None:
        event = {"timestamp": 1_693_305_000_000, "message": "line", "eventId": "1"}
        with Stubber(hook.conn) as logs:
            logs.add_response("filter_log_events", {"events": [event], "nextToken": "a"})
            logs.add_client_error("filter_log_events", "ServiceUnavailableException", http_status_code=503)
            lines = hook.events(LOG_GROUP, at("10:00"), at("11:00"), BLOCK_FAMILY)
            assert next(lines)[1] == "line"
            with pytest.raises(ServiceUnavailable):
                next(lines)

    def test_a_page_that_was_cut_off_is_not_the_end_of_the_log(self, hook: FlowLogHook) -> None:
        with Stubber(hook.conn) as logs:
            logs.add_response("filter_log_events", {})
            with pytest.raises(ServiceUnavailable, match="without its member events"):
                list(hook.events(LOG_GROUP, at("10:00"), at("11:00"), BLOCK_FAMILY))

    def test_a_throttle_between_pages_loses_no_lines(self, stage: Stage, hook: FlowLogHook) -> None:
        end = datetime.now(UTC)
        self.write(stage, end - timedelta(seconds=1))
        refusals = iter(range(2))

        def refuse_twice(request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
            if next(refusals, None) is None:
                return None
            body = b'{"__type": "ThrottlingException", "message": "Rate exceeded"}'
            return AWSResponse(
                request.url, 429, HTTPHeaders(), HTTPResponse(BytesIO(body), preload_content=False)
            )

        hook.conn.meta.events.register("before-send.cloudwatch-logs.FilterLogEvents", refuse_twice)  # type: ignore[arg-type]
        assert len(list(hook.events(LOG_GROUP, end - timedelta(minutes=1), end, BLOCK_FAMILY))) == 1
        assert next(refusals, None) is None

    def test_a_missing_log_group_is_named(self, hook: FlowLogHook) -> None:
        with pytest.raises(
            SetupError,
            match=r"log group '/nowhere' does not exist: .*we do not know the new calls",
        ):
            list(hook.events("/nowhere", at("10:00"), at("10:05"), BLOCK_FAMILY))
