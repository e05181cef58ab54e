"""What a flow wanted, from its recording blocks in any order."""

from datetime import UTC, datetime

import pytest

from audio_leakage.contacts.recording_blocks import RecordingBehavior, RecordingBlock, intent_of
from audio_leakage.errors import InvalidContact
from support.fakes import CONTACT_ID, at

JOINED = at("10:30")


OFF, LATE, FAILED = "off", "off, but late", "failed"


@pytest.mark.parametrize(
    ("blocks", "intent"),
    [
        ([], set()),
        (["10:29 ALL"], set()),
        (["10:29 OFF"], {OFF}),
        (["10:29 ALL", "10:29:30 OFF"], {OFF}),
        (["10:29:30 OFF", "10:29 ALL"], {OFF}),  # whichever line came first
        (["10:29 OFF", "10:29:30 OFF"], {OFF}),
        (["10:29 OFF", "10:29:30 AGENT"], set()),
        (["10:29 OFF", "10:29 ALL"], set()),  # at the same moment
        (["10:29 OFF", "10:30:00.062 ALL"], set()),  # too late, but asked for
        (["10:29 OFF", "10:30:20 CUSTOMER"], set()),
        (["10:29 OFF", "10:29:30 FAILED"], {FAILED}),
        (["10:29 OFF", "10:30:05 FAILED"], {FAILED}),
        (["10:28 ALL", "10:29 OFF", "10:29:30 FAILED"], {FAILED}),
        (["10:28 ALL", "10:29 OFF", "10:30:00.062 ALL"], set()),
        (["10:29 ALL", "10:29:30 FAILED"], set()),  # what was set before still holds
        (["10:29 FAILED"], {FAILED}),
        (["10:29 FAILED", "10:31 ALL"], set()),
        (["10:31 CUSTOMER"], set()),
        (["10:29 ALL", "10:31 OFF"], {LATE}),
        (["10:31 OFF"], {LATE}),
        (["10:29 ALL", "10:29:59.400 OFF"], {OFF}),
        (["10:29 ALL", "10:29:59.500 OFF"], {OFF}),  # two clocks may differ by half a second
        (["10:29 ALL", "10:29:59.501 OFF"], {LATE}),
        (["10:29 ALL", "10:30 OFF"], {LATE}),
        (["10:28 ALL", "10:29 OFF", "10:31 OFF"], {OFF}),
        (["10:29 ALL", "10:31 OFF", "10:32 ALL"], set()),
        (["10:29 FAILED", "10:31 OFF"], {FAILED, LATE}),
    ],
)
def test_the_intent_of_a_flow_follows_from_the_order_of_its_blocks(
    blocks: list[str], intent: set[str]
) -> None:
    stored = [f"2023-08-29T{time}Z {word}" for time, word in (text.split() for text in blocks)]
    found = intent_of(stored, JOINED)
    held = {OFF: found.is_off, LATE: found.is_off_late, FAILED: found.has_failed}
    assert {word for word, holds in held.items() if holds} == intent


def test_off_counts_at_any_time_while_no_agent_has_joined() -> None:
    assert intent_of(["2023-08-29T10:45Z OFF"], None).is_off


def test_a_block_is_kept_with_its_time() -> None:
    kept = str(RecordingBlock(datetime(2023, 8, 29, 10, tzinfo=UTC), RecordingBehavior.ALL, CONTACT_ID))
    assert kept == "2023-08-29T10:00:00.000Z ALL"


@pytest.mark.parametrize("block", ["soon ALL", "2023-08-29T10:29Z LOUD", "2023-08-29T10:29Z", ""])
def test_a_block_that_cannot_be_read_is_refused_and_not_guessed(block: str) -> None:
    with pytest.raises(InvalidContact, match="RecordingBlocks"):
        intent_of(["2023-08-29T10:28Z OFF", block], JOINED)
