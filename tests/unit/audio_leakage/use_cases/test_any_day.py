"""Random calls, lines, delays, faults and overlapping runs end with the truth."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from audio_leakage.contacts.states import TRANSITIONS, ContactState
from audio_leakage.errors import AwsError, ContactNotFound, ServiceUnavailable, SetupError
from audio_leakage.flow_log.ingest import ingest
from audio_leakage.runs.window import Window
from audio_leakage.times import parse_time
from audio_leakage.use_cases import check_recordings, poll_in_progress, poll_initialised, purge_ivr
from local_aws.contact_centre.blocks import FAILED_RESULTS, SHAPES, UNKNOWN_NAMES, Block
from local_aws.contact_centre.calls import SimulatedCall
from local_aws.contact_centre.flow_log import lines_of
from local_aws.contact_centre.kinds import KINDS, CallWriter
from support.fakes import BUCKET, INSTANCE_ID, MINUTE, SETTINGS, World, at, searched

START = at("22:00")
USE_CASES = (poll_initialised, purge_ivr, poll_in_progress, check_recordings)
FAULTS: tuple[Exception | Mapping[str, Any] | None, ...] = (
    None,
    ServiceUnavailable("429"),
    SetupError("denied"),
    ContactNotFound("not visible yet"),
    {},
)
SEARCH_ERRORS = (None, None, ServiceUnavailable("429"), SetupError("denied"))
#: The lives whose flow may run any blocks whatever: recorded and not, with an agent and without.
LIVES = ("spoke_to_agent", "leaked", "recorded_empty", "abandoned_in_queue", "never_disconnected_leaked")
#: When a block may run: so many seconds after the agent joined, or would have. Two clocks may differ by half a second.
SECONDS = (-8.0, -3.0, -0.6, -0.5, -0.499, -0.062, 0.0, 0.062, 0.4, 3.0, 14.0)


@dataclass(frozen=True)
class DrawnBlock:
    """A recording block at a time that is told from when the agent joins."""

    seconds: float
    shape: str
    result: str
    name: str | None

    def at(self, joined: datetime) -> Block:
        return Block(joined + timedelta(seconds=self.seconds), self.shape, self.result, self.name)


BLOCKS = st.lists(
    st.builds(
        DrawnBlock,
        seconds=st.sampled_from(SECONDS),
        shape=st.sampled_from(sorted(SHAPES)),
        result=st.sampled_from(["Success", "Success", *FAILED_RESULTS]),
        name=st.sampled_from([None, None, *UNKNOWN_NAMES]),
    ),
    max_size=5,
)


class SimulatedConnect:
    """Describes the simulated calls as they are by now; a fault strikes each contact it is set for."""

    def __init__(self) -> None:
        self.calls: dict[str, SimulatedCall] = {}
        self.faults: dict[str, Exception | Mapping[str, Any]] = {}
        self.now = START
        self.search_error: AwsError | None = None

    def describe_contact(self, instance_id: str, contact_id: str) -> Mapping[str, Any]:
        assert instance_id == INSTANCE_ID
        fault = self.faults.get(contact_id)
        if isinstance(fault, Exception):
            raise fault
        contact = self.calls[contact_id].contact_at(self.now)
        if contact is None:
            raise ContactNotFound(contact_id)
        return {"Contact": contact} if fault is None else fault

    def search_contacts(
        self, instance_id: str, kind: str, start: datetime, end: datetime
    ) -> Iterator[Mapping[str, Any]]:
        assert instance_id == INSTANCE_ID
        if self.search_error:
            raise self.search_error
        contacts = [contact for call in self.calls.values() if (contact := call.contact_at(self.now))]
        return searched(contacts, kind, start, end)

    def check_instance(self, instance_id: str) -> None:
        assert instance_id == INSTANCE_ID


class AnyDay(RuleBasedStateMachine):
    """Calls come and go while runs, some of them broken, try to keep up."""

    calls = Bundle("calls")

    @initialize(seed=st.integers(0, 2**32))
    def open_up(self, seed: int) -> None:
        self.writer = CallWriter(Random(seed))
        self.world = World()
        self.connect = SimulatedConnect()
        self.now = START
        self.seconds: float = 75
        self.seen: dict[str, tuple[ContactState, str | None]] = {}

    @rule(target=calls, kind=st.sampled_from(sorted(KINDS)))
    def a_call_comes_in(self, kind: str) -> SimulatedCall:
        return self.comes_in(self.writer.write(kind, self.now))

    @rule(target=calls, life=st.sampled_from(LIVES), drawn=BLOCKS)
    def a_call_runs_blocks_in_any_order(self, life: str, drawn: list[DrawnBlock]) -> SimulatedCall:
        """The order of the list is the order of the lines; the times have one of their own."""
        call = self.writer.write(life, self.now)
        joined = call.connected_to_agent or call.initiated + timedelta(seconds=20)
        return self.comes_in(replace(call, blocks=tuple(block.at(joined) for block in drawn)))

    def comes_in(self, call: SimulatedCall) -> SimulatedCall:
        self.connect.calls[call.contact_id] = call
        self.deliver(call)
        for file in call.files:
            self.world.bucket.objects[f"{BUCKET}/{file.key}"] = (file.size, file.lands)
        return call

    @rule(call=calls)
    def its_lines_come_again(self, call: SimulatedCall) -> None:
        self.deliver(call)

    @rule(call=calls, fault=st.sampled_from(FAULTS))
    def connect_is_in_trouble_over(
        self, call: SimulatedCall, fault: Exception | Mapping[str, Any] | None
    ) -> None:
        self.connect.faults.pop(call.contact_id, None)
        if fault is not None and not isinstance(fault, ContactNotFound):
            self.connect.faults[call.contact_id] = fault

    @rule(error=st.sampled_from([None, ServiceUnavailable("503"), SetupError("denied")]))
    def the_bucket_is_in_trouble(self, error: AwsError | None) -> None:
        self.world.bucket.error = error

    @rule(seconds=st.sampled_from([75, 0.01]), error=st.sampled_from(SEARCH_ERRORS))
    def there_is_so_much_time_to_describe(self, seconds: float, error: AwsError | None) -> None:
        """With less than the contacts need, searches answer for them, if they can."""
        self.seconds = seconds
        self.connect.search_error = error

    @rule(minutes=st.integers(1, 90))
    def time_goes_by_and_a_run_comes(self, minutes: int) -> None:
        self.now += minutes * MINUTE
        self.run()

    @rule(minutes=st.integers(1, 90))
    def two_runs_overlap(self, minutes: int) -> None:
        """The second one works on what it read before the first one wrote."""
        self.now += minutes * MINUTE
        read = {id_: dict(item) for id_, item in self.world.contacts.items.items()}
        self.run()
        due = self.world.contacts.due
        stale = World(contacts=type(self.world.contacts)(items=read))
        self.world.contacts.due = stale.contacts.due  # type: ignore[method-assign]
        try:
            self.run()
        finally:
            self.world.contacts.due = due  # type: ignore[method-assign]

    def deliver(self, call: SimulatedCall) -> None:
        lines = [(moment, message) for moment, message in lines_of(call) if moment <= self.now + 10 * MINUTE]
        counts = ingest(lines, self.world.contacts)
        assert counts.get("unreadable_lines", 0) == sum(block.is_unreadable for block in call.blocks)

    def run(self) -> None:
        self.connect.now = self.now
        for use_case in USE_CASES:
            try:
                use_case(self.world.run(self.now, connect=self.connect, seconds_left=lambda: self.seconds))
            except AwsError:
                return  # the task is red, and those behind it do not run

    @invariant()
    def states_and_verdicts_only_move_forward(self) -> None:
        for contact_id, item in getattr(self, "world", World()).contacts.items.items():
            state, verdict = ContactState(item["State"]), item.get("RecordedState")
            before, told = self.seen.get(contact_id, (ContactState.INITIALISED, None))
            purged_and_back = before is ContactState.COMPLETED_QUEUE_IVR and state is ContactState.INITIALISED
            assert state == before or state in TRANSITIONS[before] or purged_and_back
            assert told in (None, verdict) or (told, verdict) == (
                "CALL_RECORDED_FAILURE",
                "CALL_RECORDED_SUCCESS",
            )
            self.seen[contact_id] = (state, verdict)

    @invariant()
    def a_verdict_is_the_truth_or_will_heal(self) -> None:
        for contact_id, item in getattr(self, "world", World()).contacts.items.items():
            call, verdict = self.connect.calls[contact_id], item.get("RecordedState")
            truth = call.truth(self.now, SETTINGS.failure_after).recorded_state
            if verdict == "CALL_RECORDED_SUCCESS":
                assert truth == verdict
            if verdict == "CALL_RECORDED_FAILURE":
                fails_at = call.fails_at(SETTINGS.failure_after)
                assert fails_at
                assert parse_time(item["FailedAt"]) >= fails_at
                assert truth == verdict or "NextCheckAt" in item

    def teardown(self) -> None:
        """Let the trouble pass and a fortnight go by: now all must be as the truth has it, and nothing may be open."""
        self.connect.faults.clear()
        self.connect.search_error = None
        self.world.bucket.error = None
        for hours in (1, 1, 1, 2, 4, 8, 24, 24, 48, 48, 48, 48, 48, 48):
            self.now += timedelta(hours=hours)
            self.run()
        for contact_id, call in self.connect.calls.items():
            differences = call.truth(self.now, SETTINGS.failure_after).differences(
                self.world.contacts.items.get(contact_id)
            )
            assert not differences, (differences, call)
        self.run()
        assert not [item for item in self.world.contacts.items.values() if "NextCheckAt" in item]


TestAnyDay = pytest.mark.slow(AnyDay.TestCase)
TestAnyDay.settings = settings(
    max_examples=200,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,  # the same in every run
)


def test_a_backfill_beyond_the_lifecycle_says_that_a_recording_expired() -> None:
    call = CallWriter(Random(1)).write("expired", START)
    connect, world = SimulatedConnect(), World()
    connect.calls[call.contact_id] = call
    ingest(lines_of(call), world.contacts)
    connect.now = START + 2 * SETTINGS.recheck_for
    window = Window(START, START + 5 * MINUTE)
    for use_case in USE_CASES:
        use_case(world.run(connect.now, connect=connect, window=window, only_window=True))
    item = world.contacts.items[call.contact_id]
    assert (item["RecordedState"], item["FailureCause"]) == ("CALL_RECORDED_FAILURE", "EXPIRED")
