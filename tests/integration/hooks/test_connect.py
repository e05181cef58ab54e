"""Connect over real HTTP: every page, our share of its quota, and errors that say what to do."""

import pytest
from botocore.stub import Stubber

from audio_leakage.errors import ContactNotFound, ServiceUnavailable, SetupError
from audio_leakage_hooks.connect import ConnectHook
from local_aws.connect.faults import CUT_OFF, RESET
from support.fakes import (
    BUCKET,
    CONTACT_ID,
    INSTANCE_ID,
    PREFIX,
    answer,
    at,
    number,
)
from support.first_errors import meet_first_errors_at_once
from support.stage import Stage


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
    def test_each_error_of_aws_becomes_an_error_of_the_domain(
        self, stage: Stage, hook: ConnectHook, fault: str, error: type[Exception], says: str
    ) -> None:
        stage.contacts[CONTACT_ID] = answer()["Contact"]
        stage.connect.faults.add("DescribeContact", fault)
        with pytest.raises(error, match=says):
            hook.describe_contact(INSTANCE_ID, CONTACT_ID)

    def test_threads_that_meet_their_first_errors_at_once_understand_them(
        self, hook: ConnectHook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Regression: two new contacts that Connect did not know yet passed for a missing instance."""
        meet_first_errors_at_once(hook.conn, monkeypatch)
        with pytest.raises(ContactNotFound):
            hook.describe_contact(INSTANCE_ID, CONTACT_ID)

    def test_a_single_throttle_is_retried_unnoticed(self, stage: Stage, hook: ConnectHook) -> None:
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

    def test_connect_names_the_bucket_and_prefix_of_the_recordings(
        self, stage: Stage, hook: ConnectHook
    ) -> None:
        stage.connect.storage["BucketPrefix"] = f"{PREFIX}/"
        try:
            assert hook.recording_storage(INSTANCE_ID) == (BUCKET, PREFIX)
        finally:
            stage.connect.storage["BucketPrefix"] = PREFIX

    def test_a_missing_instance_is_named(self, hook: ConnectHook) -> None:
        with pytest.raises(
            SetupError, match=f"'{number(1)}' does not exist: create it, or correct 'connect_inst"
        ):
            hook.check_instance(number(1))
        hook.check_instance(INSTANCE_ID)

    def test_the_rate_limit_includes_retries(
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
def test_an_endpoint_that_does_not_answer_is_unavailable(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """Regression: botocore's connection errors are no HTTPClientError, and ended a sweep at its first contact."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_CONNECT", f"{scheme}://127.0.0.1:1")
    with pytest.raises(ServiceUnavailable, match="no usable answer"):
        ConnectHook(aws_conn_id=None).describe_contact(INSTANCE_ID, CONTACT_ID)
