"""Airflow 3.0 has its errors in another place than the versions after it."""

import runpy
import sys
from types import ModuleType

import pytest

from audio_leakage_tasks import airflow_errors

NAMES = ("AirflowFailException", "AirflowSkipException", "AirflowTaskTerminated")
OLD, NEW = "airflow.exceptions", "airflow.sdk.exceptions"


def module(name: str, *errors: str) -> ModuleType:
    """Return a module of Airflow that has errors of its own."""
    found = ModuleType(name)
    vars(found).update({error: type(error, (Exception,), {"__module__": name}) for error in errors})
    return found


@pytest.mark.parametrize(
    ("places", "place"),
    [
        ({OLD: module(OLD, *NAMES), NEW: None}, OLD),
        ({OLD: module(OLD, *NAMES), NEW: module(NEW, "AirflowException")}, OLD),
        ({OLD: module(OLD), NEW: module(NEW, *NAMES)}, NEW),
    ],
)
def test_our_errors_are_those_that_airflow_acts_on(
    monkeypatch: pytest.MonkeyPatch, places: dict[str, ModuleType | None], place: str
) -> None:
    for name, found in places.items():
        monkeypatch.setitem(sys.modules, name, found)
    errors = runpy.run_path(str(airflow_errors.__file__))
    assert {errors[name].__module__ for name in NAMES} == {place}
    for ours in ("EarlierTaskFailed", "WrongParams"):
        assert issubclass(errors[ours], errors["AirflowFailException"])
