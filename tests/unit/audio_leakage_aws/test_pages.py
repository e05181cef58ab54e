"""Pages are followed to their end: a circle and an end that is none are trouble, a repeated token alone is not."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from audio_leakage.errors import ServiceUnavailable
from audio_leakage_aws import pages as module
from audio_leakage_aws.pages import complete, patient

Pages = list[dict[str, Any]]


def page(*events: int, token: str | None = None) -> dict[str, Any]:
    return {"events": list(events)} | ({"nextToken": token} if token else {})


class Service:
    """Answers page after page; the last one for ever."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.asked: list[str | None] = []

    def __call__(self, token: Mapping[str, str]) -> Mapping[str, Any]:
        self.asked.append(token.get("nextToken"))
        return self.pages[min(len(self.asked), len(self.pages)) - 1]


def read(pages: Iterator[Mapping[str, Any]]) -> tuple[list[int], str | None]:
    """Return what was read, and what the trouble was."""
    events: list[int] = []
    try:
        for each in pages:
            events += each["events"]
    except ServiceUnavailable as error:
        return events, str(error)
    return events, None


@pytest.mark.parametrize(
    ("pages", "events"),
    [
        ([page(1)], [1]),
        ([page(token="a"), page(token="a"), page(1)], [1]),
        ([page(1, token="a"), page(token="a"), page()], [1]),
        ([page(1, token="a"), page(2, token="a"), page(3)], [1, 2, 3]),
        ([page(token="a"), page(token="b"), page(token="a"), page(token="b"), page(1)], [1]),
        ([page(token="a")] * 20 + [page(1, token="a")] + [page(token="a")] * 19 + [page(2)], [1, 2]),
        ([page(token=str(n)) for n in range(500)] + [page(1)], [1]),
        ([page(1, token="")], [1]),
    ],
    ids=[
        "one page",
        "the line after the repeated token",
        "the line before it",
        "lines with the same token",
        "two tokens in turn",
        "a line between two stretches of one token",
        "five hundred empty pages",
        "a token without a letter",
    ],
)
def test_pages_are_followed_as_long_as_there_is_a_token(pages: Pages, events: list[int]) -> None:
    service = Service(pages)
    assert read(patient(service, "events")) == (events, None)
    assert len(service.asked) == len(pages)


@pytest.mark.parametrize(
    ("pages", "most"),
    [
        ([page(1, token="a"), page(token="a")], 22),
        ([page(1, token="a"), page(token="b"), page(token="a")], 23),
    ],
    ids=["one token for ever", "the same token after another one"],
)
def test_a_token_that_leads_nowhere_is_trouble_and_what_was_read_is_kept(pages: Pages, most: int) -> None:
    service = Service(pages)
    events, trouble = read(patient(service, "events"))
    assert events == [1]
    assert trouble == "the same token came 20 times and brought nothing"
    assert len(service.asked) <= most


def test_an_answer_without_an_end_is_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_PAGES", 50)
    events, trouble = read(patient(Service([page(1, token="a")]), "events"))
    assert (len(events), trouble) == (50, "an answer has more than 50 pages")


def test_a_page_without_its_list_is_trouble_and_no_end() -> None:
    events, trouble = read(patient(Service([page(1, token="a"), {}]), "events"))
    assert (events, trouble) == ([1], "an answer arrived without its member events")


def test_a_page_is_handed_over_before_the_next_one_is_asked_for() -> None:
    service = Service([page(1, token="a"), page(2)])
    pages = patient(service, "events")
    next(pages)
    assert service.asked == [None]


@pytest.mark.parametrize(
    ("tokens", "read_before", "says"),
    [
        (["a", "b", None], 3, None),
        (["a", "a", None], 2, "go in circles"),
        (["a", "b", "a", "b", None], 3, "go in circles"),
        (["a", "b", "c", "a"], 4, "go in circles"),
    ],
)
def test_a_paginator_that_goes_in_circles_is_trouble(
    tokens: list[str | None], read_before: int, says: str | None
) -> None:
    pages = [{"events": [n], "NextToken": token} for n, token in enumerate(tokens)]
    events, trouble = read(complete(pages, "NextToken"))
    assert len(events) == read_before
    assert says in trouble if says and trouble else trouble is says


def test_a_page_that_says_there_is_more_and_not_where_is_no_end() -> None:
    events, trouble = read(complete([{"events": [1], "IsTruncated": True}], "NextContinuationToken"))
    assert (events, trouble) == ([1], "an answer says that there is more, and does not say where")


def test_a_token_of_two_parts_has_to_come_whole_to_be_a_circle() -> None:
    pages = [{"events": [1], "Key": "a", "Version": "1"}, {"events": [2], "Key": "a", "Version": "2"}]
    assert read(complete(pages, "Key", "Version")) == ([1, 2], None)
