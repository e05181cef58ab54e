"""A run reads on in the flow log where the last run stopped."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from audio_leakage.contacts.states import ClosedReason, RecordedState
from audio_leakage.errors import ServiceUnavailable, SetupError
from audio_leakage.flow_log.ingest import ingest
from audio_leakage.flow_log.recovery import recover as read_on
from audio_leakage.runs.context import RunContext
from audio_leakage.runs.progress import Progress
from audio_leakage.runs.window import Window
from audio_leakage.use_cases.checking import check_recordings
from audio_leakage.use_cases.polling import poll_initialised
from support.fakes import (
    CONTACT_ID,
    MINUTE,
    SETTINGS,
    FakeFlowLog,
    FakeTable,
    World,
    answer,
    at,
    contact,
    ended_with_agent,
    number,
)
from support.flow_lines import line, option

ON = line(Timestamp="2023-08-29T10:29:58.000Z")
OFF = line(Timestamp="2023-08-29T10:30:05.000Z", Parameters=option("Disable"))
FAILED = line(Timestamp="2023-08-29T10:30:01.000Z", Results="Error")
AGENT_ONLY = line(Timestamp="2023-08-29T10:30:03.000Z", Parameters=option("Enable", "Agent"))


WITH_LOG = replace(SETTINGS, flow_log_group="/aws/connect/acme")


class SlowFlowLog(FakeFlowLog):
    """It takes ten seconds to read a part of it, and nothing else takes any."""

    def seconds_left(self) -> float:
        return 75 - 10 * len(self.asked)


@dataclass
class BusyFlowLog(FakeFlowLog):
    """It has a line of another contact each minute from 10:21 on. To read a line takes ten seconds."""

    lines_read: int = 0

    def events(
        self, log_group: str, start: datetime, end: datetime, block_family: str, contact_id: str | None = None
    ) -> Iterator[tuple[datetime, str]]:
        del log_group, block_family, contact_id
        self.asked.append(Window(start, end))
        for place in range(1, 15):
            moment = at("10:20") + place * MINUTE
            if start <= moment < end:
                self.lines_read += 1
                yield moment, line(ContactId=number(place), Timestamp=None)

    def seconds_left(self) -> float:
        return 75 - 10 * self.lines_read


def take(contacts: FakeTable, *messages: str) -> Counter[str]:
    """Take lines in one by one, as if each came in a delivery of its own."""
    return sum((Counter(ingest([(at("10:30"), message)], contacts)) for message in messages), Counter())


def keep_read_until(world: World, moment: datetime) -> None:
    world.history.keep_progress(
        Progress(read_from=moment, read_until=moment).to_values(SETTINGS.contact_table)
    )


def read_until(world: World) -> datetime:
    moment = Progress.from_values(world.history.progress(), SETTINGS.contact_table).read_until
    assert moment
    return moment


def named(world: World, window: Window) -> RunContext:
    """Return a run about a named window, which has as long as its slow flow log says."""
    assert isinstance(world.flow_log, SlowFlowLog)
    seconds_left = world.flow_log.seconds_left
    return world.run(at("15:00"), WITH_LOG, only_window=True, window=window, seconds_left=seconds_left)


def recover(world: World, *messages: str, **how: object) -> tuple[dict[str, int], Window]:
    world.flow_log.messages = messages
    counts = poll_initialised(world.run(at("10:35"), WITH_LOG, **how))
    return counts, world.flow_log.asked[0]


def test_a_run_enters_and_follows_the_contacts_of_its_window() -> None:
    world = World()
    world.connect.answers[CONTACT_ID] = answer()
    counts, asked = recover(world, ON, ON, "{", line(ContactId=number(1), Timestamp=None))
    assert (counts["recovered"], counts["unreadable_lines"], counts["due"]) == (2, 1, 2)
    assert asked == Window(at("10:20"), at("10:35"))  # ten minutes early, for lines that come late


def test_a_backfill_recovers_its_window_and_nothing_else() -> None:
    window = Window(at("09:00"), at("09:05"))
    _, asked = recover(World(), only_window=True, window=window)
    assert asked == window


def test_a_backfill_leaves_the_position_in_the_log_to_the_scheduled_runs() -> None:
    world = World()
    keep_read_until(world, at("10:00"))
    recover(world, only_window=True, window=Window(at("11:00"), at("11:05")))
    assert read_until(world) == at("10:00"), "or nobody would read what lies between"


def test_each_run_reads_on_in_a_long_log_with_half_of_its_time() -> None:
    """Regression: a day of a busy log took longer than the task may run, and so did every try."""
    world = World()
    world.connect.answers[CONTACT_ID] = answer(DisconnectTimestamp=None)
    world.contacts.put(contact())
    keep_read_until(world, at("00:00"))
    looked_at = 0
    kept = [at("00:00")]
    for now in ("10:35", "10:40", "10:45"):
        flow_log = world.flow_log = SlowFlowLog()
        counts = poll_initialised(world.run(at(now), WITH_LOG, seconds_left=flow_log.seconds_left))
        kept.append(read_until(world))
        looked_at += counts["due"]
        assert flow_log.asked[0].start == kept[-2] - 10 * MINUTE  # for lines that come late
        assert [part.end for part in flow_log.asked[:-1]] == [part.start for part in flow_log.asked[1:]]
        assert counts.get("minutes_left_to_recover", 0) == (at(now) - kept[-1]) // MINUTE
    assert looked_at == 1, "the contacts that are due have their turn"
    assert kept == [at("00:00"), at("01:50"), at("03:40"), at("05:30")]


def test_a_stretch_that_could_not_be_read_is_read_by_the_next_run() -> None:
    world = World()
    keep_read_until(world, at("10:00"))
    world.flow_log.error = ServiceUnavailable("logs:FilterLogEvents HTTP 503")
    for now in ("10:35", "10:40"):
        with pytest.raises(ServiceUnavailable):
            poll_initialised(world.run(at(now), WITH_LOG))
        assert read_until(world) == at("10:00")
    world.flow_log.error = None
    poll_initialised(world.run(at("10:45"), WITH_LOG))
    assert read_until(world) == at("10:45")
    assert world.flow_log.asked[-2:] == [Window(at("09:50"), at("10:20")), Window(at("10:20"), at("10:45"))]


def test_a_run_without_time_stops_in_the_middle_of_a_part() -> None:
    world = World()
    keep_read_until(world, at("10:20"))
    flow_log = world.flow_log = BusyFlowLog()
    run = world.run(at("10:35"), WITH_LOG, seconds_left=flow_log.seconds_left)
    assert read_on(run)["minutes_left_to_recover"] == 11
    assert sorted(world.contacts.items) == [number(place) for place in range(1, 5)]
    assert read_until(world) == at("10:24"), "the time of the last line that was read"
    world.flow_log = BusyFlowLog()
    counts = read_on(world.run(at("10:40"), WITH_LOG))
    assert world.flow_log.asked[0].start == at("10:14")
    assert counts == {"recovered": 10, "unreadable_lines": 0}
    assert sorted(world.contacts.items) == [number(place) for place in range(1, 15)]


def test_a_named_window_that_was_not_read_in_time_fails_with_what_is_left() -> None:
    world = World(flow_log=SlowFlowLog((ON,)))
    window = Window(at("05:00"), at("15:00"))
    with pytest.raises(ServiceUnavailable) as caught:
        read_on(named(world, window))
    assert str(caught.value) == "360 minutes of the window were not read in time: name a shorter one"
    assert (world.flow_log.asked[0].start, world.flow_log.asked[-1].end) == (at("05:00"), at("09:00"))
    assert CONTACT_ID in world.contacts.items, "what was read is entered"


def test_a_named_window_that_was_read_with_the_last_second_is_green() -> None:
    world = World(flow_log=SlowFlowLog((ON,)))
    counts = read_on(named(world, Window(at("05:00"), at("09:00"))))
    assert counts == {"recovered": 1, "unreadable_lines": 0}
    assert world.flow_log.asked[-1].end == at("09:00")


def test_a_log_that_could_not_be_read_is_the_reason_and_not_the_time() -> None:
    world = World(flow_log=SlowFlowLog(error=SetupError("logs:FilterLogEvents was denied")))
    with pytest.raises(SetupError, match="denied"):
        read_on(named(world, Window(at("05:00"), at("15:00"))))
    assert len(world.flow_log.asked) == 1


def test_a_contact_switched_off_in_an_unread_window_does_not_fail() -> None:
    """Regression: windows side by side judged "on" before the "off" that followed it was read."""
    world = World()
    world.contacts.put(ended_with_agent())
    take(world.contacts, ON)
    world.connect.answers[CONTACT_ID] = answer()
    world.flow_log.messages = (ON, OFF, line(ContactId=number(1)))
    window = Window(at("10:25"), at("10:30"))
    check_recordings(world.run(at("13:00"), WITH_LOG, only_window=True, window=window))
    judged = world.contacts.contact()
    assert (judged.recorded_state, judged.closed_reason) == (None, ClosedReason.RECORDING_SWITCHED_OFF)
    assert world.flow_log.asked == [Window(at("10:00"), at("10:30")), Window(at("10:30"), at("11:00"))]


def test_a_contact_about_to_fail_has_at_most_two_hours_of_the_log_read() -> None:
    """Regression: reading ten days of a busy log for one contact kept all others waiting."""
    world = World()
    world.contacts.put(ended_with_agent(initialised_at=at("2023-08-19 10:30")))
    world.connect.answers[CONTACT_ID] = answer()
    check_recordings(world.run(at("13:00"), WITH_LOG))
    assert (world.flow_log.asked[0].start, world.flow_log.asked[-1].end) == (at("08:30"), at("11:00"))
    assert world.contacts.contact().recorded_state is RecordedState.CALL_RECORDED_FAILURE


def test_contacts_about_to_fail_share_one_reading_of_the_log() -> None:
    world = World()
    for position in range(20):
        contact_id = number(position)
        world.contacts.put(ended_with_agent(contact_id=contact_id, initialised_at=at("10:29:58")))
        world.connect.answers[contact_id] = answer(contact_id)
    assert check_recordings(world.run(at("13:00"), WITH_LOG))["CALL_RECORDED_FAILURE"] == 20
    assert world.flow_log.asked == [Window(at("10:00"), at("10:30")), Window(at("10:30"), at("11:00"))]


def test_the_log_is_not_read_again_where_recovery_has_read_it() -> None:
    world = World()
    world.contacts.put(ended_with_agent(initialised_at=at("10:29:58")))
    world.history.keep_progress(
        Progress(read_from=at("08:00"), read_until=at("12:00")).to_values(SETTINGS.contact_table)
    )
    world.connect.answers[CONTACT_ID] = answer()
    assert check_recordings(world.run(at("13:00"), WITH_LOG))["CALL_RECORDED_FAILURE"] == 1
    assert world.flow_log.asked == []


def test_a_table_made_anew_is_filled_from_where_reading_began() -> None:
    world = World()
    first = Progress(read_from=at("08:00"), read_until=at("10:30"))
    world.history.keep_progress(first.to_values(SETTINGS.contact_table, "the table's id"))
    _, asked = recover(world, ON)
    assert asked.start == at("10:20")
    world.contacts.items.clear()
    world.contacts.id = "the id of the next one"
    world.flow_log.asked.clear()
    counts, asked = recover(world, ON)
    assert (asked.start, counts["recovered"]) == (at("07:50"), 1)
    assert read_until(world) == at("10:35")
    assert world.history.kept["TableId"] == "the id of the next one"


def test_a_table_whose_id_cannot_be_asked_for_is_taken_for_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def denied(_: FakeTable) -> str:
        raise SetupError("dynamodb:DescribeTable was denied")

    world = World()
    first = Progress(read_from=at("08:00"), read_until=at("10:30"))
    world.history.keep_progress(first.to_values(SETTINGS.contact_table, "the table's id"))
    monkeypatch.setattr(FakeTable, "table_id", denied)
    _, asked = recover(world, ON)
    assert asked.start == at("10:20")
    assert world.history.kept["TableId"] == "the table's id"


def test_the_log_is_read_only_for_a_contact_about_to_fail() -> None:
    world = World()
    world.contacts.put(ended_with_agent())
    take(world.contacts, ON)
    world.connect.answers[CONTACT_ID] = answer()
    check_recordings(world.run(at("10:40"), WITH_LOG))
    assert world.flow_log.asked == []
    counts = check_recordings(world.run(at("11:40"), WITH_LOG))
    assert counts == {"due": 1, "CALL_RECORDED_FAILURE": 1}
    assert len(world.flow_log.asked) == 2
    check_recordings(world.run(at("15:40"), WITH_LOG))
    assert len(world.flow_log.asked) == 2
