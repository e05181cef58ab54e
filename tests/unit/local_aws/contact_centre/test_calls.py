"""The simulated contact centre: its calls, their lines, and the truth about them."""

from datetime import timedelta
from random import Random

import pytest

from local_aws.contact_centre.blocks import SHAPES, Block, Wish, last_word_is_off, wished_off
from local_aws.contact_centre.calls import Truth
from local_aws.contact_centre.centre import WEIGHTS
from local_aws.contact_centre.company import contact_centre
from local_aws.contact_centre.flow_log import lines_of
from local_aws.contact_centre.kinds import KINDS, CallWriter
from support.fakes import at

JOINED = at("10:30:11")
HOUR, FORTNIGHT = timedelta(hours=1), timedelta(days=14)
WAITING, SERVED = "IN_PROGRESS - QUEUE/IVR", "COMPLETED - AGENT"
SUCCESS, FAILURE = "CALL_RECORDED_SUCCESS", "CALL_RECORDED_FAILURE"
NOTHING: frozenset[str] = frozenset()
GONE = Truth(None, None)
RECORDED = Truth(SERVED, SUCCESS, warnings=NOTHING)


def failed(cause: str | None, *warnings: str) -> Truth:
    return Truth(SERVED, FAILURE, cause=cause, warnings=frozenset(warnings))


def closed(reason: str, state: str = SERVED) -> Truth:
    return Truth(state, None, reason)


#: What is true of each kind of call in the end.
IN_THE_END = {
    "spoke_to_agent": RECORDED,
    "recorded_late": RECORDED,
    "leaked": failed("NO_OBJECT"),
    "answered_outbound": RECORDED,
    "unanswered_outbound": closed("CUSTOMER_NEVER_ANSWERED"),
    "transferred": RECORDED,
    "abandoned_in_ivr": GONE,
    "abandoned_in_queue": GONE,
    "missed_offer": GONE,
    "recorded_empty": failed("EMPTY_OBJECT"),
    "header_only": failed("EMPTY_OBJECT"),
    "recorded_short": Truth(SERVED, SUCCESS, warnings=frozenset({"SHORT"})),
    "only_ivr_recorded": failed("NO_OBJECT"),
    "voicemail_only": failed("NO_OBJECT"),
    "expired": failed(None),
    "long_after_contact_work": RECORDED,
    "work_for_ninety_minutes": RECORDED,
    "work_never_ends": failed("NO_OBJECT", "END_ASSUMED"),
    "never_disconnected": Truth(SERVED, SUCCESS, warnings=frozenset({"END_ASSUMED"})),
    "never_disconnected_leaked": failed("NO_OBJECT", "END_ASSUMED"),
    "never_disconnected_in_queue": closed("NEVER_ENDED", WAITING),
    "callback_waits": closed("NEVER_ENDED", WAITING),
    "switched_off_again": closed("RECORDING_SWITCHED_OFF"),
    "switched_off_late": failed("SWITCHED_OFF_LATE"),
    "switching_off_failed": RECORDED,
    "switched_on_late": failed("NO_OBJECT"),
    "off_then_on": RECORDED,
    "off_then_on_late": failed("NO_OBJECT"),
    "off_then_on_failed": failed(None),
    "recorded_though_off": Truth(SERVED, SUCCESS, warnings=frozenset({"RECORDED_THOUGH_OFF"})),
    "only_off": closed("RECORDING_SWITCHED_OFF"),
    "only_off_abandoned": GONE,
    "screen_block_only": GONE,
    "screen_and_voice": RECORDED,
    "unknown_block_name": failed("NO_OBJECT"),
    "unreadable_block": RECORDED,
    "unknown_to_connect": closed("NOT_FOUND", "INITIALISED"),
    "known_late": RECORDED,
    "chat": closed("NOT_VOICE", WAITING),
    "task": closed("NOT_VOICE", WAITING),
}


def test_every_kind_has_its_truth_in_this_table() -> None:
    assert set(IN_THE_END) == set(KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_fortnight_later_the_truth_is_what_the_kind_says(kind: str) -> None:
    expected = IN_THE_END[kind]
    for seed in range(20):
        truth = CallWriter(Random(seed)).write(kind, JOINED).truth(JOINED + FORTNIGHT, HOUR)
        assert truth == expected
        assert (truth.closed_reason, truth.cause, truth.warnings) == (
            expected.closed_reason,
            expected.cause,
            expected.warnings,
        )


@pytest.mark.parametrize(
    ("kind", "minutes", "state", "verdict"),
    [
        ("work_for_ninety_minutes", 85, SERVED, None),
        ("work_never_ends", 235, SERVED, None),
        ("work_never_ends", 250, SERVED, FAILURE),
        ("never_disconnected_leaked", 23 * 60, "IN_PROGRESS - AGENT", None),
        ("never_disconnected_leaked", 25 * 60, SERVED, FAILURE),
        ("known_late", 89, "INITIALISED", None),
        ("known_late", 90, SERVED, SUCCESS),
        ("callback_waits", 6 * 24 * 60, WAITING, None),
    ],
)
def test_nothing_is_judged_before_its_time(kind: str, minutes: int, state: str, verdict: str | None) -> None:
    call = CallWriter(Random(1)).write(kind, JOINED)
    truth = call.truth(JOINED + timedelta(minutes=minutes), HOUR)
    assert (truth.state, truth.recorded_state) == (state, verdict)


def test_the_longest_call_is_what_the_settings_say() -> None:
    call = CallWriter(Random(1)).write("never_disconnected_leaked", JOINED)
    assert call.connected_to_agent
    truths = [
        call.truth(call.connected_to_agent + timedelta(minutes=minutes), HOUR, longest_call=HOUR)
        for minutes in (59, 60)
    ]
    assert [truth.recorded_state for truth in truths] == [None, FAILURE]


@pytest.mark.parametrize(
    ("blocks", "closes", "ends_with_off"),
    [
        ([], False, False),
        ([(-3, "enable", "Success")], False, False),
        ([(-3, "disable", "Success")], True, True),
        ([(-0.5, "disable", "Success")], True, True),
        ([(-0.499, "disable", "Success")], False, True),
        ([(3, "disable", "Success")], False, True),
        ([(-3, "disable", "Error")], False, False),
        ([(-5, "enable", "Success"), (-3, "IVR alone, flattened", "Success")], True, True),
        ([(-5, "disable", "Success"), (-3, "enable", "Success")], False, False),
        ([(-5, "disable", "Success"), (-3, "enable", "ChannelMismatch")], False, False),
        ([(-5, "disable", "Success"), (20, "enable", "Success")], False, False),
        ([(-5, "disable", "Success"), (-5, "enable", "Success")], False, False),
        ([(-5, "disable", "Success"), (-3, "enable", "Success"), (3, "disable", "Success")], False, True),
        ([(-5, "disable", "Success"), (3, "disable", "Success")], True, True),
        ([(-5, "disable", "Success"), (-3, "screen", "Success")], True, True),
        ([(-5, "enable", "Success"), (-3, "disable", "NoMatchingError")], False, False),
    ],
)
def test_off_closes_when_it_came_in_time_and_nothing_asks_after_it(
    blocks: list[tuple[float, str, str]], closes: bool, ends_with_off: bool
) -> None:
    ran = [Block(JOINED + timedelta(seconds=seconds), shape, result) for seconds, shape, result in blocks]
    for order in (ran, ran[::-1]):
        assert (wished_off(order, JOINED), last_word_is_off(order)) == (closes, ends_with_off)


def test_there_are_several_shapes_of_each_wish() -> None:
    wishes = [shape.wish for shape in SHAPES.values()]
    assert min(wishes.count(wish) for wish in (Wish.ON, Wish.OFF, Wish.ELSE)) >= 4


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_call_writes_a_line_for_each_of_its_blocks(kind: str) -> None:
    call = CallWriter(Random(3)).write(kind, JOINED)
    about_recording = [at for at, line in lines_of(call) if "Recording" in line.partition("Identifier")[0]]
    assert about_recording == [block.at for block in call.blocks]


def test_an_hour_of_the_company_has_every_kind_of_call() -> None:
    centre = contact_centre(JOINED, HOUR, calls_per_hour=80)
    assert {call.kind for call in centre.calls} == set(WEIGHTS) == set(KINDS) - {"callback_waits", "expired"}
    assert len(centre.calls) == 80


def test_a_difference_from_the_truth_is_named_if_the_fact_is_certain() -> None:
    truth = failed("EMPTY_OBJECT")
    item = {"State": SERVED, "RecordedState": FAILURE, "FailureCause": "EMPTY_OBJECT"}
    assert truth.differences(item) == []
    assert truth.differences({**item, "Warnings": ["SHORT"], "FailureCause": "NO_OBJECT"}) == [
        "FailureCause is NO_OBJECT, the truth is EMPTY_OBJECT",
        "Warnings is SHORT, the truth is none",
    ]
    assert failed(None).differences({**item, "FailureCause": "ANY"}) == []
    assert GONE.differences(None) == []
    assert truth.differences(None)[0] == f"State is None, the truth is {SERVED}"
    chat = Truth(WAITING, None, "NOT_VOICE", other_states=frozenset({"IN_PROGRESS - AGENT"}))
    assert chat.differences({"State": "IN_PROGRESS - AGENT", "ClosedReason": "NOT_VOICE"}) == []
