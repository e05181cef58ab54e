"""A day, contact by contact."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio_leakage.evidence.classes import ContactClass, Count
from audio_leakage.evidence.coverage import total
from audio_leakage.evidence.files import Json, rows_of
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
from audio_leakage.times import format_time
from support.evidence import as_flow, connected_at, contact_id, inputs, item, leg, must, recording


def rows(ledger: Ledger, name: str) -> list[Json]:
    return list(rows_of(next(file for file in ledger.files if file.name == name).stored))


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


VERDICTS = st.sampled_from(["CALL_RECORDED_SUCCESS", "CALL_RECORDED_FAILURE", None])
NUMBERS = st.sets(st.integers(0, 30))


@settings(max_examples=60)
@given(NUMBERS, st.dictionaries(st.integers(0, 30), VERDICTS), NUMBERS, st.sampled_from([must, as_flow]))
def test_every_contact_is_in_exactly_one_class_and_the_sums_are_equal(
    legs: set[int], items: dict[int, str | None], found: set[int], policy: Callable[[Json], Any]
) -> None:
    given_inputs = inputs(
        map(leg, legs), [item(number, verdict) for number, verdict in items.items()], map(recording, found)
    )
    ledger = ledger_of(given_inputs, policy)
    written = rows(ledger, CONTACTS)
    assert sorted(each["contact_id"] for each in written) == sorted(
        map(contact_id, legs | set(items) | found)
    )
    assert sum(ledger.classes.values()) == len(written) == ledger.population + ledger.outside
    assert ledger.population == len(legs)
    assert sum(getattr(ledger.total, count) for count in Count) == len(written)
    assert set(ledger.classes) <= set(ContactClass)
    for group in GROUPS:
        assert total(ledger.by(group).values()) == ledger.total


@settings(max_examples=30)
@given(st.permutations(range(12)), st.integers(0, 12))
def test_shards_of_a_day_sum_up_to_the_day(numbers: list[int], cut: int) -> None:
    def part(some: list[int]) -> Ledger:
        return ledger_of(inputs(map(leg, some), map(item, some), map(recording, some[::2])), must)

    whole, left, right = part(numbers), part(numbers[:cut]), part(numbers[cut:])
    assert whole.total.required == left.total.required + right.total.required
    assert whole.classes.total() == left.classes.total() + right.classes.total()


def test_the_same_day_gives_the_same_bytes() -> None:
    given_inputs = inputs(map(leg, range(9)), map(item, range(9)), map(recording, range(5)))
    once, twice = ledger_of(given_inputs, must), ledger_of(given_inputs, must)
    assert [file.stored for file in once.files] == [file.stored for file in twice.files]


def test_no_row_has_a_member_that_is_no_text_number_list_or_null() -> None:
    written = row(inputs([leg(1)], [item(1)], [recording(1)]))
    assert {type(value) for value in written.values()} <= {str, int, list, type(None)}
