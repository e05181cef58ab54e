"""The figures that alarms are set on."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

import pytest

from audio_leakage.contacts.states import ContactState
from audio_leakage.errors import ServiceUnavailable, SetupError
from audio_leakage.runs.context import RunContext
from audio_leakage.runs.window import Window
from audio_leakage.use_cases import check_recordings, poll_in_progress, poll_initialised
from support.fakes import MINUTE, SETTINGS, World, answer, at, contact, ended_with_agent, number
from support.flow_lines import line


class Metrics:
    """Remembers what was published."""

    def __init__(self, error: SetupError | None = None) -> None:
        self.values: dict[str, float] = {}
        self.error = error

    def publish(self, table: str, values: Mapping[str, float]) -> None:
        assert table == "contacts"
        if self.error:
            raise self.error
        self.values |= values


@pytest.fixture
def world() -> World:
    """Return one leak, and a contact in the queue that nobody has looked at for a while."""
    world = World()
    leak = ended_with_agent()
    world.contacts.put(leak, contact(ContactState.IN_PROGRESS_QUEUE_IVR, contact_id=number(1)))
    world.connect.answers = {leak.contact_id: answer()}
    return world


def test_a_run_publishes_its_leaks_and_how_far_it_is_behind(world: World) -> None:
    metrics = Metrics()
    now = at("11:40")
    check_recordings(world.run(now, metrics=metrics))
    assert metrics.values == {"Leaks": 1, "OldestDueMinutes": pytest.approx((now - at("10:30")) / MINUTE)}


def test_a_leak_is_counted_once_in_the_run_that_finds_it(world: World) -> None:
    metrics = Metrics()
    for minutes in (0, 60):
        check_recordings(world.run(at("11:40") + minutes * MINUTE, metrics=metrics))
    assert metrics.values["Leaks"] == 0


def test_a_leak_is_counted_even_if_the_task_fails(world: World) -> None:
    metrics = Metrics()
    denied = ended_with_agent(contact_id=number(2), recording_location="elsewhere/key.wav")
    world.contacts.put(denied)
    world.connect.answers[number(2)] = answer(number(2))
    world.bucket.errors = {"elsewhere": SetupError("denied")}
    with pytest.raises(SetupError):
        check_recordings(world.run(at("11:40"), metrics=metrics))
    assert metrics.values["Leaks"] == 1


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
    world, metrics = World(), Metrics()
    world.contacts.put(*(contact(state, contact_id=number(n)) for n in (1, 2)))
    world.connect.answers = {number(1): ServiceUnavailable("throttled"), number(2): answer(number(2))}
    assert use_case(world.run(at("10:40"), metrics=metrics))["unavailable"] == 1
    assert metrics.values["Unavailable"] == 1
    assert metrics.values.get("OldestDueMinutes", 0) == 0


def test_a_run_without_due_contacts_is_not_behind() -> None:
    metrics = Metrics()
    check_recordings(World().run(at("11:40"), metrics=metrics))
    assert metrics.values == {"Leaks": 0, "OldestDueMinutes": 0}


def test_a_backfill_publishes_no_metrics(world: World) -> None:
    metrics = Metrics()
    window = Window(at("10:25"), at("10:30"))
    check_recordings(world.run(at("11:40"), metrics=metrics, only_window=True, window=window))
    assert metrics.values == {}


def test_denied_metrics_cost_no_verdict(world: World) -> None:
    counts = check_recordings(world.run(at("11:40"), metrics=Metrics(SetupError("denied"))))
    assert counts == {"due": 1, "CALL_RECORDED_FAILURE": 1}


def test_unreadable_lines_are_counted() -> None:
    class FlowLog:
        def events(self, *_: object) -> Iterator[tuple[datetime, str]]:
            yield at("10:36"), line(ContactId="nobody")

    world, metrics = World(), Metrics()
    settings = replace(SETTINGS, flow_log_group="/aws/connect/acme")
    poll_initialised(world.run(at("10:40"), settings, metrics=metrics, flow_log=FlowLog()))
    assert metrics.values == {"UnreadableLines": 1}
