import logging

import pytest

from flow_log_subscriber import handler


def test_the_line_that_the_metric_filter_reads_is_logged() -> None:
    """Lambda's root logger lets warnings through, and ours writes an INFO line for each delivery."""
    assert logging.getLogger(handler.__name__).isEnabledFor(logging.INFO)


def test_every_try_of_a_request_that_hangs_fits_into_the_function_s_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "af-south-1")
    config = handler._contacts.__wrapped__("contacts")._client.meta.config
    tries = config.retries["total_max_attempts"]
    assert tries > 1
    assert tries * (config.connect_timeout + config.read_timeout) < 60
