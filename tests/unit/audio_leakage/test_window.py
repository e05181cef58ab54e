from datetime import datetime

import pytest

from audio_leakage.window import Window, run_window
from fakes import at

FIRED = at("06:20")


@pytest.mark.parametrize(
    ("start", "end", "logical_date", "run_after"),
    [
        pytest.param(FIRED, FIRED, FIRED, FIRED, id="scheduled, cron trigger"),
        pytest.param(at("06:15"), FIRED, at("06:15"), FIRED, id="scheduled, data interval"),
        pytest.param(None, None, None, at("06:20:29.28"), id="manual without a logical date"),
        pytest.param(at("06:20:29"), at("06:20:29"), at("06:20:29"), at("06:20:29"), id="manual from the UI"),
        pytest.param(None, None, FIRED, at("09:00"), id="manual for a logical date"),
    ],
)
def test_a_run_is_about_the_aligned_five_minutes_before_it(
    start: datetime | None, end: datetime | None, logical_date: datetime | None, run_after: datetime
) -> None:
    assert run_window(start, end, logical_date, run_after) == Window(at("06:15"), at("06:20"))


def test_a_data_interval_with_a_width_is_the_window() -> None:
    assert run_window(at("05:00"), at("06:00"), at("05:00"), at("09:00")) == Window(at("05:00"), at("06:00"))


def test_four_scheduled_windows_a_day_adopt_what_others_wrote() -> None:
    windows = [
        Window(at(f"{hour:02}:{minute:02}"), at("23:59")) for hour in range(24) for minute in range(0, 60, 5)
    ]
    assert [window.start.hour for window in windows if window.is_for_adoption] == [0, 6, 12, 18]
