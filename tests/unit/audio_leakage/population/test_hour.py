"""Which hour a run is about."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from audio_leakage.errors import WindowError
from audio_leakage.population.hour import hour_named, hour_of, name_of
from audio_leakage.ports import AirflowRun
from support.fakes import at


def run(**times: Any) -> AirflowRun:
    none = {"data_interval_start": None, "data_interval_end": None, "logical_date": None, "conf": None}
    found = SimpleNamespace(**(none | {"run_after": at("11:20"), "run_type": "scheduled"} | times))
    return cast("AirflowRun", found)


@pytest.mark.parametrize(
    ("times", "hour"),
    [
        ({"data_interval_start": at("10:20"), "data_interval_end": at("11:20")}, "2023-08-29T10"),
        ({}, "2023-08-29T10"),
        ({"run_after": at("11:19")}, "2023-08-29T09"),
        ({"logical_date": at("00:20")}, "2023-08-28T23"),
    ],
)
def test_a_run_is_about_the_hour_of_its_data_interval(times: dict[str, datetime], hour: str) -> None:
    assert name_of(hour_of(run(**times), {}, at("11:20:01"))) == hour


def test_a_named_hour_goes_before_any_other() -> None:
    assert name_of(hour_of(run(), {"hour": "2023-08-01T05"}, at("11:20"))) == "2023-08-01T05"


@pytest.mark.parametrize(
    "name", ["yesterday", "2023-08-29", "2023-08-29T25", "2023-13-01T00", "2023-08-29T1"]
)
def test_a_name_that_is_no_hour_is_refused(name: str) -> None:
    with pytest.raises(WindowError, match="allowed is a UTC hour such as"):
        hour_of(run(), {"hour": name}, at("11:20"))


def test_an_hour_that_is_not_over_is_refused() -> None:
    with pytest.raises(WindowError, match="is not over"):
        hour_of(run(), {"hour": "2023-08-29T11"}, at("11:20"))
    assert hour_of(run(), {"hour": "2023-08-29T10"}, at("11:00")) == hour_named("2023-08-29T10")
