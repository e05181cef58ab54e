"""A mute is read strictly, and it keeps quiet what it names and nothing else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_leakage.contacts.states import FailureCause
from audio_leakage.runs.mutes import HELD, LONGEST_MUTE, Mute, Mutes, held, read_mutes
from audio_leakage.times import format_time
from support.fakes import MINUTE, SETTINGS, at, ended_with_agent

NOW = at("12:00")
QUEUE, OTHER = "54b468a3-86b1-4746-aeb5-c31b62eecaa2", "00000000-0000-4000-8000-000000000009"
MUTE: dict[str, Any] = {
    "id": "key-rotation",
    "queue_id": QUEUE,
    "cause": "NO_OBJECT",
    "until": "2023-08-30T12:00:00+00:00",
    "reason": "CHG-4711: the key is replaced",
}


def read(*mutes: object) -> Mutes:
    return Mutes.from_json(json.dumps(mutes), NOW)


def changed(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in (MUTE | values).items() if value is not None}


def test_without_the_variable_nothing_is_quiet() -> None:
    assert Mutes.from_json(None, NOW) == Mutes()


def test_a_mute_is_read_as_it_was_written() -> None:
    (mute,) = read(MUTE).active
    assert mute == Mute(
        id="key-rotation",
        until=at("2023-08-30T12:00"),
        reason="CHG-4711: the key is replaced",
        queue_id=QUEUE,
        cause=FailureCause.NO_OBJECT,
    )
    assert mute.scope == f"queue {QUEUE}, cause NO_OBJECT"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"until": None}, "'until' is None, allowed is a time with its offset from UTC"),
        ({"until": "2023-08-30"}, "'until' is '2023-08-30', allowed is a time with its offset"),
        ({"until": "2023-08-30T12:00:00"}, "allowed is a time with its offset from UTC"),
        ({"until": 1693396800}, "allowed is a time with its offset from UTC"),
        ({"until": "2023-09-29T12:00:00.001Z"}, "allowed is at most 31 days ahead"),
        ({"queue_id": 7}, "'queue_id' is 7, allowed is a queue's UUID"),
        ({"reason": None}, "'reason' is None, allowed is one line of at most 200 characters"),
        ({"reason": "  "}, "'reason' is '  ', allowed is one line"),
        ({"reason": "two\nlines"}, "allowed is one line of at most 200 characters"),
        ({"reason": "x" * 201}, "allowed is one line of at most 200 characters"),
        ({"queue_id": None, "cause": None}, "it names neither 'queue_id' nor 'cause'"),
        ({"queue_id": "support"}, "'queue_id' is 'support', allowed is a queue's UUID"),
        ({"cause": "KMS"}, "'cause' is 'KMS', allowed is one of NO_OBJECT, EMPTY_OBJECT"),
        ({"cause": ["NO_OBJECT"]}, "'cause' is ['NO_OBJECT'], allowed is one of"),
        ({"queue": QUEUE}, "'queue' is unknown, allowed keys are id, queue_id, cause, until, reason"),
    ],
)
def test_a_wrong_mute_is_refused_by_its_name_with_what_is_allowed(values: dict[str, Any], says: str) -> None:
    mutes = read(changed(**values))
    assert mutes.active == ()
    assert mutes.problem is not None
    assert mutes.problem.startswith("Variable 'audio_leakage_mutes': mute 'key-rotation': ")
    assert says in mutes.problem


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[{]", "Variable 'audio_leakage_mutes' is not JSON"),
        ("{}", "Variable 'audio_leakage_mutes' is {}, allowed is a JSON list of mutes"),
        ('["key-rotation"]', "mute 1: it is 'key-rotation', allowed is a JSON object"),
        ('[{"id": ""}]', "mute '': 'id' is '', allowed is at most 64 letters"),
        ("[{}]", "mute 1: 'id' is None"),
        ('[{"id": "schlüssel"}]', "mute 'schlüssel': 'id' is 'schlüssel', allowed is at most 64 letters"),
    ],
)
def test_a_variable_that_makes_no_sense_keeps_nothing_quiet(text: str, says: str) -> None:
    mutes = Mutes.from_json(text, NOW)
    assert mutes.active == ()
    assert says in (mutes.problem or "")


def test_one_message_names_every_wrong_mute_and_the_right_ones_hold() -> None:
    mutes = read(MUTE, changed(id="no-reason", reason=None), changed(id="no-end", until=None), MUTE)
    assert [mute.id for mute in mutes.active] == ["key-rotation"]
    assert mutes.problem is not None
    for said in ("mute 'no-reason': 'reason'", "mute 'no-end': 'until'", "its id is there twice"):
        assert said in mutes.problem


def test_a_mute_that_has_ended_keeps_nothing_quiet_and_is_no_problem() -> None:
    assert read(changed(until=format_time(NOW))) == Mutes()
    assert read(changed(until=format_time(NOW + MINUTE))).active


@pytest.mark.parametrize(
    ("scope", "queue", "cause", "is_quiet"),
    [
        ({"queue_id": QUEUE, "cause": None}, QUEUE, "EMPTY_OBJECT", True),
        ({"queue_id": QUEUE.upper(), "cause": None}, QUEUE, "NO_OBJECT", True),
        ({"queue_id": QUEUE, "cause": None}, OTHER, "NO_OBJECT", False),
        ({"queue_id": QUEUE, "cause": None}, None, "NO_OBJECT", False),
        ({"queue_id": None, "cause": "NO_OBJECT"}, OTHER, "NO_OBJECT", True),
        ({"queue_id": None, "cause": "NO_OBJECT"}, None, "NO_OBJECT", True),
        ({"queue_id": None, "cause": "NO_OBJECT"}, QUEUE, "DELETED", False),
        ({}, QUEUE, "NO_OBJECT", True),
        ({}, QUEUE, "DELETED", False),
        ({}, OTHER, "NO_OBJECT", False),
    ],
)
def test_a_mute_covers_what_all_of_its_scope_names(
    scope: dict[str, Any], queue: str | None, cause: str, *, is_quiet: bool
) -> None:
    leak = ended_with_agent(queue_id=queue, failure_cause=FailureCause(cause))
    assert bool(read(changed(**scope)).of(leak)) is is_quiet


def test_of_two_mutes_the_one_that_ends_last_holds() -> None:
    later = changed(id="later", until="2023-08-31T12:00:00Z")
    mute = read(MUTE, later, changed(id="sooner", until="2023-08-29T13:00:00Z")).of(
        ended_with_agent(queue_id=QUEUE, failure_cause=FailureCause.NO_OBJECT)
    )
    assert mute is not None
    assert mute.id == "later"


@given(minutes=st.integers(1, int(LONGEST_MUTE / MINUTE)), age=st.integers(0, 20 * 24 * 60))
def test_a_quiet_leak_is_looked_at_within_the_hour_and_when_its_mute_ends(minutes: int, age: int) -> None:
    now = at("10:31:10.343") + age * MINUTE
    mute = Mute(id="any", until=now + minutes * MINUTE, reason="any", queue_id=QUEUE)
    after = held(ended_with_agent(alert_pending="CALL_RECORDED_FAILURE"), mute, now, SETTINGS)
    assert after.alert_pending == "CALL_RECORDED_FAILURE"
    assert after.next_check_at is not None
    assert now < after.next_check_at <= min(mute.until, now + HELD)


def test_a_mute_is_kept_and_read_again() -> None:
    (mute,) = read(changed(cause=None)).active
    assert read_mutes([mute.to_values()]) == (mute,)


@pytest.mark.parametrize("kept", [None, "text", ["text"], [{}], [{"id": "a", "until": 1, "reason": "b"}]])
def test_what_somebody_else_wrote_into_our_variable_is_left_out(kept: object) -> None:
    assert read_mutes(kept) == ()
