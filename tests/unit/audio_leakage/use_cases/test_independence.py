"""One failure stops only itself, and a storm costs what calm costs."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from audio_leakage.contacts.states import ContactState, RecordedState
from audio_leakage.errors import AwsError, InvalidContact, MissingError, ServiceUnavailable, SetupError
from audio_leakage.flow_log.ingest import ingest
from audio_leakage.runs.progress import Progress
from audio_leakage.runs.window import Window
from audio_leakage.use_cases import check_recordings, poll_in_progress, poll_initialised, purge_ivr
from support.fakes import (
    ALERTING,
    CONTACT_ID,
    LOG_GROUP,
    MINUTE,
    SETTINGS,
    FakeFlowLog,
    World,
    answer,
    at,
    contact,
    ended_with_agent,
    number,
)
from support.flow_lines import line

WITH_LOG = replace(SETTINGS, flow_log_group=LOG_GROUP)


class Log(FakeFlowLog):
    """A flow log with lines that have times; it may fail after some of them, and take its time."""

    def __init__(
        self, *lines: tuple[datetime, str], fails_after: int | None = None, seconds: float = 0
    ) -> None:
        super().__init__()
        self.lines = sorted(lines)
        self.fails_after = fails_after
        self.seconds = seconds
        self.took = 0.0

    def events(
        self,
        log_group: str,
        start: datetime,
        end: datetime,
        block_family: str,
        contact_id: str | None = None,
    ) -> Iterator[tuple[datetime, str]]:
        del log_group, block_family, contact_id
        self.asked.append(Window(start, end))
        self.took += self.seconds * ((end - start) / timedelta(minutes=30))
        for given, (moment, message) in enumerate(pair for pair in self.lines if start <= pair[0] < end):
            if given == self.fails_after:
                raise ServiceUnavailable("logs:FilterLogEvents HTTP 503")
            yield moment, message


def stamped(moment: datetime, contact_id: str) -> tuple[datetime, str]:
    return moment, line(ContactId=contact_id, Timestamp=moment.isoformat().replace("+00:00", "Z"))


def read_until(world: World) -> datetime | None:
    return Progress.from_values(world.history.progress(), SETTINGS.contact_table).read_until


@pytest.mark.parametrize(
    ("error", "now"), [(MissingError("no log group"), "11:45"), (SetupError("denied"), "12:40")]
)
def test_a_leak_is_judged_without_a_log_that_is_gone(error: AwsError, now: str) -> None:
    world = World(flow_log=FakeFlowLog(error=error))
    for n in range(60):
        world.contacts.put(ended_with_agent(contact_id=number(n), initialised_at=at("10:29:58")))
        world.connect.answers[number(n)] = answer(number(n))
    check_recordings(world.run(at(now), WITH_LOG))
    assert {item["RecordedState"] for item in world.contacts.items.values()} == {"CALL_RECORDED_FAILURE"}
    assert len(world.flow_log.asked) == 1


@pytest.mark.parametrize("error", [ServiceUnavailable("throttled"), SetupError("denied")])
@pytest.mark.parametrize(("now", "is_judged"), [("11:45", False), ("12:20", False), ("12:40", True)])
def test_a_leak_waits_an_hour_for_a_log_that_may_come_back(
    now: str, error: AwsError, is_judged: bool
) -> None:
    world = World(flow_log=FakeFlowLog(error=error))
    world.contacts.put(ended_with_agent(initialised_at=at("10:29:58")))
    world.connect.answers[CONTACT_ID] = answer()
    with nullcontext() if is_judged else pytest.raises(type(error)):
        check_recordings(world.run(at(now), WITH_LOG))
    assert (world.contacts.contact().recorded_state is RecordedState.CALL_RECORDED_FAILURE) == is_judged


@dataclass
class Clock:
    """Seconds that describing takes at our share, of a task's 75."""

    world: World
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.started = 0.0
        describe = self.world.connect.describe_contact

        def paced(instance_id: str, contact_id: str) -> Mapping[str, Any]:
            self.seconds += 1 / 8
            return describe(instance_id, contact_id)

        self.world.connect.describe_contact = paced  # type: ignore[method-assign]

    def start(self) -> dict[str, Any]:
        self.started = self.seconds
        return {"seconds_left": lambda: 75 - (self.seconds - self.started)}


@pytest.mark.parametrize("lambda_too", [True, False], ids=["with the Lambda", "without it"])
def test_case_p04_an_abandoned_call_is_described_created_and_purged_once(lambda_too: bool) -> None:
    count = 50
    lines = [stamped(at("10:31") + timedelta(seconds=n), number(n)) for n in range(count)]
    world = World(flow_log=Log(*lines))
    done: Counter[str] = Counter()
    create, purge_all, purge = world.contacts.create, world.contacts.purge_all, world.contacts.purge

    def counted_create(item: Mapping[str, Any]) -> bool:
        done["created"] += 1
        return create(item)

    world.contacts.create = counted_create  # type: ignore[method-assign]
    for n in range(count):
        times = {"InitiationTimestamp": at("10:30:30"), "DisconnectTimestamp": at("10:32")}
        world.connect.answers[number(n)] = answer(number(n), connected=None, **times)
    if lambda_too:
        ingest(lines, world.contacts)
    for n in range(8):
        now = at("10:35") + n * 5 * MINUTE
        poll_initialised(world.run(now, WITH_LOG))
        done["purged"] += purge_ivr(world.run(now + MINUTE / 2, WITH_LOG)).get("purged", 0)
    del purge_all, purge
    described = sum(world.connect.calls[number(n)] for n in range(count))
    assert (described, done["created"], done["purged"], world.contacts.items) == (count, count, count, {})


@pytest.mark.parametrize(
    "stored", ["2023-08-29T10:30:00.000Z ALL", [], {"2023-08-29T10:30:00.000Z ALL"}], ids=str
)
@pytest.mark.parametrize("name", ["RecordingBlocks", "RecordingSettings"])
def test_case_p08_an_item_that_does_not_read_back_is_its_own_trouble_alone(name: str, stored: object) -> None:
    poison = stamped(at("10:31"), CONTACT_ID)
    others = [stamped(at("10:32") + timedelta(seconds=n), number(n)) for n in range(60)]
    world = World(flow_log=Log(poison, *others))
    world.contacts.items[CONTACT_ID] = {
        "ContactId": CONTACT_ID,
        "State": "INITIALISED",
        "OpenState": "INITIALISED",
        "NextCheckAt": "2023-08-29T10:30:00.000Z",
        name: stored,
    }
    world.connect.answers = {number(n): answer(number(n)) for n in range(60)}
    with pytest.raises(InvalidContact, match="1 contacts of the flow log have an item that cannot be read"):
        poll_initialised(world.run(at("10:35"), WITH_LOG))
    assert len(world.contacts.items) == 61
    assert sum(world.connect.calls[number(n)] for n in range(60)) == 60
    assert read_until(world) == at("10:35")
    with pytest.raises(InvalidContact):
        poll_initialised(world.run(at("10:45"), WITH_LOG))
    poll_initialised(world.run(at("11:00"), WITH_LOG))  # its line is not read again


@pytest.mark.parametrize("days", [0, 1, 3, 6, 30])
def test_case_p09_a_question_about_an_old_callback_ends_within_its_task(days: int) -> None:
    log = Log(seconds=10)
    world = World(flow_log=log)
    began = at("10:29:58") - timedelta(days=days)
    blocks = (f"{began.isoformat(timespec='milliseconds').removesuffix('+00:00')}Z ALL",)
    world.contacts.put(ended_with_agent(initialised_at=began, recording_blocks=blocks))
    world.connect.answers[CONTACT_ID] = answer(
        InitiationMethod="CALLBACK", ConnectedToSystemTimestamp=at("10:30:12")
    )
    check_recordings(world.run(at("12:00"), WITH_LOG, seconds_left=lambda: 75 - log.took))
    assert log.took <= 75
    assert world.contacts.contact().recorded_state is RecordedState.CALL_RECORDED_FAILURE


@pytest.mark.parametrize(
    "between",
    [
        pytest.param(
            {"only_window": True, "window": Window(at("09:00"), at("10:00"))}, id="p12: a named window"
        ),
        pytest.param({"only_window": True, "window": Window(at("09:00"), at("09:05"))}, id="a backfill"),
    ],
)
def test_case_p12_a_run_about_its_window_leaves_the_position_alone(between: dict[str, Any]) -> None:
    world = World(flow_log=Log())
    poll_initialised(world.run(at("10:30"), WITH_LOG))
    poll_initialised(world.run(at("10:33"), WITH_LOG, **between))
    assert read_until(world) == at("10:30")
    poll_initialised(world.run(at("10:35"), WITH_LOG))
    assert world.flow_log.asked[-1] == Window(at("10:20"), at("10:35"))


def test_lines_read_before_the_log_failed_are_entered() -> None:
    lines = [stamped(at("10:31") + timedelta(seconds=n), number(n)) for n in range(9)]
    world = World(flow_log=Log(*lines, fails_after=5))
    with pytest.raises(ServiceUnavailable):
        poll_initialised(world.run(at("10:35"), WITH_LOG))
    assert set(world.contacts.items) == {number(n) for n in range(5)}
    assert read_until(world) == at("10:31:04")
    world.flow_log = Log(*lines)
    poll_initialised(world.run(at("10:40"), WITH_LOG))
    assert set(world.contacts.items) == {number(n) for n in range(9)}
    assert read_until(world) == at("10:40")


def test_a_stretch_more_than_a_day_back_is_told_once_with_its_backfill() -> None:
    settings = replace(ALERTING, flow_log_group=LOG_GROUP)
    world = World(flow_log=Log())
    poll_initialised(world.run(at("2023-08-26 10:30"), settings))
    counts = poll_initialised(world.run(at("10:30"), settings))
    assert counts["minutes_not_read"] == 2 * 24 * 60
    assert "minutes_not_read" not in poll_initialised(world.run(at("10:35"), settings))
    ((_, message, attributes),) = world.topic.published
    assert (attributes["event"], attributes["count"]) == ("FLOW_LOG_NOT_READ", 1)
    assert "--from-date 2023-08-26T10:35:00.000Z --to-date 2023-08-28T10:30:00.000Z" in message
    assert world.metrics.published["MinutesNotRead"] == [0, 2 * 24 * 60, 0]


def test_a_stretch_that_could_not_be_told_is_told_by_the_next_run() -> None:
    settings = replace(ALERTING, flow_log_group=LOG_GROUP)
    world = World(flow_log=Log())
    poll_initialised(world.run(at("2023-08-26 10:30"), settings))
    world.topic.error = SetupError("denied")
    with pytest.raises(SetupError):
        poll_initialised(world.run(at("10:30"), settings))
    assert read_until(world) == at("10:30")
    world.topic.error = None
    poll_initialised(world.run(at("10:35"), settings))
    assert [attributes["event"] for _, _, attributes in world.topic.published] == ["FLOW_LOG_NOT_READ"]


@pytest.mark.parametrize("now", ["10:35", "11:40"], ids=["at the first look", "when they fail"])
def test_case_p13_a_storm_of_leaks_is_looked_at_in_one_run(now: str) -> None:
    world, count = World(), 3000
    clock = Clock(world)
    for n in range(count):
        world.contacts.put(ended_with_agent(contact_id=number(n), initialised_at=at("10:29:58")))
        world.connect.answers[number(n)] = answer(number(n))
    counts = check_recordings(world.run(at(now), **clock.start()))
    assert (counts["due"], counts.get("left_for_next_run", 0)) == (count, 0)
    if now == "11:40":
        assert counts["CALL_RECORDED_FAILURE"] == count
    assert clock.seconds <= 75, "inside the quota"


@pytest.mark.parametrize("state", ["INITIALISED", "waiting", "talking"])
@pytest.mark.parametrize("old", [700, 3000])
def test_case_p14_a_live_call_is_polled_in_the_next_run(state: str, old: int) -> None:
    world = World()
    clock = Clock(world)
    yesterday = at("2023-08-28 09:00")
    for n in range(old):
        began = yesterday + timedelta(seconds=n)
        world.contacts.put(contact(contact_id=number(n), initialised_at=began, next_check_at=began))
        times = {"InitiationTimestamp": began, "DisconnectTimestamp": began + MINUTE}
        world.connect.answers[number(n)] = answer(number(n), connected=None, **times)
    live = number(999_999)
    joined = {"talking": {"connected": at("10:31:10")}}.get(state, {"connected": None})
    world.contacts.put(contact(contact_id=live, initialised_at=at("10:31"), next_check_at=at("10:31")))
    world.connect.answers[live] = answer(
        live, InitiationTimestamp=at("10:30:50"), DisconnectTimestamp=None, **joined
    )
    poll_initialised(world.run(at("10:35"), **clock.start()))
    assert world.contacts.contact(live).state is not ContactState.INITIALISED


def test_the_past_comes_to_an_end_beside_the_present() -> None:
    world = World()
    clock = Clock(world)
    for n in range(2400):
        began = (
            at("10:30") + timedelta(milliseconds=n)
            if n % 2
            else at("2023-08-28 09:00") + timedelta(seconds=n)
        )
        world.contacts.put(contact(contact_id=number(n), initialised_at=began, next_check_at=began))
        world.connect.answers[number(n)] = answer(
            number(n), connected=None, InitiationTimestamp=began, DisconnectTimestamp=None
        )
    poll_initialised(world.run(at("10:35"), **clock.start()))
    described = [int(id_[-12:]) for id_ in world.connect.calls if id_.startswith("0000")]
    assert 100 <= sum(n % 2 == 0 for n in described) <= 200


def test_twenty_calls_half_of_them_leaking_cost_at_most_fifty_descriptions() -> None:
    world = World()
    ingest([stamped(at("10:29:58"), number(n)) for n in range(20)], world.contacts)
    for n in range(20):
        world.connect.answers[number(n)] = answer(number(n))
        if n % 2:
            world.bucket.put(
                f"connect/acme/CallRecordings/2023/08/29/{number(n)}_20230829T10:30_UTC.wav", 44 + 59 * 32_000
            )
    for now in ("10:34", "10:34", "10:39", "10:44", "10:49"):
        for use_case in (poll_initialised, purge_ivr, poll_in_progress, check_recordings):
            use_case(world.run(at(now)))
    assert sum(world.connect.calls[number(n)] for n in range(20)) <= 50


def test_a_scan_for_adoption_goes_on_in_the_next_run_until_it_is_done() -> None:
    world, pages = World(), 0
    for n in range(10):
        world.contacts.items[number(n)] = {"ContactId": number(n), "State": "INITIALISED"}
    world.connect.answers = {number(n): answer(number(n)) for n in range(10)}
    scan = world.contacts.never_indexed

    def slow(start: str | None) -> Iterator[tuple[list[Mapping[str, Any]], str | None]]:
        nonlocal pages
        for page in scan(start):
            pages += 1
            yield page

    world.contacts.never_indexed = slow  # type: ignore[method-assign]
    adopted = []
    for n in range(5):
        begun = pages
        run = world.run(
            at("10:35") + n * 5 * MINUTE,
            adopts=n == 0,
            seconds_left=lambda begun=begun: 75 - 10 * (pages - begun),
        )
        adopted.append(poll_initialised(run).get("adopted"))
    assert adopted == [4, 4, 2, None, None]
