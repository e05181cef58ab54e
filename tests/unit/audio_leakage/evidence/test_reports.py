"""What a day is worth, and what people read of it."""

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
