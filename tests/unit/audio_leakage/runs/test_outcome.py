"""What one look made of a contact, as the task's log and its counts tell it."""

from dataclasses import replace

import pytest

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.states import ContactWarning, FailureCause, RecordedState
from audio_leakage.runs.outcome import record_outcome
from support.fakes import CONTACT_ID, World, at, ended_with_agent

ENDED = ended_with_agent()
FAILED = replace(
    ENDED, recorded_state=RecordedState.CALL_RECORDED_FAILURE, failure_cause=FailureCause.NO_OBJECT
)
SHORT = replace(ENDED, recorded_state=RecordedState.CALL_RECORDED_SUCCESS, warnings=(ContactWarning.SHORT,))


@pytest.mark.parametrize(
    ("after", "outcome", "line"),
    [
        (FAILED, "CALL_RECORDED_FAILURE", "COMPLETED - AGENT -> CALL_RECORDED_FAILURE NO_OBJECT"),
        (SHORT, "CALL_RECORDED_SUCCESS", "COMPLETED - AGENT -> CALL_RECORDED_SUCCESS SHORT"),
        (
            replace(ENDED, next_check_at=at("10:45")),
            "unchanged",
            "still COMPLETED - AGENT, due again 2023-08-29 10:45:00+00:00",
        ),
    ],
)
def test_an_outcome_is_counted_and_logged_with_its_cause_or_warning(
    caplog: pytest.LogCaptureFixture, after: Contact, outcome: str, line: str
) -> None:
    world = World()
    world.contacts.put(ENDED)
    with caplog.at_level("INFO"):
        assert record_outcome(world.run(at("10:40")), ENDED, after) == outcome
    assert caplog.messages == [f"contact {CONTACT_ID}: {line}"]


def test_the_one_that_lost_a_race_says_so(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    world.contacts.put(FAILED)
    with caplog.at_level("INFO"):
        assert record_outcome(world.run(at("10:40")), ENDED, SHORT) == "changed_meanwhile"
    assert caplog.messages == [f"contact {CONTACT_ID}: changed by somebody else meanwhile"]
