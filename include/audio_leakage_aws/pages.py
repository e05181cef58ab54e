"""Follow the pages of an answer to their end."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from audio_leakage.errors import ServiceUnavailable
from audio_leakage_aws.errors import member

Page = Mapping[str, Any]

#: How often a token may come back while the pages hold nothing.
_REPEATS = 20
#: More than the busiest day of a flow log has. Only a service that goes in circles gets there.
_MOST_PAGES = 10_000


def complete(pages: Iterable[Page], *token: str) -> Iterator[Page]:
    """Yield the pages of a paginator, and raise if they break off or go in circles.

    botocore's paginators notice a token that comes twice in a row. They follow a longer circle for ever, and
    they take a page that says "truncated" and has no token for the last one.

    :param pages: the paginator's pages.
    :param token: the members that name the next page, such as ``NextToken``.
    :raises ServiceUnavailable: when a token comes a second time, or is missing.
    """
    seen: set[tuple[Any, ...]] = set()
    for page in pages:
        yield page
        following = tuple(page.get(name) for name in token)
        if following in seen:
            raise ServiceUnavailable("the pages of an answer go in circles: a token came a second time")
        if any(following):
            seen.add(following)
        elif page.get("IsTruncated"):
            raise ServiceUnavailable("an answer says that there is more, and does not say where")


def patient(ask: Callable[[Mapping[str, str]], Page], items: str) -> Iterator[Page]:
    """Yield page after page of an operation that may repeat its ``nextToken`` and go on after that.

    FilterLogEvents does so where nothing matches for long (docs/amazon-connect.md, "Flow logs"), and
    botocore's paginator raises then. Each page is yielded before the next one is asked for.

    :param ask: asks for a page. It gets the parameter ``nextToken``, or none for the first page.
    :param items: the member that lists what a page holds.
    :raises ServiceUnavailable: when the same token came more than 20 times and brought nothing, or when there
        is no end.
    """
    seen: Counter[str] = Counter()
    token: Mapping[str, str] = {}
    for _ in range(_MOST_PAGES):
        page = ask(token)
        if member(page, items):
            seen.clear()
        yield page
        following = page.get("nextToken")
        if not following:
            return
        seen[following] += 1
        if seen[following] > _REPEATS:
            raise ServiceUnavailable(f"the same token came {_REPEATS} times and brought nothing")
        token = {"nextToken": following}
    raise ServiceUnavailable(f"an answer has more than {_MOST_PAGES} pages")
