"""A contact that keeps failing is set aside, alerted once, and blocks no other."""

import logging
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from datetime import datetime, timedelta

import pytest

from audio_leakage.contacts.states import ContactState, RecordedState
from audio_leakage.errors import (
    AudioLeakageError,
    RefusedError,
    ServiceUnavailable,
    SetupError,
    UnexpectedError,
)
from audio_leakage.use_cases.checking import check_recordings
from audio_leakage.use_cases.polling import poll_in_progress, poll_initialised
from support.fakes import (
    ALERTING,
    CONTACT_ID,
    INSTANCE_ID,
    MARK,
    MINUTE,
    World,
    answer,
    at,
    contact,
    ended_with_agent,
    number,
)

STEP = 5 * MINUTE


@pytest.fixture
def world() -> World:
    """Return a world with one call that goes wrong and three that go on."""
    world = World()
    world.contacts.put(*(contact(contact_id=number(position)) for position in range(3)), contact())
    for position in range(3):
        talking = answer(number(position), DisconnectTimestamp=None, connected=None)
        world.connect.answers[number(position)] = talking
    return world


def poll(world: World, now: datetime) -> dict[str, int]:
    """Poll with one thread, so that it is sure who comes first."""
    return poll_initialised(world.run(now, ALERTING))


def runs(count: int, begin: str = "10:31") -> Iterator[datetime]:
    return (at(begin) + place * STEP for place in range(count))


def let_others_be_due(world: World) -> None:
    world.contacts.put(*(contact(contact_id=number(position)) for position in range(3)))


def looks_at_others(world: World) -> int:
    return sum(world.connect.calls[number(position)] for position in range(3))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({}, "DescribeContact answered without Contact.Id"),
        (ServiceUnavailable("connect:DescribeContact answered InternalServiceException"), "connect:Describe"),
        (SetupError("connect:DescribeContact was denied"), "connect:DescribeContact was denied"),
        (RefusedError("connect:DescribeContact was refused"), "connect:DescribeContact was refused"),
        (KeyError(MARK), "KeyError, see the task's log"),
    ],
    ids=["garbled", "unavailable", "denied", "refused", "mistake"],
)
def test_a_contact_that_keeps_failing_is_set_aside_and_alerted_once(
    world: World, wrong: dict[str, object] | Exception, says: str
) -> None:
    world.connect.answers[CONTACT_ID] = wrong
    pauses = []
    for now in runs(80):
        let_others_be_due(world)
        looks = looks_at_others(world)
        # Only if somebody must grant something may the task be red.
        with suppress(SetupError) if type(wrong) is SetupError else nullcontext():
            poll(world, now)
        assert looks_at_others(world) == looks + 3, "the others have their turn"
        next_check = world.contacts.contact().next_check_at
        assert next_check
        pauses.append(next_check - now)
    ((subject, message, attributes),) = world.topic.published
    assert subject == "Audio leakage: 1 contact set aside"
    assert message.startswith("1 contact set aside.\n")
    assert f"Amazon Connect instance {INSTANCE_ID}" in message
    assert f"contact {CONTACT_ID}, last error {says}" in message
    assert attributes["event"] == "CONTACT_SET_ASIDE"
    assert max(pauses) >= timedelta(hours=2)
    assert (world.contacts.contact().last_error or "").startswith(says)


def test_a_contact_set_aside_a_second_time_is_alerted_again(world: World) -> None:
    well = answer(DisconnectTimestamp=None, connected=None)
    world.contacts.put(contact(ContactState.IN_PROGRESS_QUEUE_IVR))
    for begin, answers, told in (("11:00", {}, 1), ("11:30", well, 1), ("12:00", {}, 2)):
        world.connect.answers[CONTACT_ID] = answers
        for now in runs(6, begin):
            poll_in_progress(world.run(now, ALERTING))
        assert len(world.topic.published) == told


@pytest.mark.parametrize("error", [ServiceUnavailable("sns is away"), SetupError("sns:Publish was denied")])
def test_a_contact_is_not_set_aside_while_its_alert_fails(world: World, error: AudioLeakageError) -> None:
    world.contacts.put(contact(attempts=3))
    world.connect.answers[CONTACT_ID] = {}
    world.topic.error = error
    if isinstance(error, SetupError):
        with pytest.raises(SetupError):
            poll(world, at("10:31"))
    else:
        poll(world, at("10:31"))
    assert world.contacts.contact().attempts == 3
    assert all(world.contacts.contact(number(n)).state.name == "IN_PROGRESS_QUEUE_IVR" for n in range(3))
    world.topic.error = None
    poll(world, at("10:36"))
    assert (world.contacts.contact().attempts, len(world.topic.published)) == (4, 1)


def test_a_contact_is_set_aside_without_a_topic(world: World) -> None:
    world.contacts.put(contact(attempts=3))
    world.connect.answers[CONTACT_ID] = {}
    poll_initialised(world.run(at("10:31")))
    assert world.contacts.contact().attempts == 4


def test_an_outage_sets_no_contact_aside() -> None:
    world = World()
    world.contacts.put(*(contact(contact_id=number(position)) for position in range(20)))
    world.connect.answers = {
        number(position): ServiceUnavailable("Connect is away") for position in range(20)
    }
    for now in runs(24):
        for retry in range(3):
            with pytest.raises(ServiceUnavailable, match="none of 20 due contacts"):
                poll(world, now + retry * MINUTE / 2)
    world.connect.answers = {number(position): answer(number(position)) for position in range(20)}
    after = at("10:31") + 24 * STEP
    assert poll(world, after) == {"due": 20, "COMPLETED - AGENT": 20}
    assert world.topic.published == []


def test_failures_at_the_head_of_the_queue_stop_others_for_one_try_only() -> None:
    world = World()
    sick, well = range(6), range(6, 30)
    world.contacts.put(
        *(contact(contact_id=number(position), next_check_at=at("10:30:01")) for position in sick),
        *(contact(contact_id=number(position), next_check_at=at("10:30:02")) for position in well),
    )
    world.connect.answers = {number(position): ServiceUnavailable("500") for position in sick}
    world.connect.answers |= {number(position): answer(number(position)) for position in well}
    with pytest.raises(ServiceUnavailable):
        poll(world, at("10:31"))
    counts = poll(world, at("10:32"))
    assert counts["COMPLETED - AGENT"] == len(well)


def test_an_unexpected_error_is_logged_with_its_place_but_not_its_text(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.connect.answers[CONTACT_ID] = KeyError(MARK)
    with caplog.at_level(logging.INFO):
        assert poll(world, at("10:31")) == {"due": 4, "put_off": 1, "IN_PROGRESS - QUEUE/IVR": 3}
    (told,) = [message for message in caplog.messages if "KeyError" in message]
    assert CONTACT_ID in told
    assert "in describe_contact" in told
    assert MARK not in caplog.text


def test_an_unexpected_error_for_every_contact_fails_the_task(world: World) -> None:
    world.connect.answers = {contact_id: KeyError(MARK) for contact_id in world.contacts.items}
    with pytest.raises(UnexpectedError, match=r"^KeyError, see the task's log$"):
        poll(world, at("10:31"))


def test_a_pending_alert_is_published_once_while_its_contact_fails() -> None:
    """Regression: a leak that had been found was told only when its contact could be looked at again."""
    world = World()
    failed = ended_with_agent(
        recorded_state=RecordedState.CALL_RECORDED_FAILURE, alert_pending="CALL_RECORDED_FAILURE"
    )
    world.contacts.put(failed)
    world.connect.answers[CONTACT_ID] = {}
    for now in runs(3, "12:00"):
        check_recordings(world.run(now, ALERTING))
    assert [attributes["event"] for _, _, attributes in world.topic.published] == ["CALL_RECORDED_FAILURE"]
    after = world.contacts.contact()
    assert (after.alert_pending, after.attempts) == (None, 1)
    assert after.next_check_at
    assert after.next_check_at > at("12:15")


def test_a_contact_with_unreadable_answers_is_tried_ever_more_rarely() -> None:
    world = World()
    world.contacts.put(contact())
    world.connect.answers[CONTACT_ID] = {}
    pauses = []
    now = at("10:31")
    for _ in range(16):
        assert poll_initialised(world.run(now)) == {"due": 1, "put_off": 1}
        after = world.contacts.contact()
        assert after.next_check_at
        pauses.append(after.next_check_at - now)
        now = after.next_check_at
    assert pauses[:6] == [timedelta(milliseconds=1)] * 3 + [4 * MINUTE, 8 * MINUTE, 16 * MINUTE]
    assert pauses[-1] == timedelta(days=1)
    assert (after.state, after.attempts) == (ContactState.INITIALISED, 16)
    assert after.last_error == (
        "DescribeContact answered without "
        "Contact.Id, Contact.Channel, Contact.InitiationMethod, Contact.InitiationTimestamp"
    )
