"""The last block that took effect before the agent joined counts."""

from datetime import UTC, datetime

import pytest

from audio_leakage.contacts.recording_blocks import RecordingBehavior, RecordingBlock, behavior_in_effect
from support.fakes import CONTACT_ID, at

JOINED = at("10:30")


@pytest.mark.parametrize(
    ("settings", "effect"),
    [
        ([], None),
        (["10:29 ALL"], RecordingBehavior.ALL),
        (["10:29 ALL", "10:29:30 OFF"], RecordingBehavior.OFF),
        (["10:29:30 OFF", "10:29 ALL"], RecordingBehavior.OFF),  # whichever line came first
        (["10:29 OFF", "10:29:30 AGENT"], RecordingBehavior.AGENT),
        (["10:29 OFF", "10:29 ALL"], RecordingBehavior.ALL),  # at the same moment
        (["10:29 ALL", "10:31 OFF"], RecordingBehavior.ALL),  # after the agent joined
        (["10:29 ALL", "10:29:30 FAILED"], RecordingBehavior.ALL),  # what was set before still holds
        (["10:29 FAILED"], RecordingBehavior.FAILED),
        (["10:31 CUSTOMER"], RecordingBehavior.CUSTOMER),  # too late, but wanted
        (["10:29 FAILED", "10:31 ALL"], RecordingBehavior.ALL),
    ],
)
def test_the_last_block_in_effect_before_the_agent_joined_counts(
    settings: list[str], effect: RecordingBehavior | None
) -> None:
    stored = [f"2023-08-29T{time}Z {word}" for time, word in (text.split() for text in settings)]
    assert behavior_in_effect(stored, JOINED) == effect


def test_a_block_is_stored_with_its_time() -> None:
    kept = str(RecordingBlock(datetime(2023, 8, 29, 10, tzinfo=UTC), RecordingBehavior.ALL, CONTACT_ID))
    assert kept == "2023-08-29T10:00:00.000Z ALL"
