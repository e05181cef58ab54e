"""An answer of Connect moves a contact on and takes back no known fact."""

from dataclasses import replace
from datetime import timedelta

import pytest

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.follow import (
    LONGEST_WORK,
    due_again,
    followed,
    not_found,
    with_assumed_end,
    with_facts,
)
from audio_leakage.contacts.snapshot import ContactSnapshot
from audio_leakage.contacts.states import ClosedReason, ContactState, RecordedState
from audio_leakage.errors import SetupError
from audio_leakage.use_cases.polling import poll_in_progress, poll_initialised
from support.fakes import (
    CONTACT_ID,
    MINUTE,
    SETTINGS,
    World,
    answer,
    at,
    contact,
)


@pytest.fixture
def world() -> World:
    return World()


LOCATION = "recordings/connect/acme/CallRecordings/2023/08/29/other-name_20230829T10:30_UTC.wav"


@pytest.mark.parametrize(
    ("entry", "kept"),
    [
        ({"StorageType": "S3", "Location": LOCATION}, True),
        ({"StorageType": "S3", "Location": LOCATION, "ParticipantType": "SOMEBODY_NEW"}, False),
        ({"StorageType": "S3", "Location": LOCATION, "ParticipantType": "AGENT"}, True),
        ({"StorageType": "S3", "Location": LOCATION, "ParticipantType": "VOICEMAIL"}, False),
        ({"StorageType": "S3", "Location": LOCATION.replace("/2023/", "/voicemail/2023/")}, False),
        ({"StorageType": "S3", "Location": LOCATION.replace("CallRecordings", "Voicemails")}, False),
        ({"StorageType": "S3", "Location": LOCATION, "MediaStreamType": "AUDIO"}, True),
        ({"StorageType": "S3", "Location": LOCATION, "MediaStreamType": "VIDEO"}, False),
        ({"StorageType": "S3", "Location": LOCATION, "ParticipantType": "IVR"}, False),
        ({"StorageType": "KINESIS_VIDEO_STREAM", "Location": LOCATION}, False),
        ({"StorageType": "S3", "Location": LOCATION.replace("/2023/", "/ivr/2023/")}, False),
        (
            {"StorageType": "S3", "Location": LOCATION.replace("/2023/", "/Analysis/Voice/Redacted/2023/")},
            False,
        ),
        (
            {"StorageType": "S3", "Location": LOCATION.replace("acme", "ivr")},
            True,
        ),  # an instance of that name
    ],
)
def test_only_audio_of_the_conversation_in_s3_becomes_a_pointer(entry: dict[str, str], kept: bool) -> None:
    pointed = with_facts(contact(), ContactSnapshot.from_answer(CONTACT_ID, answer(Recordings=[entry])))
    assert (pointed.recording_location is not None) == kept


def test_an_answer_that_lags_behind_takes_nothing_back(world: World) -> None:
    world.contacts.put(contact(ContactState.IN_PROGRESS_AGENT, connected_to_agent_timestamp=at("10:30:11")))
    world.connect.answers[CONTACT_ID] = answer(connected=None)
    poll_in_progress(world.run(at("10:35")))
    after = world.contacts.contact()
    assert after.state == ContactState.COMPLETED_AGENT
    assert after.connected_to_agent_timestamp == at("10:30:11")


def test_a_long_call_is_polled_more_rarely_but_at_least_once_an_hour(world: World) -> None:
    long = contact(ContactState.IN_PROGRESS_QUEUE_IVR, initiation_timestamp=at("2023-08-28T11:00"))
    world.contacts.put(long)
    world.connect.answers[CONTACT_ID] = answer(
        InitiationTimestamp=at("2023-08-28T11:00"), DisconnectTimestamp=None, connected=None
    )
    assert poll_in_progress(world.run(at("10:31"))) == {"due": 1, "unchanged": 1}
    assert world.contacts.contact().next_check_at == at("11:31")


def test_a_contact_connect_does_not_know_yet_waits_and_is_found(world: World) -> None:
    world.contacts.put(contact())
    assert poll_initialised(world.run(at("10:31"))) == {"due": 1, "unchanged": 1}
    world.connect.answers[CONTACT_ID] = answer()
    assert poll_initialised(world.run(at("10:35")))[ContactState.COMPLETED_AGENT] == 1
    assert world.contacts.contact().not_found_since is None


def test_a_contact_connect_never_knew_is_closed_as_not_found(world: World) -> None:
    world.contacts.put(contact())
    poll_initialised(world.run(at("10:31")))
    with pytest.raises(SetupError, match="knows none of 1 contacts: correct 'connect_instance_id'"):
        poll_initialised(world.run(at("11:31")))
    after = world.contacts.contact()
    assert (after.closed_reason, after.next_check_at) == (ClosedReason.NOT_FOUND, at("12:01"))
    assert world.metrics.closed == {"NOT_FOUND": 1}


def test_a_contact_is_closed_as_not_found_after_an_hour_at_the_earliest(world: World) -> None:
    """Regression: with a minute until failure, a contact not to be seen for some minutes was closed for good."""
    world.contacts.put(contact())
    soon = replace(SETTINGS, failure_after_minutes=1, first_check_minutes=1)
    for now in ("10:31", "10:35", "10:39"):
        assert poll_initialised(world.run(at(now), soon)) == {"due": 1, "unchanged": 1}
    world.connect.answers[CONTACT_ID] = answer()
    assert poll_initialised(world.run(at("10:46"), soon))[ContactState.COMPLETED_AGENT] == 1


def test_an_end_is_assumed_only_of_a_call_whose_end_nobody_tells() -> None:
    joined = {"connected_to_agent_timestamp": at("10:00")}
    much_later = at("2023-09-29T10:00")
    talking = contact(ContactState.IN_PROGRESS_AGENT, **joined)
    longest = at("10:00") + SETTINGS.longest_call
    assert with_assumed_end(talking, longest - MINUTE, SETTINGS) is talking
    assert with_assumed_end(talking, longest, SETTINGS).end_assumed_at == longest
    ended = contact(ContactState.COMPLETED_AGENT, disconnect_timestamp=at("10:05"), **joined)
    assert with_assumed_end(ended, much_later, SETTINGS) is ended
    waiting = contact(ContactState.IN_PROGRESS_QUEUE_IVR)
    assert with_assumed_end(waiting, much_later, SETTINGS) is waiting
    working = replace(ended, after_contact_work_start_timestamp=at("10:05"))
    bound = at("10:05") + LONGEST_WORK
    assert with_assumed_end(working, bound - MINUTE, SETTINGS) is working
    assert with_assumed_end(working, bound, SETTINGS).end_assumed_at == bound


def test_an_unknown_contact_is_asked_for_until_the_days_of_rechecking_are_over() -> None:
    asked, now, looks = contact(), at("10:00"), []
    while True:
        asked = not_found(asked, now, SETTINGS)
        if asked.next_check_at is None:
            break
        assert asked.next_check_at > now
        now = asked.next_check_at
        looks.append(now)
    assert asked.closed_reason is ClosedReason.NOT_FOUND
    assert at("10:00") + SETTINGS.recheck_for - timedelta(days=1) < now <= at("10:00") + SETTINGS.recheck_for
    assert len(looks) < 30


def test_a_waiting_call_that_never_ends_is_asked_for_ever_less_often_and_then_no_more() -> None:
    waiting, now = contact(ContactState.IN_PROGRESS_QUEUE_IVR, initiation_timestamp=at("10:00")), at("10:00")
    still = ContactSnapshot.from_answer(
        CONTACT_ID, answer(InitiationTimestamp=at("10:00"), DisconnectTimestamp=None, connected=None)
    )
    pauses = []
    while waiting.next_check_at is not None:
        waiting = followed(waiting, still, now, SETTINGS)
        if waiting.next_check_at is not None:
            pauses.append(waiting.next_check_at - now)
            now = waiting.next_check_at
    assert min(pauses) > timedelta(0)
    assert pauses == sorted(pauses)
    assert waiting.closed_reason is ClosedReason.NEVER_ENDED
    assert now - at("10:00") > SETTINGS.recheck_for


def test_somebody_who_saw_an_agent_adds_what_connect_had_not_said() -> None:
    served = contact(
        ContactState.COMPLETED_AGENT,
        connected_to_agent_timestamp=at("10:00"),
        disconnect_timestamp=at("10:05"),
        agent_id="theirs",
        queue_id="theirs",
    )
    blank = contact(ContactState.IN_PROGRESS_AGENT)
    due = due_again(blank, served, at("11:00"))
    assert due is not None
    assert (due.disconnect_timestamp, due.agent_id, due.queue_id) == (at("10:05"), "theirs", "theirs")
    known = replace(blank, disconnect_timestamp=at("10:06"), agent_id="ours", queue_id="ours")
    due = due_again(known, served, at("11:00"))
    assert due is not None
    assert (due.disconnect_timestamp, due.agent_id, due.queue_id) == (at("10:06"), "ours", "ours")


SERVED = contact(ContactState.COMPLETED_AGENT, connected_to_agent_timestamp=at("10:00"), channel="VOICE")


@pytest.mark.parametrize(
    ("ours", "served"),
    [
        (replace(SERVED, recorded_state=RecordedState.CALL_RECORDED_SUCCESS), SERVED),
        (contact(ContactState.COMPLETED_QUEUE_IVR), SERVED),
        (contact(), contact(ContactState.IN_PROGRESS_QUEUE_IVR)),
        (contact(ContactState.IN_PROGRESS_QUEUE_IVR), contact(ContactState.COMPLETED_QUEUE_IVR)),
    ],
)
def test_a_proven_contact_or_one_without_an_agent_is_not_due_again(ours: Contact, served: Contact) -> None:
    assert due_again(ours, served, at("11:00")) is None


def test_a_failed_contact_is_due_again_and_keeps_its_verdict() -> None:
    failed = replace(
        SERVED, recorded_state=RecordedState.CALL_RECORDED_FAILURE, next_check_at=None, expires_at=1
    )
    due = due_again(failed, replace(SERVED, agent_id="theirs"), at("11:00"))
    assert due == replace(failed, next_check_at=at("11:00"), expires_at=None)


@pytest.mark.parametrize("state", [ContactState.INITIALISED, ContactState.IN_PROGRESS_QUEUE_IVR])
def test_a_closed_contact_that_an_agent_took_is_judged_after_all(state: ContactState) -> None:
    closed = replace(contact(state).closed(ClosedReason.NOT_FOUND), expires_at=1)
    due = due_again(closed, SERVED, at("11:00"))
    assert due is not None
    assert (due.state, due.closed_reason, due.expires_at) == (ContactState.COMPLETED_AGENT, None, None)
    assert (due.connected_to_agent_timestamp, due.channel) == (at("10:00"), "VOICE")
    assert due.next_check_at == at("11:00")
