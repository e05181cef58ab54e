"""Acknowledgements: what stands, and the figure beside the measured one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_leakage.evidence.acknowledgement import (
    Acknowledged,
    Acknowledgement,
    after_acknowledgement,
    in_force,
)
from support.evidence import DAY, INSTANCE, contact_id

ON = date(2026, 11, 25)


def row(number: int, counts_as: str = "lost") -> dict[str, str]:
    return {"class": "MISSING", "contact_id": contact_id(number), "counts_as": counts_as}


def acknowledgement(*rows: dict[str, str], **members: Any) -> Acknowledgement:
    whole: dict[str, Any] = {
        "id": "1",
        "instance": INSTANCE,
        "day": DAY,
        "revision": 1,
        "manifest_sha256": "0" * 64,
        "cause": "UPLOAD_FAILED",
        "ticket": "CHG-1",
        "valid_until": None,
        "acknowledged_at": "2026-11-24T08:00:00.000Z",
        "acknowledged_by": "an.auditor",
        "run_id": "manual__1",
        "contacts": rows or (row(1),),
    }
    return Acknowledgement(**(whole | members))


def test_an_acknowledgement_is_read_as_it_was_written() -> None:
    written = acknowledgement(row(1), row(2))
    assert Acknowledgement.from_bytes(written.to_bytes()) == written


@pytest.mark.parametrize("stored", [b"", b"[]", b"{}", b'{"contacts":[]}'])
def test_anything_else_is_no_acknowledgement(stored: bytes) -> None:
    with pytest.raises(ValueError, match="it is no acknowledgement"):
        Acknowledgement.from_bytes(stored)


@pytest.mark.parametrize(
    ("given_", "changed_in", "stands"),
    [
        ({}, {}, True),
        ({}, {contact_id(1): 1}, True),
        ({}, {contact_id(1): 2}, False),
        ({"revision": 2}, {contact_id(1): 2}, True),
        ({}, {contact_id(2): 2}, True),
        ({"valid_until": "2026-11-25"}, {}, True),
        ({"valid_until": "2026-11-24"}, {}, False),
    ],
)
def test_it_stands_until_the_class_changes_or_it_runs_out(
    given_: dict[str, Any], changed_in: dict[str, int], stands: bool
) -> None:
    assert (contact_id(1) in in_force([acknowledgement(**given_)], changed_in, ON)) is stands


def test_the_last_acknowledgement_of_a_contact_counts() -> None:
    first, last = acknowledgement(), acknowledgement(cause="NO_FURTHER_ACTION")
    assert in_force([first, last], {}, ON)[contact_id(1)].acknowledgement is last


def test_an_item_keeps_time_class_cause_and_ticket() -> None:
    assert acknowledgement().words_for(row(1)) == ("2026-11-24T08:00:00.000Z MISSING UPLOAD_FAILED CHG-1")
    assert replace(acknowledgement(), ticket=None).words_for(row(1)).endswith(" UPLOAD_FAILED")


@given(
    proven=st.integers(0, 50),
    lost=st.integers(0, 50),
    undecided=st.integers(0, 50),
    shares=st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(0, 5)),
)
def test_the_figure_after_acknowledgement_is_never_lower(
    proven: int, lost: int, undecided: int, shares: tuple[int, int, int]
) -> None:
    counts = ["lost"] * min(shares[0], lost) + ["undecided"] * min(shares[1], undecided)
    counts += ["proven"] * shares[2]  # such as VERIFIED_LATE, which counts as proven all the same
    known = [Acknowledged(acknowledgement(), row(1, each)) for each in counts]
    total = {"proven": proven, "lost": lost, "undecided": undecided}
    before = after_acknowledgement(total, [], is_proven=True)["coverage_after_acknowledgement"]
    after = after_acknowledgement(total, known, is_proven=True)
    assert after["acknowledged"] == len(counts)
    if before is not None and after["coverage_after_acknowledgement"] is not None:
        assert float(after["coverage_after_acknowledgement"]) >= float(before)


def test_a_day_that_is_not_proven_has_no_such_figure() -> None:
    total = {"proven": 3, "lost": 1, "undecided": 0}
    assert after_acknowledgement(total, [], is_proven=False)["coverage_after_acknowledgement"] is None


@pytest.mark.parametrize(
    "change",
    [
        lambda stored: b" " + stored,
        lambda stored: stored[:-1],
        lambda stored: stored.replace(b'"cause":', b'"cause": '),
        lambda stored: stored.replace(b"{", b'{"id":"2",', 1),
    ],
    ids=["a space before", "no end of line", "a space within", "a member twice"],
)
def test_an_acknowledgement_has_one_way_to_be_written(change: Callable[[bytes], bytes]) -> None:
    """So its digest in the link stands for what it says, however a reader takes it."""
    with pytest.raises(ValueError, match="it is no acknowledgement as we write it"):
        Acknowledgement.from_bytes(change(acknowledgement().to_bytes()))


@pytest.mark.parametrize("extra", [b'"comment":"",', b'"Cause":"OTHER",'])
def test_an_acknowledgement_has_no_other_members(extra: bytes) -> None:
    stored = acknowledgement().to_bytes().replace(b"{", b"{" + extra, 1)
    with pytest.raises(ValueError, match=r"^it is no acknowledgement$"):
        Acknowledgement.from_bytes(stored)
