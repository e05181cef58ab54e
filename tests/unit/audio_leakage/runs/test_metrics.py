"""The use cases publish the metrics that alarms are set on."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from audio_leakage.contacts.states import ContactState
from audio_leakage.errors import ServiceUnavailable, SetupError
from audio_leakage.runs.context import RunContext
from audio_leakage.runs.metrics import recording_delays
from audio_leakage.runs.window import Window
from audio_leakage.use_cases import check_recordings, poll_in_progress, poll_initialised
from support.fakes import (
    ALERTING,
    MINUTE,
    SECONDS,
    SETTINGS,
    FakeFlowLog,
    World,
    answer,
    at,
    contact,
    ended_with_agent,
    key_of,
    number,
)
from support.flow_lines import line


@pytest.fixture
def world() -> World:
    """Return one leak, and a contact in the queue that nobody has looked at for a while."""
    world = World()
    leak = ended_with_agent()
    world.contacts.put(leak, contact(ContactState.IN_PROGRESS_QUEUE_IVR, contact_id=number(1)))
    world.connect.answers = {leak.contact_id: answer()}
    return world


def test_a_run_publishes_its_leaks_and_how_far_it_is_behind(world: World) -> None:
    now = at("11:40")
    check_recordings(world.run(now))
    assert world.metrics.latest == {
        "Leaks": 1,
        "LeaksNotTold": 1,
        "Short": 0,
        "OldestDueMinutes": pytest.approx((now - at("10:30")) / MINUTE),
    }


def test_the_minutes_to_each_new_recording_are_published_once() -> None:
    world = World()
    for place, minutes in enumerate((0.52, 3, 3, 90)):
        call = ended_with_agent(contact_id=number(place))
        assert call.ended_at
        world.contacts.put(call)
        world.connect.answers[number(place)] = answer(number(place))
        world.bucket.put(key_of(number(place)), 44 + 60 * SECONDS, call.ended_at + minutes * MINUTE)
    for after in (0, 5):
        check_recordings(world.run(at("12:20") + after * MINUTE))
    assert sorted(world.metrics.published["RecordingDelayMinutes"]) == [0.5, 3, 3, 90]


def test_a_recording_before_the_end_of_its_call_came_at_once() -> None:
    call = ended_with_agent(recorded_at=at("10:30"))
    assert recording_delays([call, ended_with_agent()]) == {0: 1}


def test_a_leak_is_counted_once_in_the_run_that_finds_it(world: World) -> None:
    for minutes in (0, 60):
        check_recordings(world.run(at("11:40") + minutes * MINUTE))
    assert world.metrics.latest["Leaks"] == 0


@pytest.mark.parametrize(("error", "not_told"), [(None, 0), (SetupError("denied"), 1)])
def test_a_leak_raises_an_alarm_only_if_no_alert_told_of_it(
    world: World, error: SetupError | None, not_told: int
) -> None:
    world.topic.error = error
    with suppress(SetupError):
        check_recordings(world.run(at("11:40"), ALERTING))
    assert (world.metrics.latest["Leaks"], world.metrics.latest["LeaksNotTold"]) == (1, not_told)


def test_a_leak_is_counted_even_if_the_task_fails(world: World) -> None:
    denied = ended_with_agent(contact_id=number(2), recording_location="elsewhere/key.wav")
    world.contacts.put(denied)
    world.connect.answers[number(2)] = answer(number(2))
    world.bucket.errors = {"elsewhere": SetupError("denied")}
    with pytest.raises(SetupError):
        check_recordings(world.run(at("11:40")))
    assert world.metrics.latest["Leaks"] == 1


@pytest.mark.parametrize(
    ("use_case", "state"),
    [
        (poll_initialised, ContactState.INITIALISED),
        (poll_in_progress, ContactState.IN_PROGRESS_AGENT),
        (check_recordings, ContactState.COMPLETED_AGENT),
    ],
)
def test_throttled_contacts_are_counted_in_a_successful_run(
    use_case: Callable[[RunContext], dict[str, int]], state: ContactState
) -> None:
    """They go to the back of the queue each time, so OldestDueMinutes says nothing of them."""
    world = World()
    world.contacts.put(*(contact(state, contact_id=number(n)) for n in (1, 2)))
    world.connect.answers = {number(1): ServiceUnavailable("throttled"), number(2): answer(number(2))}
    assert use_case(world.run(at("10:40")))["unavailable"] == 1
    assert world.metrics.latest["Unavailable"] == 1
    assert world.metrics.latest.get("OldestDueMinutes", 0) == 0


def test_a_run_without_due_contacts_is_not_behind() -> None:
    world = World()
    check_recordings(world.run(at("11:40")))
    assert world.metrics.latest == {"Leaks": 0, "LeaksNotTold": 0, "Short": 0, "OldestDueMinutes": 0}


def test_a_backfill_publishes_no_metrics(world: World) -> None:
    window = Window(at("10:25"), at("10:30"))
    poll_initialised(world.run(at("11:40"), only_window=True, window=window))
    check_recordings(world.run(at("11:40"), only_window=True, window=window))
    assert world.metrics.latest == {}


def test_denied_metrics_cost_no_verdict(world: World) -> None:
    world.metrics.error = SetupError("denied")
    counts = check_recordings(world.run(at("11:40")))
    assert counts == {"due": 1, "CALL_RECORDED_FAILURE": 1}


def test_unreadable_lines_are_counted() -> None:
    world = World(flow_log=FakeFlowLog((line(ContactId="nobody"),)))
    settings = replace(SETTINGS, flow_log_group="/aws/connect/acme")
    poll_initialised(world.run(at("10:40"), settings))
    assert world.metrics.latest == {"Runs": 1, "UnreadableLines": 1, "MinutesNotRead": 0}
