"""The four use cases over ports in memory: what holds for the contacts, whatever AWS does."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from audio_leakage.contacts.states import ClosedReason, ContactState, RecordedState
from audio_leakage.errors import MissingError, RefusedError, ServiceUnavailable, SetupError
from audio_leakage.runs.due import due
from audio_leakage.runs.window import Window
from audio_leakage.use_cases.checking import check_recordings
from audio_leakage.use_cases.polling import poll_in_progress, poll_initialised
from audio_leakage.use_cases.purging import purge_ivr
from support.fakes import (
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

THROTTLED = ServiceUnavailable(
    "connect:DescribeContact is unavailable for now: ThrottlingException (HTTP 429)"
)
DENIED = SetupError("connect:DescribeContact was denied: grant connect:DescribeContact")


@pytest.fixture
def world() -> World:
    return World()


class TestPolling:
    @pytest.mark.parametrize(
        ("members", "state", "next_check"),
        [
            ({"DisconnectTimestamp": None}, ContactState.IN_PROGRESS_AGENT, "10:36"),
            ({"DisconnectTimestamp": None, "connected": None}, ContactState.IN_PROGRESS_QUEUE_IVR, "10:36"),
            ({}, ContactState.COMPLETED_AGENT, "10:33:10.343"),
            ({"connected": None}, ContactState.COMPLETED_QUEUE_IVR, "10:32"),
        ],
    )
    def test_an_initialised_contact_moves_to_where_connect_says_it_is(
        self, world: World, members: dict[str, Any], state: ContactState, next_check: str
    ) -> None:
        world.contacts.put(contact())
        world.connect.answers[CONTACT_ID] = answer(**members)
        assert poll_initialised(world.run(at("10:32"))) == {"due": 1, str(state): 1}
        after = world.contacts.contact()
        assert (after.state, after.next_check_at) == (state, at(next_check))

    def test_what_connect_said_is_kept(self, world: World) -> None:
        world.contacts.put(contact())
        world.connect.answers[CONTACT_ID] = answer(QueueInfo={"Id": "queue"})
        poll_initialised(world.run(at("10:32")))
        item = world.contacts.items[CONTACT_ID]
        assert item["Channel"] == "VOICE"
        assert item["InitiationMethod"] == "INBOUND"
        assert item["QueueId"] == "queue"
        assert item["ConnectedToAgentTimestamp"] == "2023-08-29T10:30:11.038Z"
        assert item["DisconnectTimestamp"] == "2023-08-29T10:31:10.343Z"

    def test_a_call_in_progress_is_followed_to_its_end(self, world: World) -> None:
        world.contacts.put(contact(ContactState.IN_PROGRESS_QUEUE_IVR))
        world.connect.answers[CONTACT_ID] = answer(DisconnectTimestamp=None)
        assert poll_in_progress(world.run(at("10:31")))[ContactState.IN_PROGRESS_AGENT] == 1
        world.connect.answers[CONTACT_ID] = answer()
        assert poll_in_progress(world.run(at("10:35")))[ContactState.COMPLETED_AGENT] == 1

    def test_nothing_is_asked_and_nothing_written_before_a_contact_is_due(self, world: World) -> None:
        world.contacts.put(contact(next_check_at=at("10:40")))
        assert poll_initialised(world.run(at("10:35"))) == {"due": 0}
        assert not world.connect.calls
        assert not world.contacts.writes

    def test_a_call_that_lasts_is_looked_at_more_rarely_but_at_least_once_an_hour(self, world: World) -> None:
        long = contact(ContactState.IN_PROGRESS_QUEUE_IVR, initiation_timestamp=at("2023-08-20T10:00"))
        world.contacts.put(long)
        world.connect.answers[CONTACT_ID] = answer(
            InitiationTimestamp=at("2023-08-20T10:00"), DisconnectTimestamp=None, connected=None
        )
        assert poll_in_progress(world.run(at("10:31"))) == {"due": 1, "unchanged": 1}
        assert world.contacts.contact().next_check_at == at("11:31")

    def test_an_answer_that_lags_behind_takes_nothing_back(self, world: World) -> None:
        world.contacts.put(
            contact(ContactState.IN_PROGRESS_AGENT, connected_to_agent_timestamp=at("10:30:11"))
        )
        world.connect.answers[CONTACT_ID] = answer(connected=None)
        poll_in_progress(world.run(at("10:35")))
        after = world.contacts.contact()
        assert after.state == ContactState.COMPLETED_AGENT
        assert after.connected_to_agent_timestamp == at("10:30:11")

    def test_a_contact_connect_does_not_know_yet_waits_and_is_found(self, world: World) -> None:
        world.contacts.put(contact())
        assert poll_initialised(world.run(at("10:31"))) == {"due": 1, "unchanged": 1}
        world.connect.answers[CONTACT_ID] = answer()
        assert poll_initialised(world.run(at("10:35")))[ContactState.COMPLETED_AGENT] == 1
        assert world.contacts.contact().not_found_since is None

    def test_a_contact_connect_never_knew_is_closed_with_a_reason_and_stays(self, world: World) -> None:
        world.contacts.put(contact())
        poll_initialised(world.run(at("10:31")))
        assert poll_initialised(world.run(at("11:31"))) == {"due": 1, "NOT_FOUND": 1}
        after = world.contacts.contact()
        assert (after.closed_reason, after.next_check_at) == (ClosedReason.NOT_FOUND, None)

    def test_however_soon_a_call_is_to_fail_connect_has_an_hour_to_know_it(self, world: World) -> None:
        """Regression: with a minute until failure, a contact not to be seen for some minutes was closed for good."""
        world.contacts.put(contact())
        soon = replace(SETTINGS, failure_after_minutes=1, first_check_minutes=1)
        for now in ("10:31", "10:36", "10:41"):
            assert poll_initialised(world.run(at(now), soon)) == {"due": 1, "unchanged": 1}
        world.connect.answers[CONTACT_ID] = answer()
        assert poll_initialised(world.run(at("10:46"), soon))[ContactState.COMPLETED_AGENT] == 1

    def test_that_the_instance_is_gone_is_said_and_closes_nobody(self, world: World) -> None:
        world.contacts.put(*(contact(contact_id=number(position)) for position in range(20)))
        world.connect.instance_exists = False
        with pytest.raises(SetupError, match=f"'{INSTANCE_ID}' does not exist"):
            poll_initialised(world.run(at("12:00")))
        assert all(item["State"] == "INITIALISED" for item in world.contacts.items.values())
        assert not any("ClosedReason" in item for item in world.contacts.items.values())

    def test_when_connect_refuses_the_instance_too_no_contact_is_to_blame(self, world: World) -> None:
        world.contacts.put(*(contact(contact_id=number(position)) for position in range(3)))
        world.connect.answers = {number(position): RefusedError("InvalidParameter") for position in range(3)}
        world.connect.instance_exists = False
        with pytest.raises(SetupError, match=f"'{INSTANCE_ID}' does not exist"):
            poll_initialised(world.run(at("12:00")))

    def test_the_instance_is_asked_for_once_however_many_contacts_it_does_not_know(
        self, world: World
    ) -> None:
        world.contacts.put(*(contact(contact_id=number(position)) for position in range(20)))
        poll_initialised(world.run(at("10:31")))
        assert world.connect.calls["check_instance"] == 1

    def test_a_contact_whose_answers_make_no_sense_is_tried_ever_more_rarely(self, world: World) -> None:
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

    def test_a_good_answer_makes_up_for_all_the_bad_ones(self, world: World) -> None:
        world.contacts.put(contact(attempts=9, last_error="many"))
        world.connect.answers[CONTACT_ID] = answer()
        poll_initialised(world.run(at("10:32")))
        assert (world.contacts.contact().attempts, world.contacts.contact().last_error) == (None, None)

    def test_a_contact_that_changed_meanwhile_is_left_to_whoever_changed_it(self, world: World) -> None:
        world.contacts.put(contact())
        world.connect.answers[CONTACT_ID] = answer()
        run = world.run(at("10:32"))
        items = list(due(run, ContactState.INITIALISED))
        world.contacts.due = lambda *_: iter(items)  # type: ignore[method-assign]
        world.contacts.put(contact(ContactState.COMPLETED_QUEUE_IVR))
        assert poll_initialised(run) == {"due": 1, "changed_meanwhile": 1}
        assert world.contacts.contact().state == ContactState.COMPLETED_QUEUE_IVR

    def test_a_contact_that_was_deleted_meanwhile_is_not_brought_back(self, world: World) -> None:
        world.contacts.put(contact())
        world.connect.answers[CONTACT_ID] = answer()
        run = world.run(at("10:32"))
        items = list(due(run, ContactState.INITIALISED))
        world.contacts.due = lambda *_: iter(items)  # type: ignore[method-assign]
        del world.contacts.items[CONTACT_ID]
        assert poll_initialised(run) == {"due": 1, "changed_meanwhile": 1}
        assert world.contacts.items == {}


class TestOneContactNeverStopsTheOthers:
    @pytest.mark.parametrize("error", [THROTTLED, DENIED, {}])
    def test_whatever_it_is_that_goes_wrong_with_it(
        self, world: World, error: Exception | dict[str, object]
    ) -> None:
        world.contacts.put(*(contact(contact_id=number(position)) for position in range(5)))
        world.connect.answers = {number(position): answer(number(position)) for position in range(5)}
        world.connect.answers[number(2)] = error
        try:
            poll_initialised(world.run(at("10:32")))
        except SetupError:
            assert error is DENIED
        states = [world.contacts.contact(number(position)).state for position in range(5)]
        assert states.count(ContactState.COMPLETED_AGENT) == 4
        assert states[2] == ContactState.INITIALISED
        assert world.contacts.contact(number(2)).next_check_at

    def test_not_even_an_item_that_cannot_be_read(self, world: World) -> None:
        world.contacts.put(contact(contact_id=number(1)), contact(contact_id=number(2)))
        world.contacts.items[number(1)]["State"] = "ENDED"
        world.contacts.items["not an id"] = {**world.contacts.items[number(2)], "ContactId": "not an id"}
        world.connect.answers[number(2)] = answer(number(2))
        counts = poll_initialised(world.run(at("10:32")))
        assert counts == {"due": 3, "unreadable": 2, str(ContactState.COMPLETED_AGENT): 1}
        assert set(world.connect.calls) == {number(2)}

    def test_a_throttled_contact_stays_due_behind_the_others(self, world: World) -> None:
        world.contacts.put(contact(contact_id=number(1)), contact(contact_id=number(2)))
        world.connect.answers = {number(1): THROTTLED, number(2): answer(number(2))}
        counts = poll_initialised(world.run(at("10:32")))
        assert counts == {"due": 2, "unavailable": 1, str(ContactState.COMPLETED_AGENT): 1}
        after = world.contacts.contact(number(1))
        assert (after.state, after.next_check_at) == (ContactState.INITIALISED, at("10:32:00.001"))
        assert after.last_error == str(THROTTLED)

    @pytest.mark.parametrize("how_many", [1, 4, 50])
    def test_a_task_that_could_look_at_none_is_red_and_so_are_its_retries(
        self, world: World, how_many: int
    ) -> None:
        world.contacts.put(*(contact(contact_id=number(position)) for position in range(how_many)))
        world.connect.answers = dict.fromkeys(world.contacts.items, THROTTLED)
        for retry in range(3):
            with pytest.raises(
                ServiceUnavailable, match=f"none of {how_many} due contacts could be looked at"
            ):
                poll_initialised(world.run(at("10:32") + retry * MINUTE / 4))
        assert world.connect.calls.total() == 3 * min(how_many, 5)  # it gave up, and left the rest
        assert all(item["State"] == "INITIALISED" for item in world.contacts.items.values())

    def test_contacts_that_always_fail_never_keep_the_others_from_their_turn(self, world: World) -> None:
        """Regression: they stayed at the head of the queue, and the task gave up before it reached any other."""
        world.contacts.put(*(contact(contact_id=number(p), next_check_at=at("09:00")) for p in range(20)))
        world.contacts.put(contact(contact_id=number(99)))
        world.connect.answers = dict.fromkeys(world.contacts.items, THROTTLED)
        world.connect.answers[number(99)] = answer(number(99))
        for minutes in range(0, 40, 5):
            try:
                poll_initialised(world.run(at("10:32") + minutes * MINUTE))
            except ServiceUnavailable:
                continue
        assert world.contacts.contact(number(99)).state is ContactState.COMPLETED_AGENT

    def test_a_denied_table_is_said(self, world: World) -> None:
        world.contacts.error = SetupError("table 'contacts' does not exist")
        with pytest.raises(SetupError, match="does not exist"):
            poll_initialised(world.run(at("10:32")))

    def test_what_there_is_no_time_for_is_left_for_the_next_run_the_longest_due_first(
        self, world: World
    ) -> None:
        world.contacts.put(
            *(contact(contact_id=number(p), next_check_at=at("10:30") - p * MINUTE) for p in range(5))
        )
        world.connect.answers = {number(p): answer(number(p)) for p in range(5)}
        run = world.run(at("10:32"), seconds_left=lambda: 75 * (len(world.connect.calls) < 2))
        counts = poll_initialised(run)
        assert counts == {"due": 5, "left_for_next_run": 3, str(ContactState.COMPLETED_AGENT): 2}
        assert set(world.connect.calls) == {number(4), number(3)}


class TestAContactClosedAsUnknown:
    def test_is_looked_at_again_by_a_backfill_and_found(self, world: World) -> None:
        unknown = contact(initialised_at=at("10:29:58")).closed(ClosedReason.NOT_FOUND)
        world.contacts.put(unknown)
        world.connect.answers[CONTACT_ID] = answer()
        window = Window(at("10:25"), at("10:30"))
        counts = poll_initialised(world.run(at("15:00"), only_window=True, window=window))
        assert counts == {"due": 1, "COMPLETED - AGENT": 1}
        assert world.contacts.contact().closed_reason is None


class TestPurging:
    def test_only_calls_that_ended_without_an_agent_are_deleted(self, world: World) -> None:
        world.contacts.put(
            *(contact(state, contact_id=number(position)) for position, state in enumerate(ContactState))
        )
        assert purge_ivr(world.run(at("10:31"))) == {"due": 1, "purged": 1}
        assert {item["State"] for item in world.contacts.items.values()} == {
            str(state) for state in ContactState if state is not ContactState.COMPLETED_QUEUE_IVR
        }

    def test_a_call_that_met_an_agent_is_kept_even_in_that_state_and_put_before_a_person(
        self, world: World
    ) -> None:
        """Regression: it was refused in silence in each run, and each time a hundred others went one by one."""
        left = [contact(ContactState.COMPLETED_QUEUE_IVR, contact_id=number(place)) for place in range(2)]
        met = contact(ContactState.COMPLETED_QUEUE_IVR, connected_to_agent_timestamp=at("10:30"))
        world.contacts.put(*left, met)
        assert purge_ivr(world.run(at("10:31"))) == {"due": 3, "purged": 2, "put_off": 1}
        assert world.contacts.transactions == [2]
        kept = world.contacts.contact()
        assert (kept.state, kept.attempts) == (met.state, 1)
        assert kept.last_error == "ConnectedToAgentTimestamp contradicts State 'COMPLETED - QUEUE/IVR'"


class TestChecking:
    def test_a_recording_in_its_place_takes_one_listing_and_no_further_question(self, world: World) -> None:
        world.contacts.put(ended_with_agent())
        world.bucket.put()
        assert check_recordings(world.run(at("10:35"))) == {"due": 1, "CALL_RECORDED_SUCCESS": 1}
        assert world.bucket.listings == [f"{BUCKET}/{PREFIX}/2023/08/29/{CONTACT_ID}_"]
        assert not world.connect.calls

    def test_connect_is_asked_again_before_a_recording_is_said_to_be_absent(self, world: World) -> None:
        world.contacts.put(ended_with_agent())
        location = "elsewhere/deep/renamed.wav"
        world.connect.answers[CONTACT_ID] = answer(Recordings=[{"StorageType": "S3", "Location": location}])
        world.bucket.objects[location] = (1_000_000, at("10:32"))
        assert check_recordings(world.run(at("10:35"))) == {"due": 1, "CALL_RECORDED_SUCCESS": 1}
        assert world.contacts.contact().recording_key == "deep/renamed.wav"
        assert world.bucket.listings[-1] == location

    @pytest.mark.parametrize("day", ["2023-08-28T10:30", "2023-08-30T10:30"])
    def test_a_recording_under_a_neighbouring_day_is_found(self, world: World, day: str) -> None:
        world.contacts.put(ended_with_agent())
        world.bucket.put(key_of(connected=at(day)))
        assert check_recordings(world.run(at("10:35"))) == {"due": 1, "CALL_RECORDED_SUCCESS": 1}

    def test_no_place_is_listed_twice_in_one_look(self, world: World) -> None:
        world.contacts.put(ended_with_agent())
        world.connect.answers[CONTACT_ID] = answer()
        assert check_recordings(world.run(at("10:35"))) == {"due": 1, "unchanged": 1}
        assert len(world.bucket.listings) == len(set(world.bucket.listings)) == 3

    def test_an_item_without_facts_is_described_first(self, world: World) -> None:
        world.contacts.put(contact(ContactState.COMPLETED_AGENT))
        world.connect.answers[CONTACT_ID] = answer()
        world.bucket.put()
        assert check_recordings(world.run(at("10:35"))) == {"due": 1, "CALL_RECORDED_SUCCESS": 1}
        assert world.connect.calls[CONTACT_ID] == 1

    def test_an_item_that_only_claims_to_have_met_an_agent_is_closed_with_the_reason(
        self, world: World
    ) -> None:
        world.contacts.put(contact(ContactState.COMPLETED_AGENT))
        world.connect.answers[CONTACT_ID] = answer(connected=None)
        assert check_recordings(world.run(at("10:35"))) == {"due": 1, "NO_AGENT": 1}
        assert not world.bucket.listings

    def test_a_failure_that_healed_is_a_success(self, world: World) -> None:
        world.contacts.put(ended_with_agent())
        world.connect.answers[CONTACT_ID] = answer()
        assert check_recordings(world.run(at("11:35"))) == {"due": 1, "CALL_RECORDED_FAILURE": 1}
        world.bucket.put(at=at("11:40"))
        assert check_recordings(world.run(at("11:36"))) == {"due": 0}
        assert check_recordings(world.run(at("12:10"))) == {"due": 1, "CALL_RECORDED_SUCCESS": 1}

    def test_a_verdict_does_not_need_connect_to_remember_the_contact(self, world: World) -> None:
        world.contacts.put(ended_with_agent())
        assert check_recordings(world.run(at("11:35"))) == {"due": 1, "CALL_RECORDED_FAILURE": 1}

    @pytest.mark.parametrize(
        "error",
        [ServiceUnavailable("SlowDown"), SetupError("s3:ListBucket on bucket 'recordings' was denied")],
    )
    def test_a_bucket_that_does_not_answer_is_never_a_verdict(
        self, world: World, error: ServiceUnavailable
    ) -> None:
        world.contacts.put(ended_with_agent())
        world.connect.answers[CONTACT_ID] = answer()
        world.bucket.error = error
        with pytest.raises(type(error)):
            check_recordings(world.run(at("12:00")))
        after = world.contacts.contact()
        assert after == ended_with_agent(attempts=1, last_error=str(error), next_check_at=at("12:00:00.001"))

    def test_where_recordings_lie_is_asked_once_a_run_and_only_if_it_is_not_set(self, world: World) -> None:
        world.contacts.put(*(ended_with_agent(contact_id=number(position)) for position in range(3)))
        for position in range(3):
            world.bucket.put(key_of(number(position)))
        asking = replace(SETTINGS, recording_bucket=None, recording_prefix=None)
        assert check_recordings(world.run(at("10:35"), asking))["CALL_RECORDED_SUCCESS"] == 3
        assert world.connect.calls == {"recording_storage": 1}


class TestADeleteMarker:
    def test_is_named_as_the_cause(self, world: World) -> None:
        world.contacts.put(ended_with_agent())
        world.bucket.deleted.add(f"{BUCKET}/{key_of()}")
        check_recordings(world.run(at("12:00")))
        assert world.contacts.contact().failure_cause == "DELETE_MARKER"

    def test_that_cannot_be_asked_for_costs_no_verdict(self, world: World) -> None:
        world.contacts.put(ended_with_agent())
        world.bucket.has_delete_marker = self.refuse  # type: ignore[method-assign]
        assert check_recordings(world.run(at("12:00"))) == {"due": 1, "CALL_RECORDED_FAILURE": 1}
        assert world.contacts.contact().failure_cause == "NO_OBJECT"

    @staticmethod
    def refuse(bucket: str, prefix: str) -> bool:  # noqa: ARG004
        raise SetupError("s3:ListBucketVersions was denied")


class TestAPointerIntoAnotherBucket:
    LOCATION = "elsewhere/deep/renamed.wav"

    @pytest.fixture
    def pointed(self, world: World) -> World:
        world.contacts.put(ended_with_agent())
        world.connect.answers[CONTACT_ID] = answer(
            Recordings=[{"StorageType": "S3", "Location": self.LOCATION}]
        )
        return world

    def test_that_is_gone_leaves_a_failure_with_its_cause(self, pointed: World) -> None:
        pointed.bucket.errors["elsewhere"] = MissingError("bucket 'elsewhere' does not exist")
        assert check_recordings(pointed.run(at("12:00"))) == {"due": 1, "CALL_RECORDED_FAILURE": 1}
        assert pointed.contacts.contact().failure_cause == "POINTER_WITHOUT_OBJECT"

    def test_that_is_denied_is_said_and_is_no_verdict(self, pointed: World) -> None:
        pointed.bucket.errors["elsewhere"] = SetupError("bucket 'elsewhere' was denied")
        with pytest.raises(SetupError, match="elsewhere"):
            check_recordings(pointed.run(at("12:00")))
        assert pointed.contacts.contact().recorded_state is None

    def test_that_is_denied_does_not_hide_the_recording_in_its_usual_place(self, pointed: World) -> None:
        pointed.bucket.errors["elsewhere"] = SetupError("bucket 'elsewhere' was denied")
        pointed.contacts.put(ended_with_agent(recording_location=self.LOCATION))
        pointed.bucket.put()
        assert check_recordings(pointed.run(at("12:00"))) == {"due": 1, "CALL_RECORDED_SUCCESS": 1}


class TestAdoption:
    def test_items_of_another_system_are_taken_up_in_every_state(self, world: World) -> None:
        for position, state in enumerate(ContactState):
            world.contacts.items[number(position)] = {
                "ContactId": number(position),
                "State": str(state),
                "RecordedState": None,
            }
        world.connect.answers = {number(position): answer(number(position)) for position in range(5)}
        run = world.run(at("10:35"), adopts=True)
        assert poll_initialised(run)["adopted"] == 5
        assert all(item["OpenState"] == item["State"] for item in world.contacts.items.values())

    @pytest.mark.parametrize(
        "half", [{"NextCheckAt": "2023-08-29T10:00:00.000Z"}, {"OpenState": "COMPLETED - AGENT"}]
    )
    def test_an_item_that_is_half_in_the_index_is_put_there_whole(
        self, world: World, half: dict[str, str]
    ) -> None:
        world.contacts.items[CONTACT_ID] = {"ContactId": CONTACT_ID, "State": "COMPLETED - AGENT", **half}
        poll_initialised(world.run(at("10:35"), adopts=True))
        assert world.contacts.items[CONTACT_ID]["OpenState"] == "COMPLETED - AGENT"
        assert world.contacts.items[CONTACT_ID]["NextCheckAt"] == "2023-08-29T10:35:00.000Z"

    def test_a_scan_ends_when_the_time_is_up(self, world: World) -> None:
        for position in range(100):
            world.contacts.items[number(position)] = {"ContactId": number(position), "State": "INITIALISED"}
        run = world.run(
            at("10:35"), adopts=True, seconds_left=lambda: 75 * (world.contacts.writes.total() < 10)
        )
        assert poll_initialised(run)["adopted"] == 10

    def test_a_scan_that_finds_nothing_leaves_half_of_the_time_to_those_who_are_due(
        self, world: World
    ) -> None:
        """Regression: a table of some weeks was read to its end, and the task was killed before it polled."""
        judged = ended_with_agent(recorded_state=RecordedState.CALL_RECORDED_SUCCESS, next_check_at=None)
        world.contacts.put(*(replace(judged, contact_id=number(position)) for position in range(1000)))
        world.contacts.put(contact())
        world.connect.answers[CONTACT_ID] = answer()
        seconds = iter(range(75, -1000, -1))
        run = world.run(at("10:35"), adopts=True, seconds_left=lambda: next(seconds))
        assert poll_initialised(run)["COMPLETED - AGENT"] == 1

    def test_what_is_judged_closed_or_due_is_nobody_elses(self, world: World) -> None:
        judged = ended_with_agent(recorded_state=RecordedState.CALL_RECORDED_SUCCESS, next_check_at=None)
        closed = contact(contact_id=number(2)).closed(ClosedReason.NO_AGENT)
        world.contacts.put(judged, closed, contact(contact_id=number(3), next_check_at=at("11:00")))
        counts = poll_initialised(world.run(at("10:35"), adopts=True))
        assert counts == {"due": 0, "adopted": 0, "not_adoptable": 0}

    def test_an_item_with_an_unknown_state_is_counted_and_left_alone(self, world: World) -> None:
        world.contacts.items[number(1)] = {"ContactId": number(1), "State": "ENDED"}
        assert poll_initialised(world.run(at("10:35"), adopts=True))["not_adoptable"] == 1
        assert world.contacts.items[number(1)] == {"ContactId": number(1), "State": "ENDED"}

    def test_a_run_that_does_not_adopt_never_reads_the_whole_table(self, world: World) -> None:
        world.contacts.never_indexed = None  # type: ignore[method-assign, assignment]
        assert poll_initialised(world.run(at("10:35"))) == {"due": 0}
