from datetime import datetime

import pytest

from audio_leakage.errors import WindowError
from audio_leakage.window import Window, named_window, run_window
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


class TestNamedWindows:
    NOW = at("12:00")

    def test_two_times_name_a_window(self) -> None:
        named = named_window("2023-08-29T10:00:00+02:00", "2023-08-29T09:00:00Z", self.NOW)
        assert named == Window(at("08:00"), at("09:00"))

    @pytest.mark.parametrize("nothing", [None, ""])
    def test_nothing_names_none(self, nothing: str | None) -> None:
        assert named_window(nothing, nothing, self.NOW) is None

    @pytest.mark.parametrize(
        ("start", "end", "says"),
        [
            ("2023-08-29T10:00Z", None, "must be given both or neither"),
            ("2023-08-29T10:00Z", "2023-08-29T09:00Z", "ends before it starts"),
            ("2023-08-29T10:00Z", "2023-08-29T10:00Z", "ends before it starts"),
            (
                "2023-08-29T11:00Z",
                "2023-08-29T12:05Z",
                "lies in the future: it must end by 2023-08-29T12:00:00.000Z",
            ),
            ("2023-08-27T11:00Z", "2023-08-29T11:00Z", "is too long: at most 1 day"),
            ("2023-08-29T10:00", "2023-08-29T11:00", "must be times in ISO-8601 with an offset"),
            ("yesterday", "today", "must be times in ISO-8601 with an offset"),
        ],
    )
    def test_what_cannot_be_worked_on_is_refused(self, start: str, end: str | None, says: str) -> None:
        with pytest.raises(WindowError) as refused:
            named_window(start, end, self.NOW)
        assert says in str(refused.value)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("10:00", "10:05", ["2023-08-29T10"]),
        ("10:55", "11:00", ["2023-08-29T10"]),
        ("10:57", "11:02", ["2023-08-29T10", "2023-08-29T11"]),
        ("23:55", "2023-08-30T00:05", ["2023-08-29T23", "2023-08-30T00"]),
    ],
)
def test_a_window_knows_the_hours_it_touches(start: str, end: str, hours: list[str]) -> None:
    assert Window(at(start), at(end)).hours == hours
