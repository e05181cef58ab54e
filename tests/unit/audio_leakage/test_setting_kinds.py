"""Each kind of setting takes its bounds and nothing beyond them, and a message says what is allowed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from audio_leakage.setting_kinds import days, keys_of, notifiers, number, text, wrong_keys, wrong_values

NOTIFIER = "airflow.providers.slack.notifications.slack.SlackNotifier"
NOTIFIERS = (
    "a list of at most 5 objects with 'notifier', a class of airflow.providers, and 'arguments', an object"
)
DAYS = "a list of at most 10 whole numbers from 1 to 700"


def kind() -> type[Any]:
    @dataclass
    class Kind:
        word: str = text(r"[a-z]{1,3}", "one to three letters")
        share: float = number(0.5, 10, default=2)
        after: Sequence[int] = days(default=(30,))
        told: Sequence[Mapping[str, Any]] = notifiers()

    return Kind


NO_WORDS: list[object] = ["", "abcd", "A", "a\n", 1, True, ["a"]]
NO_SHARES: list[object] = [0.49, 0, -1, 10.01, "2", True, [2], float("nan"), float("inf")]
NO_DAYS: list[object] = [
    [0],
    [-1],
    [701],
    [1.0],
    ["1"],
    [True],
    [None],
    [1, 0],
    list(range(1, 12)),
    30,
    "30",
    {},
]
NO_NOTIFIERS: list[object] = [
    NOTIFIER,
    {"notifier": NOTIFIER},
    [NOTIFIER],
    [{}],
    [{"arguments": {}}],
    [{"notifier": NOTIFIER, "arguments": []}],
    [{"notifier": NOTIFIER, "arguments": None}],
    [{"notifier": NOTIFIER, "more": 1}],
    [{"notifier": 1}],
    [{"notifier": "os.system"}],
    [{"notifier": f"x{NOTIFIER}"}],
    [{"notifier": f"{NOTIFIER}\n"}],
    [{"notifier": "airflow.providers.notifications.Slack"}],
    [{"notifier": "airflow.providers.slack.hooks.Slack"}],
    [{"notifier": "airflow.providers.slack.notifications.slack"}],
    [{"notifier": NOTIFIER}, {"notifier": "os.system"}],
    [{"notifier": NOTIFIER}] * 6,
]
ALLOWED: list[tuple[str, object]] = [
    ("word", "a"),
    ("word", "abc"),
    ("share", 0.5),
    ("share", 10),
    ("share", 10.0),
    ("after", []),
    ("after", [1]),
    ("after", [700]),
    ("after", list(range(1, 11))),
    ("told", []),
    ("told", [{"notifier": NOTIFIER}]),
    ("told", [{"notifier": NOTIFIER, "arguments": {}}] * 5),
    ("told", [{"notifier": "airflow.providers.a_1.b.notifications.c.d.E2"}]),
]
REFUSED: list[tuple[str, object, str]] = [
    *(("word", value, "one to three letters") for value in NO_WORDS),
    *(("share", value, "a number from 0.5 to 10") for value in NO_SHARES),
    *(("after", value, DAYS) for value in NO_DAYS),
    *(("told", value, NOTIFIERS) for value in NO_NOTIFIERS),
]


@pytest.mark.parametrize(("key", "value"), ALLOWED)
def test_a_value_within_its_bounds_is_allowed(key: str, value: object) -> None:
    assert wrong_values(kind(), {key: value}) == []


@pytest.mark.parametrize(("key", "value", "allowed"), REFUSED)
def test_a_value_beyond_its_bounds_is_named_with_what_is_allowed(
    key: str, value: object, allowed: str
) -> None:
    (wrong,) = wrong_values(kind(), {key: value})
    assert wrong.startswith(f"'{key}' is ")
    assert wrong.endswith(f", allowed is {allowed}")


def test_null_is_no_wrong_value() -> None:
    assert wrong_values(kind(), dict.fromkeys(("word", "share", "after", "told"))) == []


def test_a_setting_that_is_not_given_has_its_default() -> None:
    made = kind()(word="a")
    assert (made.share, made.after, made.told) == (2, (30,), ())
    with pytest.raises(TypeError, match="word"):
        kind()()


@pytest.mark.parametrize("values", [{}, {"word": None}])
def test_a_required_setting_that_is_missing_is_named(values: dict[str, object]) -> None:
    assert wrong_keys(kind(), values) == ["'word' is missing, it must be one to three letters"]


def test_the_last_unknown_key_is_followed_by_the_allowed_ones() -> None:
    assert keys_of(kind()) == "word, share, after, told"
    assert wrong_keys(kind(), {"word": "a", "Words ": 1, "xyz": 2}) == [
        "'Words ' is unknown (did you mean 'word'?)",
        "'xyz' is unknown, allowed keys are word, share, after, told",
    ]
