"""What is taken of an hour, part by part."""

from typing import Any

import pytest

from audio_leakage.population.member import Member
from audio_leakage.population.parts import Part, Taken, by_hour
from support.fakes import at, number
from support.population import HOUR, result


def part(*ids: str, **changes: Any) -> Part:
    """Return a part with these results, the first of which is a member."""
    members = tuple(Member.from_result(result(each)) for each in ids[:1])
    values: dict[str, Any] = {"unreadable": 0, "is_last": False, "taken_again": False}
    values |= {"hour": HOUR, "reached": at("10:30"), "total_count": 3}
    return Part(members=members, ids=ids, **(values | changes))


@pytest.mark.parametrize(
    "changes", [{}, {"unreadable": 2}, {"is_last": True}, {"taken_again": True}, {"total_count": 7}]
)
def test_a_part_comes_back_as_it_was_kept(changes: dict[str, Any]) -> None:
    kept = part(number(1), number(2), **changes)
    assert Part.from_text(kept.to_text()) == kept


def test_a_result_counts_once_however_often_it_is_listed_and_each_that_nobody_could_read() -> None:
    taken = by_hour([part(number(1), number(2), unreadable=1), part(number(2), unreadable=2)])[HOUR]
    assert (taken.listed, taken.unreadable) == (5, 3)


def test_an_hour_is_whole_with_its_last_part_and_stays_so() -> None:
    taken = Taken(HOUR)
    for is_last, is_whole in ((False, False), (True, True), (False, True)):
        taken.add(part(number(1), is_last=is_last))
        assert taken.is_whole is is_whole
