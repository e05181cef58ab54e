"""Shares, and when none is given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_leakage.evidence.classes import Count
from audio_leakage.evidence.coverage import Tally, total

TALLIES = st.builds(Tally, *[st.integers(0, 10**6)] * 7)


@pytest.mark.parametrize(
    ("tally", "coverage", "at_most"),
    [
        (Tally(proven=3), "100.00", "100.00"),
        (Tally(proven=99_999, lost=1), "99.99", "99.99"),
        (Tally(proven=1, undecided=1, lost=1), "33.33", "66.66"),
        (Tally(lost=2), "0.00", "0.00"),
        (Tally(excluded=4, neither=1), None, None),
    ],
)
def test_the_coverage_lies_between_its_bounds(
    tally: Tally, coverage: str | None, at_most: str | None
) -> None:
    figures = tally.figures(population_is_proven=True)
    assert (figures["coverage_percent"], figures["coverage_at_most"]) == (coverage, at_most)


@given(TALLIES)
def test_an_unproven_population_has_no_coverage(tally: Tally) -> None:
    figures = tally.figures(population_is_proven=False)
    assert (
        figures["coverage_percent"] is figures["coverage_at_most"] is figures["recorded_time_percent"] is None
    )


@given(TALLIES)
def test_hundred_percent_means_every_single_contact(tally: Tally) -> None:
    is_all = tally.figures(population_is_proven=True)["coverage_percent"] == "100.00"
    assert is_all == (tally.required > 0 and tally.proven == tally.required)


@given(st.lists(TALLIES), st.integers(0, 10))
def test_tallies_can_be_added_in_any_groups(tallies: list[Tally], cut: int) -> None:
    assert total(tallies) == total(tallies[:cut]) + total(tallies[cut:]) == total(reversed(tallies))


def test_a_recording_counts_for_no_more_than_its_talk() -> None:
    assert Tally.of(Count.PROVEN, 60, 65).recorded_seconds == 60


@pytest.mark.parametrize(
    ("counts_as", "tally"),
    [
        (Count.PROVEN, Tally(proven=1, talk_seconds=60, recorded_seconds=58)),
        (Count.LOST, Tally(lost=1, talk_seconds=60, recorded_seconds=58)),
        (Count.UNDECIDED, Tally(undecided=1, talk_seconds=60, recorded_seconds=58)),
        (Count.EXCLUDED, Tally(excluded=1)),
        (Count.NEITHER, Tally(neither=1)),
    ],
)
def test_only_contacts_that_had_to_be_recorded_bring_seconds(counts_as: Count, tally: Tally) -> None:
    assert Tally.of(counts_as, 60, 58) == tally
