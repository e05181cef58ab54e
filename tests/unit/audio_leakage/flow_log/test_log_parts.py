"""The flow log of the past is read once in each part, while there is time, and never again after an error."""

import pytest

from audio_leakage.errors import ServiceUnavailable
from audio_leakage.flow_log.log_parts import LogParts
from audio_leakage.runs.window import Window
from support.fakes import CONTACT_ID, LOG_GROUP, FakeFlowLog, at, number
from support.flow_lines import line

FIRST, SECOND = Window(at("10:00"), at("10:30")), Window(at("10:30"), at("11:00"))


def test_a_stretch_is_covered_by_whole_parts() -> None:
    parts = LogParts(FakeFlowLog(), LOG_GROUP, lambda: True)
    assert list(parts.covering(Window(at("10:29"), at("10:31")))) == [FIRST, SECOND]
    assert list(parts.covering(FIRST)) == [FIRST]


def test_a_part_is_read_once_and_gives_the_blocks_of_each_contact() -> None:
    flow_log = FakeFlowLog((line(), line(ContactId=number(1)), line(), "{"))
    parts = LogParts(flow_log, LOG_GROUP, lambda: True)
    for _ in range(2):
        found = parts.blocks(FIRST)
        assert {contact_id: len(blocks) for contact_id, blocks in found.items()} == {
            CONTACT_ID: 2,
            number(1): 1,
        }
    assert (flow_log.asked, len(parts)) == ([FIRST], 1)


def test_a_part_that_may_not_be_read_gives_nothing_until_it_may() -> None:
    flow_log, may_read = FakeFlowLog((line(),)), [False, True]
    parts = LogParts(flow_log, LOG_GROUP, lambda: may_read.pop(0))
    assert parts.blocks(FIRST) == {}
    assert (flow_log.asked, len(parts)) == ([], 0)
    assert list(parts.blocks(FIRST)) == [CONTACT_ID]


def test_a_part_that_was_read_is_given_when_no_other_may_be_read() -> None:
    may_read = [True, False]
    parts = LogParts(FakeFlowLog((line(),)), LOG_GROUP, lambda: may_read.pop(0))
    parts.blocks(FIRST)
    assert parts.blocks(SECOND) == {}
    assert list(parts.blocks(FIRST)) == [CONTACT_ID]


def test_a_log_that_could_not_be_read_is_not_asked_again() -> None:
    flow_log = FakeFlowLog((line(),))
    parts = LogParts(flow_log, LOG_GROUP, lambda: True)
    parts.blocks(FIRST)
    flow_log.error = ServiceUnavailable("logs:FilterLogEvents HTTP 503")
    for _ in range(2):
        with pytest.raises(ServiceUnavailable, match="503"):
            parts.blocks(SECOND)
    assert flow_log.asked == [FIRST, SECOND]
    assert list(parts.blocks(FIRST)) == [CONTACT_ID]
