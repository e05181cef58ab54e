"""A part of an hour, as a task keeps it for its next try."""

from dataclasses import replace

from audio_leakage.population.member import Member
from audio_leakage.population.parts import Part, by_hour
from support.fakes import at, number
from support.population import result

PART = Part(
    hour="2023-08-29T10",
    members=(Member.from_result(result(number(1), at("10:30"))),),
    ids=(number(1), number(2)),
    unreadable=3,
    reached=at("10:45"),
    total_count=9,
    is_last=False,
    taken_again=False,
)


def test_a_part_is_read_as_it_was_kept() -> None:
    assert Part.from_text(PART.to_text()) == PART


def test_an_hour_counts_what_it_listed_and_could_not_read() -> None:
    again = replace(PART, members=(), ids=(number(2), number(3)), unreadable=1, is_last=True)
    (taken,) = by_hour([PART, again]).values()
    assert (set(taken.members), taken.listed, taken.is_whole) == ({number(1)}, 3 + 4, True)
