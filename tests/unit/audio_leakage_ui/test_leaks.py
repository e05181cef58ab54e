"""The list of leaks to hand over."""

from typing import Any

from audio_leakage.contacts.states import FailureCause, RecordedState
from audio_leakage.runs.mutes import Mute, Mutes
from audio_leakage_ui.consoles import Consoles
from audio_leakage_ui.leaks import COLUMNS, rows_of_leaks
from support.fakes import CONTACT_ID, at, ended_with_agent, number

CONSOLES = Consoles("af-south-1", "https://acme.my.connect.aws")
QUEUE = "54b468a3-86b1-4746-aeb5-c31b62eecaa2"
LEAKED: dict[str, Any] = {
    "recorded_state": RecordedState.CALL_RECORDED_FAILURE,
    "failure_cause": FailureCause.NO_OBJECT,
    "failed_at": at("11:31"),
    "queue_id": QUEUE,
}


def rows(*items: dict[str, Any]) -> list[dict[str, str]]:
    head, *leaks = rows_of_leaks(items, CONSOLES)
    return [dict(zip(head, leak, strict=True)) for leak in leaks]


def test_a_leak_is_listed_with_time_queue_agent_cause_and_since() -> None:
    (row,) = rows(ended_with_agent(agent_id="an-agent", **LEAKED).to_item())
    assert row == {
        "contact": CONTACT_ID,
        "agent connected": "2023-08-29T10:30:11.038Z",
        "ended": "2023-08-29T10:31:10.343Z",
        "queue": QUEUE,
        "agent": "an-agent",
        "cause": "NO_OBJECT",
        "since": "2023-08-29T11:31:00.000Z",
        "known until": "",
        "known for": "",
        "acknowledged as": "",
        "ticket": "",
        "record in Connect": f"https://acme.my.connect.aws/contact-trace-records/details/{CONTACT_ID}",
    }


def test_a_known_leak_is_listed_with_the_end_and_the_reason_of_its_mute() -> None:
    mute = Mute(id="key", until=at("2023-08-30T12:00"), reason="=CHG-1", queue_id=QUEUE)
    head, leak = rows_of_leaks([ended_with_agent(**LEAKED).to_item()], CONSOLES, Mutes((mute,)))
    row = dict(zip(head, leak, strict=True))
    assert row["known until"] == "2023-08-30T12:00:00.000Z"
    assert row["known for"] == "=CHG-1"


def test_an_acknowledged_leak_is_listed_with_its_cause_and_its_ticket() -> None:
    words = "2023-08-30T09:00:00.000Z MISSING UPLOAD_FAILED CHG-1"
    (row,) = rows(ended_with_agent(acknowledged=words, **LEAKED).to_item())
    assert (row["acknowledged as"], row["ticket"]) == ("UPLOAD_FAILED", "CHG-1")


def test_only_leaks_are_listed_and_an_unreadable_item_stops_none() -> None:
    found = rows(
        ended_with_agent().to_item(),
        {"ContactId": "nobody"},
        ended_with_agent(contact_id=number(2), **LEAKED).to_item(),
    )
    assert [row["contact"] for row in found] == [number(2)]


def test_a_list_without_leaks_has_its_head() -> None:
    assert list(rows_of_leaks([], CONSOLES)) == [COLUMNS]
