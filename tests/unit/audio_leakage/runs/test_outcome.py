"""What one look made of a contact, in the task's log."""

import logging

import pytest

from audio_leakage.use_cases.checking import check_recordings
from support.fakes import CONTACT_ID, World, answer, at, ended_with_agent


@pytest.mark.parametrize(
    ("now", "has_recording", "told"),
    [
        ("12:00", False, "CALL_RECORDED_FAILURE NO_OBJECT"),
        ("12:00", True, "CALL_RECORDED_SUCCESS LATE"),
    ],
)
def test_the_log_says_the_verdict_of_a_contact_and_why(
    now: str, has_recording: bool, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    world.contacts.put(ended_with_agent())
    world.connect.answers[CONTACT_ID] = answer()
    if has_recording:
        world.bucket.put(at=at("11:50"))
    with caplog.at_level(logging.INFO):
        check_recordings(world.run(at(now)))
    assert f"contact {CONTACT_ID}: COMPLETED - AGENT -> {told}" in [
        message.rstrip() for message in caplog.messages
    ]
