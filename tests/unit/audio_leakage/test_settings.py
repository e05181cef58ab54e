import json
from dataclasses import fields
from typing import Any

import pytest

from audio_leakage.errors import SettingsError
from audio_leakage.recipient import Recipient, recipient_in
from audio_leakage.settings import Settings
from support.fakes import INSTANCE_ID

REQUIRED = {"connect_instance_id": INSTANCE_ID, "contact_table": "contacts"}


def refusal(text: str | None) -> str:
    with pytest.raises(SettingsError) as refused:
        Settings.from_json(text)
    return str(refused.value)


def test_two_settings_are_required_and_the_others_have_defaults() -> None:
    settings = Settings.from_json(json.dumps(REQUIRED))
    assert (settings.first_check_minutes, settings.failure_after_minutes, settings.recheck_days) == (2, 60, 7)
    assert (settings.describe_contact_rps, settings.search_contacts_rps) == (8, 0.4)
    assert settings.aws_conn_id == "aws_default"
    assert settings.recording_bucket is None


SLACK = "airflow.providers.slack.notifications.slack_webhook.SlackWebhookNotifier"


def test_every_setting_can_be_set() -> None:
    values = REQUIRED | {
        "recording_bucket": "recordings",
        "recording_prefix": "connect/acme/CallRecordings",
        "flow_log_group": "/aws/connect/acme",
        "alert_topic_arn": "arn:aws:sns:af-south-1:123456789012:alerts",
        "alert_notifiers": [{"notifier": SLACK, "arguments": {"text": "{subject}"}}],
        "evidence_bucket": "evidence",
        "evidence_prefix": "compliance/calls",
        "evidence_key_arn": "arn:aws:kms:af-south-1:123456789012:key/0d990263-018e-4e65-a703-eff731de951e",
        "aws_conn_id": "aws_connect",
        "first_check_minutes": 0.5,
        "failure_after_minutes": 90,
        "recheck_days": 0,
        "reverify_after_days": [14, 400],
        "keep_items_days": 30,
        "describe_contact_rps": 4,
        "search_contacts_rps": 0.2,
        "population_rps": 0.05,
        "settle_hours": 8,
        "retention_years": 7,
        "population_tolerance_percent": 2,
        "longest_call_hours": 12,
        "connect_access_url": "https://acme.my.connect.aws",
        "runbook_url": "https://wiki.example.com/audio-leakage",
    }
    assert values.keys() == {field.name for field in fields(Settings)}
    settings = Settings.from_json(json.dumps(values))
    assert {key: getattr(settings, key) for key in values} == values


@pytest.mark.parametrize("days", [30, "30", [0], [True], [1.5], [701], list(range(1, 12))])
def test_days_that_are_no_days_are_refused(days: object) -> None:
    message = refusal(json.dumps(REQUIRED | {"reverify_after_days": days}))
    assert "allowed is a list of at most 10 whole numbers from 1 to 700" in message


@pytest.mark.parametrize(
    "notifiers",
    [
        SLACK,
        [SLACK],
        [{"notifier": "os.system"}],
        [{"notifier": "airflow.providers.ssh.hooks.ssh.SSHHook"}],
        [{"notifier": SLACK, "arguments": "text"}],
        [{"notifier": SLACK, "password": "secret"}],
        [{"arguments": {}}],
        [{"notifier": SLACK}] * 6,
    ],
)
def test_what_is_no_notifier_is_refused(notifiers: object) -> None:
    message = refusal(json.dumps(REQUIRED | {"alert_notifiers": notifiers}))
    assert "'alert_notifiers' is" in message
    assert "a class of airflow.providers" in message


def test_notifiers_need_the_topic() -> None:
    message = refusal(json.dumps(REQUIRED | {"alert_notifiers": [{"notifier": SLACK}]}))
    assert "'alert_notifiers' needs 'alert_topic_arn'" in message


def test_items_stay_until_their_evidence_is_final() -> None:
    assert "two more than 'recheck_days'" in refusal(json.dumps(REQUIRED | {"keep_items_days": 8}))
    assert "needs 'evidence_bucket'" in refusal(json.dumps(REQUIRED | {"keep_items_days": 9}))


def test_a_setting_of_null_takes_the_default() -> None:
    assert Settings.from_json(json.dumps(REQUIRED | {"recheck_days": None})).recheck_days == 7


def test_no_connection_is_a_choice_and_not_the_default() -> None:
    """null: boto3's own credentials, which are the execution role on MWAA."""
    assert Settings.from_json(json.dumps(REQUIRED | {"aws_conn_id": None})).aws_conn_id is None
    assert Settings.from_json(json.dumps(REQUIRED)).aws_conn_id == "aws_default"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (None, None),
        ("https://acme.my.connect.aws", "acme"),
        ("https://acme.awsapps.com/connect", "acme"),
        ("https://acme", "acme"),
    ],
)
def test_an_instance_is_named_by_the_first_word_of_its_address(url: str | None, name: str | None) -> None:
    assert Settings.from_json(json.dumps(REQUIRED | {"connect_access_url": url})).instance_name == name


@pytest.mark.parametrize("key", ["connect_instance_id", "contact_table"])
def test_a_missing_required_setting_is_named_with_its_meaning(key: str) -> None:
    message = refusal(json.dumps({name: value for name, value in REQUIRED.items() if name != key}))
    assert f"'{key}' is missing, it must be the" in message


def test_an_unknown_setting_is_named_with_the_allowed_ones() -> None:
    message = refusal(json.dumps(REQUIRED | {"recording_buckets": "x"}))
    assert "'recording_buckets' is unknown (did you mean 'recording_bucket'?), allowed keys are" in message
    assert "allowed keys are connect_instance_id, contact_table" in message


def test_a_key_that_is_near_to_none_is_answered_without_a_guess() -> None:
    message = refusal(json.dumps(REQUIRED | {"colour": "x"}))
    assert "'colour' is unknown, allowed keys are" in message


TOPIC = "arn:aws:sns:af-south-1:123456789012:alerts"


@pytest.mark.parametrize(
    ("text", "recipient"),
    [
        (json.dumps({"alert_topic_arn": TOPIC, "nonsense": 1}), Recipient(TOPIC, "aws_default")),
        (
            json.dumps(REQUIRED | {"alert_topic_arn": TOPIC, "aws_conn_id": None, "recheck_days": -1}),
            Recipient(TOPIC, None, INSTANCE_ID),
        ),
        (f'{{"alert_topic_arn": "{TOPIC}" "aws_conn_id": "other"', Recipient(TOPIC, "other")),
        (f"{{'alert_topic_arn': '{TOPIC}'}}", Recipient(TOPIC, "aws_default")),
        (json.dumps({"alert_topic_arn": "alerts"}), None),
        (json.dumps(REQUIRED), None),
        ("", None),
        (None, None),
    ],
)
def test_the_topic_is_found_in_settings_that_cannot_be_used(
    text: str | None, recipient: Recipient | None
) -> None:
    assert recipient_in(text) == recipient


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "is not set"),
        ("", "is not JSON"),
        ("{'single': 1}", "is not JSON"),
        ("[]", "is not a JSON object"),
        ("3", "is not a JSON object"),
    ],
)
def test_a_variable_that_is_no_json_object_is_refused(text: str | None, says: str) -> None:
    assert says in refusal(text)


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("connect_instance_id", "acme", "the instance's UUID"),
        ("contact_table", "a b", "the name of a DynamoDB table"),
        ("recording_bucket", "s3://recordings", "the name of a bucket"),
        ("recording_prefix", "connect/acme/", "a prefix without date and without slash at either end"),
        ("alert_topic_arn", "alerts", "the ARN of an SNS topic"),
        ("evidence_bucket", "s3://evidence", "the name of a bucket"),
        ("evidence_prefix", "audit/", "a prefix without slash at either end"),
        ("evidence_key_arn", "alias/evidence", "the ARN of a KMS key"),
        ("aws_conn_id", "", "the id of an Airflow connection, or null for boto3's own credentials"),
        ("first_check_minutes", -1, "a number from 0 to 1440"),
        ("first_check_minutes", True, "a number from 0 to 1440"),
        ("failure_after_minutes", "60", "a number from 0 to 10080"),
        ("failure_after_minutes", float("nan"), "a number from 0 to 10080"),
        ("recheck_days", float("inf"), "a number from 0 to 365"),
        ("describe_contact_rps", 0, "a number from 0.1 to 1000"),
    ],
)
def test_a_value_out_of_range_is_named_with_the_allowed_range(key: str, value: object, allowed: str) -> None:
    message = refusal(json.dumps(REQUIRED | {key: value}))
    assert f"'{key}' is" in message
    assert f"allowed is {allowed}" in message


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"recording_bucket": "recordings"}, "must be set both or neither: only 'recording_bucket' is set"),
        ({"recording_prefix": "connect/acme"}, "must be set both or neither: only 'recording_prefix' is"),
        ({"first_check_minutes": 61}, "must not be more than 'failure_after_minutes'"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(values: dict[str, Any], says: str) -> None:
    assert says in refusal(json.dumps(REQUIRED | values))


def test_every_wrong_setting_is_named_in_one_message() -> None:
    message = refusal(json.dumps({"contact_table": "", "surplus": 1, "recheck_days": -1}))
    assert all(key in message for key in ("connect_instance_id", "contact_table", "surplus", "recheck_days"))
