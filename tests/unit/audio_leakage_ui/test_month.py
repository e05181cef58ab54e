"""The calendar and the page of a day, read from evidence in memory."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from audio_leakage.errors import BrokenEvidence
from audio_leakage.evidence.chain import link_name
from audio_leakage.evidence.form import request_of
from audio_leakage.use_cases.acknowledging import AcknowledgementContext, acknowledge
from audio_leakage.use_cases.evidence_chain import Chain
from audio_leakage_ui import revisions
from audio_leakage_ui.consoles import Consoles
from audio_leakage_ui.month import exceptions_of_day, month_of, proved_day, rows_of_exceptions
from audio_leakage_ui.reading import UnknownRun
from audio_leakage_ui.revisions import EvidencePlace
from support.day import KINDS, DailyWorld
from support.evidence import KEY_ARN, MemoryStore, Signer, append, evidence
from support.fakes import at, number

CONSOLES = Consoles("af-south-1")
DAY, TODAY = date(2023, 8, 29), date(2023, 8, 30)
KINDS_OF_DAY = ("recorded", "missing", "never_asked", "closed_though_served", "recorded_unwatched")
MISSING = number(1)


@dataclass
class CountingStore:
    """Evidence in memory that counts what is read of it."""

    store: MemoryStore
    read_keys: Counter[str] = field(default_factory=Counter)

    def keys(self, prefix: str) -> Iterator[str]:
        self.read_keys[f"list {prefix}"] += 1
        return self.store.keys(prefix)

    def read(self, key: str) -> bytes:
        self.read_keys[key] += 1
        return self.store.read(key)


@dataclass
class Buckets:
    """Stands for the hook: the evidence of each bucket."""

    stores: dict[str, CountingStore] = field(default_factory=dict)

    def folder(self, bucket: str, _: str) -> CountingStore:
        return self.stores[bucket]


@pytest.fixture
def buckets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Buckets]:
    buckets = Buckets()
    monkeypatch.setattr(revisions, "_hook", lambda *_: buckets)
    yield buckets
    revisions._link.cache_clear()
    revisions._measured.cache_clear()


def place_of(buckets: Buckets, store: MemoryStore) -> EvidencePlace:
    buckets.stores["evidence"] = CountingStore(store)
    return EvidencePlace(None, "evidence", "instance=1/")


@pytest.fixture
def world() -> DailyWorld:
    world = DailyWorld()
    world.play(DAY, {name: KINDS[name] for name in KINDS_OF_DAY})
    world.prove(DAY)
    return world


def say(world: DailyWorld, now: datetime = at("2023-08-30T09:00"), **params: Any) -> None:
    acknowledge(
        AcknowledgementContext(
            settings=world.settings,
            request=request_of({"cause": "UPLOAD_FAILED", "ticket": "CHG-1"} | params, now.date()),
            now=now,
            contacts=world.ports.contacts,
            store=world.store,
            chain=world.run(DAY).chain,
            alert_topic=world.ports.topic,
            run_id="manual__1",
            user=None,
        )
    )


def test_a_day_shows_its_measured_figures_and_who_was_blind(buckets: Buckets, world: DailyWorld) -> None:
    month = month_of(place_of(buckets, world.store), DAY, TODAY, CONSOLES)
    assert month["is_wanted"] is True
    row = month["days"]["2023-08-29"]
    assert (row["status"], row["lost"], row["undecided"], row["blind"]) == ("PROVISIONAL", 2, 1, 2)
    assert (row["coverage_percent"], row["coverage_at_most"]) == ("40.00", "60.00")
    assert row["folder"].endswith("day%3D2023-08-29%2Frevision%3D001%2F")
    assert "acknowledged" not in row


def test_an_acknowledgement_stands_beside_the_measured_coverage(buckets: Buckets, world: DailyWorld) -> None:
    say(world, contact_ids=MISSING)
    place = place_of(buckets, world.store)
    row = month_of(place, DAY, TODAY, CONSOLES)["days"]["2023-08-29"]
    assert (row["lost"], row["coverage_percent"]) == (2, "40.00")
    assert (row["acknowledged"], row["coverage_after_acknowledgement"]) == (1, "50.00")
    shown = {each["contact_id"]: each for each in exceptions_of_day(place, DAY, TODAY, {})["rows"]}
    assert shown[MISSING]["acknowledged"]["ticket"] == "CHG-1"
    assert "acknowledged" not in shown[number(2)]


def test_the_last_revision_of_a_day_is_shown(buckets: Buckets, world: DailyWorld) -> None:
    world.monitor(at("2023-08-30T10:00"))
    world.prove(DAY, at("2023-09-07T06:40"))
    row = month_of(place_of(buckets, world.store), DAY, TODAY, CONSOLES)["days"]["2023-08-29"]
    assert (row["revision"], row["kind"], row["undecided"]) == (2, "final", 0)


def test_exceptions_are_narrowed_down_by_class_and_method(buckets: Buckets, world: DailyWorld) -> None:
    place = place_of(buckets, world.store)
    all_of_them = exceptions_of_day(place, DAY, TODAY, {"class": None})["rows"]
    assert {row["class"] for row in all_of_them} == {
        "MISSING", "NEVER_ASKED", "CLOSED_THOUGH_SERVED", "RECORDED_UNWATCHED",
    }  # fmt: skip
    missing = exceptions_of_day(place, DAY, TODAY, {"class": "MISSING", "initiation_method": "INBOUND"})
    assert [row["contact_id"] for row in missing["rows"]] == [MISSING]
    assert exceptions_of_day(place, DAY, TODAY, {"initiation_method": "OUTBOUND"})["rows"] == []


def test_all_exceptions_are_handed_over_with_what_was_said(buckets: Buckets, world: DailyWorld) -> None:
    say(world, contact_ids=MISSING)
    head, *rows = rows_of_exceptions(place_of(buckets, world.store), DAY, TODAY)
    said = {row[0]: row[-2:] for row in rows}
    assert head == (
        "contact id", "call id", "class", "detail", "severity", "counts as", "queue id", "initiation method",
        "connected at", "failure cause", "policy rule", "acknowledged as", "ticket",
    )  # fmt: skip
    missing = dict(zip(head, next(row for row in rows if row[0] == MISSING), strict=True))
    assert (missing["class"], missing["counts as"], missing["severity"]) == ("MISSING", "lost", "error")
    assert missing["connected at"].startswith("2023-08-29T")
    assert said[MISSING] == ("UPLOAD_FAILED", "CHG-1")
    assert said[number(2)] == ("", "")


def test_a_day_shows_its_classes_and_the_figures_of_each_method(buckets: Buckets, world: DailyWorld) -> None:
    shown = proved_day(place_of(buckets, world.store), DAY, TODAY, CONSOLES)
    assert shown["classes"]["VERIFIED"] == 1
    assert shown["by"]["initiation_method"]["INBOUND"]["lost"] == 2


def test_a_day_is_shown_though_the_sums_of_a_later_day_cannot_be_read(
    buckets: Buckets, world: DailyWorld
) -> None:
    later = DAY + timedelta(days=1)
    world.play(later, {"recorded": KINDS["recorded"]})
    world.prove(later)
    place = place_of(buckets, world.store)
    (broken,) = (key for key in world.store.objects if f"day={later}" in key and key.endswith("summary.json"))
    world.store.objects[broken] = b"{"
    assert proved_day(place, DAY, TODAY, CONSOLES)["lost"] == 2
    with pytest.raises(BrokenEvidence) as caught:
        month_of(place, DAY, TODAY, CONSOLES)
    assert str(caught.value).startswith(f"{broken} cannot be read: ")
    assert str(caught.value).endswith("Affected: the figures of its day")
    with pytest.raises(BrokenEvidence):
        proved_day(place, later, TODAY, CONSOLES)


def test_a_day_without_evidence_says_how_to_prove_it(buckets: Buckets, world: DailyWorld) -> None:
    with pytest.raises(UnknownRun, match="Trigger audio_leakage_evidence with this day"):
        proved_day(place_of(buckets, world.store), DAY - timedelta(days=1), TODAY, CONSOLES)


def test_without_an_evidence_bucket_there_is_no_calendar() -> None:
    assert month_of(None, DAY, TODAY, CONSOLES) == {"is_wanted": False, "days": {}}


def test_an_unreadable_link_is_an_error_and_no_empty_day(buckets: Buckets, world: DailyWorld) -> None:
    world.store.objects[link_name(1)] = b"{}"
    with pytest.raises(BrokenEvidence, match="link 1 cannot be read"):
        month_of(place_of(buckets, world.store), DAY, TODAY, CONSOLES)


def test_ninety_days_are_read_from_small_objects_each_once(buckets: Buckets) -> None:
    store = MemoryStore()
    chain, first = Chain(store, Signer(), KEY_ARN), date(2026, 8, 1)
    for place in range(100):
        append(chain, evidence(day=(first + timedelta(days=place)).isoformat()))
    where = place_of(buckets, store)
    since = first + timedelta(days=10)
    for _ in range(2):
        assert len(month_of(where, since, TODAY, CONSOLES)["days"]) == 90
    read = buckets.stores["evidence"].read_keys
    assert read.pop("list chain/") == 2
    assert set(read.values()) == {1}
    assert {key.rpartition("/")[2] for key in read if key.startswith("day=")} == {"summary.json"}
