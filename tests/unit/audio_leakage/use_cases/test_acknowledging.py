"""Acknowledging: it is evidence of its own, and it changes nothing that was measured."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from audio_leakage.contacts.contact import Contact
from audio_leakage.errors import BrokenEvidence, WindowError
from audio_leakage.evidence.acknowledgement import Acknowledgement
from audio_leakage.evidence.chain import Link
from audio_leakage.evidence.files import sha256
from audio_leakage.evidence.form import request_of
from audio_leakage.evidence.verify import verify
from audio_leakage.ports import Item
from audio_leakage.use_cases.acknowledged import figures_of
from audio_leakage.use_cases.acknowledging import AcknowledgementContext, acknowledge
from support.day import KINDS, DailyWorld
from support.evidence import Killed
from support.fakes import at, number
from support.tampering import sign_anew

DAY = date(2023, 8, 29)
NOW = at("2023-08-30T09:00")
#: One proven, two lost, one undecided in the first revision and lost in the final one.
KINDS_OF_DAY = ("recorded", "missing", "never_asked", "closed_though_served")
RECORDED, MISSING, NEVER_ASKED, CLOSED = map(number, range(4))


@pytest.fixture
def world() -> DailyWorld:
    world = DailyWorld()
    world.play(DAY, {name: KINDS[name] for name in KINDS_OF_DAY})
    world.prove(DAY)
    return world


def context(
    world: DailyWorld, now: datetime = NOW, *, run_id: str = "manual__1", **params: Any
) -> AcknowledgementContext:
    params = {
        "cause": "UPLOAD_FAILED",
        "ticket": "CHG-1",
        "class": params.pop("contact_class", None),
    } | params
    return AcknowledgementContext(
        settings=world.settings,
        request=request_of(params, now.date()),
        now=now,
        contacts=world.ports.contacts,
        store=world.store,
        chain=world.run(DAY).chain,
        alert_topic=world.ports.topic,
        run_id=run_id,
        user="an.auditor",
    )


def revision_files(world: DailyWorld) -> dict[str, bytes]:
    return {key: content for key, content in world.store.objects.items() if key.startswith("day=")}


def figures(world: DailyWorld, now: datetime = NOW) -> dict[str, Any]:
    return dict(figures_of(world.run(DAY).chain, DAY.isoformat(), now))


def test_the_measured_figures_stay_and_another_stands_beside_them(world: DailyWorld) -> None:
    before = revision_files(world)
    done = acknowledge(context(world, contact_ids=f"{MISSING} {NEVER_ASKED}"))
    assert revision_files(world) == before
    assert (done["acknowledged"], done["links"]) == (2, [2])
    assert figures(world) == {"acknowledged": 2, "coverage_after_acknowledgement": "50.00"}
    written = world.prove(DAY)
    assert (written["lost"], written["coverage_percent"]) == (2, "25.00")
    assert written["coverage_after_acknowledgement"] == "50.00"
    mail = world.ports.topic.published[-1][1]
    assert "Coverage: 25.00 % to 50.00 %" in mail
    assert "Acknowledged: 2. Coverage after acknowledgement: 50.00 %" in mail


def test_the_verdict_stays_and_the_item_shows_the_acknowledgement(world: DailyWorld) -> None:
    before = dict(world.ports.contacts.items[MISSING])
    acknowledge(context(world, contact_ids=MISSING))
    words = "2023-08-30T09:00:00.000Z MISSING UPLOAD_FAILED CHG-1"
    assert world.ports.contacts.items[MISSING] == before | {"Acknowledged": words}


def test_all_of_a_class_are_acknowledged_at_once(world: DailyWorld) -> None:
    done = acknowledge(context(world, day="2023-08-29", contact_class="NEVER_ASKED"))
    assert done["acknowledged"] == 1
    (stored,) = (world.store.read(key) for key in world.store.keys("acknowledgements/"))
    written = Acknowledgement.from_bytes(stored)
    assert [row["contact_id"] for row in written.contacts] == [NEVER_ASKED]
    assert (written.acknowledged_by, written.run_id, written.revision) == ("an.auditor", "manual__1", 1)


def test_a_contact_whose_class_changes_is_open_again(world: DailyWorld) -> None:
    acknowledge(context(world, contact_ids=f"{MISSING} {CLOSED}"))
    assert figures(world)["acknowledged"] == 2
    world.monitor(at("2023-08-30T10:00"))
    world.prove(DAY, at("2023-09-07T06:40"))  # CLOSED_THOUGH_SERVED has become MISSING
    assert world.classes(DAY)[CLOSED] == "MISSING"
    assert figures(world) == {"acknowledged": 1, "coverage_after_acknowledgement": "33.33"}
    assert "Acknowledged" not in world.ports.contacts.items[CLOSED]
    assert "Acknowledged" in world.ports.contacts.items[MISSING]
    acknowledge(context(world, at("2023-09-07T09:00"), run_id="manual__2", contact_ids=CLOSED))
    assert figures(world)["acknowledged"] == 2


def test_an_acknowledgement_that_runs_out_stands_no_longer(world: DailyWorld) -> None:
    acknowledge(context(world, contact_ids=MISSING, valid_until="2023-09-01"))
    assert figures(world, at("2023-09-01T23:59"))["acknowledged"] == 1
    assert figures(world, at("2023-09-02T00:00"))["acknowledged"] == 0


def test_the_verifier_knows_the_links_of_acknowledgements(world: DailyWorld) -> None:
    acknowledge(context(world, contact_ids=MISSING))
    world.prove(DAY, at("2023-09-07T06:40"))
    lines = list(verify(world.store).lines())
    assert "day 2023-08-29: acknowledgement of revision 1, whole" in lines
    assert any(line.startswith("day 2023-08-29: revision 2 (final)") for line in lines)


def edited(stored: bytes) -> bytes:
    return stored.replace(b"UPLOAD_FAILED", b"FALSE_POSITIVE")


@pytest.mark.parametrize(
    ("tamper", "says"),
    [(edited, "is not what link 2 says"), (lambda _: None, "is missing")],
)
def test_an_acknowledgement_that_was_changed_is_found(
    world: DailyWorld, tamper: Callable[[bytes], bytes | None], says: str
) -> None:
    acknowledge(context(world, contact_ids=MISSING))
    (key,) = world.store.keys("acknowledgements/")
    content = tamper(world.store.objects.pop(key))
    if content is not None:
        world.store.objects[key] = content
        with pytest.raises(BrokenEvidence, match=says):
            figures(world)
    with pytest.raises(BrokenEvidence, match=says):
        verify(world.store)


@pytest.mark.parametrize("writes", [0, 1, 2])
def test_a_kill_between_any_two_writes_heals_with_the_next_try(world: DailyWorld, writes: int) -> None:
    world.store.writes_left = writes
    try:
        acknowledge(context(world, contact_ids=MISSING))
    except Killed:
        assert figures(world).get("acknowledged", 0) == 0  # without a link it is no evidence
    world.store.writes_left = None
    acknowledge(context(world, NOW + timedelta(minutes=1), contact_ids=MISSING))
    assert len(verify(world.store).links) == 2
    assert figures(world)["acknowledged"] == 1


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"contact_ids": f"{MISSING} {RECORDED}"}, f"{RECORDED}: no such exception in revision 1"),
        ({"contact_ids": number(99)}, f"name the day of {number(99)}"),
        ({"contact_ids": number(99), "day": "2023-08-29"}, f"{number(99)}: no such exception"),
        ({"day": "2023-08-29", "contact_class": "DELETED_SINCE"}, "class DELETED_SINCE: no such exception"),
        ({"day": "2023-08-28", "contact_class": "MISSING"}, "day 2023-08-28 has no evidence yet"),
    ],
)
def test_what_is_no_exception_is_refused_and_nothing_is_written(
    world: DailyWorld, params: dict[str, Any], says: str
) -> None:
    before = dict(world.store.objects)
    with pytest.raises(WindowError, match=says):
        acknowledge(context(world, **params))
    assert world.store.objects == before


def test_a_queue_narrows_a_class_down(world: DailyWorld) -> None:
    other = "11111111-0000-4000-8000-00000000000f"
    with pytest.raises(WindowError, match="no such exception"):
        acknowledge(context(world, day="2023-08-29", contact_class="MISSING", queue_id=other))


def test_contacts_of_two_days_get_an_acknowledgement_each(world: DailyWorld) -> None:
    world.play(DAY + timedelta(days=1), {"missing": KINDS["missing"]})
    world.prove(DAY + timedelta(days=1))
    done = acknowledge(context(world, at("2023-08-31T09:00"), contact_ids=f"{MISSING} {number(4)}"))
    assert {day: each["acknowledged"] for day, each in done["days"].items()} == {
        "2023-08-29": 1,
        "2023-08-30": 1,
    }


def test_evidence_says_the_same_whether_or_not_somebody_acknowledged(world: DailyWorld) -> None:
    twin = DailyWorld()
    twin.play(DAY, {name: KINDS[name] for name in KINDS_OF_DAY})
    twin.prove(DAY)
    acknowledge(context(world, contact_ids=MISSING))
    for each in (world, twin):
        each.prove(DAY, at("2023-09-07T06:40"))
    summaries = [
        json.loads(each.store.read("day=2023-08-29/revision=002/summary.json")) for each in (world, twin)
    ]
    assert summaries[0] == summaries[1]


def test_an_item_that_is_gone_or_unreadable_stops_no_acknowledgement(world: DailyWorld) -> None:
    del world.ports.contacts.items[MISSING]
    world.ports.contacts.items[NEVER_ASKED] = {"ContactId": NEVER_ASKED, "State": "?"}
    done = acknowledge(context(world, contact_ids=f"{MISSING} {NEVER_ASKED}", day="2023-08-29"))
    assert (done["acknowledged"], done["marked"]) == (2, 0)


def test_the_acknowledgement_of_an_earlier_verdict_is_not_shown(world: DailyWorld) -> None:
    acknowledge(context(world, contact_ids=MISSING))
    contact = Contact.from_item(world.ports.contacts.items[MISSING])
    assert contact.acknowledgement_in_force
    assert replace(contact, judged_at=NOW + timedelta(hours=1)).acknowledgement_in_force is None


def changing(world: DailyWorld, times: int) -> Callable[[Item, Item], bool]:
    """Return an update before which the monitor changes the verdict so many times."""
    update, left = world.ports.contacts.update, [times]

    def late(before: Item, after: Item) -> bool:
        if left[0]:
            left[0] -= 1
            stored = world.ports.contacts.items[str(before["ContactId"])]
            is_failure = stored["RecordedState"] == "CALL_RECORDED_FAILURE"
            stored["RecordedState"] = "CALL_RECORDED_SUCCESS" if is_failure else "CALL_RECORDED_FAILURE"
        return update(before, after)

    return late


@pytest.mark.parametrize(("times", "marked"), [(0, 1), (1, 1), (2, 1), (3, 0)])
def test_an_item_that_changes_while_it_is_written_is_read_again(
    world: DailyWorld,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    times: int,
    marked: int,
) -> None:
    monkeypatch.setattr(world.ports.contacts, "update", changing(world, times))
    done = acknowledge(context(world, contact_ids=MISSING))
    assert (done["acknowledged"], done["marked"]) == (1, marked)
    item = world.ports.contacts.items[MISSING]
    assert ("Acknowledged" in item) is bool(marked)
    verdicts = ("CALL_RECORDED_FAILURE", "CALL_RECORDED_SUCCESS")
    assert item["RecordedState"] == verdicts[times % 2], "the monitor's word stays"
    told = f"contact {MISSING} does not show its acknowledgement: it changed while it was written"
    assert (told in caplog.text) is not bool(marked)


def test_an_item_that_goes_while_it_is_written_is_left_alone(
    world: DailyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    update = world.ports.contacts.update

    def gone(before: Item, after: Item) -> bool:
        world.ports.contacts.items.pop(str(before["ContactId"]), None)
        return update(before, after)

    monkeypatch.setattr(world.ports.contacts, "update", gone)
    done = acknowledge(context(world, contact_ids=MISSING))
    assert (done["acknowledged"], done["marked"]) == (1, 0)
    assert MISSING not in world.ports.contacts.items


def test_an_item_that_shows_its_acknowledgement_is_not_written_again(world: DailyWorld) -> None:
    first = acknowledge(context(world, contact_ids=MISSING))
    writes = world.ports.contacts.writes[MISSING]
    again = acknowledge(context(world, contact_ids=MISSING))
    assert (first["marked"], again["marked"]) == (1, 0)
    assert world.ports.contacts.writes[MISSING] == writes


def test_an_acknowledgement_that_is_none_breaks_the_figures(world: DailyWorld) -> None:
    acknowledge(context(world, contact_ids=MISSING))
    (key,) = world.store.keys("acknowledgements/")
    world.store.objects[key] = b"{}\n"
    sign_anew(world.store, 2, manifest_sha256=sha256(b"{}\n"))
    with pytest.raises(BrokenEvidence) as broken:
        figures(world)
    assert broken.value.what == f"{key} cannot be read: it is no acknowledgement"
    assert broken.value.affects == "day 2023-08-29"


def test_what_lies_there_and_is_no_acknowledgement_gets_no_link(world: DailyWorld) -> None:
    path = f"acknowledgements/day=2023-08-29/{sha256(b'manual__1 2023-08-29')[:32]}.json"
    world.store.objects[path] = b"{}\n"
    with pytest.raises(BrokenEvidence) as broken:
        acknowledge(context(world, contact_ids=MISSING))
    assert broken.value.what == f"{path} cannot be read: it is no acknowledgement"
    assert [Link.from_bytes(world.store.read(key)).kind for key in world.store.keys("chain/")] == ["first"]
    assert "Acknowledged" not in world.ports.contacts.items[MISSING]
