"""What the page shows of the hours that runs have counted: of several runs about an hour, the newest."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.orm import Session

from audio_leakage_ui.population import hourly_run, population_since
from support.airflow_database import airflow_database, put_run, put_summary
from support.fakes import at

HOURLY, OTHER = "reconcile_audio_leakage", "reconcile_audio_leakage__emea"


@pytest.fixture
def session() -> Iterator[Session]:
    with airflow_database() as session:
        yield session


def proof(hour: str, **more: Any) -> dict[str, Any]:
    return {"hour": hour, "status": "COMPLETE", **more}


def test_a_run_shows_the_hour_that_it_took_and_what_it_entered(session: Session) -> None:
    run, other = (put_run(session, HOURLY, name, at("12:20")) for name in ("one", "other"))
    taken = {"hour": "2023-08-29T11", "proofs": [proof("2023-08-29T11"), proof("2023-08-29T05")]}
    put_summary(session, run, "take_population", taken)
    put_summary(session, run, "enter_unwatched", {"entered": 3, "hours": {"2023-08-29T11": {"served": 9}}})
    put_summary(session, other, "take_population", {"hour": "2023-08-29T10"})
    assert hourly_run(session, HOURLY, "one") == {
        "hour": "2023-08-29T11",
        "entered": 3,
        "hours": {"2023-08-29T11": {"served": 9}},
        "proofs": taken["proofs"],
    }
    assert hourly_run(session, HOURLY, "other") == {
        "hour": "2023-08-29T10",
        "entered": None,
        "hours": {},
        "proofs": [],
    }


def test_a_run_that_has_returned_nothing_shows_nothing(session: Session) -> None:
    run = put_run(session, HOURLY, "one", at("12:20"))
    put_summary(session, run, "take_population", "somebody else's words")
    put_summary(session, run, "take_population", {"hour": "2023-08-29T11"}, key="population_part_000")
    nothing: dict[str, Any] = {"hour": None, "entered": None, "hours": {}, "proofs": []}
    assert hourly_run(session, HOURLY, "one") == nothing


def test_figures_and_proof_of_an_hour_are_those_that_were_found_last(session: Session) -> None:
    first, second = (put_run(session, HOURLY, time.replace(":", ""), at(time)) for time in ("11:20", "17:20"))
    put_summary(session, first, "take_population", {"proofs": [proof("2023-08-29T10", connect=1)]})
    put_summary(
        session, first, "enter_unwatched", {"hours": {"2023-08-29T10": {"served": 7, "unwatched": 2}}}
    )
    put_summary(session, second, "take_population", {"proofs": [proof("2023-08-29T10", connect=2)]})
    put_summary(session, second, "enter_unwatched", {"hours": {"2023-08-29T10": {"served": 9}}})
    assert population_since(session, HOURLY, at("10:00")) == {
        "hours": {"2023-08-29T10": {"served": 9, "unwatched": 2, "proof": proof("2023-08-29T10", connect=2)}}
    }


def test_only_hours_since_a_time_are_shown_in_their_order_and_only_of_one_instance(session: Session) -> None:
    before = put_run(session, HOURLY, "before", at("09:59"))
    run = put_run(session, HOURLY, "same", at("10:00"))
    other = put_run(session, OTHER, "same", at("10:00"))
    put_summary(session, before, "enter_unwatched", {"hours": {"2023-08-29T10": {"served": 1}}})
    hours = {f"2023-08-29T{hour}": {"served": 2} for hour in ("11", "10", "09")}
    put_summary(session, run, "enter_unwatched", {"hours": hours})
    put_summary(session, other, "enter_unwatched", {"hours": {"2023-08-29T12": {"served": 3}}})
    shown = population_since(session, HOURLY, at("10:00"))["hours"]
    assert list(shown.items()) == [
        ("2023-08-29T10", {"served": 2}),
        ("2023-08-29T11", {"served": 2}),
    ]


def test_a_proof_without_figures_is_shown_all_the_same(session: Session) -> None:
    """``enter_unwatched`` has failed."""
    run = put_run(session, HOURLY, "one", at("11:20"))
    put_summary(session, run, "take_population", {"proofs": [proof("2023-08-29T10")]})
    assert population_since(session, HOURLY, at("10:00")) == {
        "hours": {"2023-08-29T10": {"proof": proof("2023-08-29T10")}}
    }
