"""What a day is worth, and what people read of it."""

import pytest

from audio_leakage.evidence.files import EvidenceFile
from audio_leakage.evidence.ledger import Inputs, ledger_of
from audio_leakage.evidence.reports import Day, mail_lines, reports, status_of, summary_of
from support.evidence import day, inputs, item, leg, must, recording

PROVEN = inputs([leg(1)], [item(1)], [recording(1)])


def report(name: str, given: Inputs, about: Day | None = None) -> EvidenceFile:
    files = reports(about or day(), ledger_of(given, must))
    return next(file for file in files if file.name == name)


def status(given: Inputs, **members: object) -> str:
    return str(status_of(day(**members), ledger_of(given, must))[0])


def test_a_day_is_worth_what_is_proven_of_it() -> None:
    assert status(PROVEN) == "COMPLETE"
    assert status(inputs([leg(1)])) == "PROVISIONAL"
    assert status(inputs()) == "NO_CALLS"


def test_a_day_without_a_proven_population_is_incomplete() -> None:
    hours = list(day().hours)
    hours[14] = {**hours[14], "unproven": "listed 9, TotalCount 12"}
    found, reasons = status_of(day(hours=hours), ledger_of(PROVEN, must))
    assert (str(found), reasons) == ("INCOMPLETE", ["hour 14: listed 9, TotalCount 12"])
    assert status(PROVEN, hours=hours[:23]) == "INCOMPLETE"


def test_a_day_whose_folder_was_not_listed_is_incomplete() -> None:
    assert status(PROVEN, listing_is_whole=False) == "INCOMPLETE"


def test_contacts_outside_the_population_make_a_day_incomplete() -> None:
    assert status(inputs([leg(1)], [item(1)], [recording(1), recording(2, known="VOICE")])) == "INCOMPLETE"
    assert status(inputs([leg(1)], [item(1), item(2)], [recording(1), recording(2)])) == "INCOMPLETE"


def test_an_incomplete_day_never_says_a_percentage() -> None:
    text = "\n".join(mail_lines(summary_of(day(hours=[]), ledger_of(PROVEN, must))))
    assert "%" not in text
    assert "100" not in report("summary.csv", PROVEN, day(hours=[])).stored.decode()


def test_the_mail_fits_on_one_screen() -> None:
    lines = mail_lines(summary_of(day(hours=[]), ledger_of(PROVEN, must)))
    assert len(lines) <= 18
    assert "more reasons" in lines[-1]


def test_the_mail_tells_coverage_and_exceptions() -> None:
    given = inputs([leg(1), leg(2)], [item(1), item(2)], [recording(1)])
    text = report("summary.txt", given).stored.decode()
    assert "Coverage: 50.00 %" in text
    assert "Exceptions: 1 DELETED_SINCE" in text


def test_the_exceptions_are_the_contacts_that_matter() -> None:
    given = inputs([leg(1), leg(2)], [item(1), item(2)], [recording(1)])
    head, only, end = report("exceptions.csv", given).stored.decode().split("\r\n")
    assert head.startswith("contact_id,call_id,class")
    assert "DELETED_SINCE,GONE,error,lost" in only
    assert end == ""


def test_the_sums_are_given_by_day_queue_method_and_rule() -> None:
    lines = report("summary.csv", PROVEN).stored.decode().splitlines()[1:]
    assert [line.split(",")[0] for line in lines] == ["day", "queue_id", "initiation_method", "policy_rule"]


@pytest.mark.parametrize(
    ("population", "outside", "reasons"),
    [
        (200, 1, []),
        (199, 1, ["1 watched contact is not in the population"]),
        (400, 2, []),
        (399, 2, ["2 watched contacts are not in the population"]),
        (0, 1, ["1 watched contact is not in the population"]),
    ],
)
def test_few_watched_contacts_outside_the_population_are_within_the_tolerance(
    population: int, outside: int, reasons: list[str]
) -> None:
    every = range(population + outside)
    given = inputs(map(leg, range(population)), map(item, every), map(recording, every))
    expected = "INCOMPLETE" if reasons else "COMPLETE"
    assert status_of(day(), ledger_of(given, must)) == (expected, reasons)


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ("NOT_ASKED", "1 recordings were not asked about, they have no contact of that day"),
        ("VOICE", "1 recorded contact is not in the population"),
    ],
)
def test_one_recording_of_nobody_knows_whom_makes_a_day_incomplete(known: str, reason: str) -> None:
    given = inputs([leg(1)], [item(1)], [recording(1), recording(2, known=known)])
    assert status_of(day(), ledger_of(given, must)) == ("INCOMPLETE", [reason])


def test_a_recording_of_another_day_leaves_a_day_complete() -> None:
    given = inputs([leg(1)], [item(1)], [recording(1), recording(2, known="OTHER_DAY")])
    assert status_of(day(), ledger_of(given, must)) == ("COMPLETE", [])
