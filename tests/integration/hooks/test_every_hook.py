"""Rules that hold for every hook."""

import inspect
from typing import Any

import pytest
from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook

from audio_leakage_hooks.configuration import ServiceHook
from audio_leakage_hooks.connect import ConnectHook
from audio_leakage_hooks.contact_table_hook import ContactTableHook
from audio_leakage_hooks.flow_log import FlowLogHook
from audio_leakage_hooks.metrics import MetricsHook
from audio_leakage_hooks.recording_bucket import RecordingBucketHook


@pytest.mark.parametrize(
    "hook", [ConnectHook, ContactTableHook, FlowLogHook, MetricsHook, RecordingBucketHook, ServiceHook]
)
def test_a_hook_takes_only_the_parameters_of_every_aws_hook(hook: type[AwsGenericHook[Any]]) -> None:
    own = inspect.signature(hook.__init__).parameters if "__init__" in vars(hook) else {}
    assert set(own) <= {"self", "args", "kwargs"}


@pytest.mark.parametrize(
    "hook", [ConnectHook, ContactTableHook, FlowLogHook, MetricsHook, RecordingBucketHook, ServiceHook]
)
def test_retries_are_ours_unless_the_connection_sets_others(
    hook: type[AwsGenericHook[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    config: Any = hook(aws_conn_id=None).config
    assert config.retries == {"mode": "adaptive", "total_max_attempts": 4}
    monkeypatch.setenv(
        "AIRFLOW_CONN_OURS", '{"conn_type": "aws", "extra": {"config_kwargs": {"read_timeout": 7}}}'
    )
    config = hook(aws_conn_id="ours").config
    assert (config.read_timeout, config.connect_timeout) == (7, 5)
