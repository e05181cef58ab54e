"""Silence never passes for "all is well": each decision to say nothing is counted, bounded or taken back."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from audio_leakage.contacts.states import ClosedReason, ContactState, FailureCause, RecordedState
from audio_leakage.errors import SetupError
from audio_leakage.flow_log.ingest import ingest
from audio_leakage.settings import Settings
from audio_leakage.use_cases import check_recordings, poll_in_progress, poll_initialised, purge_ivr
from support.fakes import (
    ALERTING,
    CONTACT_ID,
    MINUTE,
    SECONDS,
    World,
    answer,
    at,
    contact,
    ended_with_agent,
    key_of,
    number,
)
from support.flow_lines import line, option

JOINED = at("10:30:11.038")
ON, OFF = option("Enable"), option("Disable")
#: The line of a block that records the IVR alone, as it was seen in a real log.
IVR_ONLY = {**OFF, "IVRRecordingBehavior": "Enabled"}


def stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def block(moment: datetime | str, parameters: Mapping[str, Any] = ON, **members: Any) -> tuple[datetime, str]:
    moment = at(moment) if isinstance(moment, str) else moment
    return moment, line(Timestamp=stamp(moment), Parameters=parameters, **members)


def play(world: World, *times: str, settings: Settings = ALERTING) -> list[dict[str, int]]:
    """Run the four tasks at each time and return what check_recordings counted."""
    return [_run(world, at(time), settings) for time in times]


def _run(world: World, now: datetime, settings: Settings) -> dict[str, int]:
    run = world.run(now, settings)
    for use_case in (poll_initialised, purge_ivr, poll_in_progress):
        use_case(run)
    return check_recordings(run)


def world_of(lines: Iterable[tuple[datetime, str]] = (), **members: Any) -> World:
    world = World()
    ingest(lines or [block("10:29:58")], world.contacts)
    world.connect.answers[CONTACT_ID] = answer(**members)
    return world


def events(world: World) -> list[str]:
    return [str(attributes["event"]) for _, _, attributes in world.topic.published]


LEAKS = {
    "c04: off, then on 0.5 s after the join": [
        block("10:29:58", OFF),
        block(JOINED + timedelta(seconds=0.5)),
    ],
    "c04: off, then on 5 s after the join": [block("10:29:58", OFF), block(JOINED + timedelta(seconds=5))],
    "p01: switched on 62 ms after the join": [
        block("10:29:58", IVR_ONLY),
        block(JOINED + timedelta(seconds=0.062)),
    ],
    "p01: the on-block failed": [block("10:29:58", IVR_ONLY), block("10:30:05", Results="Error")],
    "p01: on, off, on again failed": [
        block("10:29:57.9"),
        block("10:29:58", OFF),
        block("10:30:05", Results="Error"),
    ],
    "p01: on, off, on again too late": [
        block("10:29:57.9"),
        block("10:29:58", OFF),
        block(JOINED + timedelta(seconds=0.062)),
    ],
    "p01: on too late, without any off": [block(JOINED + timedelta(seconds=0.062))],
    "off, then on 20 s after the join": [block("10:29:58", OFF), block(JOINED + timedelta(seconds=20))],
    "off, then a channel mismatch": [block("10:29:58", OFF), block("10:30:05", Results="ChannelMismatch")],
    "off, then no matching error": [block("10:29:58", OFF), block("10:30:05", Results="NoMatchingError")],
    "off, then a late block that failed": [
        block("10:29:58", OFF),
        block(JOINED + timedelta(seconds=3), Results="Error"),
    ],
    "on, and an off that failed": [block("10:29:58"), block("10:30:01", OFF, Results="ChannelMismatch")],
    "on, then off 0.5 s after the join": [block("10:29:58"), block(JOINED + timedelta(seconds=0.5), OFF)],
    "on, then off at the moment of the join": [block("10:29:58"), block(JOINED, OFF)],
    "on, then off 100 ms before the join": [block("10:29:58"), block(JOINED - timedelta(seconds=0.1), OFF)],
    "off after the join, and nothing else": [block(JOINED + timedelta(seconds=2), OFF)],
    "off, on under a name nobody has seen": [
        block("10:29:58", OFF),
        block("10:30:02", ContactFlowModuleType="SetRecordingAnalyticsAndProcessingBehavior"),
    ],
}


@pytest.mark.parametrize("lines", LEAKS.values(), ids=LEAKS)
def test_a_call_that_its_flow_asked_to_record_is_a_leak_that_is_told(
    lines: list[tuple[datetime, str]],
) -> None:
    world = world_of(lines)
    play(world, "10:34", "10:40", "11:33", "12:40")
    assert world.contacts.contact().recorded_state is RecordedState.CALL_RECORDED_FAILURE
    assert events(world) == ["CALL_RECORDED_FAILURE"]


def test_a_leak_whose_last_word_was_off_says_so() -> None:
    world = world_of([block("10:29:58"), block(JOINED + timedelta(seconds=5), OFF)])
    play(world, "10:34", "11:33")
    assert world.contacts.contact().failure_cause is FailureCause.SWITCHED_OFF_LATE


SWITCHED_OFF = {
    "c04: on, then off 1 s before the join": [block("10:29:58"), block(JOINED - timedelta(seconds=1), OFF)],
    "only off": [block("10:29:58", OFF)],
    "only the IVR": [block("10:29:58", IVR_ONLY)],
    "on, off, off again too late": [block("10:29:58"), block("10:30:01", OFF), block("10:30:20", OFF)],
    "failed, then off": [block("10:29:58", Results="Error"), block("10:30:01", OFF)],
    "off twice": [block("10:29:58", OFF), block("10:30:01", OFF)],
}


@pytest.mark.parametrize("lines", SWITCHED_OFF.values(), ids=SWITCHED_OFF)
def test_off_closes_a_contact_after_one_look_and_is_counted(lines: list[tuple[datetime, str]]) -> None:
    world = world_of(lines)
    play(world, "10:34", "10:40", "11:33", "11:40")
    assert world.contacts.contact().closed_reason is ClosedReason.RECORDING_SWITCHED_OFF
    assert len(world.bucket.listings) == 1
    assert (events(world), world.metrics.closed) == ([], {"RECORDING_SWITCHED_OFF": 1})


@pytest.mark.parametrize("lines", SWITCHED_OFF.values(), ids=SWITCHED_OFF)
def test_a_recording_of_a_call_switched_off_is_a_warned_success(
    lines: list[tuple[datetime, str]],
) -> None:
    world = world_of(lines)
    world.bucket.put()
    play(world, "10:34", "10:40", "11:33", "11:40")
    found = world.contacts.contact()
    assert (found.recorded_state, found.warnings) == (
        RecordedState.CALL_RECORDED_SUCCESS,
        ("RECORDED_THOUGH_OFF",),
    )


@pytest.mark.parametrize(
    ("lines", "warnings"),
    [
        ([block("10:29:58"), block("10:30:01", OFF)], ["", "RECORDED_THOUGH_OFF"]),
        ([block("10:29:58", OFF), block("10:30:01")], ["RECORDED_THOUGH_OFF", ""]),
        ([block("10:29:58"), block("10:30:01", IVR_ONLY)], ["", "RECORDED_THOUGH_OFF"]),
        ([block("10:29:58", OFF), block("10:30:01", Results="Error")], ["RECORDED_THOUGH_OFF", ""]),
        ([block("10:29:58"), block("10:30:20", OFF)], ["", ""]),
    ],
    ids=[
        "off comes late",
        "on comes late",
        "the IVR alone comes late",
        "a failed on comes late",
        "off too late",
    ],
)
def test_a_line_that_comes_after_the_verdict_corrects_the_warning(
    lines: list[tuple[datetime, str]], warnings: list[str]
) -> None:
    world = world_of(lines[:1])
    world.bucket.put()
    play(world, "10:34", "10:40", "11:33", "11:40")
    found = [" ".join(world.contacts.contact().warnings)]
    ingest(lines, world.contacts)
    found.append(" ".join(world.contacts.contact().warnings))
    assert found == warnings
    assert world.contacts.contact().recorded_state is RecordedState.CALL_RECORDED_SUCCESS


BLOCK, LEGACY = "UpdateContactRecordingAndAnalyticsBehavior", "UpdateContactRecordingBehavior"
ABOUT_SOMETHING_ELSE = {
    "c01: screen off": (BLOCK, {"ScreenRecordingBehavior": {"ScreenRecordedParticipants": []}}),
    "c01: screen": (BLOCK, {"ScreenRecordingBehavior": {"ScreenRecordedParticipants": ["Agent"]}}),
    "c01: chat": (
        BLOCK,
        {"ChatBehavior": {"ChatAnalyticsBehavior": {"Enabled": "True", "AnalyticsModes": ["x"]}}},
    ),
    "c01: IVR alone": (
        BLOCK,
        {"VoiceBehavior": {"VoiceRecordingBehavior": {"IVRRecordingBehavior": "Enabled"}}},
    ),
    "c01: legacy screen": (LEGACY, {"RecordingBehavior": {"ScreenRecordedParticipants": ["Agent"]}}),
    "c01: legacy analytics": (LEGACY, {"AnalyticsBehavior": {"Enabled": "True"}}),
    "legacy IVR": (LEGACY, {"RecordingBehavior": {"IVRRecordingBehavior": "Enabled"}}),
    "voice analytics": (BLOCK, {"VoiceBehavior": {"VoiceAnalyticsBehavior": {"Enabled": "True"}}}),
    "screen, no voice": (
        LEGACY,
        {"RecordingBehavior": {"RecordedParticipants": [], "ScreenRecordedParticipants": ["Agent"]}},
    ),
    "screen, flattened": ("SetRecordingBehavior", {**OFF, "ScreenRecordingBehaviorOption": "Enable"}),
    "chat under a new name": (
        "SetRecordingAnalyticsAndProcessingBehavior",
        {"ChatBehavior": {"ChatAnalyticsBehavior": {"Enabled": "True"}}},
    ),
}


@pytest.mark.parametrize(("name", "parameters"), ABOUT_SOMETHING_ELSE.values(), ids=ABOUT_SOMETHING_ELSE)
def test_a_line_about_something_else_enters_nobody_and_is_not_unreadable(
    name: str, parameters: dict[str, Any]
) -> None:
    world = World()
    assert ingest([block("10:30", parameters, ContactFlowModuleType=name)], world.contacts) == {}


def test_case_c01_a_screen_block_and_a_voice_block_enter_one_contact() -> None:
    voice = {"VoiceBehavior": {"VoiceRecordingBehavior": {"RecordedParticipants": ["Agent", "Customer"]}}}
    screen = {"ScreenRecordingBehavior": {"ScreenRecordedParticipants": ["Agent"]}}
    lines = [block("10:30", parameters, ContactFlowModuleType=BLOCK) for parameters in (screen, voice)]
    assert ingest(lines, World().contacts) == {"entered": 1}


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"CaptureProfile": "x"},
        {"VoiceBehavior": {"VoiceRecordingBehavior": {"Participants": ["Agent"]}}},
        {"VoiceBehavior": {}},
        {"RecordingBehavior": {"Recorded": "All"}},
        {"RecordingParticipantOption": "All"},
        {"RecordingBehaviorOption": "Perhaps"},
    ],
    ids=str,
)
def test_a_new_shape_of_the_recording_block_is_unreadable_and_counted(parameters: dict[str, Any]) -> None:
    assert ingest([block("10:30", parameters)], World().contacts) == {"unreadable_lines": 1}


WORK: dict[str, Any] = {"work_start": at("10:31:10")}


@pytest.mark.parametrize(
    ("members", "size", "verdict", "warnings"),
    [
        pytest.param({}, None, RecordedState.CALL_RECORDED_FAILURE, ("END_ASSUMED",), id="no file"),
        pytest.param({}, 60 * SECONDS, RecordedState.CALL_RECORDED_SUCCESS, ("END_ASSUMED",), id="a file"),
        pytest.param(
            {**WORK, "work_end": at("10:31:40")},
            None,
            RecordedState.CALL_RECORDED_FAILURE,
            ("END_ASSUMED",),
            id="c02: after-contact work has ended",
        ),
        pytest.param(
            WORK, None, RecordedState.CALL_RECORDED_FAILURE, ("END_ASSUMED",), id="work has not ended"
        ),
        pytest.param(
            {**WORK, "work_end": at("10:31:40")},
            44 + 59 * SECONDS,
            RecordedState.CALL_RECORDED_SUCCESS,
            ("END_ASSUMED",),
            id="work has ended, a file",
        ),
    ],
)
def test_a_call_that_connect_never_ends_is_judged_after_the_longest_call(
    members: dict[str, Any], size: int | None, verdict: RecordedState, warnings: tuple[str, ...]
) -> None:
    world = world_of(DisconnectTimestamp=None, **members)
    if size:
        world.bucket.put(size=size)
    play(world, "10:34", "11:33", "2023-08-30T10:29")
    assert (world.contacts.contact().state, events(world)) == (ContactState.IN_PROGRESS_AGENT, [])
    play(world, "2023-08-30T11:31", "2023-09-05T10:30")
    judged = world.contacts.contact()
    assert (judged.recorded_state, judged.warnings) == (verdict, warnings)
    assert events(world) == (
        ["CALL_RECORDED_FAILURE"] if verdict is RecordedState.CALL_RECORDED_FAILURE else []
    )


def test_the_longest_call_can_be_set() -> None:
    world = world_of(DisconnectTimestamp=None)
    settings = replace(ALERTING, longest_call_hours=2)
    play(world, "10:34", "12:29", settings=settings)
    assert world.contacts.contact().recorded_state is None
    play(world, "12:50", settings=settings)
    assert world.contacts.contact().recorded_state is RecordedState.CALL_RECORDED_FAILURE


def test_a_caller_who_never_leaves_the_queue_is_closed_and_counted() -> None:
    world = world_of(DisconnectTimestamp=None, connected=None)
    play(world, "10:34", "2023-08-30T10:25", "2023-08-30T11:31")
    assert world.contacts.contact().closed_reason is ClosedReason.NEVER_ENDED
    assert world.metrics.closed == {"NEVER_ENDED": 1}


def test_a_caller_closed_in_the_queue_is_followed_when_an_agent_joins() -> None:
    world = world_of(DisconnectTimestamp=None, connected=None)
    play(world, "10:34", "2023-08-30T10:25", "2023-08-30T11:31")
    joined = at("2023-08-30T12:00")
    world.connect.answers[CONTACT_ID] = answer(connected=joined, DisconnectTimestamp=joined + 9 * MINUTE)
    play(world, "2023-08-31T11:31", "2023-08-31T12:40")
    assert world.contacts.contact().recorded_state is RecordedState.CALL_RECORDED_FAILURE


def test_a_callback_may_wait_for_a_week() -> None:
    world = world_of(DisconnectTimestamp=None, connected=None, InitiationMethod="CALLBACK")
    play(world, "10:34", "2023-08-31T10:30")
    assert world.contacts.contact().closed_reason is None
    play(world, "2023-09-05T11:40")
    assert world.contacts.contact().closed_reason is ClosedReason.NEVER_ENDED


@pytest.mark.parametrize("minutes", [5, 61, 90, 150, 230])
def test_nothing_fails_while_after_contact_work_goes_on(minutes: int) -> None:
    world = world_of(**WORK)
    now = at("10:34")
    while now < at("10:31:10") + minutes * MINUTE:
        _run(world, now, ALERTING)
        now += 5 * MINUTE
    assert (world.contacts.contact().recorded_state, events(world)) == (None, [])
    world.connect.answers[CONTACT_ID] = answer(**WORK, work_end=now)
    world.bucket.put(at=now + MINUTE)
    for _ in range(40):
        now += 5 * MINUTE
        _run(world, now, ALERTING)
    judged = world.contacts.contact()
    assert (judged.recorded_state, judged.warnings) == (RecordedState.CALL_RECORDED_SUCCESS, ())


def test_after_contact_work_that_never_ends_is_waited_for_four_hours() -> None:
    world = world_of(**WORK)
    for hour in range(7):
        _run(world, at("10:34") + timedelta(hours=hour), ALERTING)
    judged = world.contacts.contact()
    assert (judged.recorded_state, judged.warnings) == (RecordedState.CALL_RECORDED_FAILURE, ("END_ASSUMED",))
    assert judged.judged_at is not None
    assert judged.judged_at >= at("14:31:10")


FORTY_MINUTES: dict[str, Any] = {"DisconnectTimestamp": at("11:10:11"), "work_start": at("11:10:11")}


@pytest.mark.parametrize("size", [0, 44, 45, 78, 683])
def test_a_file_with_less_than_a_frame_of_audio_is_no_recording(size: int) -> None:
    world = world_of(**FORTY_MINUTES, work_end=at("11:10:30"))
    world.bucket.put(key_of(), size, at("11:11"))
    play(world, "11:15", "12:15")
    assert world.contacts.contact().failure_cause is FailureCause.EMPTY_OBJECT
    assert events(world) == ["CALL_RECORDED_FAILURE"]


@pytest.mark.parametrize(
    ("seconds", "is_short"),
    [(1, True), (2, True), (600, True), (1199, True), (1200, False), (1201, False), (2400, False)],
)
def test_a_recording_of_less_than_half_of_the_talk_is_told(seconds: int, is_short: bool) -> None:
    world = world_of(**FORTY_MINUTES, work_end=at("11:10:30"))
    world.bucket.put(key_of(), 44 + seconds * SECONDS, at("11:11"))
    counts = play(world, "11:15", "11:20")
    assert world.contacts.contact().recorded_state is RecordedState.CALL_RECORDED_SUCCESS
    assert events(world) == ["RECORDING_SHORT"] * is_short
    assert [count.get("short", 0) for count in counts] == [int(is_short), 0]
    assert world.metrics.published["Short"] == [int(is_short), 0]


@pytest.mark.parametrize(
    "entry",
    [
        {"Location": "recordings/voicemail/2023/08/29/x.wav"},
        {"Location": "recordings/connect/acme/Voicemails/x.wav"},
        {"Location": "recordings/x/voicemail_955c07e1.wav"},
        {"Location": "recordings/x/renamed.wav", "ParticipantType": "VOICEMAIL"},
        {"Location": "recordings/x/renamed.wav", "ParticipantType": "IVR"},
        {"Location": "recordings/ivr/2023/08/29/x.wav"},
        {"Location": "recordings/Analysis/Voice/2023/08/29/x.wav"},
    ],
    ids=str,
)
def test_a_pointer_to_something_else_proves_no_conversation(entry: dict[str, str]) -> None:
    world = world_of(Recordings=[{"StorageType": "S3", "MediaStreamType": "AUDIO", **entry}])
    world.bucket.objects[entry["Location"]] = (1_000_000, at("10:32"))
    play(world, "10:34", "11:33")
    assert world.contacts.contact().recorded_state is RecordedState.CALL_RECORDED_FAILURE


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"Channel": "CHAT"}, "NOT_VOICE"),
        ({"Channel": "TASK", "DisconnectTimestamp": None, "connected": None}, "NOT_VOICE"),
        ({"InitiationMethod": "MONITOR"}, "NO_RECORDING_OF_ITS_OWN"),
        ({"InitiationMethod": "EXTERNAL_OUTBOUND"}, "NO_RECORDING_OF_ITS_OWN"),
        ({"InitiationMethod": "OUTBOUND"}, "CUSTOMER_NEVER_ANSWERED"),
        ({"InitiationMethod": "CALLBACK"}, "CUSTOMER_NEVER_ANSWERED"),
    ],
    ids=str,
)
def test_each_close_without_a_verdict_is_counted_once_with_its_reason(
    members: dict[str, Any], reason: str
) -> None:
    world = world_of(**members)
    play(world, "10:34", "10:40", "11:33")
    assert world.contacts.contact().closed_reason == reason
    assert world.metrics.closed == {reason: 1}


def test_a_chat_is_described_once() -> None:
    world = world_of(Channel="CHAT", DisconnectTimestamp=None, connected=None)
    play(world, "10:34", "10:40", "11:33", "2023-08-31T10:30")
    assert world.connect.calls[CONTACT_ID] == 1


def test_a_caller_whose_flow_only_said_off_is_purged() -> None:
    world = world_of([block("10:29:58", OFF)], connected=None)
    play(world, "10:34", "11:33", "11:40")
    assert world.contacts.items == {}
    assert world.connect.calls[CONTACT_ID] == 1


def test_a_wrong_instance_fails_runs_and_its_contacts_come_back() -> None:
    world = World()
    ingest([block("10:29:58", ContactId=number(n)) for n in range(20)], world.contacts)
    red, now = 0, at("10:35")
    while now <= at("11:45"):
        try:
            _run(world, now, ALERTING)
        except SetupError:
            red += 1
        now += 5 * MINUTE
    assert red
    assert world.metrics.closed == {"NOT_FOUND": 20}
    asked = sum(world.connect.calls[number(n)] for n in range(20))
    assert asked <= 20 * 9, "the pauses grow"
    world.connect.answers = {number(n): answer(number(n)) for n in range(20)}
    while now <= at("15:00"):
        _run(world, now, ALERTING)
        now += 5 * MINUTE
    verdicts = {world.contacts.contact(number(n)).recorded_state for n in range(20)}
    assert verdicts == {RecordedState.CALL_RECORDED_FAILURE}


def test_a_forged_contact_fails_no_run_while_connect_shows_ours() -> None:
    world = world_of()
    play(world, "10:34")
    world.contacts.put(contact(contact_id=number(1), not_found_since=at("09:45")))
    play(world, "10:50")
    assert world.contacts.contact(number(1)).closed_reason is ClosedReason.NOT_FOUND


def test_one_unknown_contact_among_others_fails_no_run() -> None:
    world = world_of()
    world.contacts.put(contact(contact_id=number(1), not_found_since=at("09:45")))
    play(world, "10:50")
    assert world.contacts.contact(number(1)).closed_reason is ClosedReason.NOT_FOUND


POINTER: dict[str, Any] = {
    "Recordings": [{"StorageType": "S3", "Location": f"recordings/{key_of()}", "Status": "AVAILABLE"}]
}


@pytest.mark.parametrize(
    ("now", "members", "cause", "event"),
    [
        ("2023-09-05T10:32", POINTER, "EXPIRED", "RECORDING_EXPIRED"),
        ("2024-08-29T10:30", POINTER, "EXPIRED", "RECORDING_EXPIRED"),
        ("2023-09-05T10:30", POINTER, "POINTER_WITHOUT_OBJECT", "CALL_RECORDED_FAILURE"),
        ("11:33", POINTER, "POINTER_WITHOUT_OBJECT", "CALL_RECORDED_FAILURE"),
        ("2024-08-29T10:30", {}, "NO_OBJECT", "CALL_RECORDED_FAILURE"),
        (
            "2024-08-29T10:30",
            {"Recordings": [{**POINTER["Recordings"][0], "Status": "DELETED"}]},
            "DELETED",
            "CALL_RECORDED_FAILURE",
        ),
    ],
)
def test_a_recording_that_may_have_expired_is_not_told_as_never_recorded(
    now: str, members: dict[str, Any], cause: str, event: str
) -> None:
    world = world_of(**members)
    play(world, now)
    assert world.contacts.contact().failure_cause == cause
    assert events(world) == [event]


def test_with_failure_after_zero_the_first_look_decides() -> None:
    world = world_of()
    settings = replace(ALERTING, failure_after_minutes=0, first_check_minutes=0)
    play(world, "10:34", settings=settings)
    assert world.contacts.contact().recorded_state is RecordedState.CALL_RECORDED_FAILURE


def test_leaks_are_published_though_the_alert_cannot_be() -> None:
    world = World()
    world.contacts.put(ended_with_agent())
    world.connect.answers[CONTACT_ID] = answer()
    world.topic.error = SetupError("denied")
    with pytest.raises(SetupError):
        check_recordings(world.run(at("11:40"), ALERTING))
    assert world.metrics.published["Leaks"] == [1]
