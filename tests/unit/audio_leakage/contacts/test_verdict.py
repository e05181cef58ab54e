from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.recording import StoredObject
from audio_leakage.contacts.states import ClosedReason, ExpectedBy, FailureCause, RecordedState
from audio_leakage.contacts.verdict import Evidence, is_about_to_fail, judged, next_look, reason_not_expected
from support.fakes import BUCKET, MINUTE, SECONDS, SETTINGS, at, ended_with_agent, key_of

ENDED = at("10:31:10.343")
FAILURE = RecordedState.CALL_RECORDED_FAILURE


#: A block that asked for recording, before the agent joined.
ASKED = ("2023-08-29T10:30:00.000Z ALL",)


def found(size: int = 59 * SECONDS, appeared: datetime = at("10:32")) -> Evidence:  # a constant
    return Evidence(StoredObject(BUCKET, key_of(), size, appeared), ("recordings/here",))


def nothing() -> Evidence:
    return Evidence(None, ("recordings/here", "recordings/there"))


def judge(evidence: Evidence, now: datetime, **fields: Any) -> Contact:
    return judged(ended_with_agent(**fields), evidence, now, SETTINGS)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, None),
        ({"initiation_method": "TRANSFER"}, None),
        ({"initiation_method": "QUEUE_TRANSFER"}, None),
        ({"initiation_method": "WEBRTC_API"}, None),
        ({"initiation_method": "API"}, None),
        ({"initiation_method": "DISCONNECT"}, None),
        ({"initiation_method": "SOMETHING_NEW"}, None),
        ({"initiation_method": "OUTBOUND", "connected_to_system_timestamp": ENDED}, None),
        ({"initiation_method": "CALLBACK", "connected_to_system_timestamp": ENDED}, None),
        ({"initiation_method": "OUTBOUND"}, ClosedReason.CUSTOMER_NEVER_ANSWERED),
        ({"initiation_method": "CALLBACK"}, ClosedReason.CUSTOMER_NEVER_ANSWERED),
        ({"initiation_method": "MONITOR"}, ClosedReason.NO_RECORDING_OF_ITS_OWN),
        ({"initiation_method": "EXTERNAL_OUTBOUND"}, ClosedReason.NO_RECORDING_OF_ITS_OWN),
        ({"connected_to_agent_timestamp": None}, ClosedReason.NO_AGENT),
        ({"channel": "CHAT"}, ClosedReason.NOT_VOICE),
        ({"channel": "TASK"}, ClosedReason.NOT_VOICE),
        ({"channel": "EMAIL"}, ClosedReason.NOT_VOICE),
    ],
)
def test_a_recording_is_expected_unless_there_is_a_reason_not_to(
    fields: dict[str, Any], reason: ClosedReason | None
) -> None:
    assert reason_not_expected(ended_with_agent(**fields)) == reason


def test_a_recording_with_audio_is_a_success_and_its_evidence_is_kept() -> None:
    after = judge(found(), at("10:33:10"))
    assert after.recorded_state == RecordedState.CALL_RECORDED_SUCCESS
    assert after.next_check_at is None
    assert (after.recording_key, after.recording_size, after.recording_seconds) == (
        key_of(),
        59 * SECONDS,
        58,
    )
    assert (after.recorded_at, after.judged_at, after.warnings) == (at("10:32"), at("10:33:10"), ())


@pytest.mark.parametrize("minutes", [2, 6, 30, 59.99])
def test_a_missing_recording_is_no_verdict_before_the_time_is_up(minutes: float) -> None:
    now = ENDED + minutes * MINUTE
    after = judge(nothing(), now)
    assert after.recorded_state is None
    assert after.next_check_at is not None
    assert now < after.next_check_at <= ENDED + 60 * MINUTE


@pytest.mark.parametrize("minutes", [60, 61, 24 * 60])
def test_a_missing_recording_is_a_failure_once_the_time_is_up(minutes: float) -> None:
    now = ENDED + minutes * MINUTE
    after = judge(nothing(), now)
    assert (after.recorded_state, after.failure_cause) == (FAILURE, FailureCause.NO_OBJECT)
    assert (after.failed_at, after.searched) == (now, ("recordings/here", "recordings/there"))
    assert after.next_check_at is not None


@pytest.mark.parametrize(
    ("evidence", "fields", "cause"),
    [
        (nothing(), {}, FailureCause.NO_OBJECT),
        (found(size=0), {}, FailureCause.EMPTY_OBJECT),
        (found(size=44), {}, FailureCause.EMPTY_OBJECT),
        (nothing(), {"expected_by": ExpectedBy.POLICY}, FailureCause.NEVER_ASKED),
        (nothing(), {"expected_by": ExpectedBy.POLICY, "recording_blocks": ASKED}, FailureCause.NO_OBJECT),
        (nothing(), {"recording_location": "b/k.wav"}, FailureCause.POINTER_WITHOUT_OBJECT),
        # Connect says that there is one, and we look in time: no lifecycle rule has removed it.
        (
            nothing(),
            {"recording_location": "b/k.wav", "recording_status": "AVAILABLE"},
            FailureCause.POINTER_WITHOUT_OBJECT,
        ),
        (nothing(), {"recording_location": "b/k.wav", "recording_status": "DELETED"}, FailureCause.DELETED),
    ],
)
def test_a_failure_names_its_cause(evidence: Evidence, fields: dict[str, Any], cause: FailureCause) -> None:
    assert judge(evidence, ENDED + 61 * MINUTE, **fields).failure_cause == cause


def test_the_time_to_failure_starts_at_the_end_of_after_contact_work() -> None:
    worked = {"after_contact_work_end_timestamp": ENDED + 60 * MINUTE}
    assert judge(nothing(), ENDED + 90 * MINUTE, **worked).recorded_state is None
    assert judge(nothing(), ENDED + 120 * MINUTE, **worked).recorded_state == FAILURE


def test_a_contact_that_has_not_ended_is_checked_again_and_not_judged() -> None:
    after = judge(nothing(), at("12:00"), disconnect_timestamp=None)
    assert (after.recorded_state, after.next_check_at) == (None, at("12:04"))


def test_checks_become_rarer_and_end_after_the_days_of_rechecking() -> None:
    contact, now, looks = ended_with_agent(), ENDED + 2 * MINUTE, []
    while True:
        looks.append(now)
        contact = judged(contact, nothing(), now, SETTINGS)
        if contact.next_check_at is None:
            break
        now = contact.next_check_at
    pauses = [later - earlier for earlier, later in pairwise(looks)]
    after_failure = [pause for pause, look in zip(pauses, looks, strict=False) if look >= ENDED + 60 * MINUTE]
    assert after_failure == sorted(after_failure)
    assert ENDED + 60 * MINUTE in looks
    assert looks[-1] <= ENDED + timedelta(days=7)
    assert len(looks) < 30
    assert contact.recorded_state == FAILURE


def test_a_late_recording_heals_a_failure_and_both_times_stay() -> None:
    failed = judge(nothing(), ENDED + 60 * MINUTE)
    healed = judged(failed, found(appeared=ENDED + 75 * MINUTE), ENDED + 90 * MINUTE, SETTINGS)
    assert healed.recorded_state == RecordedState.CALL_RECORDED_SUCCESS
    assert (healed.failed_at, healed.recorded_at) == (ENDED + 60 * MINUTE, ENDED + 75 * MINUTE)
    assert (healed.warnings, healed.next_check_at) == (("LATE",), None)


def test_a_late_recording_is_marked_even_if_no_check_was_made_in_time() -> None:
    assert judge(found(appeared=ENDED + 61 * MINUTE), ENDED + 120 * MINUTE).warnings == ("LATE",)
    assert judge(found(appeared=ENDED + 59 * MINUTE), ENDED + 120 * MINUTE).warnings == ()


def test_a_recording_much_shorter_than_the_call_is_a_warned_success() -> None:
    after = judge(found(size=6 * SECONDS), at("10:34"))
    assert (after.recorded_state, after.warnings) == (RecordedState.CALL_RECORDED_SUCCESS, ("SHORT",))


def test_after_contact_work_is_not_expected_in_the_recording() -> None:
    fields = {
        "connected_to_agent_timestamp": at("10:00"),
        "after_contact_work_start_timestamp": at("10:01"),
        "disconnect_timestamp": at("11:00"),
    }
    assert judge(found(size=60 * SECONDS, appeared=at("11:01")), at("11:05"), **fields).warnings == ()


@pytest.mark.parametrize(("seconds", "warnings"), [(28, ("SHORT",)), (29, ("SHORT",)), (30, ()), (59, ())])
def test_a_recording_is_short_below_half_of_the_call(seconds: int, warnings: tuple[str, ...]) -> None:
    """The call lasted 59.3 seconds."""
    header = 44
    assert judge(found(size=header + seconds * SECONDS), at("10:34")).warnings == warnings


def test_a_failure_keeps_the_times_of_its_verdict_when_it_is_looked_at_again() -> None:
    failed = judge(nothing(), ENDED + 60 * MINUTE)
    assert (failed.judged_at, failed.failed_at) == (ENDED + 60 * MINUTE, ENDED + 60 * MINUTE)
    again = judged(failed, nothing(), ENDED + 90 * MINUTE, SETTINGS)
    assert (again.judged_at, again.failed_at) == (failed.judged_at, failed.failed_at)


@pytest.mark.parametrize(
    ("fields", "minutes", "is_about_to"),
    [
        ({}, 59, False),
        ({}, 60, True),
        ({"disconnect_timestamp": None}, 600, False),  # the call goes on
        ({"after_contact_work_end_timestamp": ENDED + 60 * MINUTE}, 119, False),
        ({"after_contact_work_end_timestamp": ENDED + 60 * MINUTE}, 120, True),
        ({"disconnect_timestamp": None, "end_assumed_at": ENDED}, 0, True),  # it has waited long enough
        ({"after_contact_work_start_timestamp": ENDED}, 59, False),
        ({"after_contact_work_start_timestamp": ENDED}, 60, True),  # unless Connect says it is not over
    ],
)
def test_a_contact_is_about_to_fail_when_its_time_is_up(
    fields: dict[str, Any], minutes: int, is_about_to: bool
) -> None:
    contact = ended_with_agent(**fields)
    assert is_about_to_fail(contact, ENDED + minutes * MINUTE, SETTINGS) == is_about_to


@pytest.mark.parametrize(
    ("waited", "pause"),
    [(2, 4), (8, 4), (30, 15), (2 * 24 * 60, 24 * 60), (4 * 24 * 60, 24 * 60)],
)
def test_a_look_waits_half_as_long_again_as_the_contact_has_waited(waited: int, pause: int) -> None:
    """At least until the next run, at most a day."""
    now = ENDED + waited * MINUTE
    assert next_look(ended_with_agent(), now, SETTINGS) == now + pause * MINUTE


def test_a_failed_contact_that_is_not_over_is_not_looked_at_again() -> None:
    assert next_look(ended_with_agent(disconnect_timestamp=None), at("12:00"), SETTINGS) is None


def test_a_failed_contact_is_looked_at_until_rechecking_is_over() -> None:
    failed, last = ended_with_agent(), ENDED + SETTINGS.recheck_for
    looks = [ENDED]
    while look := next_look(failed, looks[-1], SETTINGS):
        assert looks[-1] < look <= last
        looks.append(look)
    pause = looks[-1] - looks[-2]
    assert next_look(failed, last - pause, SETTINGS) == last
    assert next_look(failed, last - pause + timedelta(microseconds=1), SETTINGS) is None
