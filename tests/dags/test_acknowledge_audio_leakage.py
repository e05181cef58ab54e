"""The DAG file of acknowledgements: what its form asks for, and what it refuses."""

import pytest
from airflow.exceptions import ParamValidationError
from airflow.models import DagBag
from airflow.sdk import DAG

from audio_leakage.evidence.acknowledgement import AcknowledgedCause
from conftest import ROOT
from support.fakes import number


@pytest.fixture(scope="module")
def dag() -> DAG:
    bag = DagBag(dag_folder=str(ROOT / "dags"))
    assert not bag.import_errors
    return bag.dags["acknowledge_audio_leakage"]


def test_only_a_person_starts_it(dag: DAG) -> None:
    assert dag.schedule is None
    assert [task.task_id for task in dag.tasks] == ["acknowledge"]


def test_the_form_offers_every_cause_and_has_none_chosen(dag: DAG) -> None:
    cause = dag.params.get_param("cause")
    assert cause.schema["enum"] == list(AcknowledgedCause)
    with pytest.raises(ParamValidationError):
        cause.resolve()
    assert cause.resolve("TEST_CALL") == "TEST_CALL"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cause", "SOMETHING"),
        ("ticket", "see my mail"),
        ("contact_ids", "the one of this morning"),
        ("day", "yesterday"),
        ("class", "VERIFIED"),
        ("queue_id", "support"),
        ("valid_until", "soon"),
    ],
)
def test_no_param_takes_free_text(dag: DAG, name: str, value: str) -> None:
    with pytest.raises(ParamValidationError):
        dag.params.get_param(name).resolve(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ticket", "INC0012345"),
        ("contact_ids", f"{number(1)}, {number(2).upper()}\n"),
        ("day", "2026-11-23"),
        ("class", "MISSING"),
        ("queue_id", f" {number(3)} "),
        ("valid_until", None),
    ],
)
def test_the_form_takes_what_people_paste(dag: DAG, name: str, value: str | None) -> None:
    assert dag.params.get_param(name).resolve(value) == value
