"""The hooks over real HTTP: every page, every condition, and errors that say what to do."""

import inspect
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.compat import HTTPHeaders
from botocore.errorfactory import ClientExceptionsFactory
from botocore.stub import Stubber
from urllib3 import HTTPResponse

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.states import ContactState, RecordedState
from audio_leakage.errors import ContactNotFound, ServiceUnavailable, SetupError
from audio_leakage.flow_log.line import BLOCK_FAMILY
from audio_leakage_aws.contact_table import ContactTable
from audio_leakage_hooks.connect import ConnectHook
from audio_leakage_hooks.contact_table_hook import ContactTableHook
from audio_leakage_hooks.flow_log import FlowLogHook
from audio_leakage_hooks.metrics import MetricsHook
from audio_leakage_hooks.recording_bucket import RecordingBucketHook
from local_aws.connect.faults import CUT_OFF, RESET
from support.fakes import (
    BUCKET,
    CONTACT_ID,
    INSTANCE_ID,
    PREFIX,
    answer,
    at,
    contact,
    ended_with_agent,
    number,
)
from support.stage import LOG_GROUP, TABLE, Stage


@pytest.mark.parametrize(
    "hook", [ConnectHook, ContactTableHook, FlowLogHook, MetricsHook, RecordingBucketHook]
)
def test_a_hook_takes_what_every_aws_hook_takes_and_nothing_else(hook: type[AwsGenericHook[Any]]) -> None:
    own = inspect.signature(hook.__init__).parameters if "__init__" in vars(hook) else {}
    assert set(own) <= {"self", "args", "kwargs"}


@pytest.mark.parametrize(
    "hook", [ConnectHook, ContactTableHook, FlowLogHook, MetricsHook, RecordingBucketHook]
)
def test_retries_are_ours_under_those_of_the_connection(
    hook: type[AwsGenericHook[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    config: Any = hook(aws_conn_id=None).config
    assert config.retries == {"mode": "adaptive", "total_max_attempts": 4}
    monkeypatch.setenv(
        "AIRFLOW_CONN_OURS", '{"conn_type": "aws", "extra": {"config_kwargs": {"read_timeout": 7}}}'
    )
    config = hook(aws_conn_id="ours").config
    assert (config.read_timeout, config.connect_timeout) == (7, 5)


def meet_first_errors_at_once(conn: BaseClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a client new exception classes whenever it is asked, as threads get them that err at once."""

    def new(client: BaseClient) -> object:
        return ClientExceptionsFactory().create_client_exceptions(client.meta.service_model)

    monkeypatch.setattr(type(conn), "exceptions", property(new))


class TestConnect:
    @pytest.fixture
    def hook(self, stage: Stage) -> ConnectHook:
        del stage
        return ConnectHook(aws_conn_id=None)

    def test_a_contact_is_described(self, stage: Stage, hook: ConnectHook) -> None:
        stage.contacts[CONTACT_ID] = answer()["Contact"]
        assert hook.describe_contact(INSTANCE_ID, CONTACT_ID)["Contact"] == answer()["Contact"]

    @pytest.mark.parametrize(
        ("fault", "error", "says"),
        [
            ("ResourceNotFoundException", ContactNotFound, f"does not know contact {CONTACT_ID}"),
            ("InvalidRequestException", ContactNotFound, f"does not know contact {CONTACT_ID}"),
            ("ThrottlingException", ServiceUnavailable, "unavailable for now: ThrottlingException"),
            ("InternalServiceException", ServiceUnavailable, "unavailable for now"),
            ("AccessDeniedException", SetupError, "grant connect:DescribeContact"),
            (RESET, ServiceUnavailable, "no usable answer"),
        ],
    )
    def test_each_error_becomes_the_domains(
        self, stage: Stage, hook: ConnectHook, fault: str, error: type[Exception], says: str
    ) -> None:
        stage.contacts[CONTACT_ID] = answer()["Contact"]
        stage.connect.faults.add("DescribeContact", fault)
        with pytest.raises(error, match=says):
            hook.describe_contact(INSTANCE_ID, CONTACT_ID)

    def test_threads_that_meet_their_first_errors_at_once_know_what_they_mean(
        self, hook: ConnectHook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Regression: two new contacts that Connect did not know yet passed for a missing instance."""
        meet_first_errors_at_once(hook.conn, monkeypatch)
        with pytest.raises(ContactNotFound):
            hook.describe_contact(INSTANCE_ID, CONTACT_ID)

    def test_a_throttle_that_passes_is_not_even_noticed(self, stage: Stage, hook: ConnectHook) -> None:
        stage.contacts[CONTACT_ID] = answer()["Contact"]
        stage.connect.faults.add("DescribeContact", "ThrottlingException", times=1)
        assert hook.describe_contact(INSTANCE_ID, CONTACT_ID)["Contact"]

    def test_every_page_of_a_search_is_followed(self, stage: Stage, hook: ConnectHook) -> None:
        stage.contacts.update({number(n): answer(number(n))["Contact"] for n in range(250)})
        found = hook.search_contacts(INSTANCE_ID, "INITIATION_TIMESTAMP", at("10:00"), at("11:00"))
        assert {summary["Id"] for summary in found} == {number(n) for n in range(250)}

    def test_a_search_that_was_cut_off_does_not_pass_for_an_empty_one(
        self, stage: Stage, hook: ConnectHook
    ) -> None:
        stage.connect.faults.add("SearchContacts", CUT_OFF)
        with pytest.raises(ServiceUnavailable, match="without its member Contacts"):
            list(hook.search_contacts(INSTANCE_ID, "INITIATION_TIMESTAMP", at("10:00"), at("11:00")))

    @pytest.mark.parametrize("tokens", [("a", "a"), ("a", "b", "a")], ids=["twice", "a circle of two"])
    def test_a_search_whose_pages_go_in_circles_is_no_whole_search(
        self, hook: ConnectHook, tokens: tuple[str, ...]
    ) -> None:
        with Stubber(hook.conn) as connect:
            for token in tokens:
                connect.add_response("search_contacts", {"Contacts": [], "NextToken": token})
            with pytest.raises(ServiceUnavailable):
                list(hook.search_contacts(INSTANCE_ID, "INITIATION_TIMESTAMP", at("10:00"), at("11:00")))

    def test_connect_says_where_recordings_lie(self, stage: Stage, hook: ConnectHook) -> None:
        stage.connect.storage["BucketPrefix"] = f"{PREFIX}/"
        try:
            assert hook.recording_storage(INSTANCE_ID) == (BUCKET, PREFIX)
        finally:
            stage.connect.storage["BucketPrefix"] = PREFIX

    def test_a_missing_instance_is_said_by_name(self, hook: ConnectHook) -> None:
        with pytest.raises(
            SetupError, match=f"'{number(1)}' does not exist: create it, or correct 'connect_inst"
        ):
            hook.check_instance(number(1))
        hook.check_instance(INSTANCE_ID)

    def test_calls_are_paced_retries_included(
        self, stage: Stage, hook: ConnectHook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = [1000.0]
        monkeypatch.setattr("audio_leakage_hooks.rate_limit.time.monotonic", lambda: clock[0])
        monkeypatch.setattr(
            "audio_leakage_hooks.rate_limit.time.sleep", lambda s: clock.__setitem__(0, clock[0] + s)
        )
        stage.contacts[CONTACT_ID] = answer()["Contact"]
        stage.connect.faults.add("DescribeContact", "InternalServiceException", times=1)
        hook.limit_rate("DescribeContact", 2)
        for _ in range(11):
            hook.describe_contact(INSTANCE_ID, CONTACT_ID)
        assert stage.connect.calls["DescribeContact"] == 12
        assert clock[0] - 1000.0 >= 12 / 2 - 1.5  # the first second's share may go at once


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_endpoint_that_nobody_answers_at_is_no_news_about_a_contact(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """Regression: botocore's connection errors are no HTTPClientError, and ended a sweep at its first contact."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_CONNECT", f"{scheme}://127.0.0.1:1")
    with pytest.raises(ServiceUnavailable, match="no usable answer"):
        ConnectHook(aws_conn_id=None).describe_contact(INSTANCE_ID, CONTACT_ID)


class TestRecordingBucket:
    @pytest.fixture
    def hook(self, stage: Stage) -> RecordingBucketHook:
        del stage
        return RecordingBucketHook(aws_conn_id=None)

    def test_every_page_is_followed(self, stage: Stage, hook: RecordingBucketHook) -> None:
        keys = {f"many/{position:04}" for position in range(1001)}
        for key in keys:
            stage.put_object(key, b"")
        assert {found["Key"] for found in hook.list_objects(BUCKET, "many/")} == keys

    @pytest.mark.parametrize(
        "pages",
        [
            [{"NextContinuationToken": "a"}, {"NextContinuationToken": "a"}],
            [{"NextContinuationToken": "a"}, {"NextContinuationToken": "b"}, {"NextContinuationToken": "a"}],
            [{}],
        ],
        ids=["the same token twice", "a circle of two", "more, and no token"],
    )
    def test_a_listing_without_an_end_is_no_whole_listing(
        self, hook: RecordingBucketHook, pages: list[dict[str, Any]]
    ) -> None:
        with Stubber(hook.conn) as s3:
            for page in pages:
                contents = {"KeyCount": 1, "IsTruncated": True, "Contents": [{"Key": "x/1"}]}
                s3.add_response("list_objects_v2", contents | page)
            with pytest.raises(ServiceUnavailable):
                list(hook.list_objects(BUCKET, "x/"))

    def test_versions_without_an_end_are_no_proof_that_nothing_was_deleted(
        self, hook: RecordingBucketHook
    ) -> None:
        page = {"IsTruncated": True, "NextKeyMarker": "x/1", "NextVersionIdMarker": "1"}
        with Stubber(hook.conn) as s3:
            for _ in range(2):
                s3.add_response("list_object_versions", page)
            with pytest.raises(ServiceUnavailable):
                hook.has_delete_marker(BUCKET, "x/")

    def test_an_empty_folder_is_empty(self, hook: RecordingBucketHook) -> None:
        assert list(hook.list_objects(BUCKET, "none/")) == []

    def test_a_delete_marker_is_seen_where_versions_are_kept(
        self, stage: Stage, hook: RecordingBucketHook
    ) -> None:
        s3 = stage.aws.client("s3")
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        stage.put_object("kept/a.wav")
        stage.put_object("deleted/a.wav")
        s3.delete_object(Bucket=BUCKET, Key="deleted/a.wav")
        assert hook.has_delete_marker(BUCKET, "deleted/")
        assert not hook.has_delete_marker(BUCKET, "kept/")
        assert list(hook.list_objects(BUCKET, "deleted/")) == []

    @pytest.mark.parametrize(
        ("code", "status", "error", "says"),
        [
            ("AccessDenied", 403, SetupError, "denied: grant s3:ListBucket on it"),
            ("SlowDown", 503, ServiceUnavailable, "unavailable for now: SlowDown"),
            ("InternalError", 500, ServiceUnavailable, "unavailable for now"),
            ("ExpiredToken", 400, SetupError, "the credentials are not valid"),
            ("KMS.DisabledException", 400, SetupError, "was refused"),
        ],
    )
    def test_each_error_becomes_the_domains(
        self, hook: RecordingBucketHook, code: str, status: int, error: type[Exception], says: str
    ) -> None:
        with Stubber(hook.conn) as s3:
            s3.add_client_error("list_objects_v2", code, http_status_code=status)
            with pytest.raises(error, match=says):
                list(hook.list_objects(BUCKET, "x"))

    def test_a_missing_bucket_is_said_by_name(self, hook: RecordingBucketHook) -> None:
        with pytest.raises(SetupError, match="bucket 'nowhere' does not exist: create it, or correct"):
            list(hook.list_objects("nowhere", "x"))


def get(table: ContactTable) -> Mapping[str, Any] | None:
    return next(table.get_many([CONTACT_ID]), None)


@pytest.mark.table
class TestContactTable:
    @pytest.fixture
    def table(self, stage: Stage) -> ContactTable:
        del stage
        return ContactTableHook(aws_conn_id=None).table(TABLE)

    def test_a_new_item_is_written_once(self, table: ContactTable) -> None:
        assert table.create(contact().to_item())
        assert not table.create(contact(ContactState.COMPLETED_AGENT).to_item())
        assert get(table) == contact().to_item()

    def test_the_index_gives_what_is_due_the_longest_due_first_through_all_pages(
        self, stage: Stage, table: ContactTable
    ) -> None:
        padding = "x" * 60_000  # moto pages at 1 MB, as DynamoDB does
        for position in range(25):
            due = contact(
                contact_id=number(position), next_check_at=at("10:30") - timedelta(minutes=position)
            )
            stage.put({**due.to_item(), "Padding": padding})
        stage.put(contact(contact_id=number(99), next_check_at=at("10:31")).to_item())
        due_ids = [item["ContactId"] for item in table.due("INITIALISED", "2023-08-29T10:30:00.000Z")]
        assert due_ids == [number(position) for position in reversed(range(25))]

    def test_a_window_takes_the_index_by_hour_across_hours_and_excludes_its_end(
        self, table: ContactTable
    ) -> None:
        for position, time in enumerate(["10:54:59", "10:55", "11:04:59.999", "11:05"]):
            table.create(contact(contact_id=number(position), initialised_at=at(time)).to_item())
        start, end = "2023-08-29T10:55:00.000Z", "2023-08-29T11:05:00.000Z"
        found = table.initialised(["2023-08-29T10", "2023-08-29T11"], start, end)
        assert [item["ContactId"] for item in found] == [number(1), number(2)]

    def test_an_update_writes_the_difference_and_touches_nothing_else(
        self, stage: Stage, table: ContactTable
    ) -> None:
        before = contact(agent_id="a", queue_id="q").to_item()
        stage.put({**before, "SomebodyElses": "note"})
        after = ended_with_agent(agent_id="b").to_item()
        assert table.update(before, after)
        assert get(table) == {**after, "SomebodyElses": "note"}

    @pytest.mark.parametrize(
        "meanwhile",
        [
            {"State": "COMPLETED - AGENT"},
            {"RecordedState": "CALL_RECORDED_SUCCESS"},
            {"ClosedReason": "NO_AGENT"},
        ],
    )
    def test_an_update_gives_way_to_whoever_was_faster(
        self, stage: Stage, table: ContactTable, meanwhile: dict[str, str]
    ) -> None:
        before = contact().to_item()
        stage.put({**before, **meanwhile})
        assert not table.update(before, contact(ContactState.IN_PROGRESS_AGENT).to_item())
        assert get(table) == {**before, **meanwhile}

    def test_an_item_of_an_earlier_version_is_guarded_by_its_blocks_under_their_earlier_name(
        self, table: ContactTable
    ) -> None:
        earlier = contact(recording_blocks=("2023-08-29T10:29:58.000Z ALL",)).to_item()
        earlier["RecordingSettings"] = earlier.pop("RecordingBlocks")
        table.create(earlier)
        before = Contact.from_item(earlier)
        other = replace(before, recording_blocks=("2023-08-29T10:29:58.000Z OFF",))
        after = replace(before, recording_blocks=(*before.recording_blocks, "2023-08-29T10:30:05.000Z OFF"))
        assert not table.update(other.to_item(), after.to_item())
        assert table.update(before.to_item(), after.to_item())
        assert table.update(after.to_item(), replace(after, agent_id="a").to_item())
        assert not table.update(before.to_item(), after.to_item())

    def test_an_update_never_brings_back_what_was_deleted(self, table: ContactTable) -> None:
        before = contact().to_item()
        assert not table.update(before, contact(ContactState.IN_PROGRESS_AGENT).to_item())
        assert get(table) is None

    def test_null_counts_as_missing_as_other_writers_leave_it(
        self, stage: Stage, table: ContactTable
    ) -> None:
        stage.put(
            {"ContactId": CONTACT_ID, "State": "COMPLETED - AGENT", "RecordedState": None, "Channel": None}
        )
        (item,) = table.never_indexed(lambda: 1)
        before = {"ContactId": CONTACT_ID, "State": "COMPLETED - AGENT"}
        assert table.update(before, ended_with_agent().to_item())
        assert item["ContactId"] == CONTACT_ID
        assert list(table.never_indexed(lambda: 1)) == []

    def test_a_write_that_comes_late_puts_a_contact_into_the_index_whole(self, table: ContactTable) -> None:
        """Regression: who put a failure aside while another run was done with it left half of the index's key."""
        failed = ended_with_agent(recorded_state=RecordedState.CALL_RECORDED_FAILURE)
        table.create(failed.to_item())
        assert table.update(failed.to_item(), replace(failed, next_check_at=None).to_item())
        assert table.update(failed.to_item(), replace(failed, next_check_at=at("10:40")).to_item())
        assert [item["ContactId"] for item in table.due("COMPLETED - AGENT", "9999")] == [CONTACT_ID]

    @pytest.mark.parametrize("half", ["OpenState", "NextCheckAt"])
    def test_an_item_with_half_of_the_indexs_key_is_found_by_the_scan(
        self, stage: Stage, table: ContactTable, half: str
    ) -> None:
        """Regression: with OpenState alone it was in no index, and no scan gave it either."""
        stage.put({"ContactId": CONTACT_ID, "State": "INITIALISED", half: "INITIALISED"})
        assert list(table.due("INITIALISED", "9999")) == []
        assert [item["ContactId"] for item in table.never_indexed(lambda: 1)] == [CONTACT_ID]

    def test_more_than_one_answer_can_hold_is_asked_for_again(
        self, stage: Stage, table: ContactTable
    ) -> None:
        ids = {number(position) for position in range(45)}
        stage.put(*({"ContactId": contact_id, "Padding": "x" * 390_000} for contact_id in ids))  # > 16 MB
        assert {item["ContactId"] for item in table.get_many(sorted(ids))} == ids

    def test_a_window_without_width_has_no_contacts(self, table: ContactTable) -> None:
        table.create(contact(initialised_at=at("10:30")).to_item())
        moment = "2023-08-29T10:30:00.000Z"
        assert list(table.initialised(["2023-08-29T10"], moment, moment)) == []

    @pytest.mark.parametrize("state", list(ContactState))
    def test_a_purge_hits_only_calls_that_ended_without_an_agent(
        self, table: ContactTable, state: ContactState
    ) -> None:
        table.create(contact(state).to_item())
        assert table.purge(CONTACT_ID) == (state is ContactState.COMPLETED_QUEUE_IVR)
        assert (get(table) is None) == (state is ContactState.COMPLETED_QUEUE_IVR)

    def test_a_purge_never_hits_a_call_that_met_an_agent(self, table: ContactTable) -> None:
        met = contact(ContactState.COMPLETED_QUEUE_IVR, connected_to_agent_timestamp=at("10:30"))
        table.create(met.to_item())
        assert not table.purge(CONTACT_ID)
        assert not table.purge(number(1))

    def test_a_purge_of_many_takes_all_of_them_or_none(self, table: ContactTable) -> None:
        left = [number(position) for position in range(100)]
        for contact_id in left:
            table.create(contact(ContactState.COMPLETED_QUEUE_IVR, contact_id=contact_id).to_item())
        table.create(contact(ContactState.IN_PROGRESS_QUEUE_IVR).to_item())
        assert not table.purge_all([*left[:99], CONTACT_ID])
        assert table.count_due("COMPLETED - QUEUE/IVR", "9999") == 100
        assert table.purge_all(left)
        assert [item["ContactId"] for item in table.get_many([*left[:99], CONTACT_ID])] == [CONTACT_ID]

    def test_nobody_counts_on_once_there_are_enough(self, table: ContactTable) -> None:
        for position in range(6):
            stored = contact(contact_id=number(position)).to_item() | {"LastError": "x" * 390_000}
            table.create(stored)
        assert table.count_due("INITIALISED", "9999") == 6
        assert table.count_due("INITIALISED", "9999", enough=1) < 6  # a page is 1 MB

    def test_threads_that_write_side_by_side_keep_their_conditions_apart(self, table: ContactTable) -> None:
        before = [contact(contact_id=number(position), agent_id=str(position)) for position in range(80)]
        for each in before:
            table.create(each.to_item())

        def write(each: Contact) -> bool:
            after = replace(each, state=ContactState.IN_PROGRESS_AGENT, queue_id=each.agent_id)
            stale = replace(each, recorded_state=RecordedState.CALL_RECORDED_FAILURE)
            refused = table.update(stale.to_item(), replace(after, agent_id="wrong").to_item())
            return table.update(each.to_item(), after.to_item()) and not refused

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(write, before))
        written = table.get_many([each.contact_id for each in before])
        assert all(
            item["QueueId"] == item["AgentId"] == str(int(item["ContactId"][-12:])) for item in written
        )

    def test_threads_that_lose_their_first_races_at_once_give_way(
        self, table: ContactTable, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Regression: two conditions that did not hold at once passed for a refusal that somebody must lift."""
        meet_first_errors_at_once(table.conn.meta.client, monkeypatch)
        table.create(contact().to_item())
        assert not table.create(contact().to_item())
        assert not table.update(ended_with_agent().to_item(), contact().to_item())
        assert not table.purge(CONTACT_ID)
        assert not table.purge_all([CONTACT_ID, number(1)])

    def test_a_write_into_somebody_elses_transaction_is_worth_another_try(self, table: ContactTable) -> None:
        """Regression: a purge that had the item at that moment passed for a refusal that somebody must lift."""
        with Stubber(table.conn.meta.client) as client:
            client.add_client_error("update_item", "TransactionConflictException", http_status_code=400)
            with pytest.raises(ServiceUnavailable, match="TransactionConflictException"):
                table.update(contact().to_item(), contact(ContactState.IN_PROGRESS_AGENT).to_item())

    def test_a_missing_table_is_said_by_name(self, table: ContactTable) -> None:
        nowhere = ContactTable(table.conn, "nowhere")
        with pytest.raises(
            SetupError, match="table 'nowhere' does not exist: create it, or correct 'contact_table'"
        ):
            list(nowhere.due("INITIALISED", "2023"))
        with pytest.raises(SetupError, match="table 'nowhere' does not exist"):
            nowhere.purge(CONTACT_ID)


class TestMetrics:
    def test_values_arrive_with_the_table_they_are_about(self, stage: Stage) -> None:
        MetricsHook(aws_conn_id=None).publish(TABLE, {"Leaks": 2, "OldestDueMinutes": 7.5})
        now = datetime.now(UTC)
        told = stage.aws.client("cloudwatch").get_metric_statistics(
            Namespace="AudioLeakage",
            MetricName="OldestDueMinutes",
            Dimensions=[{"Name": "ContactTable", "Value": TABLE}],
            StartTime=now - timedelta(minutes=5),
            EndTime=now + timedelta(minutes=5),
            Period=60,
            Statistics=["Maximum"],
        )
        assert [point["Maximum"] for point in told["Datapoints"]] == [7.5]


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

    def test_more_lines_than_a_page_holds_all_come_through(self, stage: Stage, hook: FlowLogHook) -> None:
        end = datetime.now(UTC)
        for batch in range(3):
            moment = end - timedelta(seconds=2 + batch)
            self.write(stage, *(moment + timedelta(microseconds=100 * n) for n in range(4000)))
        assert len(list(hook.events(LOG_GROUP, end - timedelta(seconds=10), end, BLOCK_FAMILY))) == 12_000

    def test_a_stretch_includes_its_start_and_excludes_its_end(self, stage: Stage, hook: FlowLogHook) -> None:
        end = datetime.now(UTC).replace(microsecond=0)
        start = end - timedelta(seconds=5)
        millisecond = timedelta(milliseconds=1)
        self.write(stage, start - millisecond, start, end - millisecond, end)
        assert [moment for moment, _ in hook.events(LOG_GROUP, start, end, BLOCK_FAMILY)] == [
            start,
            end - millisecond,
        ]

    def test_one_contact_can_be_asked_for(self, hook: FlowLogHook) -> None:
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

    def test_an_empty_page_with_a_token_is_not_the_end(self, hook: FlowLogHook) -> None:
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

    def test_what_was_read_before_a_trouble_is_handed_over(self, hook: FlowLogHook) -> None:
        event = {"timestamp": 1_693_305_000_000, "message": "line", "eventId": "1"}
        with Stubber(hook.conn) as logs:
            logs.add_response("filter_log_events", {"events": [event], "nextToken": "a"})
            logs.add_client_error("filter_log_events", "ServiceUnavailableException", http_status_code=503)
            lines = hook.events(LOG_GROUP, at("10:00"), at("11:00"), BLOCK_FAMILY)
            assert next(lines)[1] == "line"
            with pytest.raises(ServiceUnavailable):
                next(lines)

    def test_a_page_that_was_cut_off_is_not_the_end_either(self, hook: FlowLogHook) -> None:
        with Stubber(hook.conn) as logs:
            logs.add_response("filter_log_events", {})
            with pytest.raises(ServiceUnavailable, match="without its member events"):
                list(hook.events(LOG_GROUP, at("10:00"), at("11:00"), BLOCK_FAMILY))

    def test_a_throttle_on_the_way_loses_nothing(self, stage: Stage, hook: FlowLogHook) -> None:
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

    def test_a_missing_log_group_is_said_by_name(self, hook: FlowLogHook) -> None:
        with pytest.raises(
            SetupError, match="log group '/nowhere' does not exist: create it, or correct 'flow_log_g"
        ):
            list(hook.events("/nowhere", at("10:00"), at("10:05"), BLOCK_FAMILY))
