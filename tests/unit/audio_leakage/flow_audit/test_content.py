"""The content of a flow -> its blocks, or one clear reason why it is none."""

import json
from typing import Any

import pytest

from audio_leakage.flow_audit.content import Branch, Unreadable, read_content
from support.fakes import MARK

MOST_BLOCKS = 5_000


def action(identifier: object = "1", **changes: Any) -> dict[str, Any]:
    return {"Identifier": identifier, "Type": "MessageParticipant", **changes}


def content(*actions: object, start: object = "1", **more: object) -> str:
    return json.dumps({"StartAction": start, "Actions": list(actions), **more})


def way(**transitions: Any) -> str:
    return content(action(Transitions=transitions))


BRANCHES = "the branches of one of its blocks are no list of objects"
NOWHERE = "a branch of one of its blocks leads nowhere"
OBJECTS = "parameters or transitions of one of its blocks are no object"
NAMELESS = "one of its blocks has no identifier or no type"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "it has no content"),
        (b"{}", "it has no content"),
        ({"StartAction": "1"}, "it has no content"),
        ("", "its content is no JSON"),
        ("[" * 100_000, "its content is no JSON"),
        ("null", "its content has no list of actions"),
        ('{"Actions": {}}', "its content has no list of actions"),
        (
            '{"modules": []}',
            "it is the old export of the flow designer: export it again, or read it through the API",
        ),
        (content(), "its first block is missing"),
        (content(action(), start="2"), "its first block is missing"),
        (content(action(), start=1), "its first block is missing"),
        (content(action(), action()), "two of its blocks have the same identifier"),
        (content(action(), action("2"), action("1")), "two of its blocks have the same identifier"),
        (content(1), "one of its actions is no object"),
        (content(action(1)), NAMELESS),
        (content(action(Type=None)), NAMELESS),
        (content(action(Parameters=[1])), OBJECTS),
        (content(action(Transitions=[1])), OBJECTS),
        (way(NextAction=1), NOWHERE),
        (way(Errors={}), BRANCHES),
        (way(Errors=[1]), BRANCHES),
        (way(Errors=[{"ErrorType": "NoMatchingError"}]), NOWHERE),
        (way(Conditions=[{"NextAction": None, "Condition": {}}]), NOWHERE),
        (
            way(Conditions=[{"NextAction": "1", "Condition": MARK}]),
            "a condition of one of its blocks is no object",
        ),
        (
            way(Conditions=[{"NextAction": "1", "Condition": [1]}]),
            "a condition of one of its blocks is no object",
        ),
    ],
)
def test_what_is_no_flow_is_named_and_never_quoted(text: str, why: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_content(text)
    assert str(caught.value) == why


def test_a_flow_has_at_most_five_thousand_blocks() -> None:
    actions = [action(str(place)) for place in range(MOST_BLOCKS + 1)]
    assert len(read_content(content(*actions[:-1]))[1]) == MOST_BLOCKS
    with pytest.raises(Unreadable, match=r"^its content has more than 5000 blocks$"):
        read_content(content(*actions))


def test_a_flow_with_a_member_of_the_old_export_is_read() -> None:
    start, blocks = read_content(content(action(), modules=[]))
    assert (start, list(blocks)) == ("1", ["1"])


@pytest.mark.parametrize("nothing", [None, {}, "", 0, []])
def test_a_block_without_parameters_and_branches_is_one(nothing: object) -> None:
    _, blocks = read_content(content(action(Parameters=nothing, Transitions=nothing)))
    assert (blocks["1"].parameters, blocks["1"].branches) == ({}, ())


@pytest.mark.parametrize(
    ("word", "kept"),
    [
        ("NoMatchingError", "NoMatchingError"),
        ("x" * 40, "x" * 40),
        ("x" * 41, "another"),
        ("", "another"),
        ("No matching", "another"),
        (MARK, "another"),
        ("Error\n", "another"),
        (None, "another"),
        (1, "another"),
        (["Equals"], "another"),
    ],
)
def test_of_what_is_no_word_of_the_flow_language_nothing_is_kept(word: object, kept: str) -> None:
    """The branch stays an error's: without any word it would pass for the usual way out."""
    condition = {"NextAction": "2", "Condition": {"Operator": word, "Operands": ["a"]}}
    _, blocks = read_content(way(Errors=[{"NextAction": "3", "ErrorType": word}], Conditions=[condition]))
    assert blocks["1"].branches == (Branch("2", operator=kept, operands=("a",)), Branch("3", error=kept))


@pytest.mark.parametrize(
    ("operands", "kept"), [(["a", 1, None, "b"], ("a", "b")), ("ab", ()), ({"a": 1}, ()), (None, ())]
)
def test_only_texts_are_operands(operands: object, kept: tuple[str, ...]) -> None:
    condition = {"NextAction": "2", "Condition": {"Operator": "Equals", "Operands": operands}}
    _, blocks = read_content(way(Conditions=[condition]))
    assert blocks["1"].branches == (Branch("2", operator="Equals", operands=kept),)
