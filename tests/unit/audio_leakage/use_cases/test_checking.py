"""A check searches the bucket, asks Connect before a failure, and takes no error for a verdict."""

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_leakage.contacts.states import ContactState, FailureCause, RecordedState
from audio_leakage.errors import (
    MissingError,
    ServiceUnavailable,
    SettingsError,
    SetupError,
)
from audio_leakage.runs.window import Window
from audio_leakage.settings import Settings
from audio_leakage.times import format_time
from audio_leakage.use_cases.checking import check_recordings
from support.fakes import (
    ALERTING,
    BUCKET,
    CONTACT_ID,
    INSTANCE_ID,
    MINUTE,
    PREFIX,
    SETTINGS,
    World,
    answer,
    at,
    contact,
    ended_with_agent,
    key_of,
    number,
)


@pytest.fixture
def world() -> World:
    return World()


def test_a_recording_in_its_usual_place_takes_one_listing_only(world: World) -> None:
    world.contacts.put(ended_with_agent())
    world.bucket.put()
    assert check_recordings(world.run(at("10:35"))) == {"due": 1, "CALL_RECORDED_SUCCESS": 1}
    assert world.bucket.listings == [f"{BUCKET}/{PREFIX}/2023/08/29/{CONTACT_ID}_"]
    assert not world.connect.calls


def test_connect_is_asked_again_before_a_recording_counts_as_absent(world: World) -> None:
    world.contacts.put(ended_with_agent())
    location = "elsewhere/deep/renamed.wav"
    world.connect.answers[CONTACT_ID] = answer(Recordings=[{"StorageType": "S3", "Location": location}])
    world.bucket.objects[location] = (1_000_000, at("10:32"))
    assert check_recordings(world.run(at("10:35"))) == {"due": 1, "unchanged": 1}
    assert world.connect.calls[CONTACT_ID] == 0, "nothing is about to be said"
    assert check_recordings(world.run(at("11:35"))) == {"due": 1, "CALL_RECORDED_SUCCESS": 1}
    assert world.contacts.contact().recording_key == "deep/renamed.wav"
    assert world.bucket.listings[-1] == location


@pytest.mark.parametrize(
    ("location", "beside"),
    [
        ("elsewhere/deep/renamed.wav", "elsewhere/deep/renamed.wav.json"),  # Contact Lens writes one
        (None, f"{BUCKET}/{PREFIX}/2023/08/29/{CONTACT_ID}_call_redacted_20230829T10:30_UTC.wav"),
        (None, f"{BUCKET}/{PREFIX}/2023/08/29/{CONTACT_ID}_20230829T10:30_UTC.json"),
    ],
)
def test_an_object_beside_the_recording_proves_none(world: World, location: str | None, beside: str) -> None:
    world.contacts.put(ended_with_agent(recording_location=location))
    world.connect.answers[CONTACT_ID] = answer()
    world.bucket.objects[beside] = (1_000_000, at("10:32"))
    assert check_recordings(world.run(at("11:35"))) == {"due": 1, "CALL_RECORDED_FAILURE": 1}


@pytest.mark.parametrize("day", ["2023-08-28T10:30", "2023-08-30T10:30"])
def test_a_recording_under_a_neighbouring_day_is_found(world: World, day: str) -> None:
    world.contacts.put(ended_with_agent())
    world.bucket.put(key_of(connected=at(day)))
    assert check_recordings(world.run(at("10:35"))) == {"due": 1, "CALL_RECORDED_SUCCESS": 1}


def test_one_check_lists_no_place_twice(world: World) -> None:
    world.contacts.put(ended_with_agent())
    world.connect.answers[CONTACT_ID] = answer()
    assert check_recordings(world.run(at("10:35"))) == {"due": 1, "unchanged": 1}
    assert len(world.bucket.listings) == len(set(world.bucket.listings)) == 3


def test_a_contact_without_facts_is_described_first(world: World) -> None:
    world.contacts.put(contact(ContactState.COMPLETED_AGENT))
    world.connect.answers[CONTACT_ID] = answer()
    world.bucket.put()
    assert check_recordings(world.run(at("10:35"))) == {"due": 1, "CALL_RECORDED_SUCCESS": 1}
    assert world.connect.calls[CONTACT_ID] == 1


def test_a_contact_that_never_met_an_agent_is_closed_with_the_reason(world: World) -> None:
    world.contacts.put(contact(ContactState.COMPLETED_AGENT))
    world.connect.answers[CONTACT_ID] = answer(connected=None)
    assert check_recordings(world.run(at("10:35"))) == {"due": 1, "NO_AGENT": 1}
    assert not world.bucket.listings


def test_a_failure_becomes_a_success_when_its_recording_appears(world: World) -> None:
    world.contacts.put(ended_with_agent())
    world.connect.answers[CONTACT_ID] = answer()
    assert check_recordings(world.run(at("11:35"))) == {"due": 1, "CALL_RECORDED_FAILURE": 1}
    world.bucket.put(at=at("11:40"))
    assert check_recordings(world.run(at("11:36"))) == {"due": 0}
    assert check_recordings(world.run(at("12:10"))) == {"due": 1, "CALL_RECORDED_SUCCESS": 1}


def test_a_contact_that_connect_forgot_is_judged_all_the_same(world: World) -> None:
    world.contacts.put(ended_with_agent())
    assert check_recordings(world.run(at("11:35"))) == {"due": 1, "CALL_RECORDED_FAILURE": 1}


@pytest.mark.parametrize(
    "error",
    [ServiceUnavailable("SlowDown"), SetupError("s3:ListBucket on bucket 'recordings' was denied")],
)
def test_an_error_of_the_bucket_is_never_a_verdict(world: World, error: ServiceUnavailable) -> None:
    world.contacts.put(ended_with_agent())
    world.connect.answers[CONTACT_ID] = answer()
    world.bucket.error = error
    with pytest.raises(type(error)):
        check_recordings(world.run(at("12:00")))
    after = world.contacts.contact()
    assert (after.last_error or "").startswith(str(error))
    assert replace(after, last_error=None) == ended_with_agent(attempts=1, next_check_at=at("12:00:00.001"))


@pytest.mark.parametrize(
    ("settings", "source"),
    [
        (SETTINGS, "The settings name this bucket"),
        (
            replace(SETTINGS, recording_bucket=None, recording_prefix=None),
            f"Connect instance '{INSTANCE_ID}' names this bucket, no setting does",
        ),
    ],
)
def test_an_error_of_the_bucket_says_where_its_name_came_from(
    world: World, settings: Settings, source: str
) -> None:
    world.contacts.put(ended_with_agent())
    world.bucket.error = SetupError("s3:ListBucket on bucket 'recordings' was denied")
    with pytest.raises(SetupError, match=source):
        check_recordings(world.run(at("12:00"), settings))


def test_a_delete_marker_is_named_as_the_cause_of_a_failure(world: World) -> None:
    world.contacts.put(ended_with_agent())
    world.bucket.deleted.add(f"{BUCKET}/{key_of()}")
    check_recordings(world.run(at("12:00")))
    assert world.contacts.contact().failure_cause == "DELETE_MARKER"


def refuse(bucket: str, prefix: str) -> bool:  # noqa: ARG001
    raise SetupError("s3:ListBucketVersions was denied")


def test_a_denied_request_for_delete_markers_costs_no_verdict(world: World) -> None:
    world.contacts.put(ended_with_agent())
    world.bucket.has_delete_marker = refuse  # type: ignore[method-assign]
    assert check_recordings(world.run(at("12:00"))) == {"due": 1, "CALL_RECORDED_FAILURE": 1}
    assert world.contacts.contact().failure_cause == "NO_OBJECT"


LOCATION = "elsewhere/deep/renamed.wav"


@pytest.fixture
def pointed(world: World) -> World:
    world.contacts.put(ended_with_agent())
    world.connect.answers[CONTACT_ID] = answer(Recordings=[{"StorageType": "S3", "Location": LOCATION}])
    return world


def test_a_pointer_into_a_missing_bucket_is_a_failure_with_its_cause(pointed: World) -> None:
    pointed.bucket.errors["elsewhere"] = MissingError("bucket 'elsewhere' does not exist")
    assert check_recordings(pointed.run(at("12:00"))) == {"due": 1, "CALL_RECORDED_FAILURE": 1}
    assert pointed.contacts.contact().failure_cause == "POINTER_WITHOUT_OBJECT"


def test_a_pointer_into_a_denied_bucket_is_an_error_and_no_verdict(pointed: World) -> None:
    pointed.bucket.errors["elsewhere"] = SetupError("bucket 'elsewhere' was denied")
    with pytest.raises(SetupError, match="elsewhere"):
        check_recordings(pointed.run(at("12:00")))
    assert pointed.contacts.contact().recorded_state is None


def test_a_pointer_into_a_denied_bucket_does_not_hide_the_recording(pointed: World) -> None:
    pointed.bucket.errors["elsewhere"] = SetupError("bucket 'elsewhere' was denied")
    pointed.contacts.put(ended_with_agent(recording_location=LOCATION))
    pointed.bucket.put()
    assert check_recordings(pointed.run(at("12:00"))) == {"due": 1, "CALL_RECORDED_SUCCESS": 1}


def test_a_success_stays_one_when_a_backfill_finds_no_recording() -> None:
    """Regression: the backfill took its last look for failed and judged it anew, a lifecycle rule having been there."""
    world = World()
    world.connect.answers[CONTACT_ID] = answer()
    world.contacts.put(ended_with_agent(initialised_at=at("10:29"), attempts=1, last_error="HTTP 503"))
    world.bucket.put()
    check_recordings(world.run(at("10:40")))
    assert world.contacts.contact().attempts is None
    for before in (world.contacts.contact(), replace(world.contacts.contact(), attempts=1)):
        world.contacts.put(before)
        world.bucket.objects.clear()
        window = Window(at("10:25"), at("10:30"))
        check_recordings(world.run(at("10:40") + timedelta(days=400), only_window=True, window=window))
        assert world.contacts.contact() == before


def test_a_verdict_that_lost_the_race_to_another_run_is_told_to_nobody(world: World) -> None:
    world.contacts.put(ended_with_agent())
    run = world.run(at("11:35"), ALERTING)
    items = list(world.contacts.due(ContactState.COMPLETED_AGENT, format_time(at("11:35"))))
    world.contacts.due = lambda *args: iter(items if len(args) > 2 else [])  # type: ignore[method-assign]
    world.contacts.put(ended_with_agent(recorded_state=RecordedState.CALL_RECORDED_SUCCESS))
    world.connect.answers[CONTACT_ID] = answer()
    assert check_recordings(run)["changed_meanwhile"] == 1
    assert world.contacts.contact().recorded_state is RecordedState.CALL_RECORDED_SUCCESS
    assert not world.topic.published


class TestMutes:
    """A mute keeps the mail of its leaks quiet, and nothing else."""

    UNTIL = at("14:00")

    def run_at(self, world: World, time: str, *mutes: dict[str, Any], **changes: Any) -> dict[str, int]:
        text = json.dumps(mutes) if mutes else None
        return check_recordings(world.run(at(time), ALERTING, mutes_text=lambda: text, **changes))

    def mute(self, **values: Any) -> dict[str, Any]:
        return {
            "id": "key",
            "cause": "NO_OBJECT",
            "until": format_time(self.UNTIL),
            "reason": "CHG-1",
        } | values

    @pytest.fixture(autouse=True)
    def leaks(self, world: World) -> None:
        for place in (1, 2, 3):
            world.contacts.put(ended_with_agent(contact_id=number(place)))

    def events(self, world: World) -> list[object]:
        return [attributes["event"] for _, _, attributes in world.topic.published]

    def test_a_known_leak_is_judged_and_counted_and_told_to_nobody(self, world: World) -> None:
        counts = self.run_at(world, "12:00", self.mute())
        assert counts == {"due": 3, "CALL_RECORDED_FAILURE": 3, "known": 3}
        assert world.metrics.latest["Leaks"] == 3
        assert world.metrics.latest["LeaksNotTold"] == 0, "no alarm about what is known"
        assert not world.topic.published
        for place in (1, 2, 3):
            leak = world.contacts.contact(number(place))
            assert leak.recorded_state == "CALL_RECORDED_FAILURE"
            assert leak.alert_pending == "CALL_RECORDED_FAILURE"

    def test_a_leak_that_waits_for_the_end_of_a_mute_does_not_leave_the_table(self, world: World) -> None:
        reopened = ended_with_agent(contact_id=number(1), expires_at=int(at("13:00").timestamp()))
        world.contacts.put(reopened)
        self.run_at(world, "12:00", self.mute())
        leak = world.contacts.contact(number(1))
        assert (leak.alert_pending, leak.expires_at) == ("CALL_RECORDED_FAILURE", None)

    def test_the_end_of_a_mute_is_told_with_what_leaked_meanwhile_in_one_mail(self, world: World) -> None:
        self.run_at(world, "12:00", self.mute())
        for time in ("12:55", "13:55"):
            assert self.run_at(world, time, self.mute())["known"] == 3
        assert not world.topic.published
        self.run_at(world, "14:00", self.mute())
        assert self.events(world) == ["MUTE_ENDED", "CALL_RECORDED_FAILURE"]
        (ended, text, _), (leaks, _, attributes) = world.topic.published
        assert ended == "Audio leakage: mute key has ended, 3 calls leaked meanwhile"
        assert "Reason: CHG-1" in text
        assert leaks == "Audio leakage: 3 calls not recorded"
        assert attributes["count"] == 3
        self.run_at(world, "14:05", self.mute())
        assert len(world.topic.published) == 2, "once"

    def test_a_mute_that_somebody_removes_ends_at_once(self, world: World) -> None:
        self.run_at(world, "12:00", self.mute())
        self.run_at(world, "12:05")
        assert self.events(world) == ["MUTE_ENDED", "CALL_RECORDED_FAILURE"]
        assert world.topic.published[1][2]["count"] == 3

    def test_a_mute_that_is_prolonged_goes_on(self, world: World) -> None:
        self.run_at(world, "12:00", self.mute())
        self.run_at(world, "14:00", self.mute(until="2023-08-29T16:00:00Z"))
        assert not world.topic.published

    def test_a_mute_under_which_nothing_leaked_is_told_to_have_ended(self, world: World) -> None:
        self.run_at(world, "12:00", self.mute(cause="DELETED"))
        assert self.events(world) == ["CALL_RECORDED_FAILURE"]
        self.run_at(world, "14:00", self.mute(cause="DELETED"))
        assert self.events(world) == ["CALL_RECORDED_FAILURE", "MUTE_ENDED"]
        assert "No call leaked meanwhile" in world.topic.published[1][1]

    def test_a_leak_that_cannot_be_read_any_more_keeps_no_other_one_quiet(self, world: World) -> None:
        self.run_at(world, "12:00", self.mute())
        world.contacts.items[number(1)]["DisconnectTimestamp"] = "yesterday"
        assert self.run_at(world, "14:00", self.mute()) == {"due": 3, "unreadable": 1, "unchanged": 2}
        assert self.events(world) == ["MUTE_ENDED", "CALL_RECORDED_FAILURE"]
        assert [attributes["count"] for _, _, attributes in world.topic.published] == [2, 2]

    def test_a_leak_of_another_mute_stays_quiet_when_one_ends(self, world: World) -> None:
        longer = self.mute(id="longer", until="2023-08-29T16:00:00Z")
        self.run_at(world, "12:00", self.mute(), longer)
        self.run_at(world, "14:00", self.mute(), longer)
        assert self.events(world) == ["MUTE_ENDED"]
        assert world.topic.published[0][2]["count"] == 0

    def test_a_recording_that_turns_up_is_told_also_under_a_mute(self, world: World) -> None:
        self.run_at(world, "12:00", self.mute())
        world.bucket.put(key_of(number(1)), at=at("12:10"))
        self.run_at(world, "13:00", self.mute())
        assert self.events(world) == ["CALL_RECORDED_SUCCESS"]
        self.run_at(world, "14:00", self.mute())
        assert [attributes["count"] for _, _, attributes in world.topic.published] == [1, 2, 2]

    def test_an_unreachable_topic_delays_the_end_and_loses_nothing(self, world: World) -> None:
        self.run_at(world, "12:00", self.mute())
        world.topic.error = ServiceUnavailable("throttled")
        with pytest.raises(ServiceUnavailable):
            self.run_at(world, "14:00", self.mute())
        world.topic.error = None
        self.run_at(world, "14:05", self.mute())
        assert [attributes["count"] for _, _, attributes in world.topic.published] == [3, 3]

    def test_a_known_leak_whose_look_fails_stays_quiet(self, world: World) -> None:
        self.run_at(world, "12:00", self.mute())
        world.bucket.error = ServiceUnavailable("SlowDown")
        with pytest.raises(ServiceUnavailable):
            self.run_at(world, "13:00", self.mute())
        assert not world.topic.published

    def test_a_wrong_mute_fails_the_task_when_its_work_is_done(self, world: World) -> None:
        with pytest.raises(SettingsError, match="'audio_leakage_mutes': mute 'key': 'reason' is None"):
            self.run_at(world, "12:00", self.mute(reason=None))
        assert self.events(world) == ["CALL_RECORDED_FAILURE"]
        assert world.topic.published[0][2]["count"] == 3

    def test_a_backfill_keeps_known_leaks_quiet_and_tells_of_no_end(self, world: World) -> None:
        self.run_at(world, "12:00", self.mute())
        for place in (1, 2, 3):
            world.contacts.items[number(place)]["InitialisedAt"] = "2023-08-29T10:30:00.000Z"
            world.contacts.items[number(place)]["InitialisedHour"] = "2023-08-29T10"
        window = Window(at("10:30"), at("10:35"))
        counts = self.run_at(world, "12:10", self.mute(), window=window, only_window=True)
        assert counts["known"] == 3
        self.run_at(world, "14:00", window=window, only_window=True)
        assert self.events(world) == ["CALL_RECORDED_FAILURE"], "it tells what it looked at"
        self.run_at(world, "14:05")
        assert self.events(world)[-1] == "MUTE_ENDED"

    def test_without_a_topic_the_alarm_tells_of_every_leak(self, world: World) -> None:
        check_recordings(world.run(at("12:00"), mutes_text=lambda: json.dumps([self.mute()])))
        assert world.metrics.latest["LeaksNotTold"] == 3


QUEUES = ("00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b")
A_RUN = st.tuples(st.integers(1, 30), st.sets(st.sampled_from([*QUEUES, "any cause"])))


@given(runs=st.lists(A_RUN, max_size=6))
def test_every_leak_is_told_once_and_never_while_it_is_known_whatever_mutes_come_and_go(
    runs: list[tuple[int, set[str]]],
) -> None:
    world = World()
    queue_of = {number(place): QUEUES[place % 2] for place in range(1, 5)}
    for contact_id, queue_id in queue_of.items():
        world.contacts.put(ended_with_agent(contact_id=contact_id, queue_id=queue_id))
    now, told = at("11:35"), Counter[str]()
    for windows, known in [*runs, (1, set())]:
        now += windows * 5 * MINUTE
        mutes = [
            {"id": scope.replace(" ", "-"), "until": format_time(now + 20 * MINUTE), "reason": "known"}
            | ({"cause": "NO_OBJECT"} if scope == "any cause" else {"queue_id": scope})
            for scope in sorted(known)
        ]
        text = json.dumps(mutes)
        check_recordings(world.run(now, ALERTING, mutes_text=lambda text=text: text))
        for _, message, attributes in world.topic.published:
            if attributes["event"] != "CALL_RECORDED_FAILURE":
                continue
            listed = {contact_id for contact_id in queue_of if f"contact {contact_id}" in message}
            assert attributes["count"] == len(listed)
            assert not {queue_of[contact_id] for contact_id in listed} & known
            assert "any cause" not in known
            told.update(listed)
        world.topic.published.clear()
    assert told == dict.fromkeys(queue_of, 1)


@pytest.mark.parametrize(
    ("described_after", "asked"), [(timedelta(minutes=5), 0), (timedelta(minutes=4.9), 1)]
)
@pytest.mark.parametrize("verdict", [RecordedState.CALL_RECORDED_FAILURE, None])
def test_a_failure_is_looked_at_without_connect_once_its_record_is_final(
    world: World, described_after: timedelta, asked: int, verdict: RecordedState | None
) -> None:
    ended = ended_with_agent()
    assert ended.ended_at
    world.contacts.put(
        replace(
            ended,
            recorded_state=verdict,
            failure_cause=FailureCause.NO_OBJECT if verdict else None,
            failed_at=at("11:32") if verdict else None,
            judged_at=at("11:32") if verdict else None,
            described_at=ended.ended_at + described_after,
            next_check_at=at("12:00"),
        )
    )
    world.connect.answers[CONTACT_ID] = answer()
    check_recordings(world.run(at("12:00")))
    assert world.connect.calls[CONTACT_ID] == asked
    assert world.contacts.contact().recorded_state is RecordedState.CALL_RECORDED_FAILURE


def test_the_cause_of_a_first_failure_is_looked_for_although_connect_is_not_asked(world: World) -> None:
    ended = ended_with_agent(next_check_at=at("12:00"))
    assert ended.ended_at
    world.contacts.put(replace(ended, described_at=ended.ended_at + timedelta(minutes=5)))
    world.bucket.deleted.add(f"{BUCKET}/{key_of()}")
    check_recordings(world.run(at("12:00")))
    assert world.contacts.contact().failure_cause == "DELETE_MARKER"
    assert not world.connect.calls


def test_a_leak_that_a_mute_held_back_and_nobody_can_read_stops_no_other(world: World) -> None:
    world.contacts.put(ended_with_agent())
    world.bucket.put()
    broken = {
        **ended_with_agent(contact_id=number(1)).to_item(),
        "State": "?",
        "AlertPending": "CALL_RECORDED_FAILURE",
    }
    world.contacts.items[number(1)] = broken | {"OpenState": "COMPLETED - AGENT"}
    counts = check_recordings(world.run(at("10:35"), ALERTING))
    assert (counts["CALL_RECORDED_SUCCESS"], counts["unreadable"]) == (1, 1)
