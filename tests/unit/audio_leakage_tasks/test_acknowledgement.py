"""What the task of somebody's acknowledgement works with, and when it refuses to."""

from typing import Any

import pytest

from audio_leakage.use_cases.acknowledging import AcknowledgementContext, acknowledge
from audio_leakage_tasks.acknowledgement import summary_of_acknowledgement
from audio_leakage_tasks.airflow_errors import AirflowFailException, WrongParams
from support.evidence import KEY_ARN
from support.fakes import number
from support.task_run import task_of_run

DAG_ID = "acknowledge_audio_leakage__emea"
PARAMS = {"contact_ids": number(1), "cause": "TEST_CALL"}


def acknowledged(monkeypatch: pytest.MonkeyPatch, **of_run: object) -> AcknowledgementContext:
    """Return what the use case gets, of a run with an evidence bucket."""
    context = task_of_run(
        monkeypatch, DAG_ID, evidence_bucket="evidence", evidence_prefix="audit", evidence_key_arn=KEY_ARN
    )
    context["params"] = PARAMS
    vars(context["dag_run"]).update(of_run)
    runs = []

    def use_case(run: AcknowledgementContext) -> dict[str, Any]:
        runs.append(run)
        return {"acknowledged": 1}

    summary = summary_of_acknowledgement(use_case)
    (run,) = runs
    assert summary == {"window": f"{run.now:%Y-%m-%d}", "acknowledged": 1}
    return run


def test_nothing_can_be_acknowledged_without_an_evidence_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    task_of_run(monkeypatch, DAG_ID)["params"] = PARAMS
    with pytest.raises(AirflowFailException) as caught:
        summary_of_acknowledgement(acknowledge)
    assert str(caught.value) == "nothing can be acknowledged: 'evidence_bucket' is not set"


def test_a_form_that_names_nothing_is_a_mistake_of_the_person_who_filled_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task_of_run(monkeypatch, DAG_ID, evidence_bucket="evidence")
    with pytest.raises(WrongParams, match=r"^name contact_ids, or day and class$"):
        summary_of_acknowledgement(acknowledge)


@pytest.mark.parametrize(
    ("of_run", "user"),
    [({"triggering_user_name": "somebody"}, "somebody"), ({"triggering_user_name": None}, None), ({}, None)],
)
def test_an_acknowledgement_names_its_run_and_whoever_triggered_it(
    monkeypatch: pytest.MonkeyPatch, of_run: dict[str, object], user: str | None
) -> None:
    run = acknowledged(monkeypatch, **of_run)
    assert (run.run_id, run.user) == ("scheduled__noon", user)
    assert (run.request.contact_ids, run.request.cause) == ((number(1),), "TEST_CALL")


def test_an_acknowledgement_goes_into_the_chain_of_its_instance(monkeypatch: pytest.MonkeyPatch) -> None:
    run = acknowledged(monkeypatch)
    assert run.chain.store is run.store
    assert run.chain.key_arn == KEY_ARN
    assert run.contacts.name == "contacts"  # type: ignore[attr-defined]  # the real table
