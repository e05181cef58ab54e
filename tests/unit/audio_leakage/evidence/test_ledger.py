"""A day, contact by contact."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio_leakage.evidence import ledger as ledger_module
from audio_leakage.evidence.classes import ContactClass, Count
from audio_leakage.evidence.coverage import Tally, total
from audio_leakage.evidence.files import Json
from audio_leakage.evidence.ledger import (
    CALLS,
    CHANGES,
    CONTACTS,
    GROUPS,
    OBJECTS,
    Inputs,
    Ledger,
    ledger_of,
)
from audio_leakage.evidence.revision import replay
from audio_leakage.evidence.sorting import sorted_lines
from audio_leakage.times import format_time
from support.evidence import as_flow, connected_at, contact_id, evidence, inputs, item, leg, must, recording


def rows(ledger: Ledger, name: str) -> list[Json]:
    return list(next(file for file in ledger.files if file.name == name).each_row())


def row(given: Inputs, policy: Callable[[Json], Any] = must) -> Json:
    (only,) = rows(ledger_of(given, policy), CONTACTS)
    return only


@pytest.mark.parametrize(
    ("given_inputs", "expected", "detail"),
    [
        (inputs([leg(1)], [item(1)], [recording(1)]), "VERIFIED", None),
        (inputs([leg(1)], [item(1)]), "DELETED_SINCE", "GONE"),
        (inputs([leg(1)], [item(1)], [recording(1, seconds=0)]), "DELETED_SINCE", "GONE"),
        (inputs([leg(1)], [item(1, RecordingSize=7)], [recording(1)]), "CHANGED_SINCE", None),
        (inputs([leg(1)], [], [recording(1)]), "RECORDED_UNWATCHED", None),
        (inputs([leg(1)]), "UNDECIDED", "NOT_WATCHED"),
        (inputs([leg(1)], [{"ContactId": contact_id(1), "State": "?"}]), "UNDECIDED", "ITEM_UNREADABLE"),
        (
            inputs([leg(1)], [item(1, "CALL_RECORDED_FAILURE", FailureCause="NO_OBJECT")]),
            "MISSING",
            "NO_OBJECT",
        ),
        (inputs([leg(1, is_test=True)]), "EXCLUDED", "TEST"),
        (inputs([leg(1, initiation_method="MONITOR")]), "EXCLUDED", "NO_RECORDING_OF_ITS_OWN"),
        (
            inputs([leg(1)], [item(1, None, ClosedReason="CUSTOMER_NEVER_ANSWERED")]),
            "EXCLUDED",
            "CUSTOMER_NEVER_ANSWERED",
        ),
        (inputs([leg(1)], [item(1, None, ClosedReason="NO_AGENT")]), "CLOSED_THOUGH_SERVED", "NO_AGENT"),
        (inputs([], [item(1)], [recording(1)]), "NOT_IN_POPULATION", None),
        (inputs([], [], [recording(1, known="VOICE")]), "POPULATION_GAP", None),
        (inputs([], [], [recording(1)]), "ORPHAN", None),
    ],
)
def test_a_contact_gets_its_class_and_the_reason(
    given_inputs: Inputs, expected: str, detail: str | None
) -> None:
    found = row(given_inputs)
    assert (found["class"], found["detail"]) == (expected, detail)


def test_a_contact_that_only_the_policy_asked_for_was_never_asked() -> None:
    failed = item(1, "CALL_RECORDED_FAILURE", ExpectedBy="POLICY", RecordingBlocks=None)
    assert row(inputs([leg(1)], [failed]))["class"] == "NEVER_ASKED"


def test_without_a_policy_a_contact_without_intent_is_unexplained() -> None:
    assert row(inputs([leg(1)]), as_flow)["class"] == "UNEXPLAINED"


def test_a_recording_of_another_day_is_listed_and_not_counted() -> None:
    ledger = ledger_of(inputs([], [], [recording(1, known="OTHER_DAY")]), must)
    assert (rows(ledger, CONTACTS), ledger.objects) == ([], Counter({"OTHER_DAY": 1}))
    assert rows(ledger, OBJECTS)[0]["class"] == "OTHER_DAY"


def test_legs_of_one_call_are_one_call() -> None:
    legs = [leg(1), leg(2, initial_contact_id=contact_id(1), initiation_method="TRANSFER")]
    ledger = ledger_of(inputs(legs, map(item, (1, 2)), [recording(1)]), must)
    (call,) = rows(ledger, CALLS)
    assert (call["call_id"], call["status"], call["legs_proven"], call["legs_required"]) == (
        contact_id(1), "PARTLY", 1, 2,
    )  # fmt: skip


@pytest.mark.parametrize("most_calls", [1, 2, 150_000])
def test_calls_are_the_same_however_few_of_them_fit_into_memory(
    most_calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    legs = [leg(each, initial_contact_id=contact_id(each % 3)) for each in range(9)]
    given = [inputs(legs, map(item, range(9)), map(recording, range(5))) for _ in range(2)]
    expected = ledger_of(given[0], must).files
    monkeypatch.setattr(ledger_module, "_MOST_CALLS", most_calls)
    assert ledger_of(given[1], must).files == expected


def test_legs_are_of_one_call_however_its_id_is_written() -> None:
    legs = [leg(1), leg(2, initial_contact_id=contact_id(1).upper())]
    (call,) = rows(ledger_of(inputs(legs, map(item, (1, 2)), map(recording, (1, 2))), must), CALLS)
    assert (call["call_id"], call["legs_required"]) == (contact_id(1), 2)


def before(number: int, contact_class: str, counts_as: str, **members: Any) -> dict[str, Any]:
    return {
        "class": contact_class,
        "contact_id": contact_id(number),
        "counts_as": counts_as,
        "etag": None,
        "size": None,
    } | members


def test_a_change_names_the_class_before() -> None:
    known = before(1, "UNDECIDED", "undecided")
    ledger = ledger_of(inputs([leg(1)], [item(1)], [recording(1)], [known]), must)
    assert [(each["previous_class"], each["class"]) for each in rows(ledger, CHANGES)] == [
        ("UNDECIDED", "VERIFIED")
    ]
    assert ledger.changes == Counter({"undecided to proven": 1})


def test_a_recording_with_another_etag_than_before_has_changed() -> None:
    known = before(1, "VERIFIED", "proven", size=recording(1)["size"], etag="another")
    assert row(inputs([leg(1)], [item(1)], [recording(1)], [known]))["class"] == "CHANGED_SINCE"


def test_a_recording_that_nobody_watched_and_that_has_changed_is_not_proven() -> None:
    known = before(1, "RECORDED_UNWATCHED", "proven", size=recording(1)["size"], etag="another")
    assert row(inputs([leg(1)], [], [recording(1)], [known]))["class"] == "CHANGED_SINCE"


@pytest.mark.parametrize(
    ("off_after", "expected"), [(-5, "EXCLUDED"), (5, "CLOSED_THOUGH_SERVED")], ids=["in time", "late"]
)
def test_off_counts_by_the_agent_of_the_population_where_the_item_knows_none(
    off_after: int, expected: str
) -> None:
    joined = connected_at(1)
    blocks = [
        f"{format_time(joined + timedelta(seconds=after))} {word}"
        for after, word in ((-9, "ALL"), (off_after, "OFF"))
    ]
    unknown = item(
        1, None, State="INITIALISED", ConnectedToAgentTimestamp=None, DisconnectTimestamp=None,
        RecordingBlocks=blocks, ClosedReason="NOT_FOUND",
    )  # fmt: skip
    assert row(inputs([leg(1)], [unknown]), as_flow)["class"] == expected


def test_whatever_is_undecided_in_the_final_revision_is_an_error() -> None:
    severities = [
        rows(ledger_of(inputs([leg(1)]), must, is_final=final), CONTACTS)[0]["severity"]
        for final in (False, True)
    ]
    assert severities == ["warn", "error"]
    assert rows(ledger_of(inputs([leg(1)]), must), CONTACTS)[0]["severity"] == "warn"


POLICIES = st.sampled_from([must, as_flow])
VERDICTS = st.sampled_from(["CALL_RECORDED_SUCCESS", "CALL_RECORDED_FAILURE", None])
METHODS = st.sampled_from(["INBOUND", "OUTBOUND", "MONITOR"])
KNOWN = st.sampled_from([None, "VOICE", "OTHER_DAY", "NOT_ASKED"])
NUMBERS = st.integers(0, 11)


@st.composite
def days(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of a day in any order: what each source says of each contact, or nothing."""
    legs = draw(st.dictionaries(NUMBERS, METHODS))
    items = draw(st.dictionaries(NUMBERS, st.tuples(VERDICTS, st.sampled_from([None, "POLICY"]))))
    found = draw(st.lists(st.tuples(NUMBERS, st.sampled_from([0, 20, 60]), KNOWN), max_size=16))
    day = {
        "population": [leg(number, initiation_method=method) for number, method in legs.items()],
        "items": [item(number, verdict, ExpectedBy=by) for number, (verdict, by) in items.items()],
        "recordings": [
            recording(number, seconds, known=known, key=f"{place}.wav")
            for place, (number, seconds, known) in enumerate(found)
        ],
    }
    return {name: draw(st.permutations(rows)) for name, rows in day.items()}


def kept(day: dict[str, list[dict[str, Any]]]) -> Inputs:
    """Return the inputs as they are kept: rows in the order of their ids, recordings in that of their text."""
    recordings = list(sorted_lines("recordings.jsonl.gz", day["recordings"]).each_row())
    return inputs(day["population"], day["items"], recordings)


def contents(ledger: Ledger) -> dict[str, str]:
    return {file.name: file.content_sha256 for file in ledger.files}


@settings(max_examples=30)
@given(days(), POLICIES)
def test_every_contact_is_in_exactly_one_class_and_the_sums_are_equal(
    day: dict[str, list[dict[str, Any]]], policy: Callable[[Json], Any]
) -> None:
    ledger = ledger_of(kept(day), policy)
    written = rows(ledger, CONTACTS)
    strays = {each["contact_id"] for each in day["recordings"] if each["known"] != "OTHER_DAY"}
    known = {each["contact_id"] for each in day["population"]} | {each["ContactId"] for each in day["items"]}
    assert sorted(each["contact_id"] for each in written) == sorted(known | strays)
    assert sum(ledger.classes.values()) == len(written) == ledger.population + ledger.outside
    assert ledger.population == len(day["population"])
    assert sum(getattr(ledger.total, count) for count in Count) == len(written)
    assert set(ledger.classes) <= set(ContactClass)
    for group in GROUPS:
        assert total(ledger.by(group).values()) == ledger.total


@settings(max_examples=30)
@given(days(), st.randoms(use_true_random=False))
def test_the_order_of_the_inputs_does_not_matter(day: dict[str, list[dict[str, Any]]], dice: Random) -> None:
    shuffled = {name: dice.sample(rows, len(rows)) for name, rows in day.items()}
    assert contents(ledger_of(kept(day), must)) == contents(ledger_of(kept(shuffled), must))


@settings(max_examples=30)
@given(days(), st.integers(0, 16), POLICIES)
def test_shards_of_a_day_sum_up_to_the_day(
    day: dict[str, list[dict[str, Any]]], cut: int, policy: Callable[[Json], Any]
) -> None:
    def part(begins: int, ends: int) -> Ledger:
        shard = {
            name: [each for each in rows if begins <= int(id_of(each)[0], 16) < ends]
            for name, rows in day.items()
        }
        return ledger_of(kept(shard), policy)

    whole, parts = ledger_of(kept(day), policy), [part(0, cut), part(cut, 16)]
    assert rows(whole, CONTACTS) == [each for part in parts for each in rows(part, CONTACTS)]
    assert rows(whole, OBJECTS) == [each for part in parts for each in rows(part, OBJECTS)]
    assert whole.total == total(part.total for part in parts)
    assert whole.classes == parts[0].classes + parts[1].classes
    for group in GROUPS:
        for value, tally in whole.by(group).items():
            assert tally == total(part.by(group).get(value, Tally()) for part in parts)


def id_of(each: Json) -> str:
    return str(each.get("contact_id") or each["ContactId"])


#: From the worst to the best.
ORDER = ["lost", "undecided", "proven"]


@settings(max_examples=30)
@given(days(), NUMBERS, POLICIES)
def test_one_more_recording_never_worsens_a_contact(
    day: dict[str, list[dict[str, Any]]], number: int, policy: Callable[[Json], Any]
) -> None:
    more = {**day, "recordings": [*day["recordings"], recording(number, known=None, key="more.wav")]}
    before, after = (
        {each["contact_id"]: each["counts_as"] for each in rows(ledger_of(kept(each), policy), CONTACTS)}
        for each in (day, more)
    )
    for each, counted in before.items():
        if counted in ORDER and each in {leg["contact_id"] for leg in day["population"]}:
            assert ORDER.index(after[each]) >= ORDER.index(counted)


@settings(max_examples=30)
@given(days(), POLICIES)
def test_an_excluded_contact_is_never_proven(
    day: dict[str, list[dict[str, Any]]], policy: Callable[[Json], Any]
) -> None:
    tests = {**day, "population": [each | {"is_test": True} for each in day["population"]]}
    ids = {each["contact_id"] for each in day["population"]}
    for each in rows(ledger_of(kept(tests), policy), CONTACTS):
        assert each["contact_id"] not in ids or each["counts_as"] in ("excluded", "neither")


@settings(max_examples=30)
@given(days())
def test_a_day_that_is_computed_again_is_the_same(day: dict[str, list[dict[str, Any]]]) -> None:
    whole = evidence(kept(day))
    stored = {file.name: file.stored for file in whole.files}
    again = replay(stored.__getitem__, whole.day, must)
    assert again == {file.name: file.content_sha256 for file in whole.files if file.name in again}
    assert {*again, *stored} == set(stored)


def test_the_same_day_gives_the_same_bytes() -> None:
    given_inputs = inputs(map(leg, range(9)), map(item, range(9)), map(recording, range(5)))
    once, twice = ledger_of(given_inputs, must), ledger_of(given_inputs, must)
    assert [file.stored for file in once.files] == [file.stored for file in twice.files]


def test_no_row_has_a_member_that_is_no_text_number_list_or_null() -> None:
    written = row(inputs([leg(1)], [item(1)], [recording(1)]))
    assert {type(value) for value in written.values()} <= {str, int, list, type(None)}
