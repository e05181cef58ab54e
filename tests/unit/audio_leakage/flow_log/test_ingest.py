"""How contacts enter the table: the same result, however often and in whatever order lines arrive."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_leakage.contacts.states import ClosedReason, ContactState, RecordedState
from audio_leakage.errors import ServiceUnavailable
from audio_leakage.flow_log.ingest import ingest
from audio_leakage.runs.window import Window
from audio_leakage.use_cases.checking import check_recordings
from audio_leakage.use_cases.polling import poll_initialised
from support.fakes import (
    CONTACT_ID,
    MINUTE,
    SETTINGS,
    FakeFlowLog,
    FakeHistory,
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


def take(contacts: FakeTable, *messages: str) -> Counter[str]:
    """Take lines in one by one, as if each came in a delivery of its own."""
    return sum((Counter(ingest([(at("10:30"), message)], contacts)) for message in messages), Counter())


def test_a_contact_whose_flow_switched_recording_on_enters_as_initialised() -> None:
    contacts = FakeTable()
    assert take(contacts, ON) == {"entered": 1}
    assert contacts.items[CONTACT_ID] == {
        "ContactId": CONTACT_ID,
        "State": "INITIALISED",
        "OpenState": "INITIALISED",
        "NextCheckAt": "2023-08-29T10:29:58.000Z",
        "InitialisedAt": "2023-08-29T10:29:58.000Z",
        "InitialisedHour": "2023-08-29T10",
        "RecordingPolicy": "ALL",
        "RecordingBlocks": ["2023-08-29T10:29:58.000Z ALL"],
    }


def test_a_repeated_line_changes_nothing_wherever_the_contact_has_come_to() -> None:
    contacts = FakeTable()
    take(contacts, ON)
    for state in ContactState:
        contacts.items[CONTACT_ID] |= {"State": str(state), "RecordedState": "CALL_RECORDED_SUCCESS"}
        before = dict(contacts.items[CONTACT_ID])
        assert take(contacts, ON) == {"known": 1}
        assert contacts.items[CONTACT_ID] == before


@pytest.mark.parametrize(
    "lines", [(ON, OFF), (ON, FAILED, AGENT_ONLY), (OFF, FAILED), (ON, ON, OFF, AGENT_ONLY)]
)
def test_the_order_in_which_lines_arrive_makes_no_difference(lines: tuple[str, ...]) -> None:
    results = []
    for order in permutations(lines):
        contacts = FakeTable()
        take(contacts, *order)
        results.append(contacts.items)
    assert all(result == results[0] for result in results)


LINES = st.lists(st.sampled_from([ON, OFF, FAILED, AGENT_ONLY]), min_size=1)


@given(LINES.flatmap(lambda lines: st.tuples(st.just(lines), st.permutations(lines))))
def test_nor_does_it_however_often_each_arrives(lines_and_shuffled: tuple[list[str], list[str]]) -> None:
    straight, shuffled = FakeTable(), FakeTable()
    take(straight, *lines_and_shuffled[0])
    take(shuffled, *lines_and_shuffled[1])
    assert straight.items == shuffled.items


def test_a_contact_of_which_only_off_was_ever_said_is_not_followed_and_says_so() -> None:
    contacts = FakeTable()
    take(contacts, OFF)
    closed = contacts.contact()
    assert (closed.next_check_at, closed.closed_reason) == (None, ClosedReason.RECORDING_SWITCHED_OFF)


def test_a_contact_switched_off_before_the_agent_joined_is_closed_and_not_failed() -> None:
    world = World()
    take(world.contacts, ON, OFF)
    world.connect.answers[CONTACT_ID] = answer()  # the agent joins at 10:30:11
    poll_initialised(world.run(at("10:32")))
    assert check_recordings(world.run(at("12:00"))) == {"due": 1, "RECORDING_SWITCHED_OFF": 1}
    assert world.contacts.contact().recorded_state is None


def test_a_contact_switched_off_after_the_agent_joined_should_have_been_recorded() -> None:
    world = World()
    late_off = line(Timestamp="2023-08-29T10:30:30.000Z", Parameters=option("Disable"))
    take(world.contacts, ON, late_off)
    world.connect.answers[CONTACT_ID] = answer()
    poll_initialised(world.run(at("10:32")))
    assert check_recordings(world.run(at("12:00"))) == {"due": 1, "CALL_RECORDED_FAILURE": 1}


def test_a_line_that_turns_up_late_opens_a_contact_again_that_off_had_closed() -> None:
    world = World()
    take(world.contacts, ON, OFF)
    world.connect.answers[CONTACT_ID] = answer()
    poll_initialised(world.run(at("10:32")))
    check_recordings(world.run(at("10:40")))
    on_again = line(Timestamp="2023-08-29T10:30:08.000Z")
    assert take(world.contacts, on_again) == {"known": 1}
    world.bucket.put()
    assert check_recordings(world.run(at("10:45"))) == {"due": 1, "CALL_RECORDED_SUCCESS": 1}


def test_a_failed_block_is_the_cause_where_there_is_no_recording() -> None:
    world = World()
    take(world.contacts, FAILED)
    world.connect.answers[CONTACT_ID] = answer()
    poll_initialised(world.run(at("10:32")))
    check_recordings(world.run(at("12:00")))
    assert world.contacts.contact().failure_cause == "RECORDING_BLOCK_FAILED"


def test_lines_that_are_unreadable_or_not_ours_are_counted_and_write_nothing() -> None:
    contacts = FakeTable()
    assert take(contacts, "{", line(ContactFlowModuleType="PlayPrompt")) == {"unreadable_lines": 1}
    assert not contacts.items


def test_an_item_that_nobody_can_read_keeps_no_other_contact_out() -> None:
    """Regression: one such item failed every run and every delivery that spoke of it."""
    contacts = FakeTable()
    contacts.items[CONTACT_ID] = {
        "ContactId": CONTACT_ID,
        "State": "INITIALISED",
        "InitialisedAt": "yesterday",
    }
    lines = [(at("10:30"), ON), (at("10:30"), line(ContactId=number(1)))]
    assert ingest(lines, contacts) == {"unreadable_items": 1, "entered": 1}


#: A contact as commit 5942487 wrote it; the attribute is RecordingBlocks now.
EARLIER_ITEM = {
    "ContactId": CONTACT_ID,
    "State": "INITIALISED",
    "OpenState": "INITIALISED",
    "NextCheckAt": "2023-08-29T10:29:58.000Z",
    "InitialisedAt": "2023-08-29T10:29:58.000Z",
    "InitialisedHour": "2023-08-29T10",
    "RecordingPolicy": "ALL",
    "RecordingSettings": ["2023-08-29T10:29:58.000Z ALL"],
}


def test_a_contact_of_an_earlier_version_keeps_its_blocks_and_takes_more() -> None:
    contacts = FakeTable({CONTACT_ID: dict(EARLIER_ITEM)})
    assert take(contacts, ON, AGENT_ONLY) == {"known": 2}
    assert contacts.contact().recording_blocks == (
        "2023-08-29T10:29:58.000Z ALL",
        "2023-08-29T10:30:03.000Z AGENT",
    )


def test_a_contact_of_an_earlier_version_is_judged() -> None:
    world = World(contacts=FakeTable({CONTACT_ID: dict(EARLIER_ITEM)}))
    world.connect.answers[CONTACT_ID] = answer()
    poll_initialised(world.run(at("10:35")))
    check_recordings(world.run(at("11:40")))
    assert world.contacts.contact().recorded_state is RecordedState.CALL_RECORDED_FAILURE


def test_what_is_known_is_read_in_batches_and_not_written() -> None:
    contacts = FakeTable()
    lines = [(at("10:30"), line(ContactId=number(n))) for n in range(250)]
    assert ingest(lines, contacts) == {"entered": 250}
    written = contacts.writes.total()
    assert ingest(lines, contacts) == {"known": 250}
    assert contacts.batches == [100, 100, 50] * 2
    assert contacts.writes.total() == written


WITH_LOG = replace(SETTINGS, flow_log_group="/aws/connect/acme")


class SlowFlowLog(FakeFlowLog):
    """It takes ten seconds to read a part of it, and nothing else takes any."""

    def seconds_left(self) -> float:
        return 75 - 10 * len(self.asked)


class TestRecovery:
    def recover(self, world: World, *messages: str, **how: object) -> tuple[dict[str, int], Window]:
        flow_log = FakeFlowLog(messages)
        run = world.run(at("10:35"), WITH_LOG, flow_log=flow_log, **how)
        counts = poll_initialised(run)
        return counts, flow_log.asked[0]

    def test_a_run_enters_and_follows_what_its_window_of_the_flow_log_says(self) -> None:
        world = World()
        world.connect.answers[CONTACT_ID] = answer()
        counts, asked = self.recover(world, ON, ON, "{", line(ContactId=number(1), Timestamp=None))
        assert (counts["recovered"], counts["unreadable_lines"], counts["due"]) == (2, 1, 2)
        assert asked == Window(at("10:20"), at("10:35"))  # ten minutes early, for lines that come late

    def test_a_run_that_is_only_about_its_window_recovers_that_and_nothing_else(self) -> None:
        window = Window(at("09:00"), at("09:05"))
        _, asked = self.recover(World(), only_window=True, window=window)
        assert asked == window

    def test_a_long_stretch_is_read_in_half_of_the_time_of_each_run_and_none_of_it_is_lost(self) -> None:
        """Regression: a day of a busy log took longer than the task may run, and so did every try."""
        world = World()
        world.connect.answers[CONTACT_ID] = answer(DisconnectTimestamp=None)
        world.contacts.put(contact())
        world.history.read_until, looked_at = at("00:00"), 0
        kept = [at("00:00")]
        for now in ("10:35", "10:40", "10:45"):
            flow_log = SlowFlowLog()
            run = world.run(
                at(now),
                WITH_LOG,
                flow_log=flow_log,
                seconds_left=flow_log.seconds_left,
            )
            counts = poll_initialised(run)
            kept.append(world.history.read_until)
            looked_at += counts["due"]
            assert flow_log.asked[0].start == kept[-2] - 10 * MINUTE  # for lines that come late
            assert [part.end for part in flow_log.asked[:-1]] == [part.start for part in flow_log.asked[1:]]
            assert counts.get("minutes_left_to_recover", 0) == (at(now) - kept[-1]) // MINUTE
        assert looked_at == 1, "the contacts that are due have their turn"
        assert kept == [at("00:00"), at("01:50"), at("03:40"), at("05:30")]

    def test_what_could_not_be_read_is_read_by_the_next_run(self) -> None:
        world, flow_log = World(history=FakeHistory(read_until=at("10:00"))), FakeFlowLog()
        flow_log.error = ServiceUnavailable("logs:FilterLogEvents HTTP 503")
        for now in ("10:35", "10:40"):
            with pytest.raises(ServiceUnavailable):
                poll_initialised(world.run(at(now), WITH_LOG, flow_log=flow_log))
            assert world.history.read_until == at("10:00")
        flow_log.error = None
        poll_initialised(world.run(at("10:45"), WITH_LOG, flow_log=flow_log))
        assert world.history.read_until == at("10:45")
        assert flow_log.asked[-2:] == [Window(at("09:50"), at("10:20")), Window(at("10:20"), at("10:45"))]

    def test_no_contact_fails_whose_switching_off_lies_in_a_window_not_backfilled_yet(self) -> None:
        """Regression: windows side by side judged "on" before the "off" that followed it was read."""
        world = World()
        world.contacts.put(ended_with_agent())
        take(world.contacts, ON)
        world.connect.answers[CONTACT_ID] = answer()
        flow_log = FakeFlowLog((ON, OFF, line(ContactId=number(1))))
        window = Window(at("10:25"), at("10:30"))
        check_recordings(world.run(at("13:00"), WITH_LOG, flow_log=flow_log, only_window=True, window=window))
        judged = world.contacts.contact()
        assert (judged.recorded_state, judged.closed_reason) == (None, ClosedReason.RECORDING_SWITCHED_OFF)
        assert flow_log.asked == [Window(at("10:28:58"), at("10:31:11.038"))]

    def test_of_a_callback_that_waited_for_days_no_more_than_a_day_of_the_log_is_read(self) -> None:
        """Regression: reading ten days of a busy log for one contact kept all others waiting."""
        world, flow_log = World(), FakeFlowLog()
        world.contacts.put(ended_with_agent(initialised_at=at("2023-08-19 10:30")))
        world.connect.answers[CONTACT_ID] = answer()
        check_recordings(world.run(at("13:00"), WITH_LOG, flow_log=flow_log))
        assert flow_log.asked == [Window(at("2023-08-28 10:30:11.038"), at("10:31:11.038"))]
        assert world.contacts.contact().recorded_state is RecordedState.CALL_RECORDED_FAILURE

    def test_the_log_is_asked_about_no_contact_but_those_about_to_fail(self) -> None:
        world, flow_log = World(), FakeFlowLog()
        world.contacts.put(ended_with_agent())
        take(world.contacts, ON)
        world.connect.answers[CONTACT_ID] = answer()
        check_recordings(world.run(at("10:40"), WITH_LOG, flow_log=flow_log))
        assert flow_log.asked == []
        counts = check_recordings(world.run(at("11:40"), WITH_LOG, flow_log=flow_log))
        assert counts == {"due": 1, "CALL_RECORDED_FAILURE": 1}
        assert len(flow_log.asked) == 1
        check_recordings(world.run(at("15:40"), WITH_LOG, flow_log=flow_log))
        assert len(flow_log.asked) == 1


class TestRunsThatAreOnlyAboutTheirWindow:
    WINDOW = Window(at("10:25"), at("10:30"))

    def world(self) -> World:
        world = World()
        inside, outside = at("10:29:58"), at("10:30")
        world.contacts.put(
            contact(contact_id=number(1), initialised_at=inside),
            contact(contact_id=number(2), initialised_at=outside),
            ended_with_agent(contact_id=number(3), initialised_at=inside),
            ended_with_agent(contact_id=number(4), initialised_at=outside),
            ended_with_agent(contact_id=number(5), initialised_at=inside, next_check_at=at("23:00")),
        )
        world.connect.answers = {number(n): answer(number(n)) for n in range(6)}
        return world

    def test_they_leave_the_contacts_of_other_windows_alone(self) -> None:
        world = self.world()
        run = world.run(at("10:40"), window=self.WINDOW, only_window=True)
        assert poll_initialised(run)["due"] == 1
        assert check_recordings(run)["due"] == 2  # the one that was polled just now, and number 3
        assert set(world.connect.calls) == {number(1), number(3)}

    def test_they_check_failures_again_and_heal_them_whenever_those_are_due(self) -> None:
        world = self.world()
        failed = ended_with_agent(
            initialised_at=at("10:29:58"),
            recorded_state=RecordedState.CALL_RECORDED_FAILURE,
            next_check_at=None,
            failed_at=at("11:31"),
        )
        world.contacts.put(failed)
        world.bucket.put()
        counts = check_recordings(
            world.run(at("12:00") + timedelta(days=9), window=self.WINDOW, only_window=True)
        )
        assert counts["CALL_RECORDED_SUCCESS"] == 1
        assert world.contacts.contact().warnings == ("LATE",)

    def test_a_second_one_changes_nothing(self) -> None:
        world = self.world()
        for _ in range(2):
            run = world.run(at("12:00"), window=self.WINDOW, only_window=True)
            poll_initialised(run)
            check_recordings(run)
            items = {contact_id: dict(item) for contact_id, item in world.contacts.items.items()}
            writes = world.contacts.writes.total()
        run = world.run(at("12:01"), window=self.WINDOW, only_window=True)
        poll_initialised(run)
        check_recordings(run)
        assert world.contacts.items == items
        assert world.contacts.writes.total() == writes
