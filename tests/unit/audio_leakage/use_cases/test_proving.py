"""The daily run: what is proved, corrected, told and left to the monitor."""

import gzip
import json
import os
import signal
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from audio_leakage.contacts.states import FailureCause, RecordedState
from audio_leakage.errors import BrokenEvidence, MissingError, MissingEvidence, ServiceUnavailable, SetupError
from audio_leakage.evidence.chain import CHAIN
from audio_leakage.evidence.classes import ContactClass, Count
from audio_leakage.evidence.files import rows_of
from audio_leakage.evidence.ledger import CALLS, CHANGES, CONTACTS
from audio_leakage.evidence.revision import LEGS
from audio_leakage.evidence.verify import verify
from audio_leakage.use_cases.day_population import complete_population
from audio_leakage.use_cases.day_recordings import list_recordings
from audio_leakage.use_cases.proving import recheck_earlier_days, tell_evidence, write_evidence
from audio_leakage.use_cases.reconciling import reconcile
from support.day import DOCUMENTS, KINDS, Cast, DailyWorld, Kind
from support.evidence import FolderStore, Killed
from support.fakes import ALERTING, BUCKET, MARK, at, key_of, number

DAY = date(2023, 8, 29)
WEEK = [DAY + timedelta(days=days) for days in range(7)]
ONE_DAY = timedelta(days=1)


def some(*names: str) -> dict[str, Kind]:
    return {name: KINDS[name] for name in names}


def summary(world: DailyWorld, day: date, revision: int) -> dict[str, Any]:
    """Return the sums of a revision."""
    stored = world.store.read(f"day={day.isoformat()}/revision={revision:03d}/summary.json")
    whole: dict[str, Any] = json.loads(stored)
    return whole


def wrong(world: DailyWorld, day: date, revision: int) -> dict[str, tuple[str | None, str]]:
    """Return the contacts that are in another class than in truth: what the evidence says, and the truth."""
    said, truth = world.classes(day), world.truth(day, revision)
    assert said.keys() == truth.keys()
    return {each: (said[each], truth[each]) for each in truth if said[each] != truth[each]}


@pytest.mark.parametrize("default", ["must", "as_flow"])
def test_a_week_of_every_class_is_in_the_classes_that_it_has_in_truth(default: str) -> None:
    world = DailyWorld(default)
    for day in WEEK:
        world.play(day)
        world.prove(day)
        assert wrong(world, day, 0) == {}
        world.monitor(datetime(day.year, day.month, day.day, 7, tzinfo=UTC) + ONE_DAY)
        world.play_later(day)
    for day in WEEK:
        world.prove(day + 8 * ONE_DAY)  # which compares the day again
        assert wrong(world, day, 1) == {}
    links = [link for link in verify(world.store).links if date.fromisoformat(link.day) in WEEK]
    assert Counter(link.kind for link in links) == {"first": 7, "final": 7}
    for day in WEEK:
        for revision in (1, 2):
            sums = summary(world, day, revision)
            assert sum(sums["classes"].values()) == sums["population"] + sums["outside_population"]
            assert sums["total"]["required"] == sum(
                sums["total"][name] for name in ("proven", "lost", "undecided")
            )


def test_the_kinds_of_the_week_show_every_class() -> None:
    shown = {
        each for kind in KINDS.values() for default in ("must", "as_flow") for each in kind.classes(default)
    }
    assert shown == {*map(str, ContactClass), "OTHER_DAY"}


def test_a_correction_names_the_class_before_and_the_one_now() -> None:
    world = DailyWorld()
    world.play(DAY, some("recorded", "deleted_later", "overwritten", "contradicted"))
    world.prove(DAY)
    world.monitor(datetime(2023, 8, 30, 7, tzinfo=UTC))
    world.play_later(DAY)
    world.prove(DAY + 8 * ONE_DAY)
    rows = world.rows(f"day={DAY}/revision=002/{CHANGES}")
    assert {(row["previous_class"], row["class"]) for row in rows} == {
        ("VERIFIED", "DELETED_SINCE"),
        ("VERIFIED", "CHANGED_SINCE"),
        ("CONTRADICTED", "VERIFIED_LATE"),
    }


def calls(world: DailyWorld, day: date, revision: int) -> dict[str, tuple[list[str], str]]:
    """Return the legs and the status of each call of a revision."""
    rows = world.rows(f"day={day}/revision={revision:03d}/{CALLS}")
    return {row["call_id"]: (row["legs"], row["status"]) for row in rows}


def test_a_call_over_midnight_is_one_call_once_both_days_are_final() -> None:
    world, (begun, transferred) = DailyWorld(), (number(1), number(2))
    midnight = datetime(2023, 8, 30, tzinfo=UTC)
    first = Cast(world, begun, midnight - timedelta(minutes=5))
    first.counted()
    first.watched(RecordedState.CALL_RECORDED_SUCCESS)
    first.recorded()
    second = Cast(world, transferred, midnight + timedelta(minutes=5))
    second.counted(InitialContactId=begun, InitiationMethod="TRANSFER")
    second.watched(
        RecordedState.CALL_RECORDED_FAILURE, failure_cause=FailureCause.NO_OBJECT, initial_contact_id=begun
    )
    for day in (DAY, DAY + ONE_DAY):
        world.prove(day)
    assert calls(world, DAY, 1) == {begun: ([begun], "RECORDED")}
    assert calls(world, DAY + ONE_DAY, 1) == {begun: ([transferred], "NOT_RECORDED")}
    for day in (DAY, DAY + ONE_DAY):
        world.prove(day + 8 * ONE_DAY)  # which compares the day again
    assert calls(world, DAY, 2) == {begun: ([begun, transferred], "PARTLY")}
    assert calls(world, DAY + ONE_DAY, 2) == {}
    assert (world.classes(DAY), world.classes(DAY + ONE_DAY)) == (
        {begun: "VERIFIED"},
        {transferred: "MISSING"},
    )
    for day in (DAY, DAY + ONE_DAY):
        assert world.prove(day + 8 * ONE_DAY)["earlier_days"][str(day)]["unchanged"] == 1


def a_recorded_call_over_midnight(world: DailyWorld) -> tuple[str, str]:
    """Play a leg on each side of midnight, and return their contact ids."""
    midnight = datetime(2023, 8, 30, tzinfo=UTC)
    for contact_id, minutes in ((number(1), -5), (number(2), 5)):
        leg = Cast(world, contact_id, midnight + timedelta(minutes=minutes))
        leg.counted(InitialContactId=number(1))
        leg.watched(RecordedState.CALL_RECORDED_SUCCESS, initial_contact_id=number(1))
        leg.recorded()
    return number(1), number(2)


def test_a_call_over_midnight_has_the_seconds_of_both_days() -> None:
    world = DailyWorld()
    begun, transferred = a_recorded_call_over_midnight(world)
    for day in (DAY, DAY + ONE_DAY, DAY + 8 * ONE_DAY):
        world.prove(day)
    (call,) = world.rows(f"day={DAY}/revision=002/{CALLS}")
    seconds = (call["recorded_seconds"], call["talk_seconds"], call["open_ended"])
    assert (call["legs"], *seconds) == ([begun, transferred], 120, 120, False)


def test_a_leg_that_the_day_of_its_call_counts_brings_its_own_day_no_seconds() -> None:
    world = DailyWorld()
    _, transferred = a_recorded_call_over_midnight(world)
    for days in (0, 1, 8, 9):
        world.prove(DAY + days * ONE_DAY)
    (leg,) = world.rows(f"day={DAY + ONE_DAY}/revision=002/{LEGS}")
    assert (leg["contact_id"], leg["counts_as"], leg["recorded_seconds"]) == (transferred, Count.NEITHER, 0)


@pytest.mark.parametrize("row", [b"", b"{}\n", b'{"proof":7}\n'], ids=["no row", "no proof", "a number"])
def test_an_hour_without_its_proof_is_broken_evidence(row: bytes) -> None:
    world = DailyWorld()
    world.play(DAY, some("recorded"))
    complete_population(world.run(DAY))
    taken = [key for key in world.store.objects if key.startswith("population/")]
    world.store.objects |= dict.fromkeys(taken, gzip.compress(row))
    with pytest.raises(BrokenEvidence, match="does not begin with the proof of its hour"):
        complete_population(world.run(DAY))


def broken_when_proved_again(world: DailyWorld) -> BrokenEvidence | None:
    """Prove the day again, and return the error about a broken file. None: the run did not need the file."""
    try:
        write_evidence(world.run(DAY))
        world.prove(DAY, at("2023-09-08T06:40"))
    except BrokenEvidence as broken:
        return broken
    return None


@pytest.mark.parametrize(
    "stored", [b"", b"{", b"7", b"[" * 100_000], ids=["empty", "cut off", "no object", "too deep"]
)
def test_whichever_file_is_broken_the_daily_run_names_it_or_does_not_need_it(stored: bytes) -> None:
    world = DailyWorld()
    world.play(DAY, some("recorded", "missing"))
    world.prove(DAY)
    whole, needed = world.store.objects, set()
    for key in whole:
        world.store.objects = whole | {key: stored}
        broken = broken_when_proved_again(world)
        if broken is not None:
            of_a_link = key.startswith((CHAIN, "keys/"))
            name = "link 1" if of_a_link else key.rpartition("/")[2]
            assert name in broken.what
            needed.add(name)
    assert {"link 1", "summary.json", "policy.json", "flows.json", "configuration.json"} <= needed


def test_a_file_that_lacks_a_member_is_named_or_not_needed() -> None:
    world = DailyWorld()
    world.play(DAY, some("recorded", "missing"))
    world.prove(DAY)
    whole, needed = world.store.objects, set()
    for key in whole:
        nothing = b"{}\n"
        world.store.objects = whole | {key: gzip.compress(nothing) if key.endswith(".gz") else nothing}
        broken = broken_when_proved_again(world)
        if broken is not None and not key.startswith((CHAIN, "keys/")):
            assert key in broken.what
            needed.add(key.rpartition("/")[2])
    documents = {
        "metrics.json",
        "summary.json",
        "policy.json",
        "flows.json",
        "configuration.json",
        "told.json",
    }
    assert documents | {"contacts.jsonl.gz", "items.jsonl.gz", "before.jsonl.gz"} <= needed


def test_a_population_says_how_many_of_its_hours_are_not_proven() -> None:
    world = DailyWorld()
    world.play(DAY, some("recorded"))
    summary = complete_population(world.run(DAY))
    assert (summary["hours_taken"], summary["unproven_hours"]) == (24, 0)


def test_a_day_that_is_proved_twice_has_one_revision() -> None:
    world = DailyWorld()
    world.play(DAY, some("recorded", "missing"))
    assert world.prove(DAY)["unchanged"] == 0
    later = world.prove(DAY, datetime(2023, 8, 30, 9, tzinfo=UTC))
    assert (later["unchanged"], later["revision"]) == (1, 1)


def test_a_final_day_is_compared_again_and_gets_a_revision_only_if_something_changed() -> None:
    world = DailyWorld()
    world.play(DAY, some("recorded", "deleted_later"))
    world.prove(DAY, datetime(2023, 9, 10, tzinfo=UTC))
    world.prove(DAY + 30 * ONE_DAY)
    world.play_later(DAY)
    world.prove(DAY + 90 * ONE_DAY)
    kinds = [link.kind for link in verify(world.store).links if link.day == str(DAY)]
    assert kinds == ["final", "reverified"]
    assert Counter(world.classes(DAY).values()) == {"VERIFIED": 1, "DELETED_SINCE": 1}


def test_a_recording_is_missed_although_its_item_has_left_the_table() -> None:
    world = DailyWorld()
    world.play(DAY, some("recorded", "deleted_later"))
    world.prove(DAY, datetime(2023, 9, 10, tzinfo=UTC))
    world.ports.contacts.items.clear()
    world.play_later(DAY)
    written = world.prove(DAY + 30 * ONE_DAY)
    assert {day: (row["kind"], row["status"]) for day, row in written["earlier_days"].items()} == {
        str(DAY): ("reverified", "COMPLETE")
    }
    assert Counter(world.classes(DAY).values()) == {"VERIFIED": 1, "DELETED_SINCE": 1}
    rows = world.rows(f"day={DAY}/revision=002/{CONTACTS}")
    assert all("REVISION_BEFORE" in row["sources"] for row in rows)
    assert world.ports.contacts.items == {}


def test_a_backfill_compares_no_earlier_day() -> None:
    world = DailyWorld()
    world.play(DAY, some("recorded"))
    world.prove(DAY)
    assert world.prove(DAY + 8 * ONE_DAY, is_scheduled=False)["earlier_days"] == {}


def test_the_schedule_publishes_the_coverage_of_its_day() -> None:
    world = DailyWorld()
    world.play(DAY, some("recorded", "missing", "open"))
    world.prove(DAY, is_scheduled=False)
    assert world.ports.metrics.published == {}, "a day named by hand says nothing about now"
    world.prove(DAY)
    assert world.ports.metrics.latest == {"CoveragePercent": 33.33, "CoverageAtMostPercent": 66.66}


def test_a_day_without_calls_has_no_coverage_to_publish() -> None:
    world = DailyWorld()
    world.prove(DAY)
    assert world.ports.metrics.published == {}


def test_evidence_stands_although_its_metrics_are_denied() -> None:
    world = DailyWorld()
    world.ports.metrics.error = SetupError("denied")
    world.play(DAY, some("recorded"))
    assert world.prove(DAY)["coverage_percent"] == "100.00"


def test_a_day_that_nobody_proved_is_loud_until_somebody_backfills_it() -> None:
    world = DailyWorld()
    for day in (DAY, DAY + 3 * ONE_DAY):
        world.prove(day)
    run = world.run(DAY + 3 * ONE_DAY)
    with pytest.raises(MissingEvidence, match="ever written of 2023-08-30, 2023-08-31: backfill"):
        recheck_earlier_days(run)
    assert (
        "No evidence was ever written of 2023-08-30, 2023-08-31: backfill"
        in world.ports.topic.published[-1][1]
    )
    for day in (DAY + ONE_DAY, DAY + 2 * ONE_DAY):
        world.prove(day, run.now, is_scheduled=False)
    assert recheck_earlier_days(run) == {"earlier_days": {}}


def test_a_day_whose_run_was_killed_before_its_link_is_loud_too() -> None:
    world = DailyWorld()
    world.prove(DAY)
    killed = DAY + ONE_DAY
    world.store.write(f"day={killed}/revision=001/{CONTACTS}", b"")
    world.prove(DAY + 2 * ONE_DAY)
    with pytest.raises(MissingEvidence, match=f"ever written of {killed}: backfill"):
        recheck_earlier_days(world.run(DAY + 2 * ONE_DAY))


def test_a_day_before_the_first_evidence_is_not_missed() -> None:
    world = DailyWorld()
    world.prove(DAY)
    assert recheck_earlier_days(world.run(DAY)) == {"earlier_days": {}}
    assert recheck_earlier_days(DailyWorld().run(DAY)) == {"earlier_days": {}}


def test_a_day_that_is_missed_keeps_no_other_day_from_being_compared_again() -> None:
    world = DailyWorld()
    world.play(DAY, some("recorded", "deleted_later"))
    world.prove(DAY)
    world.play_later(DAY)
    written = world.prove(DAY + 8 * ONE_DAY)
    assert written["earlier_days"][str(DAY)]["kind"] == "final"
    assert Counter(world.classes(DAY).values()) == {"VERIFIED": 1, "DELETED_SINCE": 1}


@pytest.mark.parametrize(("settle_hours", "days_later"), [(7, 1), (30, 1), (31, 2), (48, 2)])
def test_a_day_that_has_not_settled_in_the_morning_is_complete_later(
    settle_hours: float, days_later: int
) -> None:
    world = DailyWorld(settings=replace(ALERTING, settle_hours=settle_hours))
    world.play(DAY, some("recorded"))
    world.prove(DAY - ONE_DAY)
    assert world.prove(DAY)["status"] == "INCOMPLETE"
    assert summary(world, DAY, 1)["reasons"][-1].startswith("hour 23: PENDING")
    statuses = [
        world.prove(DAY + days * ONE_DAY)["earlier_days"].get(str(DAY), {}).get("status")
        for days in range(1, days_later + 1)
    ]
    assert statuses == [*[None] * (days_later - 1), "COMPLETE"]


def test_a_day_that_settles_in_time_is_not_compared_again_the_next_morning() -> None:
    world = DailyWorld()
    world.prove(DAY)
    assert world.prove(DAY + ONE_DAY)["earlier_days"] == {}


def test_a_policy_that_changes_later_leaves_a_day_as_it_was() -> None:
    world = DailyWorld()
    world.play(DAY, some("never_asked", "switched_off", "payment_recorded"))
    world.prove(DAY)
    before = world.classes(DAY)
    world.default = "as_flow"
    written = world.prove(DAY + 8 * ONE_DAY)
    assert written["earlier_days"][str(DAY)]["kind"] == "final"
    assert world.classes(DAY) == before
    first, final = (world.store.read(f"day={DAY}/revision={number:03d}/policy.json") for number in (1, 2))
    assert first == final
    assert json.loads(world.store.read(f"day={DAY + 8 * ONE_DAY}/revision=001/policy.json")) == {
        "policy": DOCUMENTS["as_flow"]
    }


def test_the_mail_tells_of_a_new_policy_once() -> None:
    world = DailyWorld()
    for days in range(9):
        world.prove(DAY + days * ONE_DAY)
    world.default = "as_flow"
    told = []
    for days in (9, 10):
        world.prove(DAY + days * ONE_DAY)
        told.append("Changed since the day before: policy.json" in world.ports.topic.published[-1][1])
    assert told == [True, False]


@pytest.mark.parametrize(("is_marked", "detail"), [(True, "MARKER"), (False, "GONE")])
def test_a_deleted_recording_says_whether_the_bucket_has_kept_it(*, is_marked: bool, detail: str) -> None:
    world = DailyWorld()
    world.play(DAY, some("recorded"))
    ((_, cast),) = world.casts
    key = key_of(cast.contact_id, cast.connected)
    world.ports.contacts.items[cast.contact_id]["RecordingKey"] = key
    cast.deleted(is_marked=is_marked)
    world.prove(DAY)
    (row,) = world.rows(f"day={DAY}/revision=001/{CONTACTS}")
    assert (row["class"], row["detail"], row["recording_key"]) == ("DELETED_SINCE", detail, None)


def test_a_bucket_whose_versions_may_not_be_listed_still_shows_what_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def denied(_bucket: str, _prefix: str) -> bool:
        raise SetupError("grant s3:ListBucketVersions")

    world = DailyWorld()
    world.play(DAY, some("recorded"))
    ((_, cast),) = world.casts
    world.ports.contacts.items[cast.contact_id] |= {
        "RecordingKey": key_of(cast.contact_id, cast.connected),
        "RecordingLocation": "denied/key",
    }
    cast.deleted()
    monkeypatch.setattr(world.ports.bucket, "has_delete_marker", denied)
    world.prove(DAY)
    (row,) = world.rows(f"day={DAY}/revision=001/{CONTACTS}")
    assert (row["class"], row["detail"]) == ("DELETED_SINCE", "GONE")


def test_an_item_whose_id_somebody_wrote_in_capitals_is_the_contacts() -> None:
    world = DailyWorld()
    world.play(DAY, some("recorded"))
    ((_, cast),) = world.casts
    items = world.ports.contacts.items
    items[cast.contact_id.upper()] = items.pop(cast.contact_id) | {"ContactId": cast.contact_id.upper()}
    world.prove(DAY)
    assert world.classes(DAY) == {cast.contact_id: "VERIFIED"}


def test_an_hour_that_could_not_be_taken_makes_the_day_incomplete() -> None:
    world = DailyWorld()
    world.play(DAY, some("recorded"))
    run = world.run(DAY)
    world.hourly.source.error, world.hourly.source.fails_after = ServiceUnavailable("throttled"), 30
    with pytest.raises(ServiceUnavailable):
        complete_population(run)
    list_recordings(run)
    reconcile(run)
    assert write_evidence(run)["status"] == "INCOMPLETE"
    sums = summary(world, DAY, 1)
    assert "hour 23: not taken" in sums["reasons"]
    assert sums["total"]["coverage_percent"] is None
    world.hourly.source.error = None
    assert world.prove(DAY, datetime(2023, 8, 30, 9, tzinfo=UTC))["status"] == "COMPLETE"


def test_a_day_is_incomplete_while_a_recording_without_a_contact_was_not_asked_about() -> None:
    world = DailyWorld()
    world.play(DAY, some("recorded"))
    for place in range(1000, 1201):  # the last one is a gap in the population
        cast = Cast(world, number(place), at("09:00"))
        cast.recorded()
    cast.known()
    assert world.prove(DAY)["status"] == "INCOMPLETE"
    assert summary(world, DAY, 1)["reasons"] == [
        "1 recordings were not asked about, they have no contact of that day"
    ]


def test_a_retry_takes_only_the_hours_that_are_missing() -> None:
    world = DailyWorld()
    run = world.run(DAY)
    assert complete_population(run)["hours_taken"] == 24
    assert complete_population(run)["hours_taken"] == 0


def test_a_day_without_calls_is_not_complete() -> None:
    world = DailyWorld()
    assert world.prove(DAY)["status"] == "NO_CALLS"


def test_nothing_is_written_about_a_day_that_was_not_compared() -> None:
    with pytest.raises(MissingError, match="clear the task 'reconcile'"):
        write_evidence(DailyWorld().run(DAY))


def test_an_earlier_day_that_cannot_be_listed_keeps_its_revision_and_the_task_is_red() -> None:
    world = DailyWorld()
    world.play(DAY, some("recorded"))
    world.prove(DAY)
    day = DAY + 8 * ONE_DAY
    run = world.run(day)
    complete_population(run)
    list_recordings(run)
    reconcile(run)
    world.ports.bucket.errors[BUCKET] = ServiceUnavailable("slow down")
    with pytest.raises(ServiceUnavailable):
        recheck_earlier_days(run)
    row = write_evidence(run)["earlier_days"][str(DAY)]
    assert (row["kind"], row["unchanged"]) == ("first", 1)
    assert [link.day for link in verify(world.store).links] == [str(DAY), str(day)]


def test_contacts_that_are_contradicted_or_not_watched_become_due_for_the_monitor() -> None:
    world = DailyWorld()
    world.play(DAY, some("unwatched", "contradicted", "closed_though_served", "switched_off"))
    run = world.run(DAY)
    complete_population(run)
    list_recordings(run)
    summary = reconcile(run)
    assert (summary["entered"], summary["made_due"]) == (1, 2)
    open_items = [item for item in world.ports.contacts.items.values() if "OpenState" in item]
    assert [item["OpenState"] for item in open_items] == ["COMPLETED - AGENT"] * 3
    world.monitor(run.now + timedelta(hours=1))
    verdicts = Counter(item.get("RecordedState") for item in world.ports.contacts.items.values())
    assert verdicts == {"CALL_RECORDED_FAILURE": 2, "CALL_RECORDED_SUCCESS": 1, None: 1}


@pytest.mark.parametrize("writes", range(60))
def test_a_kill_between_any_two_writes_leaves_a_chain_that_the_next_try_completes(writes: int) -> None:
    world = DailyWorld()
    world.play(DAY, some("recorded", "missing", "unwatched"))
    world.store.writes_left = writes
    try:
        world.prove(DAY)
    except Killed:
        verify(world.store)  # whatever is there is whole
    world.store.writes_left = None
    world.prove(DAY, datetime(2023, 8, 30, 9, tzinfo=UTC))
    links = verify(world.store).links
    assert [link.sequence for link in links] == list(range(1, len(links) + 1))
    assert {link.day for link in links} == {str(DAY)}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_process_that_is_killed_before_any_write_leaves_a_chain_that_the_next_try_completes(
    tmp_path: Path,
) -> None:
    world: Any = DailyWorld()
    world.play(DAY, some("recorded", "missing", "unwatched"))
    kills, was_killed = 0, True
    while was_killed:
        world.store = FolderStore(tmp_path / str(kills), writes_left=kills)
        child = os.fork()
        if child == 0:
            try:
                world.prove(DAY)
            finally:
                os._exit(0)
        was_killed = os.waitpid(child, 0)[1] == signal.SIGKILL
        world.store = FolderStore(tmp_path / str(kills))
        verify(world.store)  # whatever is there is whole
        world.prove(DAY, datetime(2023, 8, 30, 9, tzinfo=UTC))
        assert {link.day for link in verify(world.store).links} == {str(DAY)}
        kills += 3  # the test before raises at each of them
    assert kills > 20


def test_no_personal_data_reaches_the_evidence() -> None:
    world = DailyWorld()
    world.play(DAY)
    personal = {"Name": MARK, "Tags": {"a": MARK}, "CustomerEndpoint": {"Address": MARK}}
    for each in world.hourly.source.results:
        each.update(personal)
    world.ports.connect.answers |= {
        contact_id: {"Contact": dict(found["Contact"]) | personal}
        for contact_id, found in world.ports.connect.answers.items()
        if not isinstance(found, Exception)
    }
    for item in world.ports.contacts.items.values():
        item["Somebody"] = MARK
    world.prove(DAY)
    for key, content in world.store.objects.items():
        whole = "".join(map(str, rows_of(content, key))) if key.endswith(".gz") else content.decode()
        assert MARK not in whole, key
    assert MARK not in repr(world.ports.topic.published)


def test_the_mail_fits_on_a_screen_and_names_the_head_and_what_changed() -> None:
    world = DailyWorld()
    world.play(DAY)
    world.prove(DAY)
    world.play_later(DAY)
    world.default = "as_flow"
    world.prove(DAY + 8 * ONE_DAY)
    _, text, attributes = world.ports.topic.published[-1]
    head = max(verify(world.store).links, key=lambda link: link.sequence)
    assert len(text.splitlines()) <= 30
    assert f"The head of the chain is {head.sequence}:{head.sha256}" in text
    assert attributes["chain_head"] == f"{head.sequence}:{head.sha256}"
    assert (
        "2023-08-29 again, final: INCOMPLETE. Deleted or changed since: 2 DELETED_SINCE, 1 CHANGED_SINCE"
        in text
    )
    assert "Changed since the day before: policy.json" in text
    assert any(key.startswith(CHAIN) for key in world.store.objects)


KEEPING = replace(ALERTING, evidence_bucket="evidence", keep_items_days=10)


def expiries(world: DailyWorld) -> dict[str, int | None]:
    """Return the time to live of each item, by the kind of its contact."""
    items = world.ports.contacts.items
    return {name: items[cast.contact_id].get("ExpiresAt") for name, cast in world.casts}


def test_finished_items_leave_the_table_once_their_evidence_is_final() -> None:
    world = DailyWorld(settings=KEEPING)
    world.play(DAY, some("recorded", "missing", "unanswered", "open"))
    world.prove(DAY)
    assert set(expiries(world).values()) == {None}
    world.prove(DAY + 8 * ONE_DAY)
    after = int(datetime(2023, 9, 9, tzinfo=UTC).timestamp())
    assert expiries(world) == {"recorded": after, "missing": after, "unanswered": after, "open": None}


def test_no_item_leaves_the_table_unless_somebody_says_so() -> None:
    world = DailyWorld()
    world.play(DAY, some("recorded"))
    world.prove(DAY, datetime(2023, 9, 10, tzinfo=UTC))
    assert expiries(world) == {"recorded": None}


def test_a_time_to_live_that_somebody_else_wrote_stays() -> None:
    world = DailyWorld(settings=KEEPING)
    world.play(DAY, some("recorded"))
    for item in world.ports.contacts.items.values():
        item["ExpiresAt"] = 1
    world.prove(DAY, datetime(2023, 9, 10, tzinfo=UTC))
    assert expiries(world) == {"recorded": 1}


def test_a_day_without_evidence_is_told_to_nobody() -> None:
    world = DailyWorld()
    assert tell_evidence(world.run(DAY)) == {"told": 0}
    world.prove(DAY)
    published = len(world.ports.topic.published)
    assert tell_evidence(world.run(DAY + ONE_DAY)) == {"told": 0}
    silent = replace(world.settings, alert_topic_arn=None)
    assert tell_evidence(world.run(DAY, settings=silent)) == {"told": 0}
    assert len(world.ports.topic.published) == published
    assert tell_evidence(world.run(DAY)) == {"told": 1}


def test_an_earlier_day_whose_first_link_was_never_written_has_no_line() -> None:
    world, begun, today = DailyWorld(), DAY + 22 * ONE_DAY, DAY + 30 * ONE_DAY
    world.play(DAY, some("recorded"))
    world.prove(DAY)
    world.store.write(f"day={begun}/revision=001/manifest.json", b"of a run that was killed")
    world.play(today, some("recorded"))
    run = world.run(today)
    for use_case in (complete_population, list_recordings, reconcile, write_evidence):
        use_case(run)
    assert [each.day for each in run.earlier_days] == [begun, DAY]
    assert tell_evidence(run) == {"told": 1}
    _, mail, _ = world.ports.topic.published[-1]
    assert f"{begun} again" not in mail
    assert f"{DAY} again, first: COMPLETE. Deleted or changed since: nothing\n" in mail
