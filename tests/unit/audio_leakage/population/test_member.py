"""One contact of the population, as a search shows it."""

from typing import Any

import pytest

from audio_leakage.errors import InvalidContact
from audio_leakage.population.member import Member
from support.fakes import at, number
from support.population import result


@pytest.mark.parametrize("agent", [None, {}, {"Id": number(9)}])
def test_a_contact_without_the_time_of_its_agent_is_no_member(agent: dict[str, Any] | None) -> None:
    found = result(number(1)) | {"AgentInfo": agent}
    with pytest.raises(InvalidContact) as error:
        Member.from_result(found)
    assert str(error.value) == f"SearchContacts showed contact {number(1)} without the time of its agent"


@pytest.mark.parametrize(
    "attribute", [None, [], "connect:Telephony", {"connect:Subtype": "connect:Telephony"}]
)
def test_segment_attributes_of_another_shape_say_nothing(attribute: object) -> None:
    member = Member.from_result(result(number(1), SegmentAttributes=attribute))
    assert (member.subtype, member.is_test) == (None, False)


@pytest.mark.parametrize(
    ("text", "subtype"),
    [("x", "x"), ("x" * 100, "x" * 100), ("x" * 101, None), ("", None), ("a\nb", None), (5, None)],
)
def test_a_subtype_is_a_short_text(text: object, subtype: str | None) -> None:
    segment = {"connect:Subtype": {"ValueString": text}}
    assert Member.from_result(result(number(1), SegmentAttributes=segment)).subtype == subtype


def test_a_test_call_is_one_whatever_its_kind() -> None:
    segment = {"connect:ValidationTestType": {"ValueString": ""}}
    assert Member.from_result(result(number(1), SegmentAttributes=segment)).is_test


@pytest.mark.parametrize(
    "members",
    [{}, {"DisconnectTimestamp": None}, {"InitialContactId": number(2), "PreviousContactId": number(3)}],
)
def test_a_member_comes_back_as_it_was_kept(members: dict[str, Any]) -> None:
    member = Member.from_result(result(number(1), **members))
    assert Member.from_row(member.to_row()) == member


@pytest.mark.parametrize(
    ("initial", "previous", "legs"),
    [
        (None, None, ()),
        (number(2), number(3), (number(2), number(3))),
        (number(2), number(2), (number(2),)),
        (number(1), number(1), ()),
        (None, number(3), (number(3),)),
    ],
)
def test_the_earlier_legs_of_a_call_are_other_contacts(
    initial: str | None, previous: str | None, legs: tuple[str, ...]
) -> None:
    member = Member.from_result(result(number(1), InitialContactId=initial, PreviousContactId=previous))
    assert member.earlier_legs == legs


def test_a_member_talked_from_the_agent_to_the_disconnect() -> None:
    ended = result(number(1), at("10:30"), DisconnectTimestamp=at("10:30:01.500"))
    assert Member.from_result(ended).talk_seconds == 1.5
    assert Member.from_result(result(number(1), DisconnectTimestamp=None)).talk_seconds is None
